//! The errors of finding a project and reading or changing its configuration.

use crate::cli::exit_code::ExitCode;
use crate::cli::failure::Failure;
use crate::project::ProjectError;
use crate::project::config::ConfigError;
use crate::project::identity::IdentityError;
use crate::project::paths::RootError;

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Unreadable(_) | ConfigError::Broken { .. } => {
                Self::from_error("config_invalid", ExitCode::RepoState, &error)
                    .hint("mend the file, then run the same command again")
            }
            ConfigError::ByHand { ref lines, .. } => {
                let hint = if lines.is_empty() {
                    "take the block out yourself".to_owned()
                } else {
                    format!("write these lines yourself:\n{lines}")
                };
                Self::from_error("config_by_hand", ExitCode::RepoState, &error)
                    .hint(hint)
                    .detail("lines", lines.as_str())
            }
            ConfigError::Contended { .. } => {
                Self::from_error("config_contended", ExitCode::RepoState, &error)
                    .hint("close the file in your editor, then run the same command again")
            }
            ConfigError::Lock(error) => error.into(),
            ConfigError::Unwritable(ref file) => {
                Self::from_error("io_error", ExitCode::RepoState, file)
                    .hint("check that the path is yours and the disk is not full")
            }
        }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Config(error) => error.into(),
            IdentityError::Kept(error) => error.into(),
            IdentityError::Lock(error) => error.into(),
            IdentityError::Entropy(error) => error.into(),
            IdentityError::Json(_) => Self::from_error("internal", ExitCode::Internal, &error),
            IdentityError::KeptBroken { ref path } => {
                let hint = format!("remove {}, then run: spec-kitty init", path.display());
                Self::from_error("identity_invalid", ExitCode::RepoState, &error).hint(hint)
            }
        }
    }
}

impl From<RootError> for Failure {
    fn from(error: RootError) -> Self {
        match error {
            RootError::NoProject { .. } => {
                Self::from_error("no_project", ExitCode::RepoState, &error)
                    .hint("run: git init && spec-kitty init")
            }
            RootError::Fs(error) => error.into(),
        }
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Root(error) => error.into(),
            ProjectError::Git(error) => error.into(),
            ProjectError::Identity(error) => error.into(),
            ProjectError::Fs(error) => error.into(),
        }
    }
}
