//! Whether git can commit: it knows who the user is, and what signs the commit is there. Refuses only
//! what is certain to fail; git itself has the last word.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::command::{Git, GitError, find_program};
use super::settings::Settings;
use crate::world::World;

/// Why git cannot commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    #[error("git does not know who you are")]
    Identity {
        /// The output of git. Text from outside: sanitise it before showing it.
        stderr: String,
    },
    #[error("git cannot sign commits: {0}")]
    Signer(String),
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Refuses a missing identity and a missing signer. Starts git, once, only if the configuration and
/// the environment leave a doubt about the identity.
pub(crate) fn check(world: &World, root: &Path, settings: &Settings) -> Result<(), NotReady> {
    identity(world, root, settings)?;
    if !settings.is_true("commit.gpgsign") {
        return Ok(());
    }
    signer(world, root, settings).map_err(NotReady::Signer)
}

fn identity(world: &World, root: &Path, settings: &Settings) -> Result<(), NotReady> {
    let is_in_doubt = |role: &&str| {
        let mut parts = ["name", "email"].into_iter();
        parts.any(|part| !is_certain(world, settings, role, part))
    };
    let Some(role) = ["author", "committer"].into_iter().find(is_in_doubt) else {
        return Ok(());
    };
    // Git may still take the name from the account and the host from the network.
    let variable = format!("GIT_{}_IDENT", role.to_ascii_uppercase());
    match Git::in_directory(world, root).run(["var", &variable]) {
        Ok(_) => Ok(()),
        Err(GitError::Failed(failure)) => Err(NotReady::Identity {
            stderr: failure.stderr,
        }),
        Err(error) => Err(error.into()),
    }
}

/// Whether a name or email is certainly good: the variable of its role, else its key.
fn is_certain(world: &World, settings: &Settings, role: &str, part: &str) -> bool {
    let name = format!("GIT_{role}_{part}").to_ascii_uppercase();
    let mut variables = world.variables();
    let variable = variables.find(|(variable, _)| *variable == OsStr::new(&name));
    let is_good = |text: &str| text.contains(char::is_alphanumeric);
    if let Some((_, value)) = variable {
        return value.to_str().is_some_and(is_good);
    }
    let key = |section: &str| settings.text(&format!("{section}.{part}"));
    key(role).or_else(|| key("user")).is_some_and(is_good)
}

/// What is missing to sign a commit, in words.
fn signer(world: &World, root: &Path, settings: &Settings) -> Result<(), String> {
    let format = settings.text("gpg.format").unwrap_or("openpgp");
    let (keys, default): (&[&str], _) = match format {
        "openpgp" => (&["gpg.openpgp.program", "gpg.program"], "gpg"),
        "x509" => (&["gpg.x509.program"], "gpgsm"),
        "ssh" => (&["gpg.ssh.program"], "ssh-keygen"),
        _ => return Ok(()),
    };
    let mut given = keys
        .iter()
        .filter_map(|key| Some((*key, settings.text(key)?)))
        .peekable();
    if given.peek().is_none() && !is_program(world, root, default) {
        return Err(format!("there is no {default} in PATH"));
    }
    if let Some((key, _)) = given.find(|(_, program)| !is_program(world, root, program)) {
        let program = settings.text(key).unwrap_or_default();
        return Err(format!("{key} is {program}, which is not there"));
    }
    match format {
        "ssh" => ssh_key(world, root, settings),
        _ => Ok(()),
    }
}

/// Git takes a key with a space for the key itself, and any other one for its file.
fn ssh_key(world: &World, root: &Path, settings: &Settings) -> Result<(), String> {
    const KEY: &str = "user.signingkey";
    let key = settings.text(KEY).filter(|key| !key.is_empty());
    let Some(key) = key else {
        let command = settings.text("gpg.ssh.defaultkeycommand");
        return command.map_or_else(|| Err(format!("{KEY} is not set")), |_| Ok(()));
    };
    let is_literal = key.contains(' ') || key.starts_with("key::") || key.starts_with("ssh-");
    let is_there = |path: PathBuf| path.exists();
    if is_literal || file(world, root, key).is_none_or(is_there) {
        return Ok(());
    }
    Err(format!("{KEY} is {key}, which is not there"))
}

fn is_program(world: &World, root: &Path, program: &str) -> bool {
    if program.contains('/') {
        return file(world, root, program).is_none_or(|path| path.is_file());
    }
    find_program(&world.search_path(), program).is_some()
}

/// The file of a setting; `None` in the home folder of another user.
fn file(world: &World, root: &Path, name: &str) -> Option<PathBuf> {
    match name.strip_prefix('~') {
        None => Some(root.join(name)),
        Some(rest) => Some(world.user_directory()?.join(rest.strip_prefix('/')?)),
    }
}
