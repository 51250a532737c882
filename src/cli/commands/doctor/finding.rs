//! The result of one check.

use std::error::Error;

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::chain;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Worth knowing, but not an error.
    Note,
    Problem,
    /// The problem has just been repaired.
    Repaired,
}

/// A repair that is safe without confirmation.
type Repair = Box<dyn FnOnce() -> Result<(), Box<dyn Error>>>;

/// The result of one check, and how to repair a problem.
pub(super) struct Finding {
    check: &'static str,
    pub state: State,
    /// A sentence without a full stop.
    pub what: String,
    pub advice: Option<String>,
    repair: Option<Repair>,
}

/// A finding in the document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(super) struct Reported {
    /// The name of the check.
    check: &'static str,
    state: State,
    /// What was found.
    finding: String,
    /// How to repair it: mostly `run: ` and a command.
    repair: Option<String>,
}

impl From<Finding> for Reported {
    fn from(found: Finding) -> Self {
        Self {
            check: found.check,
            state: found.state,
            finding: found.what,
            repair: found.advice,
        }
    }
}

/// The name of a check, for example `queue`.
#[derive(Clone, Copy)]
pub(super) struct Check(pub &'static str);

impl Check {
    fn finding(self, state: State, what: impl Into<String>, advice: Option<String>) -> Finding {
        Finding {
            check: self.0,
            state,
            what: what.into(),
            advice,
            repair: None,
        }
    }

    pub(super) fn ok(self, what: impl Into<String>) -> Finding {
        self.finding(State::Ok, what, None)
    }

    /// Worth knowing, with the next command.
    pub(super) fn note(self, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.finding(State::Note, what, Some(advice.into()))
    }

    /// A problem, with the command that repairs it.
    pub(super) fn problem(self, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.finding(State::Problem, what, Some(advice.into()))
    }

    /// A problem with the message of an error.
    pub(super) fn error(self, error: &dyn Error, advice: impl Into<String>) -> Finding {
        self.problem(chain(error), advice)
    }

    /// The findings; if there are none, that all is well.
    pub(super) fn or_ok(self, findings: Vec<Finding>, what: impl Into<String>) -> Vec<Finding> {
        if findings.is_empty() {
            return vec![self.ok(what)];
        }
        findings
    }
}

impl Finding {
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

    /// A row of the table.
    pub(super) fn row(&self) -> [String; 3] {
        let state = match self.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Problem => "problem",
            State::Repaired => "repaired",
        };
        let advice = self.advice.iter().map(|advice| format!("; {advice}"));
        let text = self.what.clone() + &advice.collect::<String>();
        [state.to_owned(), self.check.to_owned(), text]
    }
}
