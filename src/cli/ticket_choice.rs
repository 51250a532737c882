//! From what a person named to the one ticket they mean, and their word that it is the right one
//! (DESIGN §2). `--yes` confirms; it never chooses.

use std::ffi::OsString;

use dialoguer::FuzzySelect;
use dialoguer::theme::ColorfulTheme;
use serde_json::json;

use super::ask;
use super::context::Context;
use super::exit_code::ExitCode;
use super::failure::Failure;
use super::table::record;
use crate::text::{one_line, shell_word};
use crate::tracker::ticket::Ticket;
use crate::wire::Provider;
use crate::wire::candidate::OriginCandidate;

/// What a search or a document left to choose from.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) candidates: Vec<OriginCandidate>,
    /// One that may be confirmed without being chosen.
    pub(super) certain: bool,
    pub(super) provider: Provider,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    pub(super) asked: String,
}

impl Choice {
    /// The ticket, where there is only one to speak of.
    pub(crate) fn certain(&self) -> Option<Ticket> {
        let only = self.candidates.first().filter(|_| self.certain)?;
        Some(self.ticket(only.clone()))
    }

    /// The one ticket, for a dry run: nothing will be done, so nothing needs confirming.
    pub(crate) fn only(&self) -> Result<Ticket, Failure> {
        self.certain().ok_or_else(|| self.not_one())
    }

    /// The ticket that is meant, chosen from a list on a terminal. Without one, `--yes` or not, a
    /// single exact hit is needed; what is missing then is told with the command that would do.
    pub(crate) fn choose(&self, context: &Context, yes: bool) -> Result<Ticket, Failure> {
        match self.certain() {
            Some(ticket) => Ok(ticket),
            None if yes => Err(self.not_one()),
            None if context.ui.may_ask() => self.pick(context),
            None => Err(self.input_required(context)),
        }
    }

    /// The user's word that this is the ticket and that `effect` shall happen.
    pub(crate) fn confirm(
        &self,
        context: &Context,
        ticket: &Ticket,
        effect: &str,
        yes: bool,
    ) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !context.ui.may_ask() {
            return Err(self.input_required(context));
        }
        context.ui.ask_about(&describe(context, ticket));
        if ask::confirm(&context.world, effect)? {
            Ok(())
        } else {
            Err(declined())
        }
    }

    fn is_asked_for(&self, candidate: &OriginCandidate) -> bool {
        candidate
            .external_issue_key()
            .eq_ignore_ascii_case(&self.asked)
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
            one_line(&format!(
                "{}  {}  [{}]",
                candidate.external_issue_key(),
                candidate.title(),
                candidate.status()
            ))
        });
        let theme = ColorfulTheme::default();
        let question = FuzzySelect::with_theme(&theme)
            .with_prompt("Which ticket? (type to filter, Esc to leave)")
            .items(lines.collect::<Vec<_>>())
            .default(0);
        let picked = context
            .world
            .ask(|| question.interact_opt())
            .map_err(ask::unanswered)?;
        let candidate = picked
            .and_then(|index| self.candidates.get(index))
            .ok_or_else(declined)?;
        Ok(self.ticket(candidate.clone()))
    }

    /// `--yes` cannot choose.
    fn not_one(&self) -> Failure {
        let message = format!(
            "{} is not the key of exactly one ticket, so --yes cannot confirm it",
            self.asked
        );
        Failure::new("no_exact_match", ExitCode::NotFound, message)
            .choices(self.candidates.iter().map(line))
            .hint("name one of the candidates by its own key")
            .detail("candidates", json!(self.candidates))
    }

    fn input_required(&self, context: &Context) -> Failure {
        let command = match (self.certain, self.candidates.as_slice()) {
            (true, _) => confirming_command(&context.arguments, None),
            // The same search would not be more certain the next time.
            (false, candidates) if candidates.iter().any(|c| self.is_asked_for(c)) => {
                confirming_command(&context.arguments, Some(("--candidate", "FILE")))
            }
            (false, candidates) => {
                let key = candidates.first().map(OriginCandidate::external_issue_key);
                confirming_command(&context.arguments, key.map(|key| ("", key)))
            }
        };
        let message = match self.candidates.as_slice() {
            [only] if self.certain => format!(
                "confirm that {} is the right ticket",
                only.external_issue_key()
            ),
            _ => format!(
                "{} fits several tickets; name one and confirm it",
                self.asked
            ),
        };
        Failure::new("input_required", ExitCode::InputRequired, message)
            .choices(self.candidates.iter().map(line))
            .hint(if command.contains("--candidate FILE") {
                format!("save the one that is meant as FILE, in JSON, then run: {command}")
            } else if from_standard_input(&context.arguments) {
                format!("run, with the same input: {command}")
            } else {
                format!("run: {command}")
            })
            .detail("candidates", json!(self.candidates))
            .detail("provider", self.provider.as_str())
            .detail("resource_type", self.resource_type.clone())
            .detail("resource_id", self.resource_id.clone())
            .detail("confirm_command", command)
    }
}

