//! From the tickets of a search to the one that the user confirms. `--yes` confirms; it never chooses.

use serde_json::json;

use super::picker::{Row, pick};
use super::{Code, Context, Failure, Hint, RunArguments, ask, record};
use crate::mission::ticket_file;
use crate::text::one_line;
use crate::tracker::ticket::Ticket;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;
use crate::wire::full_ticket::FullTicket;

/// The tickets of a search or a document.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) tickets: Vec<FullTicket>,
    /// Whether there is only one ticket and it matches exactly.
    pub(super) certain: bool,
    pub(super) provider: Provider,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    pub(super) query: Query,
    /// Whether there are more tickets.
    pub(super) has_more: bool,
}

/// What the user typed to find the tickets.
#[derive(Debug)]
pub(super) enum Query {
    /// A key, typed or from a document.
    Key(String),
    /// Words confirm no ticket, even if only one matches.
    Words(String),
    /// Nothing: the tickets are the open ones.
    Nothing,
}

impl Choice {
    /// The ticket that the user or another program means. A program confirms it by its id.
    pub(crate) fn choose(&self, context: &Context, run: RunArguments) -> Result<Ticket, Failure> {
        let ticket = self.one(context, run)?;
        let id = ticket.candidate.external_issue_id();
        match context.confirmed.as_deref() {
            Some(confirmed) if confirmed != id => Err(not_the_confirmed(&ticket, confirmed)),
            _ => Ok(ticket),
        }
    }

