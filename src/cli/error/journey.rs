//! Errors of the journey from a ticket to a bound mission.

use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::Hint;
use crate::journey::{JourneyError, Step, StepError};
use crate::project::paths::SPECS;
use crate::text::nearest;
use crate::tracker::binding::BindingError;
use crate::tracker::ticket_ref::TicketRefError;
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
            StepError::Tracker(error) => error.into(),
            StepError::Metadata(error) => error.into(),
            StepError::Commit(error) => error.into(),
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
        }
    }
}

/// A part was done. The same command resumes at this step, whatever stopped it.
fn stopped(message: String, mission: String, step: Step, source: StepError) -> Failure {
    // The codes of a failed commit are those of partial work, and say why.
    let is_commit = matches!(source, StepError::Commit(_));
    let cause = Failure::from(source);
    let code = if is_commit { cause.code } else { Code::Partial };
    Failure {
        hint: cause.hint.clone(),
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

impl From<TicketRefError> for Failure {
    fn from(error: TicketRefError) -> Self {
        match error {
            TicketRefError::Form(_) => Self::from_error(Code::InvalidReference, &error),
            TicketRefError::Provider(error) => error.into(),
        }
    }
}
