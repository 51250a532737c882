//! `spec-kitty man`.

use std::io;

use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, roman};
use schemars::JsonSchema;
use serde::Serialize;

use super::help;
use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, ExitCode, Failure, Outcome, catalogue, examples};
use crate::project::config::CONFIG_FILE;
use crate::world::names;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Command, as in `man tracker bind` [default: spec-kitty itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// A manual page.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Man {
    /// The name of its file.
    name: String,
    /// The page, in roff.
    page: String,
}

impl Document for Man {
    const SCHEMA: &'static str = "spec-kitty.man/1";
}

/// The variables that matter most; `docs/environment.md` lists all.
const ENVIRONMENT: [(&str, &str); 8] = [
    (
        names::SERVER,
        "URL of the control plane, unless --server is given",
    ),
    (names::TOKEN, "access token for CI, instead of a login"),
    (names::TEAM, "team of that token"),
    (names::HOME, "state directory, instead of ~/.spec-kitty"),
    (names::NO_INPUT, "never prompt"),
    (names::LOG, "log filter for standard error"),
    (names::NETWORK, "0, false, no or off disables the network"),
    (names::NO_COLOR, "no colour"),
];

const FILES: [(&str, &str); 5] = [
    (CONFIG_FILE, "the project: its identity and its tracker"),
    ("kitty-specs/", "the missions of the project, a folder each"),
    ("~/.spec-kitty/config.toml", "the user's settings"),
    ("~/.spec-kitty/credentials", "the session"),
    ("~/.spec-kitty/queue/", "events that wait to be delivered"),
];

/// Prints one page in roff, for `man -l -` or a package.
pub(crate) fn run(arguments: Arguments, mut program: clap::Command) -> CommandResult {
    program.build();
    let command = help::find(&program, &arguments.command)?;
    let parent = match arguments.command.split_last() {
        Some((_, above)) => Some(help::find(&program, above)?),
        None => None,
    };
    let shown = command.clone().version(env!("CARGO_PKG_VERSION"));
    // The page has room for what the short help leaves out.
    let shown = shown.mut_args(|argument| argument.hide_short_help(false));
    let page = Page::new(shown).manual("spec-kitty");
    let name = page.get_filename();
    let page = render(&page, command, parent, &arguments.command.join(" "))
        .map_err(|error| Failure::from_error(Code::Internal, &error))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let text = page.clone();
    Ok(Outcome::new(Man { name, page }, text))
}

fn render(
    page: &Page,
    command: &clap::Command,
    parent: Option<&clap::Command>,
    path: &str,
) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    let mut rest = Roff::new();
    examples_section(&mut rest, path);
    let codes = exit_codes(path);
    terms(&mut rest, "EXIT STATUS", &codes);
    terms(&mut rest, "ENVIRONMENT", &ENVIRONMENT);
    terms(&mut rest, "FILES", &FILES);
    see_also(&mut rest, command, parent);
    rest.to_writer(&mut text)?;
    Ok(text)
}

fn examples_section(page: &mut Roff, path: &str) {
    page.control("SH", ["EXAMPLES"]);
    page.control("nf", []);
    for example in examples::of(path) {
        page.text([roman(example)]);
    }
    page.control("fi", []);
}

/// Those of the command; all of them for a group and for the program itself.
fn exit_codes(path: &str) -> Vec<(String, &'static str)> {
    let entry = catalogue::find(path).filter(|entry| !entry.path.is_empty());
    let is_listed =
        |code: &ExitCode| entry.is_none_or(|entry| entry.exit_codes().contains(&code.number()));
    let codes = ExitCode::ALL.into_iter().filter(is_listed);
    codes
        .map(|code| (code.number().to_string(), code.meaning()))
        .collect()
}

/// A section of names and their meanings.
fn terms<N: AsRef<str>>(page: &mut Roff, heading: &str, rows: &[(N, &str)]) {
    page.control("SH", [heading]);
    for (name, meaning) in rows {
        page.control("TP", []);
        page.text([bold(name.as_ref())]);
        page.text([roman(*meaning)]);
    }
}

/// The pages of the commands below, and of the group that the command is in.
fn see_also(page: &mut Roff, command: &clap::Command, parent: Option<&clap::Command>) {
    let family = parent.into_iter().chain([command]);
    let relatives = family.flat_map(|it| [it].into_iter().chain(it.get_subcommands()));
    let mut pages: Vec<_> = relatives
        .filter(|it| it.get_name() != "help")
        .filter_map(clap::Command::get_display_name)
        .filter(|name| Some(*name) != command.get_display_name())
        .map(|name| format!("{name}(1)"))
        .collect();
    pages.dedup();
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(pages.join(", "))]);
}