    /// The ticket, chosen from a list on a terminal. Without a terminal or with `--yes`, only a single
    /// exact match is accepted; the error then contains the commands that would succeed. The same
    /// holds for a dry run of a key.
    fn one(&self, context: &Context, run: RunArguments) -> Result<Ticket, Failure> {
        let is_refused = match self.query {
            Query::Key(_) => run.yes || run.dry_run,
            Query::Words(_) | Query::Nothing => run.yes,
        };
        match self.tickets.first() {
            Some(only) if self.certain => Ok(self.ticket(context, only)),
            _ if is_refused => Err(self.not_one()),
            _ if context.ui.may_show_list() => self.pick(context),
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

    /// Whether the tickets are those of a search by key, or of a document: with all that is known.
    pub(crate) fn is_by_key(&self) -> bool {
        matches!(self.query, Query::Key(_))
    }

    /// The ticket that was chosen, in the resource that was searched.
    pub(crate) fn ticket(&self, context: &Context, chosen: &FullTicket) -> Ticket {
        let (provider, candidate) = (self.provider, &chosen.candidate);
        let now = context.world.now();
        let file = |body: &String| ticket_file::text(provider, candidate, body, now);
        Ticket {
            provider,
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            candidate: candidate.clone(),
            file: chosen.body.as_ref().and_then(file),
            branch_name: chosen.branch_name.clone(),
        }
    }

    fn candidates(&self) -> impl Iterator<Item = &OriginCandidate> {
        self.tickets.iter().map(|ticket| &ticket.candidate)
    }

    fn pick(&self, context: &Context) -> Result<Ticket, Failure> {
        let prompt = match self.more() {
            Some(more) => format!("Which ticket? ({more})"),
            None => "Which ticket?".to_owned(),
        };
        let picked = pick(context, &prompt, self.tickets.iter().map(row).collect())?;
        let chosen = picked.and_then(|index| self.tickets.get(index));
        Ok(self.ticket(context, chosen.ok_or_else(declined)?))
    }

    /// What finds the tickets that are not in the list.
    fn more(&self) -> Option<String> {
        let words = match self.query {
            Query::Nothing => "find others with --from-ticket WORDS",
            Query::Key(_) | Query::Words(_) => "find others with more words",
        };
        let shown = self.tickets.len();
        self.has_more.then(|| format!("{shown} shown; {words}"))
    }

    /// The error for `--yes`, which cannot choose.
    fn not_one(&self) -> Failure {
        let message = match &self.query {
            Query::Key(key) => format!("{key} does not match exactly one ticket"),
            Query::Words(words) => format!("{words:?} is not the key of a ticket"),
            Query::Nothing => "no ticket is named".to_owned(),
        };
        Failure::new(Code::NoExactMatch, message)
            .choices(self.candidates().map(|it| cells(it).join("  ")))
            .detail("candidates", json!(self.candidates().collect::<Vec<_>>()))
    }

    /// The error without a terminal: the tickets, and the command that would confirm each.
    fn input_required(&self, context: &Context) -> Failure {
        let commands = self.commands(context);
        let rows = self.candidates().map(|it| cells(it).join("  "));
        let choices: Vec<_> = match commands.as_slice() {
            [_, ..] if !self.certain && !self.is_uncertain_by_key() => rows
                .zip(&commands)
                .map(|(row, command)| format!("{row}\n        {command}"))
                .collect(),
            _ => rows.collect(),
        };
        Failure::new(Code::InputRequired, self.question())
            .choices(choices)
            .choices(self.more())
            .hint(self.hint(context, commands.first()))
            .detail("candidates", json!(self.candidates().collect::<Vec<_>>()))
            .detail("provider", self.provider.as_str())
            .detail("resource_type", self.resource_type.clone())
            .detail("resource_id", self.resource_id.clone())
            .detail("has_more", self.has_more)
            .detail("confirm_command", commands.first().cloned())
            .detail("confirm_commands", commands)
    }

    fn question(&self) -> String {
        match (&self.query, self.candidates().next()) {
            (_, Some(only)) if self.certain => {
                format!(
                    "confirm that {} is the right ticket",
                    only.external_issue_key()
                )
            }
            (Query::Key(key), _) => {
                format!("{key} matches several tickets; choose one and confirm it")
            }
            (Query::Words(words), _) => format!("choose a ticket for {words:?} and confirm it"),
            (Query::Nothing, _) => "choose a ticket and confirm it".to_owned(),
        }
    }

    /// The commands that confirm: one for each ticket, unless only one command can.
    fn commands(&self, context: &Context) -> Vec<String> {
        let confirming = |chosen| context.typed.confirming(chosen);
        if self.certain {
            return vec![confirming(None)];
        }
        if self.is_uncertain_by_key() {
            return vec![confirming(Some(("--candidate", "FILE")))];
        }
        let keys = self.candidates().map(OriginCandidate::external_issue_key);
        keys.map(|key| confirming(Some(("", key)))).collect()
    }

    /// Whether a ticket has the typed key but is not certain. The same search would be uncertain
    /// again, so the ticket must come from a file.
    fn is_uncertain_by_key(&self) -> bool {
        let Query::Key(typed) = &self.query else {
            return false;
        };
        let mut keys = self.candidates().map(OriginCandidate::external_issue_key);
        !self.certain && keys.any(|key| key.eq_ignore_ascii_case(typed))
    }

    fn hint(&self, context: &Context, command: Option<&String>) -> Hint {
        let command = command.map(String::as_str).unwrap_or_default();
        if self.is_uncertain_by_key() {
            Hint::lead_to("save one ticket as JSON in FILE, then run", command)
        } else if context.typed.reads_stdin() {
            Hint::lead_to("with the same input, run", command)
        } else if self.certain {
            Hint::run(command)
        } else {
            // The first of several: only the user can say that it is the one.
            Hint::template(command)
        }
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

/// The missions that the control plane knows for a ticket, in one text.
pub(crate) fn missions(ticket: &OriginCandidate) -> String {
    let known = ticket.missions().unwrap_or_default().iter();
    let slugs: Vec<_> = known.map(|mission| &*mission.mission_slug).collect();
    slugs.join(", ")
}

/// A ticket in the list to choose from.
fn row(ticket: &FullTicket) -> Row {
    let [key, status, title, url] = cells(&ticket.candidate);
    let mission = match missions(&ticket.candidate) {
        none if none.is_empty() => none,
        known => format!("mission {known}"),
    };
    let body = ticket.body.as_deref().unwrap_or_default();
    let preview = [&*title, &url, &mission, body].join("\n");
    Row::new(&[&key, &status, &title], &preview)
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

/// It does not name the right id: the caller must have seen the ticket.
fn not_the_confirmed(ticket: &Ticket, confirmed: &str) -> Failure {
    let key = ticket.candidate.external_issue_key();
    let message = format!("the confirmed id {confirmed:?} is not that of {key}");
    Failure::new(Code::ConfirmationMismatch, message).detail("external_issue_key", key)
}

fn declined() -> Failure {
    Failure::new(Code::NotConfirmed, "not confirmed; nothing was changed")
}
