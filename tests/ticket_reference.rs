//! How a person names a ticket: which URLs are understood, and that a URL never selects a ticket of
//! another site.

use serde_json::{Value, json};

use crate::support::{
    BIND_PATH, Output, Reply, SEARCH_PATH, Sandbox, Server, candidate, search_answer,
};

const JIRA_TICKET: &str = "https://acme.atlassian.net/browse/IAM-42";
const LINEAR_TICKET: &str = "https://linear.app/acme/issue/WEB-123/login-page";

/// A logged-in project of this provider, and a server whose only ticket has this URL.
fn ready(provider: &str, url: &str) -> (Server, Sandbox) {
    let server = Server::with_ticket("IAM-42", "Login page");
    let mut ticket = candidate("IAM-42", "Login page", "exact");
    ticket["url"] = url.into();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
    let sandbox = Sandbox::with_project();
    sandbox.bind_tracker(provider, "iam");
    sandbox.commit_all("Bind");
    sandbox.log_in(&server.url());
    (server, sandbox)
}

/// Every command that takes a ticket reference, in each form that changes nothing or must be refused.
fn with_reference(sandbox: &Sandbox, reference: &str) -> Vec<Output> {
    let bind = ["tracker", "bind-origin", "--mission", "60", "--key"];
    let specify = ["specify", "--from-ticket"];
    let rows: [(&[&str], &[&str]); 7] = [
        (&specify, &[]),
        (&specify, &["--yes"]),
        (&specify, &["--yes", "--dry-run"]),
        (&bind, &["--yes"]),
        (&bind, &["--dry-run"]),
        (&["tracker", "search-origin"], &[]),
        (&["tracker", "search-origin", "--key"], &[]),
    ];
    rows.map(|(command, flags)| sandbox.run(&[command, &[reference], flags, &["--json"]].concat()))
        .into()
}

#[test]
fn a_url_of_another_site_is_refused_and_both_sites_are_named() {
    let rows = [
        (
            "jira",
            JIRA_TICKET,
            "https://evil.example/browse/IAM-42",
            "evil.example",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net@evil.example/browse/IAM-42",
            "evil.example",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net:8443/browse/IAM-42",
            "acme.atlassian.net:8443",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net/other/browse/IAM-42",
            "acme.atlassian.net/other",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://evil.example/issues/?selectedIssue=IAM-42",
            "evil.example",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://evil.example/jira/software/c/projects/IAM/boards/1?selectedIssue=IAM-42",
            "evil.example",
        ),
        (
            "linear",
            LINEAR_TICKET,
            "https://linear.app/evil/issue/IAM-42/login-page",
            "linear.app/evil",
        ),
    ];
    for (provider, ticket, pasted, site) in rows {
        let (server, sandbox) = ready(provider, ticket);
        let own = match provider {
            "jira" => "acme.atlassian.net",
            _ => "linear.app/acme",
        };
        let before = sandbox.snapshot();
        for output in with_reference(&sandbox, pasted) {
            let error = output.error(6, "none");
            assert_eq!(error["code"], "other_site", "{output:?}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(site) && message.contains(own), "{message}");
            assert_eq!(error["details"]["asked_site"], site);
            assert_eq!(error["details"]["ticket_site"], own);
        }
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
        assert_eq!(sandbox.intents(), [] as [Value; 0]);
    }
}

#[test]
fn every_form_of_a_ticket_url_is_understood() {
    let jira = "https://jira.acme.example:8443/tracker/browse/IAM-42";
    let rows = [
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net/browse/IAM-42",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://ACME.atlassian.net:443/browse/iam-42/?x=1#c",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net/projects/IAM/issues/IAM-42",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net/?selectedIssue=IAM-42",
        ),
        (
            "jira",
            JIRA_TICKET,
            "https://acme.atlassian.net/jira/software/c/projects/IAM/boards/1?selectedIssue=IAM-42",
        ),
        (
            "jira",
            jira,
            "https://jira.acme.example:8443/tracker/projects/IAM/issues/IAM-42",
        ),
        (
            "jira",
            jira,
            "https://jira.acme.example:8443/tracker/secure/RapidBoard.jspa?rapidView=1&selectedIssue=IAM-42",
        ),
        (
            "linear",
            LINEAR_TICKET,
            "https://linear.app/acme/issue/IAM-42",
        ),
        (
            "linear",
            LINEAR_TICKET,
            "https://linear.app/Acme/issue/iam-42/another-title#comment",
        ),
    ];
    for (provider, ticket, pasted) in rows {
        let (server, sandbox) = ready(provider, ticket);
        let arguments = ["specify", "--from-ticket", pasted, "--dry-run", "--json"];
        let answer = sandbox.run(&arguments).answer("spec-kitty.specify/1");
        assert_eq!(
            answer["candidate"]["external_issue_key"], "IAM-42",
            "{pasted}"
        );
        let sent = server.requests_to(SEARCH_PATH)[0].json();
        let key = sent["query_key"].as_str().unwrap();
        assert!(key.eq_ignore_ascii_case("IAM-42"), "{pasted}: {sent}");
    }
}

