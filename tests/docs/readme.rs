//! The README shows what the program does: its transcript, commands, codes and variables.

use std::collections::BTreeSet;

use super::names;
use crate::support::repository::{self, table};
use crate::support::{ControlPlane, PASSWORD, Sandbox, Terminal};

/// The lines as the demo prints them, in one run, but for what differs from run to run: ids, times,
/// ports and shas. Renew it by pasting what `demo` prints.
#[test]
fn the_transcript_is_the_demos() {
    let readme = repository::read("README.md");
    let (_, rest) = readme.split_once("```text\n").expect("a transcript");
    let (shown, _) = rest.split_once("\n```").unwrap();
    let shown: Vec<_> = shown.lines().collect();
    let printed = Sandbox::new().run(&["demo"]).succeeds().stdout;
    let printed: Vec<_> = printed.lines().collect();
    let first = printed.iter().position(|line| alike(line, shown[0]));
    let begin = first.expect("the demo prints the first line");
    for (printed, shown) in printed[begin..].iter().zip(&shown) {
        assert!(
            alike(printed, shown),
            "printed: {printed}\nshown:   {shown}"
        );
    }
    assert!(printed.len() - begin > shown.len() && shown.len() > 50);
}

/// The commands of "Start with your own control plane", as they stand there. The server listens on a
/// free port; the password is typed on a terminal or comes from a pipe, and `--yes` confirms.
#[test]
fn the_commands_for_your_own_control_plane_work() {
    let readme = repository::read("README.md");
    let (_, rest) = readme
        .split_once("## Start with your own control plane")
        .unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let commands = section.lines().filter_map(|line| line.strip_prefix("$ "));
    let sandbox = Sandbox::with_git();
    let ticket = serde_json::json!([{
        "provider": "linear", "resource_type": "linear_team", "resource_id": "TEAM-1",
        "external_issue_id": "9f1c", "external_issue_key": "WEB-123", "title": "Passkeys",
        "status": "Todo", "url": "https://linear.app/acme/issue/WEB-123",
    }]);
    sandbox.write("tickets.json", ticket.to_string());
    let mut server = None;
    for line in commands {
        if line == "spec-kitty serve" {
            server = Some(ControlPlane::start(&sandbox, &[]));
            continue;
        }
        let url = server.as_ref().map_or("", ControlPlane::url);
        let line = line.replace("http://127.0.0.1:8460", url);
        let words: Vec<_> = line.split(' ').skip(1).collect();
        match words[..2.min(words.len())] {
            ["admin", "user"] => {
                let words = [&words[..], &["--password-stdin"]].concat();
                drop(sandbox.run_with_input(&words, PASSWORD).succeeds());
            }
            ["auth", "login"] => {
                let mut terminal = Terminal::start(sandbox.command(&words));
                terminal.wait_for_hidden_input();
                terminal.type_text(&format!("{PASSWORD}\n"));
                assert_eq!(terminal.finish(), 0, "{}", terminal.screen());
            }
            ["specify", _] => drop(sandbox.run_line(&format!("{line} --yes")).succeeds()),
            _ => drop(sandbox.run_line(&line).succeeds()),
        }
    }
    let subjects = sandbox.subjects();
    assert_eq!(subjects[2], "Bind the project to its tracker");
    assert_eq!(subjects[0], "Bind WEB-123 to mission 001-web-123");
}

/// Whether two lines are the same word by word. Words that carry digits may differ in them, and
/// hexadecimal ones in their letters too.
fn alike(a: &str, b: &str) -> bool {
    let split = |line: &str| -> Vec<String> {
        let words = line.split([' ', '\t', '"']);
        words.map(str::to_owned).collect()
    };
    let (a, b) = (split(a), split(b));
    let changing = |word: &str| {
        let id = word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit());
        let ulid = word.len() == 26 && word.starts_with('0');
        let time = word.len() >= 20 && word.ends_with('Z') && word.contains('T');
        let url = word.starts_with("http://127.0.0.1:");
        id || ulid || time || url
    };
    let same = |(a, b): (&String, &String)| a == b || (changing(a) && changing(b));
    a.len() == b.len() && a.iter().zip(&b).all(same)
}

#[test]
fn the_exit_codes_are_the_codes() {
    let readme = repository::read("README.md");
    let shown: Vec<_> = table(&readme, "## Exit codes")
        .iter()
        .map(|row| format!("{} {}", row[0], row[1]))
        .collect();
    let codes = spec_kitty::ExitCode::ALL;
    assert_eq!(
        shown,
        codes.map(|code| format!("{} {}", code.number(), code.meaning()))
    );
}

#[test]
fn every_command_and_only_variables_that_are_documented_are_named() {
    let readme = repository::read("README.md");
    let shown = table(&readme, "## Commands");
    let commands = crate::help::commands_that_act();
    let commands: BTreeSet<_> = commands.iter().map(String::as_str).collect();
    assert_eq!(names(&shown), commands);

    let environment = repository::read("docs/environment.md");
    let documented = names(&table(&environment, "## Variables of spec-kitty"));
    let variables = table(&readme, "## Environment");
    assert!(names(&variables).is_subset(&documented));
}
