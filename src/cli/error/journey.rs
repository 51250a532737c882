//! Errors of the journey from a ticket to a bound mission.

use serde_json::json;

use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::Hint;
use crate::journey::{JourneyError, Place, Step, StepError, TicketTaken};
use crate::project::paths::SPECS;
use crate::text::{nearest, shell_word};
use crate::tracker::binding::BindingError;
use crate::tracker::search::SearchError;
use crate::tracker::ticket_ref::{TicketRefError, near_key};
use crate::wire::{Provider, UnsupportedProvider};

impl From<BindingError> for Failure {
    fn from(error: BindingError) -> Self {
        let failure = |code| Self::from_error(code, &error);
        match error {
            BindingError::NotBound => failure(Code::TrackerNotBound),
            BindingError::UnsupportedProvider(_) => failure(Code::UnsupportedProvider),
            BindingError::OtherProvider { asked, bound } => failure(Code::ProviderConflict)
                .detail("asked", asked.as_str())
                .detail("bound", bound.as_str()),
            BindingError::Config(error) => error.into(),
        }
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        match error {
            StepError::NotBound => Self::from_error(Code::TrackerNotBound, &error),
            StepError::OriginNotFound {
                ref mission,
                ref recorded,
            } => {
                let hint = not_found(mission, recorded.as_deref());
                Self::from_error(Code::OriginNotFound, &error).hint(hint)
            }
            StepError::Tracker(error) => error.into(),
            StepError::Metadata(error) => error.into(),
            StepError::Commit(error) => error.into(),
            StepError::NotReady(error) => error.into(),
            StepError::Entropy(error) => error.into(),
        }
    }
}

impl From<JourneyError> for Failure {
    fn from(error: JourneyError) -> Self {
        let message = error.to_string();
        match error {
            JourneyError::Creation(error) => error.into(),
            JourneyError::Step(error) => error.into(),
            JourneyError::Stopped {
                mission,
                step,
                source,
            } => stopped(message, mission, step, *source),
            JourneyError::Switched { branch, source } => switched(message, branch, *source),
        }
    }
}

/// A part was done. The same command resumes at this step, whatever stopped it.
fn stopped(message: String, mission: String, step: Step, source: StepError) -> Failure {
    // The codes of a failed commit are those of partial work, and say why.
    let is_commit = matches!(source, StepError::Commit(_));
    let cause = Failure::from(source);
    if cause.code == Code::TicketHasMission {
        return too_late(cause, mission);
    }
    let code = if is_commit { cause.code } else { Code::Partial };
    let page = cause.details.get("action_url").cloned();
    // Another mission has this one's name at the control plane: the same command would not help.
    let hint = match (step, cause.code) {
        (Step::Bind, Code::OriginConflict) => {
            let words = format!("to drop mission {mission}, which the server refuses, run");
            Some(Hint::lead_to(words, discard(&mission)))
        }
        _ => cause.hint.clone(),
    };
    let failure = Failure {
        hint,
        retry_after_seconds: cause.retry_after_seconds,
        user_action_required: cause.user_action_required,
        ..Failure::new(code, message)
    }
    .cause(cause.reason())
    .effect(Effect::Applied)
    .detail("feature_dir", format!("{SPECS}/{mission}"))
    .detail("feature_slug", mission)
    .detail("done", step.done())
    .detail("failed", step.failed())
    .detail("cause_code", cause.code.as_str())
    .detail("cause_exit_code", cause.exit().number());
    match page {
        Some(page) => failure.detail("action_url", page),
        None => failure,
    }
}

/// The mission was made, but another one was faster. The same command would not help.
fn too_late(cause: Failure, mission: String) -> Failure {
    let words = format!("to drop mission {mission}, which this command made, run");
    cause
        .hint(Hint::lead_to(words, discard(&mission)))
        .effect(Effect::Applied)
        .detail("feature_dir", format!("{SPECS}/{mission}"))
        .detail("feature_slug", mission)
}

