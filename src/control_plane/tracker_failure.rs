//! A call to a live tracker that failed: what the client is told, and what the host can do.

use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;

use super::store::ConnectionRow;
use super::trackers::{LINEAR_URL, TrackerError};
use crate::text::shell_word;
use crate::wire::Provider;

/// A failed call with a connection.
#[derive(Debug, Clone)]
pub(super) struct TrackerFailure {
    pub connection: ConnectionRow,
    pub provider: Provider,
    /// Whether the user of a personal control plane is the one who asked, and so the host.
    pub is_personal: bool,
    pub error: TrackerError,
}

impl TrackerFailure {
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        let status = match self.error {
            TrackerError::CredentialRefused | TrackerError::Forbidden(_) => StatusCode::FORBIDDEN,
            TrackerError::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            TrackerError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            TrackerError::BadAnswer(_) => StatusCode::BAD_GATEWAY,
            TrackerError::QueryRefused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, self.error.code())
    }

    /// How long the tracker wants its clients to wait.
    pub(super) fn wait(&self) -> Option<Duration> {
        match self.error {
            TrackerError::RateLimited(wait) => Some(wait),
            _ => None,
        }
    }

    /// What the host has to do; `None` if waiting or another query is enough.
    pub(super) fn hint(&self) -> Option<String> {
        let name = shell_word(&self.connection.name);
        Some(match self.error {
            TrackerError::CredentialRefused if self.connection.token_file.is_some() => {
                let words = format!("put a new key into the token file of connection {name}");
                self.for_the_host(words)
            }
            TrackerError::CredentialRefused if self.is_personal => format!("run: {}", self.renew()),
            TrackerError::CredentialRefused => self.for_the_host(format!("run: {}", self.renew())),
            TrackerError::Forbidden(_) => {
                let words = "give the account of connection";
                self.for_the_host(format!("{words} {name} access to the tickets"))
            }
            TrackerError::BadAnswer(_) => {
                self.for_the_host(format!("run: spec-kitty admin connection test {name}"))
            }
            _ => return None,
        })
    }

    fn for_the_host(&self, what: String) -> String {
        if self.is_personal {
            what
        } else {
            format!("ask the host to {what}")
        }
    }

    /// The command that replaces the credential and nothing else.
    fn renew(&self) -> String {
        let Self {
            connection,
            provider,
            ..
        } = self;
        let name = shell_word(&connection.name);
        let mut words = if self.is_personal {
            vec![format!("spec-kitty connect {provider}")]
        } else {
            let add = "spec-kitty admin connection add";
            vec![format!("{add} {name} --provider {provider}")]
        };
        if connection.url != LINEAR_URL {
            words.push(format!("--url {}", shell_word(&connection.url)));
        }
        match &connection.user {
            // The account of a team's connection is nobody's business.
            Some(_) if !self.is_personal => words.push("--user EMAIL".to_owned()),
            Some(user) => words.push(format!("--user {}", shell_word(user))),
            None => {}
        }
        if !self.is_personal {
            words.push("--token-stdin".to_owned());
        } else if connection.name != provider.as_str() {
            words.push(format!("--name {name}"));
        }
        words.join(" ")
    }
}

impl fmt::Display for TrackerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}: {}", self.connection.name, self.error)?;
        match self.error {
            TrackerError::CredentialRefused if self.is_personal => f.write_str("; renew it"),
            TrackerError::CredentialRefused => f.write_str("; its host must renew it"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(connection: ConnectionRow, is_personal: bool) -> TrackerFailure {
        TrackerFailure {
            provider: connection.provider.parse().unwrap(),
            connection,
            is_personal,
            error: TrackerError::CredentialRefused,
        }
    }

    #[test]
    fn the_command_that_renews_a_credential_keeps_the_rest() {
        let row = |name: &str, provider: &str, url: &str, user: Option<&str>| ConnectionRow {
            name: name.to_owned(),
            provider: provider.to_owned(),
            url: url.to_owned(),
            user: user.map(str::to_owned),
            ..ConnectionRow::default()
        };
        let linear = row("linear", "linear", LINEAR_URL, None);
        let cloud = row("work", "jira", "https://a.example", Some("ada@a.example"));
        let own = row("jira", "jira", "https://jira.example/jira", None);
        let add = "ask the host to run: spec-kitty admin connection add";
        for (connection, of_a_team, personal) in [
            (
                linear,
                format!("{add} linear --provider linear --token-stdin"),
                "run: spec-kitty connect linear",
            ),
            (
                cloud,
                format!(
                    "{add} work --provider jira --url https://a.example --user EMAIL --token-stdin"
                ),
                "run: spec-kitty connect jira --url https://a.example --user ada@a.example \
                 --name work",
            ),
            (
                own,
                format!("{add} jira --provider jira --url https://jira.example/jira --token-stdin"),
                "run: spec-kitty connect jira --url https://jira.example/jira",
            ),
        ] {
            let hint = |is_personal| failure(connection.clone(), is_personal).hint();
            assert_eq!(hint(false), Some(of_a_team));
            assert_eq!(hint(true).as_deref(), Some(personal));
        }
    }
}
