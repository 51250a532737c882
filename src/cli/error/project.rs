//! Errors of finding a project and of reading or changing its configuration.

use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::project::ProjectError;
use crate::project::config::ConfigError;
use crate::project::inside::OutsideError;
use crate::project::paths::RootError;

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = |code| Self::from_error(code, &error);
        match error {
            ConfigError::Unreadable(_) | ConfigError::Broken { .. } => failure(Code::ConfigInvalid),
            ConfigError::ByHand { ref lines, .. } => {
                let hint = if lines.is_empty() {
                    "edit the file by hand: remove the tracker block".to_owned()
                } else {
                    format!("edit the file by hand:\n{lines}")
                };
                let failure = failure(Code::ConfigByHand).hint(hint);
                failure.detail("lines", lines.as_str())
            }
            ConfigError::Contended { .. } => failure(Code::ConfigContended),
            ConfigError::Outside(error) => error.into(),
            ConfigError::Lock(error) => error.into(),
            ConfigError::Unwritable(file) => file.into(),
        }
    }
}

impl From<OutsideError> for Failure {
    fn from(error: OutsideError) -> Self {
        match error {
            OutsideError::Refused { .. } => Self::from_error(Code::OutsideProject, &error),
            OutsideError::Fs(error) => error.into(),
        }
    }
}

impl From<RootError> for Failure {
    fn from(error: RootError) -> Self {
        match error {
            RootError::NoProject { .. } => Self::from_error(Code::NoProject, &error),
            RootError::Fs(error) => error.into(),
        }
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Root(error) => error.into(),
            ProjectError::Git(error) => error.into(),
            ProjectError::Config(error) => error.into(),
            ProjectError::UuidFile(error) => error.into(),
            ProjectError::Lock(error) => error.into(),
            ProjectError::Entropy(error) => error.into(),
            ProjectError::UuidFileBroken(ref path) => {
                let words = format!("remove {}, then run", path.display());
                Self::from_error(Code::IdentityInvalid, &error)
                    .hint(Hint::lead_to(words, "spec-kitty init"))
            }
        }
    }
}
