//! `docs/transcripts.md`: what a person sees, at several widths and in other surroundings.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::picker::{last_frame, list_answer, ticket};
use crate::support::{LIST_PATH, Reply, SEARCH_PATH, Sandbox, Server, Terminal, search_answer};

const INTRODUCTION: &str = "\
# What you see

The same commands on terminals of 60, 80 and 120 columns, in a pipe, without colour, and on a terminal that
understands no escape sequences. A test runs the program and compares this page with what it prints;
`just renew` writes it anew.

The tickets have long, wide and hostile titles: the one of WEB-5 contains a clear-screen sequence, a link, a
bell and an override of the writing direction. Colours and links are left out here. The keys of tickets are
links where the terminal knows links.
";

/// A title from somebody who wants to write on the terminal.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]8;;https://evil.example\u{1b}\\Free berths\u{7}\u{1b}]8;;\u{1b}\\ \
                       for \u{202e}everybody\ttoday\nerror: log in again";

/// Tickets with long, wide and hostile titles.
fn tickets() -> Vec<Value> {
    let long = "Boats that wait for a berth see their place in the list, also if the harbour master \
                moves them up or the list is full";
    [
        (
            "WEB-1",
            long,
            "The list is on the page of the berth.\n\nIt is read every minute.",
        ),
        (
            "WEB-2",
            "待ち行列に船の名前と順番を表示し、満員の時は知らせる。岸壁の空きも一覧にする",
            "",
        ),
        (
            "WEB-1003",
            "👩‍🚀 Crew list 🚤 of every boat ⚓ in the harbour, with 🧾 receipts",
            "",
        ),
        ("WEB-4", "قائمة الانتظار للمراسي الممتلئة", ""),
        ("WEB-5", HOSTILE, "\u{1b}]0;owned\u{7}Click here."),
    ]
    .map(|(key, title, body)| ticket(key, title, body))
    .to_vec()
}

fn fixture() -> (Server, Sandbox) {
    let server = Server::start();
    server.on(LIST_PATH, Reply::json(200, &list_answer(&tickets())));
    server.handle(SEARCH_PATH, |request| {
        let is_key = request.json()["query_key"].is_string();
        let found = if is_key { vec![] } else { tickets() };
        Reply::json(200, &search_answer(&found))
    });
    let sandbox = Sandbox::ready(&server);
    for (folder, title, key) in [
        ("061-web-1", "Waiting list", Some("WEB-1")),
        (
            "062-web-1003-crew-list-of-every-boat-in-the-harbour",
            "Crew",
            Some("WEB-1003"),
        ),
        ("1000-tides", "Tides", None),
    ] {
        sandbox.add_mission(folder);
        let mut meta = sandbox.meta(folder);
        meta["friendly_name"] = json!(title);
        if let Some(key) = key {
            meta["origin_ticket"] = crate::support::origin_ticket(key, title);
        }
        sandbox.write_meta(folder, &meta);
    }
    (server, sandbox)
}

const SEARCH: &str = "spec-kitty tracker search-origin boats";
const LIST: &str = "spec-kitty mission list";
const SHOW: &str = "spec-kitty mission show 61";
const CHOOSE: &str = "spec-kitty specify";
const REFUSED: &str = "spec-kitty specify --from-ticket WEB-77";

/// Where a command is run.
struct Place {
    columns: u16,
    variables: &'static [(&'static str, &'static str)],
}

const fn columns(columns: u16) -> Place {
    let variables = &[("TERM", "xterm-256color")];
    Place { columns, variables }
}

fn start(sandbox: &Sandbox, line: &str, place: &Place) -> Terminal {
    let words: Vec<_> = line.split(' ').skip(1).collect();
    let mut command = sandbox.command(&words);
    command.envs(place.variables.iter().copied());
    Terminal::start_sized(command, 24, place.columns)
}

/// All that a command prints on a terminal.
fn printed(sandbox: &Sandbox, line: &str, place: &Place) -> String {
    start(sandbox, line, place).output().1
}