/// What to do about an origin that only `meta.json` has, or nobody.
fn not_found(mission: &str, recorded: Option<&str>) -> Hint {
    match recorded {
        Some(key) => {
            let (mission, key) = (shell_word(mission), shell_word(key));
            let words = "get the change of others with git pull, or bind it again";
            let bind = "spec-kitty tracker bind-origin";
            Hint::lead_to(words, format!("{bind} --mission {mission} --key {key}"))
        }
        None => Hint::text(
            "check the mission; spec-kitty tracker search-origin shows a ticket's missions",
        ),
    }
}

/// The command that drops an unbound mission.
pub(super) fn discard(mission: &str) -> String {
    format!("spec-kitty mission discard {}", shell_word(mission))
}

/// Where the mission is, and how to get it.
impl From<TicketTaken> for Failure {
    fn from(taken: TicketTaken) -> Self {
        let duplicate = "or pass --allow-duplicate";
        let hint = match (&taken.unbound, &taken.place) {
            (Some(unbound), _) => {
                let words = format!("to drop mission {unbound} of this checkout, run");
                Hint::lead_to(words, discard(unbound))
            }
            (_, Place::Here(name)) => Hint::Text(format!("use mission {name}, {duplicate}")),
            (_, Place::Branch(branch)) => {
                let switch = format!("git switch {}", shell_word(branch));
                Hint::Text(format!("get it with: {switch} (or git pull), {duplicate}"))
            }
            (_, Place::Elsewhere) => Hint::Text(format!("get it with: git pull, {duplicate}")),
            (_, Place::Repository(name)) => {
                Hint::Text(format!("go on in repository {name}, {duplicate}"))
            }
        };
        Self::from_error(Code::TicketHasMission, &taken)
            .hint(hint)
            .detail("missions", json!(taken.missions))
    }
}

/// The branch is another one now, and that is all.
fn switched(message: String, branch: String, source: JourneyError) -> Failure {
    let cause = Failure::from(source);
    Failure {
        hint: cause.hint.clone(),
        ..Failure::new(Code::Partial, message)
    }
    .cause(cause.reason())
    .effect(Effect::Applied)
    .detail("branch", branch)
    .detail("cause_code", cause.code.as_str())
    .detail("cause_exit_code", cause.exit().number())
}

impl From<UnsupportedProvider> for Failure {
    fn from(error: UnsupportedProvider) -> Self {
        let failure = Self::from_error(Code::UnsupportedProvider, &error);
        let Some(name) = nearest(&error.0, Provider::ALL.map(Provider::as_str)) else {
            return failure;
        };
        let words = format!("did you mean {name}? run");
        failure.hint(Hint::instead(words, "spec-kitty tracker providers"))
    }
}

impl From<SearchError> for Failure {
    /// A search changes nothing, whether or not its request arrived.
    fn from(error: SearchError) -> Self {
        let failure = Self::from_error(Code::OtherSite, &error);
        match error {
            SearchError::Tracker(error) => Self::from(error).effect(Effect::None),
            SearchError::OtherSite {
                asked_site,
                ticket_site,
                url,
                ..
            } => failure
                .hint(format!("compare it with the ticket's own URL: {url}"))
                .detail("asked_site", asked_site)
                .detail("ticket_site", ticket_site),
        }
    }
}

impl From<TicketRefError> for Failure {
    fn from(error: TicketRefError) -> Self {
        match error {
            TicketRefError::Form(ref text) => {
                let failure = Self::from_error(Code::InvalidReference, &error);
                match near_key(text) {
                    Some(key) => failure.hint(format!("did you mean {key}?")),
                    None => failure,
                }
            }
            TicketRefError::Url(_) => Self::from_error(Code::InvalidReference, &error)
                .hint("use the ticket's key, or the URL of the ticket itself"),
            TicketRefError::Provider(error) => error.into(),
        }
    }
}
