//! Checks the session and the server.

use super::Arguments;
use super::finding::{Check, Finding};
use crate::auth::server_choice::Server;
use crate::auth::session::SessionError;
use crate::auth::status::{Standing, Status, look};
use crate::auth::verification::{self, Verification};
use crate::cli::{Context, Failure};
use crate::http::ServerUrl;
use crate::text::chain;

const LOG_IN: &str = "run: spec-kitty auth login";

/// Checks the stored session, and asks its server unless `--offline` is given.
pub(super) fn check(context: &Context, arguments: Arguments) -> Vec<Finding> {
    const CHECK: Check = Check("credentials");
    let status = match look(&context.world, context.server.as_deref()) {
        Ok(status) => status,
        Err(error) => {
            let what = chain(&error);
            return vec![CHECK.problem(what, Failure::from(error).advice())];
        }
    };
    let mut findings = vec![credentials(CHECK, &status)];
    let url = status.server.as_ref().and_then(Server::url);
    let asked = url.filter(|_| !arguments.offline);
    findings.extend(asked.map(|server| ask(context, &status, server)));
    findings
}

fn credentials(check: Check, status: &Status) -> Finding {
    let server = status.server.as_ref().map(ToString::to_string);
    let server = server.unwrap_or_else(|| "no server".to_owned());
    match &status.standing {
        Standing::LoggedIn | Standing::Environment | Standing::EnvironmentRejected => {
            check.ok(format!("logged in to {server}"))
        }
        Standing::Local => check.ok("personal control plane on this machine"),
        Standing::LoggedOut => check.note("not logged in", LOG_IN),
        Standing::Expired => check.problem("the session has expired", LOG_IN),
        Standing::OtherServer(issuer) => check.problem(
            format!("logged in to {issuer}, but commands use {server}"),
            format!("{LOG_IN} --server {server}"),
        ),
    }
}

/// Whether the server answers, and whether it accepts the session.
fn ask(context: &Context, status: &Status, server: &ServerUrl) -> Finding {
    const CHECK: Check = Check("server");
    let (world, deadline) = (&context.world, context.deadline);
    if !status.standing.is_logged_in() {
        return match verification::reach(world, server, deadline) {
            Ok(()) => CHECK.ok(format!("{server} answers")),
            Err(error) => no_answer(CHECK, error.into()),
        };
    }
    match verification::of_session(world, context.server.as_deref(), deadline) {
        Verification::Accepted => CHECK.ok(format!("{server} accepts the session")),
        Verification::Unsupported => CHECK.ok(format!("{server} answers")),
        Verification::Rejected(error) => {
            let what = format!("{server} does not accept the session");
            CHECK.problem(what, Failure::from(error).advice())
        }
        Verification::Forbidden(error) => {
            let failure = Failure::from(error);
            CHECK.problem(failure.reason(), failure.advice())
        }
        Verification::Unknown(error) => no_answer(CHECK, error),
    }
}

/// Without a network most work is possible, so this is no problem of this machine.
fn no_answer(check: Check, error: SessionError) -> Finding {
    let failure = Failure::from(error);
    check.note(failure.reason(), failure.advice())
}
