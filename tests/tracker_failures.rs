//! What a user sees when a live tracker fails: through `serve`, whose host has to help, and through
//! `local`, whose host is the user. Nothing is written.

use serde_json::{Value, json};

use crate::support::{
    ControlPlane, JIRA_TOKEN, Jira, LINEAR_TOKEN, Output, PASSWORD, Reply, Sandbox, Server,
    Snapshot, issue, jira_error, linear, linear_answer, linear_error,
};

/// How a tracker fails, and how a command then ends.
struct Failure {
    what: &'static str,
    reply: Reply,
    end: End,
}

/// A row of the table of errors.
#[derive(Debug, Clone, Copy)]
enum End {
    Refused,
    Forbidden,
    /// The least and the most seconds to wait.
    Limited(u64, u64),
    Unavailable,
    BadAnswer,
    /// With these words of the tracker.
    Query(&'static str),
}

/// A repository that is bound to a live tracker.
struct Place {
    sandbox: Sandbox,
    /// `None` for `local`.
    server: Option<ControlPlane>,
    /// What the host has to run to renew the credential.
    renew: String,
    /// The name of the connection.
    connection: &'static str,
}

impl Place {
    /// With `serve`, and the connection `work` of its host. The flags are those of a connection.
    fn of_a_team(provider: &str, key: &str, flags: &[String], token: &str) -> Self {
        let sandbox = Sandbox::with_project();
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let add = ["admin", "connection", "add", "work", "--token-stdin"];
        let add = [&add[..], &["--provider", provider], &flags].concat();
        sandbox.run_with_input(&add, token).succeeds();
        let map = ["admin", "project", "map", "web", "--connection", "work"];
        sandbox
            .run(&[&map[..], &["--resource", key]].concat())
            .succeeds();
        ControlPlane::add_user(&sandbox, "kit", "harbour", provider);
        let server = ControlPlane::start(&sandbox, &[]);
        let login = ["auth", "login", "--username", "kit", "--password-stdin"];
        let login = [&login[..], &["--server", server.url()]].concat();
        sandbox.run_with_input(&login, PASSWORD).succeeds();
        sandbox.bind_tracker(provider, "web");
        sandbox.commit_all("Bind the project");
        let user = if flags.contains(&"--user") {
            " --user EMAIL"
        } else {
            ""
        };
        let renew = format!(
            "ask the host to run: spec-kitty admin connection add work --provider {provider} \
             --url {}{user} --token-stdin",
            flags[1]
        );
        Self {
            sandbox,
            server: Some(server),
            renew,
            connection: "work",
        }
    }

    /// With `local`, after `connect`.
    fn personal(provider: &'static str, key: &str, flags: &[String], token: &str) -> Self {
        let sandbox = Sandbox::with_project();
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let connect = ["connect", provider, "--token-stdin", "--resource", key];
        let connect = [&connect[..], &flags].concat();
        sandbox.run_with_input(&connect, token).succeeds();
        let renew = format!("run: spec-kitty connect {provider} {}", flags.join(" "));
        Self {
            sandbox,
            server: None,
            renew,
            connection: provider,
        }
    }

    fn is_personal(&self) -> bool {
        self.server.is_none()
    }

    /// The repository, and the queue.
    fn state(&self) -> (Snapshot, Vec<Value>, usize) {
        let sandbox = &self.sandbox;
        (
            sandbox.snapshot(),
            sandbox.events(),
            sandbox.intents().len(),
        )
    }

    /// A search and a start of a mission, in JSON and in text, end like this and write nothing.
    fn check(&self, key: &str, failure: &Failure) {
        let before = self.state();
        let search = ["tracker", "search-origin", "sign in"];
        let specify = ["specify", "--from-ticket", key, "--yes"];
        for command in [&search[..], &specify] {
            let what = format!("{}: {}", failure.what, command.join(" "));
            let run = self.sandbox.run(&[command, &["--json"]].concat());
            self.check_document(&what, &run, failure.end);
            let run = self.sandbox.run(command);
            let (exit, _) = failure.end.exit_and_code();
            let text = run.error_text(exit);
            let hint = self.hint(failure.end);
            assert!(text.contains(&hint), "{what}: no {hint:?} in {text}");
            let connection = format!("connection {}", self.connection);
            assert!(text.contains(&connection), "{what}: {text}");
        }
        for command in [&["ticket", "list"][..], &["ticket", "show", key]] {
            let what = format!("{}: {}", failure.what, command.join(" "));
            let run = self.sandbox.run(&[command, &["--json"]].concat());
            self.check_document(&what, &run, failure.end);
        }
        let after = self.state();
        before.0.assert_same(&after.0);
        assert_eq!((before.1, before.2), (after.1, after.2), "{}", failure.what);
    }

