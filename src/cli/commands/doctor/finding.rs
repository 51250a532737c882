//! One thing that was looked at.

use serde_json::{Value, json};

use crate::text::chain;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing is broken.
    Note,
    /// Broken, or in the way.
    Problem,
    /// It was broken and has been repaired just now.
    Repaired,
}

impl State {
    /// The word people and scripts read.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
            Self::Repaired => "repaired",
        }
    }
}

/// A repair that may be done without asking.
pub(super) type Repair = Box<dyn FnOnce() -> Result<(), Box<dyn std::error::Error>>>;

/// One thing that was looked at: how it stands, and what repairs it.
pub(super) struct Finding {
    /// What was looked at: `queue`.
    pub check: &'static str,
    /// How it stands.
    pub state: State,
    /// In one sentence without a full stop.
    pub what: String,
    advice: Option<String>,
    repair: Option<Repair>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            what: what.into(),
            advice: None,
            repair: None,
        }
    }

    /// Worth knowing, and the command that goes on from there.
    pub(super) fn note(
        check: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Note,
            advice: Some(advice.into()),
            ..Self::ok(check, what)
        }
    }

    /// Broken, and the command that repairs it.
    pub(super) fn problem(
        check: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Problem,
            ..Self::note(check, what, advice)
        }
    }

    /// A problem told by an error.
    pub(super) fn error(
        check: &'static str,
        error: &dyn std::error::Error,
        advice: impl Into<String>,
    ) -> Self {
        Self::problem(check, chain(error), advice)
    }

    /// A safe repair, which `--fix` does.
    #[must_use]
    pub(super) fn repaired_by<E>(mut self, repair: impl FnOnce() -> Result<(), E> + 'static) -> Self
    where
        E: std::error::Error + 'static,
    {
        self.repair = Some(Box::new(move || Ok(repair()?)));
        self
    }

    /// Does the repair, where there is a safe one.
    pub(super) fn repair(mut self) -> Self {
        match self.repair.take().map(|repair| repair()) {
            None => self,
            Some(Ok(())) => Self {
                state: State::Repaired,
                advice: None,
                ..self
            },
            Some(Err(error)) => {
                let what = format!(
                    "{}; the repair failed: {}",
                    self.what,
                    chain(error.as_ref())
                );
                Self { what, ..self }
            }
        }
    }

    /// What to run.
    pub(super) fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// For the JSON document.
    pub(super) fn json(&self) -> Value {
        json!({
            "check": self.check,
            "state": self.state.word(),
            "finding": self.what,
            "repair": self.advice,
        })
    }
}
