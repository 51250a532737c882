//! What only a person gets: links, a pager, and tables that fit the terminal.

use std::fs;

use console::measure_text_width;
use serde_json::json;

use crate::support::{
    Reply, SEARCH_PATH, Sandbox, Server, Terminal, candidate, search_answer, write_program,
};

const LINK: &str = "\u{1b}]8;;";

/// A title from somebody who wants to write on the terminal.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]8;;https://evil.example\u{1b}\\Free\u{7}\u{1b}]8;;\u{1b}\\ \
                       \u{202e}berths\ttoday\n\u{9b}31m, click";

/// Tickets with long, wide and hostile titles.
fn tickets() -> Vec<serde_json::Value> {
    let long = "The harbour master wants a list of all boats that wait for a berth, ".repeat(4);
    [
        ("WEB-1", &*long),
        ("WEB-2", &"待ち行列に船の名前を表示する ".repeat(6)),
        ("WEB-1003", &"👩‍🚀 🚤 Crew list ".repeat(9)),
        ("WEB-4", &"قائمة الانتظار للمراسي ".repeat(6)),
        ("WEB-5", &HOSTILE.repeat(5)),
    ]
    .map(|(key, title)| candidate(key, title, "text"))
    .to_vec()
}

fn ready() -> (Server, Sandbox) {
    let server = Server::start();
    server.on(SEARCH_PATH, Reply::json(200, &search_answer(&tickets())));
    let sandbox = Sandbox::ready(&server);
    (server, sandbox)
}

const SEARCH: [&str; 3] = ["tracker", "search-origin", "boats"];

/// The whole output on a terminal of this many columns.
fn seen(sandbox: &Sandbox, arguments: &[&str], columns: u16, variables: &[(&str, &str)]) -> String {
    let mut command = sandbox.command(arguments);
    command.env("TERM", "xterm");
    command.envs(variables.iter().copied());
    let (code, output) = Terminal::start_sized(command, 24, columns).output();
    assert_eq!(code, 0, "{output}");
    output
}

/// A project with a mission for WEB-123, and many others.
fn many_missions() -> Sandbox {
    let sandbox = Sandbox::with_project();
    let mut meta = sandbox.meta("060-search");
    meta["origin_ticket"] = crate::support::origin_ticket("WEB-123", "Search");
    sandbox.write_meta("060-search", &meta);
    for number in 100..140 {
        sandbox.add_mission(&format!("{number}-more"));
    }
    sandbox
}

