//! From the tickets of a search to the one that the user confirms. `--yes` confirms; it never chooses.

use dialoguer::FuzzySelect;
use dialoguer::theme::ColorfulTheme;
use serde_json::json;

use super::{Code, Context, Failure, Hint, RunArguments, ask, record};
use crate::text::one_line;
use crate::tracker::ticket::Ticket;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;

/// The tickets of a search or a document.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) candidates: Vec<OriginCandidate>,
    /// Whether there is only one ticket and it matches exactly.
    pub(super) certain: bool,
    pub(super) provider: Provider,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    /// The key that the user typed.
    pub(super) query: String,
}

impl Choice {
    /// The ticket, chosen from a list on a terminal. Without a terminal or with `--yes`, only a single
    /// exact match is accepted; the error then contains the command that would succeed. The same
    /// holds for a dry run.
    pub(crate) fn choose(&self, context: &Context, run: RunArguments) -> Result<Ticket, Failure> {
        match self.candidates.first() {
            Some(only) if self.certain => Ok(self.ticket(only.clone())),
            _ if run.yes || run.dry_run => Err(self.not_one()),
            _ if context.ui.may_ask() => self.pick(context),
            _ => Err(self.input_required(context)),
        }
    }

    /// Asks the user to confirm the ticket and the `effect`.
    pub(crate) fn confirm(
        &self,
        context: &Context,
        ticket: &Ticket,
        effect: &str,
        run: RunArguments,
    ) -> Result<(), Failure> {
        if run.yes {
            return Ok(());
        }
        if !context.ui.may_ask() {
            return Err(self.input_required(context));
        }
        context.ui.ask_about(&describe(context, ticket));
        let confirmed = ask::confirm(context, effect)?;
        confirmed.then_some(()).ok_or_else(declined)
    }

    fn ticket(&self, candidate: OriginCandidate) -> Ticket {
        Ticket {
            provider: self.provider,
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            candidate,
        }
    }

    fn pick(&self, context: &Context) -> Result<Ticket, Failure> {
        let lines = self.candidates.iter().map(|candidate| {
            let (key, title) = (candidate.external_issue_key(), candidate.title());
            one_line(&format!("{key}  {title}  [{}]", candidate.status()))
        });
        let theme = ColorfulTheme::default();
        let question = FuzzySelect::with_theme(&theme)
            .with_prompt("Which ticket? (type to filter, Esc to cancel)")
            .items(lines.collect::<Vec<_>>())
            .default(0);
        let picked = ask::ask(context, || question.interact_opt())?;
        let candidate = picked
            .and_then(|index| self.candidates.get(index))
            .ok_or_else(declined)?;
        Ok(self.ticket(candidate.clone()))
    }

    /// The error for `--yes`, which cannot choose.
    fn not_one(&self) -> Failure {
        let message = format!("{} does not match exactly one ticket", self.query);
        Failure::new(Code::NoExactMatch, message)
            .choices(self.candidates.iter().map(|it| cells(it).join("  ")))
            .detail("candidates", json!(self.candidates))
    }

    fn input_required(&self, context: &Context) -> Failure {
        let typed = &context.typed;
        // A ticket with the typed key must come from a file: the same search would be uncertain again.
        let mut keys = self
            .candidates
            .iter()
            .map(OriginCandidate::external_issue_key);
        let from_file = keys.any(|key| key.eq_ignore_ascii_case(&self.query));
        let first = self
            .candidates
            .first()
            .map(OriginCandidate::external_issue_key);
        let chosen = match first {
            _ if self.certain => None,
            Some(_) if from_file => Some(("--candidate", "FILE")),
            key => key.map(|key| ("", key)),
        };
        let command = typed.confirming(chosen);
        let query = &self.query;
        let message = match first {
            Some(key) if self.certain => format!("confirm that {key} is the right ticket"),
            _ => format!("{query} matches several tickets; choose one and confirm it"),
        };
        let hint = if chosen.is_some_and(|(flag, _)| flag == "--candidate") {
            Hint::lead_to("save one ticket as JSON in FILE, then run", &command)
        } else if typed.reads_stdin() {
            Hint::lead_to("with the same input, run", &command)
        } else {
            Hint::run(&command)
        };
        Failure::new(Code::InputRequired, message)
            .choices(self.candidates.iter().map(|it| cells(it).join("  ")))
            .hint(hint)
            .detail("candidates", json!(self.candidates))
            .detail("provider", self.provider.as_str())
            .detail("resource_type", self.resource_type.clone())
            .detail("resource_id", self.resource_id.clone())
            .detail("confirm_command", command)
    }
}

/// A ticket as a row of a list.
pub(crate) fn cells(ticket: &OriginCandidate) -> [String; 4] {
    let cells = [
        ticket.external_issue_key(),
        ticket.status(),
        ticket.title(),
        ticket.url(),
    ];
    cells.map(one_line)
}

fn describe(context: &Context, ticket: &Ticket) -> String {
    let candidate = &ticket.candidate;
    let rows = [
        ("provider", ticket.provider.title()),
        ("key", candidate.external_issue_key()),
        ("title", candidate.title()),
        ("status", candidate.status()),
        ("url", candidate.url()),
    ];
    record(&context.ui, &rows)
}

fn declined() -> Failure {
    Failure::new(Code::NotConfirmed, "not confirmed; nothing was changed")
}