#[test]
fn a_url_of_anything_else_is_a_usage_error() {
    let (server, sandbox) = ready("jira", JIRA_TICKET);
    for pasted in [
        "https://github.com/acme/web/issues/12",
        "https://acme.atlassian.net/wiki/spaces/IAM/pages/42",
        "https://acme.atlassian.net/browse/",
        "https://acme.atlassian.net/browse/IAM",
        "https://acme.atlassian.net/?selectedIssue=IAM-42&selectedIssue=IAM-43",
        "https://acme.atlassian.net/browse/IAM-42?selectedIssue=IAM-43",
        "https://linear.app/acme/project/WEB-1",
        "https://linear.app/issue/WEB-1",
        "https://linear.app/acme/x/issue/WEB-1",
        "ftp://acme.atlassian.net/browse/IAM-42",
        "file:///browse/IAM-42",
        "https://",
    ] {
        for output in with_reference(&sandbox, pasted) {
            let error = output.error(2, "none");
            assert_eq!(error["code"], "invalid_reference", "{output:?}");
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("only Jira and Linear tickets are supported"),
                "{message}"
            );
        }
    }
    assert_eq!(server.requests().len(), 0);
}

/// The control plane may list a ticket without a usable site; no URL is on it then.
#[test]
fn a_ticket_whose_own_url_has_no_site_is_on_no_site() {
    let (_server, sandbox) = ready("linear", "https://tracker.example/tickets/42");
    let pasted = "https://linear.app/acme/issue/IAM-42";
    for output in with_reference(&sandbox, pasted) {
        assert_eq!(output.error(6, "none")["code"], "other_site", "{output:?}");
    }
    let answer = sandbox.run(&["specify", "--from-ticket", "IAM-42", "--dry-run", "--json"]);
    assert_eq!(answer.json()["dry_run"], json!(true));
}

/// A server that finds tickets by these words only, and every ticket by its key.
fn with_words(found: &[(&str, &str)]) -> (Server, Sandbox) {
    let server = Server::with_any_ticket();
    let ticket = |(key, title): &(&str, &str)| candidate(key, title, "text");
    let by_words = search_answer(&found.iter().map(ticket).collect::<Vec<_>>());
    server.handle(SEARCH_PATH, move |request| {
        let query = request.json();
        match query["query_key"].as_str() {
            Some(key) => {
                let ticket = candidate(&key.to_uppercase(), "Waiting list", "exact");
                Reply::json(200, &search_answer(&[ticket]))
            }
            None => Reply::json(200, &by_words),
        }
    });
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

const WORDS: [&str; 3] = ["specify", "--from-ticket", "waiting list"];

#[test]
fn words_are_confirmed_by_one_command_for_each_ticket() {
    let found = [
        ("WEB-1", "Waiting list"),
        ("WEB-2", "List of waiting boats"),
    ];
    let (server, sandbox) = with_words(&found);
    let before = sandbox.snapshot();
    let error = sandbox
        .run(&[&WORDS[..], &["--json"]].concat())
        .error(7, "none");
    assert_eq!(error["code"], "input_required");
    let sent = server.requests_to(SEARCH_PATH)[0].json();
    assert_eq!(sent["query_text"], "waiting list");
    assert_eq!(sent.get("query_key"), None);
    let details = &error["details"];
    let keys: Vec<_> = details["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["external_issue_key"])
        .collect();
    assert_eq!(keys, ["WEB-1", "WEB-2"]);
    let commands = [
        "spec-kitty specify --from-ticket WEB-1 --json --yes",
        "spec-kitty specify --from-ticket WEB-2 --json --yes",
    ];
    assert_eq!(details["confirm_commands"], json!(commands));
    assert_eq!(details["confirm_command"], commands[0]);
    before.assert_same(&sandbox.snapshot());

    let text = sandbox.run(&WORDS);
    for key in ["WEB-1", "WEB-2"] {
        let command = format!("spec-kitty specify --from-ticket {key} --yes");
        assert!(text.error_text(7).contains(&command), "{text:?}");
    }
    sandbox.run_line(commands[1]).answer("spec-kitty.specify/1");
    assert_eq!(sandbox.missions(), ["060-search", "061-web-2"]);
}

/// Mutation check: if words count as certain when one ticket matches, this test fails.
#[test]
fn words_are_never_confirmed_by_yes() {
    for kind in ["text", "exact"] {
        let server = Server::start();
        let ticket = candidate("WEB-1", "Waiting list", kind);
        server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[ticket])));
        let sandbox = Sandbox::ready(&server);
        let before = sandbox.snapshot();
        for flags in [&["--yes"][..], &["--yes", "--dry-run"]] {
            let error = sandbox
                .run(&[&WORDS[..], flags, &["--json"]].concat())
                .error(3, "none");
            assert_eq!(error["code"], "no_exact_match");
            let candidates = error["details"]["candidates"].as_array().unwrap();
            assert_eq!(candidates.len(), 1);
        }
        let error = sandbox
            .run(&[&WORDS[..], &["--json"]].concat())
            .error(7, "none");
        assert_eq!(error["code"], "input_required");
        before.assert_same(&sandbox.snapshot());
        assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    }
}

#[test]
fn words_that_match_nothing_are_not_found() {
    let (_server, sandbox) = with_words(&[]);
    for flags in [&[][..], &["--yes"]] {
        let error = sandbox
            .run(&[&WORDS[..], flags, &["--json"]].concat())
            .error(3, "none");
        assert_eq!(error["code"], "ticket_not_found");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("waiting list"), "{message}");
    }
}

#[test]
fn a_text_with_a_slash_is_neither_words_nor_a_reference() {
    let (server, sandbox) = with_words(&[("WEB-1", "Waiting list")]);
    for typed in ["../../etc", "a/b", "", " ", "linear.app/acme/issue/WEB-1"] {
        for flags in [&[][..], &["--yes"]] {
            let arguments = [&["specify", "--from-ticket", typed], flags, &["--json"]].concat();
            let error = sandbox.run(&arguments).error(2, "none");
            assert_eq!(error["code"], "invalid_reference", "{typed:?}");
        }
    }
    assert_eq!(server.requests().len(), 0);
}