/// One candidate for whoever reads an error.
fn line(candidate: &OriginCandidate) -> String {
    let parts = [
        candidate.external_issue_key(),
        candidate.status(),
        candidate.title(),
        candidate.url(),
    ];
    parts.map(one_line).join("  ")
}

/// Whether the candidate was piped in: the command alone would wait for it.
fn from_standard_input(arguments: &[OsString]) -> bool {
    let pairs = arguments.windows(2);
    let mut pairs = pairs.filter_map(|pair| Some((pair.first()?, pair.get(1)?)));
    pairs.any(|(flag, value)| flag == "--candidate" && value == "-")
        || arguments.iter().any(|word| word == "--candidate=-")
}

/// The command line as it was typed, with `--yes`; and, where a ticket had to be chosen, with the
/// key of one, or with the flag that names it otherwise.
fn confirming_command(arguments: &[OsString], chosen: Option<(&str, &str)>) -> String {
    let mut words = vec!["spec-kitty".to_owned()];
    let mut typed = arguments
        .iter()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    while let Some(word) = typed.next() {
        let names_ticket = ["--from-ticket", "--key"].into_iter().find(|flag| {
            word == *flag
                || word
                    .strip_prefix(flag)
                    .is_some_and(|rest| rest.starts_with('='))
        });
        match (names_ticket, chosen) {
            (Some(flag), Some((other, value))) => {
                if word == flag {
                    typed.next();
                }
                let flag = if other.is_empty() { flag } else { other };
                words.extend([flag.to_owned(), shell_word(value)]);
            }
            _ => words.push(shell_word(&word)),
        }
    }
    words.push("--yes".to_owned());
    words.join(" ")
}

fn describe(context: &Context, ticket: &Ticket) -> String {
    let candidate = &ticket.candidate;
    record(
        &context.ui,
        &[
            ("provider", ticket.provider.title().to_owned()),
            ("key", candidate.external_issue_key().to_owned()),
            ("title", candidate.title().to_owned()),
            ("status", candidate.status().to_owned()),
            ("url", candidate.url().to_owned()),
        ],
    )
}

fn declined() -> Failure {
    Failure::new(
        "not_confirmed",
        ExitCode::InputRequired,
        "not confirmed; nothing was changed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_confirming_command_is_the_typed_one_and_yes() {
        let typed = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let cases = [
            (
                &["x", "specify", "--from-ticket", "web-1"][..],
                None,
                "spec-kitty specify --from-ticket web-1 --yes",
            ),
            (
                &["x", "specify", "--from-ticket", "w eb"],
                Some("WEB-2"),
                "spec-kitty specify --from-ticket WEB-2 --yes",
            ),
            (
                &["x", "a", "--key=WEB-1", "--mission", "61"],
                Some("WEB-2"),
                "spec-kitty a --key WEB-2 --mission 61 --yes",
            ),
            (
                &["x", "a b", "it's"],
                None,
                r"spec-kitty 'a b' 'it'\''s' --yes",
            ),
        ];
        for (words, key, command) in cases {
            let chosen = key.map(|key| ("", key));
            assert_eq!(confirming_command(&typed(words), chosen), command);
        }
    }
}
