//! `spec-kitty admin token create`.

use chrono::{SecondsFormat, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Store, or_dash};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, record};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// User that the token acts for
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// Team that the token acts for
    #[arg(long, value_name = "SLUG")]
    pub team: String,
    /// Name of the token, to recognise it in the list
    #[arg(long)]
    pub name: String,
    /// How long the token is valid: `90d`, `12h`, `4w` [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    pub expires: Option<TimeDelta>,
    #[command(flatten)]
    pub store: Store,
}

/// A new lasting token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminTokenCreate {
    /// The token; no other document shows it.
    token: String,
    id: i64,
    name: String,
    /// The user it acts for.
    user: String,
    /// The team it acts for.
    team: String,
    /// Null if it does not expire.
    expires_at: Option<String>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminTokenCreate {
    const SCHEMA: &'static str = "spec-kitty.admin-token-create/1";
}

/// Prints the token, once: the store has only its hash.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        user,
        team,
        name,
        expires,
        store,
    } = &arguments;
    let administration = store.existing(context)?;
    let created = administration.create_token(user, team, name, *expires)?;
    administration.close();
    let expires_at = created
        .expires_at
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let rows = [
        ("token", created.token.expose().to_owned()),
        ("id", created.id.to_string()),
        ("name", name.clone()),
        ("user", user.clone()),
        ("team", team.clone()),
        ("expires", or_dash(expires_at.as_ref())),
    ];
    let text = record(&context.ui, &rows);
    let answer = AdminTokenCreate {
        token: created.token.expose().to_owned(),
        id: created.id,
        name: name.clone(),
        user: user.clone(),
        team: team.clone(),
        expires_at,
        data: store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}

/// A whole number of hours, days or weeks, at most ten years.
fn lifetime(text: &str) -> Result<TimeDelta, String> {
    const LONGEST: TimeDelta = TimeDelta::days(3650);
    let hours = |unit: char| match unit {
        'h' => Some(1),
        'd' => Some(24),
        'w' => Some(7 * 24),
        _ => None,
    };
    let parse = || {
        let (last, _) = text.char_indices().next_back()?;
        let (number, unit) = text.split_at_checked(last)?;
        let number: i64 = number.parse().ok()?;
        TimeDelta::try_hours(number.checked_mul(hours(unit.chars().next()?)?)?)
    };
    let valid = |lifetime: &TimeDelta| *lifetime > TimeDelta::zero() && *lifetime <= LONGEST;
    let message = "use hours, days or weeks, such as 12h, 90d or 4w, and at most 3650d";
    parse().filter(valid).ok_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_with_a_unit() {
        for (text, hours) in [
            ("1h", 1),
            ("90d", 90 * 24),
            ("4w", 28 * 24),
            ("3650d", 87_600),
        ] {
            assert_eq!(lifetime(text), Ok(TimeDelta::hours(hours)), "{text}");
        }
        for text in [
            "",
            "d",
            "90",
            "90s",
            "-1d",
            "0d",
            "1.5d",
            "3651d",
            "9999999999999999999d",
            "1 d",
            "1é",
        ] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
