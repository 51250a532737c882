//! Errors of missions: finding one, creating one, and its `meta.json`.

use crate::cli::code::Code;
use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::{Hint, git_restore};
use crate::cli::resume::resuming_command;
use crate::journey::{CreationError, DiscardError};
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::mission::slug::from_ticket;
use crate::text::shell_word;
use crate::tracker::ticket_ref;

impl From<MetadataError> for Failure {
    fn from(error: MetadataError) -> Self {
        use MetadataError as E;
        let code = match error {
            E::Missing { ref path } => {
                return Self::from_error(Code::MetaMissing, &error)
                    .hint(Hint::Run(git_restore(path)));
            }
            E::Malformed { .. } | E::Incomplete { .. } => Code::MetaInvalid,
            E::OriginTicket { .. } => Code::OriginTicketInvalid,
            E::Contended { .. } => Code::MetaContended,
            E::Outside(error) => return error.into(),
            E::Fs(error) => return error.into(),
        };
        Self::from_error(code, &error)
    }
}

impl From<MissionError> for Failure {
    fn from(error: MissionError) -> Self {
        let failure = |code| Self::from_error(code, &error);
        match &error {
            MissionError::NotFound { near, .. } => failure(Code::MissionNotFound)
                .hint(match near.as_slice() {
                    [] => Hint::run("spec-kitty mission list"),
                    near => Hint::Text(format!("did you mean {}?", near.join(" or "))),
                })
                .detail("near", near.clone()),
            MissionError::Ambiguous { names, .. } => {
                failure(Code::MissionAmbiguous).detail("missions", names.clone())
            }
            MissionError::NotAMission { .. } => {
                failure(Code::MissionNotFound).hint("use the mission's slug or number")
            }
            MissionError::Fs(_) => {
                failure(Code::IoError).hint("kitty-specs/ must be a readable folder")
            }
        }
    }
}

impl From<DiscardError> for Failure {
    fn from(error: DiscardError) -> Self {
        use DiscardError as E;
        let failure = |code| Self::from_error(code, &error);
        match error {
            E::Bound { ref mission, .. } => {
                let mission = shell_word(mission);
                let command = format!("spec-kitty tracker unbind-origin --mission {mission}");
                failure(Code::MissionBound).hint(Hint::Run(command))
            }
            E::Unfinished(ref journey) => {
                failure(Code::BindUnfinished).hint(Hint::Run(resuming_command(journey)))
            }
            E::Unsaved { ref files, .. } => failure(Code::UncommittedChanges)
                .choices(files.clone())
                .detail("files", files.clone()),
            E::Interrupted(operation) => {
                let first = format!("finish or abort the {}", operation.name());
                failure(Code::RepoState).hint(Hint::then_again(first))
            }
            E::Hidden(ref name) => failure(Code::RepoState).hint(show(name)),
            E::Stopped { mission, source } => partly_discarded(mission, *source),
            E::Mission(error) => error.into(),
            E::NotReady(error) => error.into(),
            E::Metadata(error) => error.into(),
            E::Outside(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Git(error) => error.into(),
            E::Lock(error) => error.into(),
            E::Commit(error) => error.into(),
        }
    }
}

/// The same command goes on, whatever stopped it.
fn partly_discarded(mission: String, source: DiscardError) -> Failure {
    let cause = Failure::from(source);
    // The codes of a failed commit are those of partial work, and say why.
    let code = match cause.exit() {
        ExitCode::Partial => cause.code,
        _ => Code::Partial,
    };
    let message = format!("mission {mission} is not discarded completely");
    Failure {
        hint: cause.hint.clone(),
        ..Failure::new(code, message)
    }
    .cause(cause.reason())
    .effect(Effect::Applied)
    .detail("feature_slug", mission)
    .detail("cause_code", cause.code.as_str())
}

/// The command that takes a mission into the sparse checkout.
fn show(name: &str) -> Hint {
    let folder = shell_word(&format!("kitty-specs/{name}"));
    Hint::Run(format!("git sparse-checkout add {folder}"))
}

impl From<CreationError> for Failure {
    fn from(error: CreationError) -> Self {
        use CreationError as E;
        let message = error.to_string();
        let failure = |code| Self::from_error(code, &error);
        match error {
            E::InvalidSlug(ref slug) => failure(Code::InvalidSlug).hint(better_slug(slug)),
            E::InvalidMissionType(_) => failure(Code::InvalidMissionType),
            E::InvalidBranch(_) => failure(Code::InvalidBranch),
            E::NotARepository(_) => failure(Code::NotAGitRepository),
            E::DetachedHead => failure(Code::DetachedHead),
            E::NotSwitched { ref stderr, .. } => {
                failure(Code::BranchUnavailable).cause(stderr.trim())
            }
            E::BranchUnseen { branch, source } => {
                let cause = Self::from(source);
                let reason = cause.reason();
                Self { message, ..cause }
                    .cause(reason)
                    .effect(Effect::Unknown)
                    .detail("branch", branch)
            }
            E::InsideWorktree { ref main, .. } => {
                let main = main.to_string_lossy();
                let hint = format!("run it again with: -C {}", shell_word(&main));
                let failure = failure(Code::InsideWorktree).hint(hint);
                failure.detail("main_checkout", main)
            }
            E::SpecsUnusable(_) => {
                failure(Code::RepoState).hint("replace kitty-specs with a real folder")
            }
            E::NumberTaken { ref by, .. } => {
                failure(Code::NumberTaken).detail("taken_by", by.clone())
            }
            E::SlugTaken { ref by, .. } => failure(Code::SlugTaken).detail("taken_by", by.clone()),
            E::TicketTaken(taken) => (*taken).into(),
            E::Mission(error) => error.into(),
            E::Hidden(ref name) => failure(Code::RepoState).hint(show(name)),
            E::Metadata(error) => error.into(),
            E::NotReady(error) => error.into(),
            E::Git(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Lock(error) => error.into(),
            E::Entropy(error) => error.into(),
        }
    }
}

fn better_slug(slug: &str) -> Hint {
    if ticket_ref::parse(slug).is_ok() {
        let command = format!("spec-kitty specify --from-ticket {}", shell_word(slug));
        return Hint::instead("to start from that ticket, run", command);
    }
    Hint::Text(format!("try: {}", from_ticket(slug, "")))
}
