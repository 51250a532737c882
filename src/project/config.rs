//! Reads and edits the project's configuration file, `.kittify/config.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::fs::lock::{self, LockError};
use crate::fs::replace::{Mode, Replaced, replace};
use crate::fs::yaml_block::{self, YamlError};
use crate::fs::{FsError, ensure_private_directory, read_unlinked};
use crate::project::inside::{OutsideError, real_path};
use crate::world::World;

/// The path of the file in the project.
pub(crate) const CONFIG_FILE: &str = ".kittify/config.yaml";
/// The lock for changes, in a folder outside the work tree.
const LOCK_FILE: &str = "config.lock";
const LOCK_WAIT: Duration = Duration::from_secs(5);
const MAX_BYTES: u64 = 1024 * 1024;
/// The number of attempts if an editor saves the file at the same time.
const TRIES: u32 = 3;

/// Why the configuration could not be read or changed. All messages contain the path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file is unreadable or too large.
    #[error(transparent)]
    Unreadable(FsError),
    #[error(transparent)]
    Outside(#[from] OutsideError),
    #[error("{} is not a valid configuration", path.display())]
    Broken { path: PathBuf, source: BrokenConfig },
    /// The change would affect more than one block. `lines` are the lines to write by hand.
    #[error("{} cannot be changed automatically", path.display())]
    ByHand {
        path: PathBuf,
        lines: String,
        source: YamlError,
    },
    /// Another program changed the file during each attempt.
    #[error("another program keeps changing {}", path.display())]
    Contended { path: PathBuf },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Unwritable(FsError),
}

/// Why the content of the file is invalid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenConfig {
    #[error("it is not UTF-8 text")]
    NotText,
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A value breaks a rule: the field and the rule.
    #[error("{0}")]
    Field(&'static str),
}

/// The absolute path of the file.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join(CONFIG_FILE)
}

/// Reads the parts of the file that a type contains; the type's default if the file is missing.
pub(crate) fn read<T: DeserializeOwned + Default>(root: &Path) -> Result<T, ConfigError> {
    let Some(text) = text(root)? else {
        return Ok(T::default());
    };
    // The parser skips all other parts, so a separate pass checks their syntax.
    yaml_block::parse::<serde_json::Map<_, _>>(&text)
        .and_then(|_everything| yaml_block::parse(&text))
        .map_err(|error| broken(root, error))
}

/// The error for invalid content.
pub(crate) fn broken(root: &Path, source: impl Into<BrokenConfig>) -> ConfigError {
    ConfigError::Broken {
        path: path(root),
        source: source.into(),
    }
}

/// A value of the file, unless it is blank.
pub(crate) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// Changes the text under the lock and replaces the file atomically. Returns whether it changed.
/// `lock_directory` is outside the work tree, so git does not list the lock as untracked.
pub(crate) fn edit(
    world: &World,
    root: &Path,
    lock_directory: &Path,
    change: impl Fn(&str) -> Result<String, YamlError>,
) -> Result<bool, ConfigError> {
    ensure_private_directory(lock_directory).map_err(ConfigError::Unwritable)?;
    let _lock = lock::acquire(world, &lock_directory.join(LOCK_FILE), LOCK_WAIT)?;
    for _ in 0..TRIES {
        let before = text(root)?;
        let old = before.as_deref().unwrap_or_default();
        let new = change(old).map_err(|error| refused(root, error))?;
        if new == old {
            return Ok(false);
        }
        if text(root)? == before {
            return write(root, &new);
        }
    }
    Err(ConfigError::Contended { path: path(root) })
}

/// Makes a change without writing it, so that a command can ask its questions afterwards.
pub(crate) fn rehearse(
    root: &Path,
    change: impl Fn(&str) -> Result<String, YamlError>,
) -> Result<(), ConfigError> {
    let text = text(root)?.unwrap_or_default();
    let changed = change(&text).map_err(|error| refused(root, error));
    changed.map(drop)
}

fn refused(root: &Path, error: YamlError) -> ConfigError {
    match error {
        YamlError::Syntax(_) => broken(root, error),
        YamlError::Refused { ref lines, .. } => ConfigError::ByHand {
            path: path(root),
            lines: lines.clone(),
            source: error,
        },
    }
}

fn text(root: &Path) -> Result<Option<String>, ConfigError> {
    let path = real_path(root, &path(root))?;
    let bytes = read_unlinked(&path, MAX_BYTES).map_err(ConfigError::Unreadable)?;
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|_| broken(root, BrokenConfig::NotText)))
        .transpose()
}

fn write(root: &Path, text: &str) -> Result<bool, ConfigError> {
    let path = real_path(root, &path(root))?;
    let replaced = path.parent().map_or(Ok(()), |folder| {
        fs::create_dir_all(folder).map_err(FsError::on("create the folder", folder))
    });
    let replaced = replaced.and_then(|()| replace(&path, text.as_bytes(), Mode::Shared));
    Ok(replaced.map_err(ConfigError::Unwritable)? == Replaced::Written)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Project {
        folder: tempfile::TempDir,
        world: World,
    }

    impl Project {
        fn with(text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
            write(folder.path(), text).unwrap();
            Self { folder, world }
        }

        fn edit(
            &self,
            change: impl Fn(&str) -> Result<String, YamlError>,
        ) -> Result<bool, ConfigError> {
            edit(
                &self.world,
                self.folder.path(),
                &self.lock_directory(),
                change,
            )
        }

        fn lock_directory(&self) -> PathBuf {
            self.folder.path().join("lock")
        }

        fn text(&self) -> String {
            text(self.folder.path()).unwrap().unwrap()
        }
    }

    #[test]
    fn the_lock_is_held_from_reading_to_writing() {
        let project = Project::with("a: 1\n");
        let lock_file = project.lock_directory().join(LOCK_FILE);
        let changed = project.edit(|text| {
            assert!(lock::try_acquire(&lock_file).unwrap().is_none());
            Ok(format!("{text}b: 2\n"))
        });
        assert!(changed.unwrap());
        assert_eq!(project.text(), "a: 1\nb: 2\n");
        assert!(lock::try_acquire(&lock_file).unwrap().is_some());
    }

    #[test]
    fn changes_of_an_editor_survive() {
        let project = Project::with("a: 1\n");
        let saved = Cell::new(false);
        let changed = project.edit(|text| {
            if !saved.replace(true) {
                write(project.folder.path(), "a: 2\n").unwrap();
            }
            Ok(format!("{text}b: 2\n"))
        });
        assert!(changed.unwrap());
        assert_eq!(project.text(), "a: 2\nb: 2\n");
    }

    #[test]
    fn a_file_that_keeps_changing_is_an_error() {
        let project = Project::with("0");
        let saves = Cell::new(0);
        let error = project.edit(|text| {
            saves.set(saves.get() + 1);
            write(project.folder.path(), &saves.get().to_string()).unwrap();
            Ok(format!("{text}b"))
        });
        assert!(matches!(error, Err(ConfigError::Contended { .. })));
        assert_eq!(saves.get(), TRIES);
        assert_eq!(project.text(), TRIES.to_string(), "the editor's text stays");
    }
}
