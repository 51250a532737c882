//! Errors of the journey from a ticket to a bound mission.

use crate::cli::code::Code;
use crate::cli::failure::{Effect, Failure};
use crate::cli::hint::Hint;
use crate::journey::origin::{OriginError, PartialCause};
use crate::text::nearest;
use crate::tracker::ticket_ref::TicketRefError;
use crate::wire::{Provider, UnsupportedProvider};

impl From<OriginError> for Failure {
    fn from(error: OriginError) -> Self {
        use OriginError as E;
        match error {
            E::NotBound => Self::from_error(Code::TrackerNotBound, &error),
            E::UnsupportedProvider(_) => Self::from_error(Code::UnsupportedProvider, &error),
            E::OtherProvider { asked, bound } => Self::from_error(Code::ProviderConflict, &error)
                .detail("asked", asked.as_str())
                .detail("bound", bound.as_str()),
            E::Config(error) => error.into(),
            E::Mission(error) => error.into(),
            E::Meta(error) => error.into(),
            E::Tracker(error) => error.into(),
            E::Creation(error) => error.into(),
            E::Lock(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Partial {
                feature_slug,
                done,
                failed,
                source,
            } => partial(&feature_slug, done, failed, *source),
        }
    }
}

/// A part was done. The same command continues from there, whatever stopped it.
fn partial(feature_slug: &str, done: &str, failed: &str, cause: PartialCause) -> Failure {
    let (cause, code) = match cause {
        PartialCause::Tracker(error) => (Failure::from(error), Code::Partial),
        PartialCause::Meta(error) => (error.into(), Code::Partial),
        PartialCause::Commit(error) => {
            let cause = Failure::from(error);
            (cause.clone(), cause.code)
        }
    };
    let message = format!("mission {feature_slug}: {done}, but {failed}");
    Failure {
        hint: cause.hint.clone(),
        retry_after_seconds: cause.retry_after_seconds,
        user_action_required: cause.user_action_required,
        ..Failure::new(code, message)
    }
    .cause(cause.reason())
    .effect(Effect::Applied)
    .detail("feature_slug", feature_slug)
    .detail("feature_dir", format!("kitty-specs/{feature_slug}"))
    .detail("done", done)
    .detail("failed", failed)
    .detail("cause_code", cause.code.as_str())
    .detail("cause_exit_code", cause.exit().number())
}

impl From<UnsupportedProvider> for Failure {
    fn from(error: UnsupportedProvider) -> Self {
        let failure = Self::from_error(Code::UnsupportedProvider, &error);
        match nearest(&error.0, Provider::ALL.map(Provider::as_str)) {
            Some(name) => failure.hint(Hint::lead_to(
                format!("did you mean {name}? run"),
                "spec-kitty tracker providers",
            )),
            None => failure,
        }
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
