//! Changes the server in `config.toml`. The rest of the file stays as the user wrote it.

use toml_edit::{DocumentMut, Item, value};

use super::{UserConfigError, load, path};
use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory};
use crate::world::World;

/// Sets `[sync] server_url`. Returns whether the file changed.
pub(crate) fn set_server(world: &World, server: &str) -> Result<bool, UserConfigError> {
    // Reports a broken file.
    if load(world)?.server_url.as_deref() == Some(server) {
        return Ok(false);
    }
    let path = path(world);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(FsError::on("read", &path))?,
    };
    let broken = |problem: &str| UserConfigError::Broken {
        path: path.clone(),
        problem: problem.to_owned(),
    };
    let mut document: DocumentMut = text.parse().map_err(|_| broken("it is not TOML"))?;
    let sync = document.entry("sync").or_insert(toml_edit::table());
    let sync = sync
        .as_table_like_mut()
        .ok_or_else(|| broken("`sync` is not a section"))?;
    match sync.get_mut("server_url").and_then(Item::as_value_mut) {
        Some(existing) => {
            let decor = existing.decor().clone();
            *existing = server.into();
            *existing.decor_mut() = decor;
        }
        None => drop(sync.insert("server_url", value(server))),
    }
    ensure_private_directory(&world.state_directory())?;
    replace(&path, document.to_string().as_bytes(), Mode::Shared)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_changes() {
        let cases = [
            ("", "[sync]\nserver_url = \"local\"\n"),
            (
                "# mine\n[sync]\nmax_queue_size = 9 # few\n",
                "# mine\n[sync]\nmax_queue_size = 9 # few\nserver_url = \"local\"\n",
            ),
            (
                "[sync]\nserver_url = 'https://a.example' # work\n[other]\nx = 1\n",
                "[sync]\nserver_url = \"local\" # work\n[other]\nx = 1\n",
            ),
            (
                "sync = {deliver = 'after'}\n",
                "sync = {deliver = 'after', server_url = \"local\" }\n",
            ),
        ];
        for (before, after) in cases {
            let folder = tempfile::tempdir().unwrap();
            let home = folder.path().to_str().unwrap();
            let world =
                World::with_variables(folder.path().to_owned(), [("SPEC_KITTY_HOME", home)]);
            if !before.is_empty() {
                replace(&path(&world), before.as_bytes(), Mode::Shared).unwrap();
            }
            assert!(set_server(&world, "local").unwrap());
            let written = std::fs::read_to_string(path(&world)).unwrap();
            assert_eq!(written, after);
            assert!(!set_server(&world, "local").unwrap());
        }
    }
}
