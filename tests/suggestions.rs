//! Near misses: what a mistyped command, flag or key is answered with. A wrong suggestion is worse
//! than none.

use serde_json::json;

use crate::support::{Reply, SEARCH_PATH, Sandbox, Server, search_answer};

#[test]
fn only_a_small_slip_is_corrected() {
    let sandbox = Sandbox::with_project();
    let rows: [(&[&str], Option<&str>); 12] = [
        (&["trakcer"], Some("tracker")),
        (&["specfy", "x"], Some("specify")),
        (&["doctr"], Some("doctor")),
        (&["tracker", "serch-origin"], Some("search-origin")),
        (
            &["specify", "x", "--tagret-branch", "y"],
            Some("--target-branch"),
        ),
        (&["specify", "x", "--jsn"], Some("--json")),
        (&["--color", "nevr", "init"], Some("never")),
        (&["search", "waiting"], None),
        (&["specify", "--ticket", "WEB-1"], None),
        (&["start"], None),
        (&["tracker", "list"], None),
        (&["specify", "x", "--force"], None),
    ];
    for (arguments, suggestion) in rows {
        let error = sandbox
            .run(&[arguments, &["--json"]].concat())
            .error(2, "none");
        let hint = error["hint"].as_str().unwrap();
        match suggestion {
            Some(word) => assert!(hint.contains(word), "{arguments:?}: {hint}"),
            None => assert!(hint.ends_with("--help"), "{arguments:?}: {hint}"),
        }
        let text = sandbox.run(arguments);
        for wrong in ["'serve'", "--timeout"] {
            assert!(!text.error_text(2).contains(wrong), "{text:?}");
        }
    }
}

#[test]
fn a_command_group_without_a_near_command_suggests_none() {
    let sandbox = Sandbox::new();
    for (word, hint) in [
        ("trakcer", "did you mean tracker?"),
        ("search", "run: spec-kitty --help"),
    ] {
        let error = sandbox.run(&["man", word, "--json"]).error(2, "none");
        assert_eq!(error["hint"], hint);
    }
}

#[test]
fn a_key_where_a_name_belongs_stops_with_the_command_that_was_meant() {
    let sandbox = Sandbox::with_project();
    let before = sandbox.snapshot();
    for name in ["web-123", "WEB-123", "Web-123"] {
        for flags in [&[][..], &["--dry-run"], &["--number", "99"]] {
            let arguments = [&["specify", name], flags, &["--json"]].concat();
            let error = sandbox.run(&arguments).error(2, "none");
            assert_eq!(error["code"], "invalid_slug");
            let hint = error["hint"].as_str().unwrap();
            assert!(
                hint.ends_with("spec-kitty specify --from-ticket WEB-123"),
                "{hint}"
            );
        }
        let text = sandbox.run(&["specify", name]);
        assert!(
            text.error_text(2)
                .contains("spec-kitty specify --from-ticket WEB-123"),
            "{text:?}"
        );
    }
    for reference in ["linear:WEB-123", "https://linear.app/acme/issue/WEB-123"] {
        let error = sandbox
            .run(&["specify", reference, "--json"])
            .error(2, "none");
        let command = format!("spec-kitty specify --from-ticket {reference}");
        assert!(
            error["hint"].as_str().unwrap().ends_with(&command),
            "{error}"
        );
    }
    before.assert_same(&sandbox.snapshot());
    for name in ["fix-bug-123", "v2-123-login", "login-2fa"] {
        let arguments = ["specify", name, "--dry-run", "--json"];
        sandbox.run(&arguments).answer("spec-kitty.specify/1");
    }
}

#[test]
fn a_key_without_its_hyphen_is_noticed() {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&[])));
    let sandbox = Sandbox::ready(&server);
    for typed in ["WEB123", "web123", "WEB_123"] {
        let text = sandbox.run(&["tracker", "search-origin", typed]).succeeds();
        assert!(text.stderr.contains("did you mean WEB-123?"), "{text:?}");
        let search = ["tracker", "search-origin", typed, "--json"];
        let answer = sandbox.run(&search).answer("spec-kitty.search-origin/1");
        assert!(
            answer["warnings"].to_string().contains("WEB-123"),
            "{answer}"
        );
        for (arguments, exit) in [
            (&["specify", "--from-ticket", typed][..], 3),
            (&["specify", "--from-ticket", typed, "--yes"], 3),
            (
                &[
                    "tracker",
                    "bind-origin",
                    "--mission",
                    "60",
                    "--key",
                    typed,
                    "--yes",
                ],
                2,
            ),
        ] {
            let error = sandbox
                .run(&[arguments, &["--json"]].concat())
                .error(exit, "none");
            let hint = error["hint"].as_str().unwrap();
            assert!(
                hint.contains("did you mean WEB-123?"),
                "{arguments:?}: {hint}"
            );
        }
    }
    for typed in ["waiting list", "windows 11", "A1B2", "x"] {
        let answer = sandbox
            .run(&["tracker", "search-origin", typed, "--json"])
            .answer("spec-kitty.search-origin/1");
        assert_eq!(answer["warnings"], json!([]), "{typed}");
    }
}