#[test]
fn a_table_fits_the_terminal_and_its_columns_align() {
    let (_server, sandbox) = ready();
    for columns in [20, 60, 80, 120] {
        let output = seen(&sandbox, &SEARCH, columns, &[("TERM", "dumb")]);
        let lines: Vec<_> = output.lines().collect();
        assert_eq!(lines.len(), 6, "{output}");
        assert!(!output.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']));
        for line in &lines {
            assert!(measure_text_width(line) <= usize::from(columns), "{line}");
        }
        for line in &lines[1..] {
            assert_eq!(&line[8..10], "  ", "the key has its column: {line}");
            assert!(line.ends_with('…') || columns > 100, "{line}");
        }
    }
    let piped = sandbox.run(&SEARCH).succeeds().stdout;
    assert!(!piped.contains('…'), "{piped}");
    assert!(piped.contains("https://linear.app/acme/issue/WEB-1003"));
    assert_eq!(piped.lines().count(), 5);
}

#[test]
fn a_long_name_leaves_room_for_the_columns_after_it() {
    let sandbox = Sandbox::with_project();
    sandbox.add_mission("061-web-1003-crew-list-of-every-boat-in-the-harbour");
    for columns in [60, 80] {
        let output = seen(&sandbox, &["mission", "list"], columns, &[("TERM", "dumb")]);
        for line in output.lines() {
            assert!(measure_text_width(line) <= usize::from(columns), "{line}");
        }
        let last = output.lines().last().unwrap();
        assert!(last.starts_with("061     061-web-1003-cr"), "{last}");
        assert!(
            last.ends_with("…  -       none    main    2026-11-01"),
            "{last}"
        );
    }
}

#[test]
fn the_commits_of_a_mission_fit_a_line() {
    let server = Server::with_ticket("WEB-1", "Waiting list");
    let sandbox = Sandbox::ready(&server);
    let start = ["specify", "--from-ticket", "WEB-1", "--yes"];
    let output = seen(&sandbox, &start, 60, &[]);
    let commits = sandbox.git(&["log", "-2", "--reverse", "--format=%H"]);
    let short: Vec<_> = commits.lines().map(|commit| &commit[..10]).collect();
    let line = format!("\ncommits  {}\n", short.join(" "));
    assert!(output.contains(&line), "{output}");
}

#[test]
fn a_key_is_a_link_where_a_person_looks() {
    let (_server, sandbox) = ready();
    let link = "\u{1b}]8;;https://linear.app/acme/issue/WEB-1003\u{1b}\\WEB-1003\u{1b}]8;;\u{1b}\\";
    // It is no colour.
    for variables in [&[][..], &[("NO_COLOR", "1")]] {
        let output = seen(&sandbox, &SEARCH, 60, variables);
        assert!(output.contains(&format!("\n{link}  Todo")), "{output:?}");
        assert_eq!(output.matches(LINK).count(), 10, "{output:?}");
        assert!(!output.contains("evil"), "{output:?}");
        let plain = seen(&sandbox, &SEARCH, 60, &[("TERM", "dumb")]);
        assert_eq!(console::strip_ansi_codes(&output), plain);
    }
    assert!(!sandbox.run(&SEARCH).succeeds().stdout.contains('\u{1b}'));
    let json = [&SEARCH[..], &["--json"]].concat();
    let output = seen(&sandbox, &json, 60, &[]);
    assert!(!output.contains('\u{1b}'), "{output}");
}

#[test]
fn the_ticket_of_a_mission_is_a_link_unless_it_is_no_web_page() {
    let sandbox = many_missions();
    let ticket = "\u{1b}]8;;https://linear.app/acme/issue/WEB-123\u{1b}\\WEB-123\u{1b}]8;;";
    let show = ["mission", "show", "60"];
    assert!(seen(&sandbox, &["mission", "list"], 80, &[]).contains(ticket));
    assert!(seen(&sandbox, &show, 80, &[]).contains(ticket));
    let mut meta = sandbox.meta("060-search");
    meta["origin_ticket"]["external_issue_url"] = json!("javascript:alert(1)");
    sandbox.write_meta("060-search", &meta);
    assert!(!seen(&sandbox, &show, 80, &[]).contains(LINK));
}

/// Installs a pager of this name that saves what it gets.
fn pager(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.root().join("pagers").join(name);
    let saved = sandbox.root().join("saved");
    let script = format!(
        "#!/bin/sh\n{{ echo \"$0 $* LESS=$LESS\"; cat; }} > '{}'\n",
        saved.display()
    );
    write_program(&path, script);
    path.to_str().unwrap().to_owned()
}

/// What the pager was given: its command line, and the text. `None` if it did not run.
fn paged(sandbox: &Sandbox) -> Option<(String, String)> {
    let path = sandbox.root().join("saved");
    let saved = fs::read_to_string(&path).ok()?;
    fs::remove_file(path).unwrap();
    let (line, text) = saved.split_once('\n')?;
    Some((line.to_owned(), text.to_owned()))
}

#[test]
fn a_long_list_is_shown_in_the_pager() {
    let sandbox = many_missions();
    let (own, other) = (pager(&sandbox, "own"), pager(&sandbox, "other"));
    let list = ["mission", "list"];
    let long = seen(&sandbox, &list, 80, &[("TERM", "dumb")]);
    let with_arguments = format!("{own} -a --bc");
    let both = [("SPEC_KITTY_PAGER", &*with_arguments), ("PAGER", &*other)];
    assert_eq!(seen(&sandbox, &list, 80, &both), "");
    let (line, text) = paged(&sandbox).unwrap();
    assert_eq!(line, format!("{own} -a --bc LESS="));
    assert_eq!(text, long, "without links, which it may not know");
    assert_eq!(seen(&sandbox, &list, 80, &both[1..]), "");
    assert_eq!(paged(&sandbox).unwrap().0, format!("{other}  LESS="));
    let quoted = format!("cat | '{own}' \"a b\"");
    let quoted = [("PAGER", &*quoted)];
    assert_eq!(seen(&sandbox, &list, 80, &quoted), "");
    let (line, text) = paged(&sandbox).unwrap();
    assert_eq!((line, text), (format!("{own} a b LESS="), long));
}

#[test]
fn less_gets_options_unless_the_user_has_chosen_some() {
    let sandbox = many_missions();
    let less = pager(&sandbox, "less");
    let list = ["mission", "list"];
    for (options, expected, links) in [
        (None, "-FRX", true),
        (Some("-S"), "-S", false),
        (Some("-RS"), "-RS", true),
    ] {
        let mut variables = vec![("PAGER", &*less)];
        variables.extend(options.map(|options| ("LESS", options)));
        assert_eq!(seen(&sandbox, &list, 80, &variables), "");
        let (line, text) = paged(&sandbox).unwrap();
        assert_eq!(line, format!("{less}  LESS={expected}"));
        assert_eq!(text.contains(LINK), links, "{expected}");
    }
}

#[test]
fn no_pager_starts_where_nobody_would_leave_it() {
    let sandbox = many_missions();
    let own = pager(&sandbox, "own");
    let pager = ("PAGER", &*own);
    let list = ["mission", "list"];
    let plain = seen(&sandbox, &list, 80, &[]);
    assert_eq!(plain.lines().count(), 42);
    for (arguments, variables) in [
        (&list[..], &[pager, ("TERM", "dumb")][..]),
        (&list, &[pager, ("CI", "1")]),
        (&list, &[pager, ("SPEC_KITTY_PAGER", "")]),
        (&list, &[pager, ("SPEC_KITTY_PAGER", "cat")]),
        (&list, &[pager, ("SPEC_KITTY_PAGER", "/bin/cat -n")]),
        (&list, &[pager, ("SPEC_KITTY_PAGER", "/no/such/pager")]),
        (&list, &[pager, ("SPEC_KITTY_PAGER", "no-such-pager")]),
        (
            &list,
            &[pager, ("SPEC_KITTY_PAGER", "2>/dev/null no-such-pager")],
        ),
        (&["mission", "list", "--quiet"], &[pager]),
        (&["mission", "list", "--no-input"], &[pager]),
    ] {
        let output = seen(&sandbox, arguments, 80, variables);
        let text = console::strip_ansi_codes(&output).into_owned();
        let expected = console::strip_ansi_codes(&plain);
        assert_eq!(text, expected, "{arguments:?} {variables:?}");
    }
    for arguments in [
        &["mission", "list", "--json"][..],
        &["mission", "list", "--ndjson"],
        // These are short, or neither a list nor a mission.
        &["mission", "show", "60"],
        &["specify", "--help"],
    ] {
        assert!(!seen(&sandbox, arguments, 80, &[pager]).is_empty());
    }
    let mut command = sandbox.command(&list);
    command.env("PAGER", &own);
    let output = crate::support::finish(command, b"").succeeds();
    assert_eq!(output.stdout.lines().count(), 41, "a pipe has no headings");
    assert_eq!(paged(&sandbox), None);
}
