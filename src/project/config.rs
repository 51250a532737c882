//! The project's configuration file, `.kittify/config.yaml`: reading it, and changing one block of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::fs::lock::{self, LockError};
use crate::fs::replace::{Mode, Replaced, replace};
use crate::fs::yaml_block::{self, YamlError};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::world::World;

/// Where the file lies, from the project's root.
pub(crate) const CONFIG_FILE: &str = ".kittify/config.yaml";
/// The lock around every change of it, in a folder outside the tree.
const LOCK_FILE: &str = "config.lock";
const LOCK_WAIT: Duration = Duration::from_secs(5);
const MAX_BYTES: u64 = 1024 * 1024;
/// How often a change is made anew because an editor saved the file meanwhile.
const TRIES: u32 = 3;

/// Why the configuration could not be read or changed. Every variant names the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It could not be read, or is far too large.
    #[error(transparent)]
    Unreadable(FsError),
    /// Its content breaks a rule.
    #[error("{} is not a valid configuration", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// How it is broken.
        source: BrokenConfig,
    },
    /// It cannot be changed without touching more than one block.
    #[error("{} cannot be changed automatically", path.display())]
    ByHand {
        /// The file.
        path: PathBuf,
        /// The lines that a person should write.
        lines: String,
        /// Which block.
        source: YamlError,
    },
    /// Somebody else keeps writing it.
    #[error("{} changes while it is being edited", path.display())]
    Contended {
        /// The file.
        path: PathBuf,
    },
    /// The lock around a change was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It could not be written.
    #[error(transparent)]
    Unwritable(FsError),
}

/// What is wrong with the file's content.
#[derive(Debug, thiserror::Error)]
pub enum BrokenConfig {
    /// Bytes that are no text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// Not YAML, or not of the expected form.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A value that breaks a rule.
    #[error("{field} {rule}")]
    Field {
        /// `project.uuid`, …
        field: &'static str,
        /// `must be …`
        rule: &'static str,
    },
}

/// The path of the file in this project.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join(CONFIG_FILE)
}

/// Reads the parts that a type asks for; the type's default where there is no file.
pub(crate) fn read<T: DeserializeOwned + Default>(root: &Path) -> Result<T, ConfigError> {
    let Some(text) = text(root)? else {
        return Ok(T::default());
    };
    // The parser skips what the type does not ask for, so syntax is checked on its own.
    yaml_block::parse::<serde_json::Map<_, _>>(&text)
        .and_then(|_everything| yaml_block::parse(&text))
        .map_err(|error| broken(root, error))
}

/// An error for a value that breaks a rule.
pub(crate) fn broken(root: &Path, source: impl Into<BrokenConfig>) -> ConfigError {
    ConfigError::Broken {
        path: path(root),
        source: source.into(),
    }
}

/// Changes the file's text under the lock and replaces it atomically; whether anything changed.
/// `lock_directory` is outside the tree, so that nothing shows up as untracked.
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
        let new = change(old).map_err(|error| match error {
            YamlError::Syntax(_) => broken(root, error),
            YamlError::Refused { ref lines, .. } => ConfigError::ByHand {
                path: path(root),
                lines: lines.clone(),
                source: error,
            },
        })?;
        if new == old {
            return Ok(false);
        }
        if text(root)? == before {
            return write(root, &new).map_err(ConfigError::Unwritable);
        }
    }
    Err(ConfigError::Contended { path: path(root) })
}

fn text(root: &Path) -> Result<Option<String>, ConfigError> {
    let bytes = read_bounded(&path(root), MAX_BYTES).map_err(ConfigError::Unreadable)?;
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|_| broken(root, BrokenConfig::NotText)))
        .transpose()
}

fn write(root: &Path, text: &str) -> Result<bool, FsError> {
    let path = path(root);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FsError::on("create the folder", folder))?;
    }
    Ok(replace(&path, text.as_bytes(), Mode::Shared)? == Replaced::Written)
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
    fn what_an_editor_saves_meanwhile_is_kept() {
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
    fn a_file_that_never_rests_is_given_up() {
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
