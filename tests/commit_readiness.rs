//! A git that cannot commit, because it knows no identity or has no signer, is found before anything
//! is written. What only git can find keeps the files, and the same command goes on.

use std::fs;

use serde_json::{Value, json};

use crate::support::{BIND, BIND_PATH, SPECIFY, Sandbox, Server};

const PLAIN: [&str; 3] = ["specify", "payments", "--json"];
const CREATE: [&str; 5] = ["agent", "feature", "create-feature", "payments", "--json"];
const ALL: [&[&str]; 4] = [&PLAIN, &SPECIFY, &BIND, &CREATE];

/// Git refuses to guess an identity.
const NOBODY: &str = "[user]\n\tname =\n\temail =\n\tuseConfigOnly = true\n";

fn ready() -> (Server, Sandbox) {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

/// Every command is refused before it writes anything or binds the ticket.
fn assert_refused(config: &str, code: &str, word: &str) {
    let (server, sandbox) = ready();
    sandbox.git_config(config);
    let before = sandbox.snapshot();
    for command in ALL {
        let error = sandbox.run(command).error(10, "none");
        assert_eq!(error["code"], code, "{config}: {error}");
        assert!(error["message"].as_str().unwrap().contains(word), "{error}");
        assert!(!error["hint"].is_null(), "{error}");
        before.assert_same(&sandbox.snapshot());
    }
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
    assert!(sandbox.events().is_empty());
    assert!(sandbox.intents().is_empty());
    for command in ALL {
        let without_commit = [command, &["--no-commit"]].concat();
        sandbox.run(&without_commit).succeeds();
    }
    assert_eq!(sandbox.commit_count(), 1);
}

#[test]
fn a_missing_identity_is_found_first() {
    assert_refused(NOBODY, "commit_identity_missing", "who you are");
}

#[test]
fn a_missing_signer_is_found_first() {
    let sign = "[commit]\n\tgpgSign = true\n";
    for (config, word) in [
        ("[gpg]\n\tprogram = /nowhere/gpg\n", "/nowhere/gpg"),
        ("[gpg]\n\tprogram = no-such-gpg\n", "no-such-gpg"),
        (
            "[gpg]\n\tformat = x509\n[gpg \"x509\"]\n\tprogram = no-such-gpgsm\n",
            "no-such-gpgsm",
        ),
        ("[gpg]\n\tformat = ssh\n", "user.signingkey is not set"),
        (
            "[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = ~/.ssh/id.pub\n",
            "~/.ssh/id.pub",
        ),
    ] {
        assert_refused(&format!("{sign}{config}"), "commit_signing_failed", word);
    }
}

#[test]
fn a_key_that_is_there_or_is_no_file_is_left_to_git() {
    for key in ["~/id.pub", "ssh-ed25519 AAAA", "key::ssh-ed25519"] {
        let sandbox = Sandbox::with_project();
        fs::write(sandbox.root().join("home/id.pub"), "").unwrap();
        sandbox.git_config(&format!(
            "[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tprogram = false\n\
             [user]\n\tsigningKey = {key}\n"
        ));
        let _signer_failed = sandbox.run(&PLAIN).error(11, "applied");
    }
}

#[test]
fn an_identity_of_the_environment_is_enough() {
    let mut sandbox = Sandbox::with_project();
    sandbox.git_config(NOBODY);
    for role in ["AUTHOR", "COMMITTER"] {
        sandbox.set(&format!("GIT_{role}_NAME"), "Bot");
        sandbox.set(&format!("GIT_{role}_EMAIL"), "bot@example.org");
    }
    sandbox.run(&PLAIN).succeeds();
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%an %ce"]),
        "Bot bot@example.org"
    );
}

/// The configuration changes between the check and the commit, and is then fixed.
#[test]
fn what_only_git_finds_is_partial_and_the_same_command_goes_on() {
    let signer = "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n";
    for (config, code) in [
        (NOBODY, "commit_identity_missing"),
        (signer, "commit_signing_failed"),
    ] {
        let (_server, mut sandbox) = ready();
        let file = sandbox.root().join("gitconfig");
        let usual = fs::read_to_string(&file).unwrap();
        let script = format!("printf '{config}' >> \"$GIT_CONFIG_GLOBAL\"");
        sandbox.before_git("commit", &script);
        let error = sandbox.run(&SPECIFY).error(11, "applied");
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(sandbox.commit_count(), 1);
        if code == "commit_identity_missing" {
            // Now it is found before this run writes anything.
            let before = sandbox.snapshot();
            let error = sandbox.run(&SPECIFY).error(10, "none");
            assert_eq!(error["code"], code);
            before.assert_same(&sandbox.snapshot());
        }
        fs::write(&file, usual).unwrap();
        sandbox.run(&SPECIFY).succeeds();
        assert_eq!(sandbox.missions(), ["060-search", "061-web-123"]);
        assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn what_is_found_or_bound_already_needs_no_identity() {
    let (_server, sandbox) = ready();
    sandbox.run(&SPECIFY).succeeds();
    sandbox.run(&BIND).succeeds();
    sandbox.git_config(NOBODY);
    let found = sandbox.run(&SPECIFY).answer("spec-kitty.specify/1");
    assert_eq!(found["created"], false);
    let bound = sandbox.run(&BIND).answer("spec-kitty.bind-origin/1");
    assert_eq!(bound["commit"], Value::Null);
    assert_eq!(bound["warnings"], json!([]));
}

#[test]
fn outside_of_git_a_bind_needs_no_identity() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::new();
    sandbox.init_project();
    sandbox.bind_tracker("linear", "web");
    sandbox.add_mission("060-search");
    sandbox.log_in(&server.url());
    sandbox.git_config(NOBODY);
    sandbox.run(&BIND).succeeds();
}

#[test]
fn a_configuration_that_no_commit_contains_is_a_warning_and_stops_nothing() {
    let sandbox = Sandbox::with_git();
    sandbox.run(&["init"]).succeeds();
    let warned = |command: &[&str]| {
        let answer = sandbox.run(command).succeeds().json();
        answer["warnings"]
            .to_string()
            .contains(".kittify/config.yaml is not committed")
    };
    assert!(warned(&PLAIN) && warned(&CREATE));
    assert!(!warned(&["specify", "reports", "--no-commit", "--json"]));
    sandbox.commit_all("Make it a project");
    assert!(!warned(&PLAIN));
    // Without a configuration there is nothing to commit.
    let bare = Sandbox::with_git();
    let answer = bare.run(&PLAIN).answer("spec-kitty.specify/1");
    assert_eq!(answer["warnings"], json!([]));
}
