//! The result of one check.

use std::error::Error;

use serde::Serialize;

use crate::text::chain;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Worth knowing, but not an error.
    Note,
    Problem,
    /// The problem has just been repaired.
    Repaired,
}

impl State {
    /// The same word as in JSON.
    pub(super) fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A repair that is safe without confirmation.
type Repair = Box<dyn FnOnce() -> Result<(), Box<dyn Error>>>;

/// The result of one check, and how to repair a problem.
#[derive(Serialize)]
pub(super) struct Finding {
    /// What was checked, for example `queue`.
    pub check: &'static str,
    pub state: State,
    /// A sentence without a full stop.
    #[serde(rename = "finding")]
    pub what: String,
    #[serde(rename = "repair")]
    pub advice: Option<String>,
    #[serde(skip)]
    repair: Option<Repair>,
}

impl Finding {
    fn new(check: &'static str, state: State, what: String, advice: Option<String>) -> Self {
        Self {
            check,
            state,
            what,
            advice,
            repair: None,
        }
    }

    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, State::Ok, what.into(), None)
    }

    /// Worth knowing, with the next command.
    pub(super) fn note(
        check: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Note, what.into(), Some(advice.into()))
    }

    /// A problem, with the command that repairs it.
    pub(super) fn problem(
        check: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(check, State::Problem, what.into(), Some(advice.into()))
    }

    /// A problem with the message of an error.
    pub(super) fn error(check: &'static str, error: &dyn Error, advice: impl Into<String>) -> Self {
        Self::problem(check, chain(error), advice)
    }

    /// Adds the safe repair that `--fix` runs.
    #[must_use]
    pub(super) fn repaired_by<E>(mut self, repair: impl FnOnce() -> Result<(), E> + 'static) -> Self
    where
        E: Error + 'static,
    {
        self.repair = Some(Box::new(move || Ok(repair()?)));
        self
    }

    /// Runs the safe repair, if there is one.
    pub(super) fn repair(mut self) -> Self {
        match self.repair.take().map(|repair| repair()) {
            None => {}
            Some(Ok(())) => {
                self.state = State::Repaired;
                self.advice = None;
            }
            Some(Err(error)) => {
                let error = chain(error.as_ref());
                self.what = format!("{}; the repair failed: {error}", self.what);
            }
        }
        self
    }
}