/// The screen with the list to choose from.
fn screen(sandbox: &Sandbox, line: &str, place: &Place) -> String {
    let mut terminal = start(sandbox, line, place);
    terminal.wait_for(" of ");
    terminal.wait_until("a whole frame", || terminal.screen().ends_with('H'));
    let frame = last_frame(&terminal).join("\n");
    terminal.type_text("\u{1b}");
    assert_eq!(terminal.finish(), 7);
    frame
}

struct Page(String);

impl Page {
    fn section(&mut self, heading: &str, note: &str) {
        write!(self.0, "\n## {heading}\n\n{note}\n").unwrap();
    }

    fn shown(&mut self, line: &str, output: &str) {
        let output = console::strip_ansi_codes(output);
        let lines = output.trim_end().lines().map(str::trim_end);
        let output = lines.collect::<Vec<_>>().join("\n");
        write!(self.0, "\n```text\n$ {line}\n{output}\n```\n").unwrap();
    }
}

fn page() -> String {
    let (_server, sandbox) = fixture();
    let mut page = Page(INTRODUCTION.to_owned());
    for width in [60, 80, 120] {
        let place = columns(width);
        page.section(
            &format!("{width} columns"),
            "`specify` fills the screen until a ticket is chosen or Esc is typed.",
        );
        for line in [SEARCH, LIST, SHOW] {
            page.shown(line, &printed(&sandbox, line, &place));
        }
        page.shown(CHOOSE, &screen(&sandbox, CHOOSE, &place));
        page.shown(REFUSED, &printed(&sandbox, REFUSED, &place));
    }
    page.section("A pipe", "Nothing is cut. → stands for a tab.");
    for line in [SEARCH, LIST, SHOW, CHOOSE, REFUSED] {
        let output = sandbox.run_line(&format!("{line} 2>&1 | cat")).stdout;
        assert!(!output.contains('\u{1b}'), "{output:?}");
        page.shown(line, &output.replace('\t', "→"));
    }
    let variables = &[("TERM", "xterm-256color"), ("NO_COLOR", "1")];
    let plain = Place {
        columns: 80,
        variables,
    };
    page.section(
        "`NO_COLOR`",
        "The same as with colour: no meaning is in a colour alone, or in bold.",
    );
    page.shown(REFUSED, &printed(&sandbox, REFUSED, &plain));
    let variables = &[("TERM", "dumb")];
    let dumb = Place {
        columns: 80,
        variables,
    };
    page.section(
        "`TERM=dumb`",
        "No escape sequence at all, so `specify` asks for the ticket in its error. That suits a screen reader: nothing is drawn twice.",
    );
    for line in [SEARCH, CHOOSE] {
        let output = printed(&sandbox, line, &dumb);
        assert!(!output.contains('\u{1b}'), "{output:?}");
        page.shown(line, &output);
    }
    page.0
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transcripts.md");
    let page = page();
    for unsafe_character in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
        assert!(!page.contains(unsafe_character));
    }
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let documented = fs::read_to_string(&path).unwrap_or_default();
    for (number, (line, expected)) in page.lines().zip(documented.lines()).enumerate() {
        let help = "to renew it: RENEW_SNAPSHOTS=1 cargo test --test it transcripts";
        assert_eq!(line, expected, "line {}; {help}", number + 1);
    }
    assert_eq!(page, documented);
}

/// Without colour the texts are the same, and with it the first word of an error has it.
#[test]
fn colour_adds_nothing_that_the_words_do_not_say() {
    let (_server, sandbox) = fixture();
    let coloured = printed(&sandbox, REFUSED, &columns(80));
    let variables = &[("TERM", "xterm-256color"), ("NO_COLOR", "1")];
    let plain = printed(
        &sandbox,
        REFUSED,
        &Place {
            columns: 80,
            variables,
        },
    );
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert_eq!(console::strip_ansi_codes(&coloured), plain);
}