    fn check_document(&self, what: &str, run: &Output, end: End) {
        let (exit, code) = end.exit_and_code();
        let error = run.error(exit, "none");
        assert_eq!(error["code"], code, "{what}: {error}");
        assert_eq!(error["user_action_required"], exit == 5, "{what}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains(&self.hint(end)), "{what}: {hint}");
        let message = error["message"].as_str().unwrap();
        let connection = format!("connection {}", self.connection);
        assert!(message.contains(&connection), "{what}: {message}");
        if let End::Query(words) = end {
            assert!(message.contains(words), "{what}: {message}");
        }
        let wait = error["retry_after_seconds"].as_u64();
        match end {
            End::Limited(least, most) => {
                let wait = wait.unwrap();
                assert!((least..=most).contains(&wait), "{what}: {wait}");
            }
            _ => assert_eq!(wait, None, "{what}"),
        }
        assert_eq!(error["retryable"], matches!(exit, 8 | 9), "{what}: {error}");
    }

    fn hint(&self, end: End) -> String {
        let name = self.connection;
        let ask = if self.is_personal() {
            ""
        } else {
            "ask the host to "
        };
        match end {
            End::Refused => self.renew.clone(),
            End::Forbidden => {
                format!("{ask}give the account of connection {name} access to the tickets")
            }
            End::Limited(..) => " s, then run the same command again".to_owned(),
            End::Unavailable => "wait a moment, then run the same command again".to_owned(),
            End::BadAnswer => format!("{ask}run: spec-kitty admin connection test {name}"),
            End::Query(_) => "change the search text".to_owned(),
        }
    }
}

impl End {
    fn exit_and_code(self) -> (i32, &'static str) {
        match self {
            Self::Refused => (5, "tracker_credential_refused"),
            Self::Forbidden => (5, "tracker_forbidden"),
            Self::Limited(..) => (9, "tracker_rate_limited"),
            Self::Unavailable => (8, "tracker_unavailable"),
            Self::BadAnswer => (8, "tracker_bad_answer"),
            Self::Query(_) => (2, "tracker_query_refused"),
        }
    }
}

fn failure(what: &'static str, reply: Reply, end: End) -> Failure {
    Failure { what, reply, end }
}

/// In ten minutes.
fn soon() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now() + chrono::Duration::minutes(10)
}

fn common() -> Vec<Failure> {
    vec![
        failure("a page of a login", Reply::html(401), End::Refused),
        failure("a page of a proxy", Reply::html(403), End::Forbidden),
        failure(
            "a gateway without a site",
            Reply::html(502),
            End::Unavailable,
        ),
        failure("a site that is down", Reply::html(503), End::Unavailable),
        failure("a cut connection", Reply::Drop, End::Unavailable),
        failure("a page instead of JSON", Reply::html(200), End::BadAnswer),
        failure("half of a JSON", Reply::raw("{\"data\": "), End::BadAnswer),
        failure(
            "a redirect to another host",
            Reply::redirect("https://elsewhere.example/"),
            End::BadAnswer,
        ),
        failure("a page that is gone", Reply::html(410), End::BadAnswer),
    ]
}

fn failures_of_linear() -> Vec<Failure> {
    let limited = |status| linear_error(status, "RATELIMITED");
    let reset = soon().timestamp_millis().to_string();
    let partial = json!({
        "data": {
            "issue": issue("WEB-1"), "searchIssues": {"nodes": [issue("WEB-1")]},
            "issues": {"nodes": [issue("WEB-1")]},
        },
        "errors": [{"message": "half", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}],
    });
    let refused = "AUTHENTICATION_ERROR";
    let mut all = common();
    all.extend([
        failure("a refused key", linear_error(401, refused), End::Refused),
        failure("refused in a 200", linear_error(200, refused), End::Refused),
        failure(
            "a bearer token that is a key",
            linear_error(400, refused),
            End::Refused,
        ),
        failure(
            "not allowed",
            linear_error(200, "FORBIDDEN"),
            End::Forbidden,
        ),
        failure(
            "a limit with its seconds",
            limited(400).header("retry-after", "600"),
            End::Limited(600, 600),
        ),
        failure(
            "a limit in a 200",
            limited(200).header("retry-after", "600"),
            End::Limited(600, 600),
        ),
        failure(
            "a limit of requests",
            limited(400)
                .header("x-ratelimit-requests-remaining", "0")
                .header("x-ratelimit-requests-reset", &reset),
            End::Limited(400, 600),
        ),
        failure(
            "a limit of complexity",
            limited(400)
                .header("x-ratelimit-complexity-remaining", "0")
                .header("x-ratelimit-complexity-reset", &reset),
            End::Limited(400, 600),
        ),
        failure("half an answer", Reply::json(200, &partial), End::BadAnswer),
        failure(
            "no data",
            Reply::json(200, &json!({"data": null})),
            End::BadAnswer,
        ),
        failure(
            "a bad argument",
            linear_error(200, "INVALID_INPUT"),
            End::Query("Linear says INVALID_INPUT"),
        ),
        failure(
            "a query that is not valid",
            linear_error(400, "GRAPHQL_VALIDATION_FAILED"),
            End::Query("Linear says GRAPHQL_VALIDATION_FAILED"),
        ),
    ]);
    all
}

fn failures_of_jira(is_cloud: bool) -> Vec<Failure> {
    let limited = || jira_error(429, "Rate limit exceeded");
    let reset = soon().format("%Y-%m-%dT%H:%MZ").to_string();
    let nothing = json!({"issues": [], "startAt": 0, "maxResults": 10, "total": 0});
    let anonymous = |reply: Reply| {
        if is_cloud {
            reply.header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
        } else {
            reply.header("x-ausername", "anonymous")
        }
    };
    let mut all = common();
    all.extend([
        failure("a refused key", jira_error(401, "no"), End::Refused),
        failure(
            "served as anonymous, with nothing",
            anonymous(Reply::json(200, &nothing)),
            End::Refused,
        ),
        failure(
            "served as anonymous, without the issue",
            anonymous(jira_error(404, "Issue does not exist")),
            End::Refused,
        ),
        failure(
            "not allowed",
            jira_error(403, "not for you"),
            End::Forbidden,
        ),
        failure(
            "a limit with its seconds",
            limited().header("retry-after", "600"),
            End::Limited(600, 600),
        ),
        failure(
            "a limit with the minute of its end",
            limited().header("x-ratelimit-reset", &reset),
            End::Limited(400, 600),
        ),
        failure(
            "a limit of a proxy",
            Reply::html(429).header("retry-after", "600"),
            End::Limited(600, 600),
        ),
        failure("a missing page", Reply::html(404), End::BadAnswer),
        failure(
            "a bad query",
            jira_error(400, "Error in the JQL Query"),
            End::Query("Error in the JQL Query"),
        ),
    ]);
    all
}

fn linear_flags(tracker: &Server) -> Vec<String> {
    vec!["--url".to_owned(), format!("{}/graphql", tracker.url())]
}

#[test]
fn linear_through_serve_and_local() {
    let tracker = linear();
    let flags = linear_flags(&tracker);
    for place in [
        Place::of_a_team("linear", "WEB", &flags, LINEAR_TOKEN),
        Place::personal("linear", "WEB", &flags, LINEAR_TOKEN),
    ] {
        for failure in failures_of_linear() {
            tracker.on("/graphql", failure.reply.clone());
            place.check("WEB-1", &failure);
        }
        tracker.handle("/graphql", linear_answer);
    }
}

fn jira(jira: &Jira, is_cloud: bool) {
    let flags = jira.flags();
    for place in [
        Place::of_a_team("jira", "IAM", &flags, JIRA_TOKEN),
        Place::personal("jira", "IAM", &flags, JIRA_TOKEN),
    ] {
        for failure in failures_of_jira(is_cloud) {
            jira.fail(&failure.reply);
            place.check("IAM-1", &failure);
        }
        jira.restore();
        let specify = ["specify", "--from-ticket", "IAM-1", "--yes", "--json"];
        place.sandbox.run(&specify).answer("spec-kitty.specify/1");
    }
}

#[test]
fn jira_cloud_through_serve_and_local() {
    jira(&Jira::cloud(), true);
}

#[test]
fn jira_data_center_through_serve_and_local() {
    jira(&Jira::data_center(), false);
}

/// A query names the project, which does not exist for an account that may not see it.
#[test]
fn a_project_that_the_account_no_longer_sees_is_forbidden() {
    let jira = Jira::cloud();
    let place = Place::personal("jira", "IAM", &jira.flags(), JIRA_TOKEN);
    let hidden = "The value '10042' does not exist for the field 'project'.";
    let [search, _] = jira.ticket_paths();
    jira.server.on(&search, jira_error(400, hidden));
    for command in [
        &["tracker", "search-origin", "words", "--json"][..],
        &["ticket", "list", "--json"],
    ] {
        let run = place.sandbox.run(command);
        place.check_document("a hidden project", &run, End::Forbidden);
    }
}

/// A ticket without a title is a bad answer where it was asked for, and left out of a list.
#[test]
fn an_incomplete_ticket_stops_only_its_own_mission() {
    let tracker = linear();
    let place = Place::of_a_team("linear", "WEB", &linear_flags(&tracker), LINEAR_TOKEN);
    tracker.handle("/graphql", |_| {
        let mut broken = issue("WEB-1");
        broken["title"] = Value::Null;
        let page = json!({
            "nodes": [broken, issue("WEB-2")],
            "pageInfo": {"hasNextPage": false, "endCursor": null},
        });
        Reply::json(
            200,
            &json!({"data": {"issue": broken, "searchIssues": page}}),
        )
    });
    let before = place.state();
    let search = ["tracker", "search-origin", "sign in", "--json"];
    let found = place.sandbox.run(&search);
    let found = found.answer("spec-kitty.search-origin/1");
    assert_eq!(found["candidates"][0]["external_issue_key"], "WEB-2");
    assert_eq!(found["candidates"].as_array().unwrap().len(), 1);
    let specify = ["specify", "--from-ticket", "WEB-1", "--yes", "--json"];
    let error = place.sandbox.run(&specify).error(8, "none");
    assert_eq!(error["code"], "tracker_bad_answer");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("title"), "{message}");
    before.0.assert_same(&place.state().0);
}

#[test]
fn a_key_that_means_no_ticket_is_not_found() {
    let (tracker, jira) = (linear(), Jira::cloud());
    tracker.handle("/graphql", |request| {
        let query = request.json()["query"].as_str().unwrap().to_owned();
        if query.contains("issue(") {
            let error = json!({
                "message": "Entity not found: Issue", "path": ["issue"],
                "extensions": {"code": "INVALID_INPUT"},
            });
            Reply::json(200, &json!({"data": null, "errors": [error]}))
        } else {
            linear_answer(request)
        }
    });
    let [_, issue] = jira.ticket_paths();
    for (place, key) in [
        (
            Place::personal("linear", "WEB", &linear_flags(&tracker), LINEAR_TOKEN),
            "WEB-1",
        ),
        (
            Place::personal("jira", "IAM", &jira.flags(), JIRA_TOKEN),
            "IAM-1",
        ),
    ] {
        jira.server
            .on(&issue, jira_error(404, "Issue does not exist"));
        let before = place.state();
        let specify = ["specify", "--from-ticket", key, "--yes", "--json"];
        let error = place.sandbox.run(&specify).error(3, "none");
        assert_eq!(error["code"], "ticket_not_found");
        before.0.assert_same(&place.state().0);
    }
}
