//! The errors of journeys: refused, or stopped at a step.

use crate::cli::exit_code::ExitCode;
use crate::cli::failure::{Effect, Failure};
use crate::journey::{CreationError, JourneyError, StepError};
use crate::mission::slug;
use crate::text::shell_word;
use crate::tracker::binding::BindingError;
use crate::tracker::ticket_ref;

impl From<CreationError> for Failure {
    fn from(error: CreationError) -> Self {
        use CreationError as E;
        let failure = |code, exit| Self::from_error(code, exit, &error);
        match error {
            E::InvalidSlug(ref slug) => {
                let failure = failure("invalid_slug", ExitCode::Usage);
                if ticket_ref::parse(slug).is_ok() {
                    let ticket = shell_word(slug);
                    return failure.hint(format!(
                        "to start from that ticket, run: spec-kitty specify --from-ticket {ticket}"
                    ));
                }
                failure.hint(format!("try: {}", slug::from_ticket(slug, "")))
            }
            E::InvalidMissionType(_) => failure("invalid_mission_type", ExitCode::Usage)
                .hint("omit --mission-type to use software-dev"),
            E::InvalidBranch(_) => failure("invalid_branch", ExitCode::Usage)
                .hint("omit --target-branch to use the current branch"),
            E::NotARepository(_) => {
                failure("not_a_git_repository", ExitCode::RepoState).hint("run: git init")
            }
            E::DetachedHead => {
                failure("detached_head", ExitCode::RepoState).hint("run: git switch BRANCH")
            }
            E::InsideWorktree(_) => failure("inside_worktree", ExitCode::RepoState)
                .hint("run it again with -C and the main checkout's folder"),
            E::SpecsUnusable(_) => failure("repo_state", ExitCode::RepoState)
                .hint("replace kitty-specs with a real folder"),
            E::NumberTaken { ref by, .. } => failure("number_taken", ExitCode::Conflict)
                .hint("omit --number to use the next free one")
                .detail("taken_by", by.clone()),
            E::SlugTaken { ref by, .. } => failure("slug_taken", ExitCode::Conflict)
                .hint("choose another --slug")
                .detail("taken_by", by.clone()),
            E::Hidden(ref name) => failure("repo_state", ExitCode::RepoState).hint(format!(
                "run: git sparse-checkout add {}",
                shell_word(&format!("kitty-specs/{name}"))
            )),
            E::Metadata(error) => error.into(),
            E::Git(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Lock(error) => error.into(),
        }
    }
}

impl From<BindingError> for Failure {
    fn from(error: BindingError) -> Self {
        match error {
            BindingError::NotBound => not_bound(&error),
            BindingError::UnsupportedProvider(_) => {
                Self::from_error("unsupported_provider", ExitCode::RepoState, &error)
                    .hint("run: spec-kitty tracker providers")
            }
            BindingError::OtherProvider { asked, bound } => {
                Self::from_error("provider_conflict", ExitCode::Conflict, &error)
                    .hint("check the reference, or bind the project to the other tracker")
                    .detail("asked", asked.as_str())
                    .detail("bound", bound.as_str())
            }
            BindingError::Config(error) => error.into(),
        }
    }
}

fn not_bound(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::from_error("tracker_not_bound", ExitCode::RepoState, error)
        .hint("run: spec-kitty tracker bind --provider linear --project-slug SLUG")
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        match error {
            StepError::NotBound => not_bound(&error),
            StepError::Tracker(error) => error.into(),
            StepError::Metadata(error) => error.into(),
            StepError::Commit(error) => error.into(),
            StepError::Lock(error) => error.into(),
            StepError::Entropy(error) => error.into(),
        }
    }
}

impl From<JourneyError> for Failure {
    fn from(error: JourneyError) -> Self {
        let message = error.to_string();
        let (mission, step, source) = match error {
            JourneyError::Creation(error) => return error.into(),
            JourneyError::Step(error) => return error.into(),
            JourneyError::Stopped {
                mission,
                step,
                source,
            } => (mission, step, source),
        };
        // A commit that failed is part of the work by nature: its code says why.
        let is_commit = matches!(*source, StepError::Commit(_));
        let cause = Self::from(*source);
        let reason = match &cause.cause {
            Some(deeper) => format!("{}: {deeper}", cause.message),
            None => cause.message.clone(),
        };
        let code = if is_commit { cause.code } else { "partial" };
        let mut failure = Self::new(code, ExitCode::Partial, message)
            .cause(reason)
            .hint(cause.hint.unwrap_or_default())
            .effect(Effect::Applied)
            .detail("feature_dir", format!("kitty-specs/{mission}"))
            .detail("feature_slug", mission)
            .detail("done", step.done())
            .detail("failed", step.failed())
            .detail("cause_code", cause.code)
            .detail("cause_exit_code", cause.exit.number());
        failure.retry_after_seconds = cause.retry_after_seconds;
        failure.user_action_required = cause.user_action_required;
        failure
    }
}
