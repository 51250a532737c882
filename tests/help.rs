//! The whole help tree in one file, and what every command's help must have.

use clap::CommandFactory as _;
use spec_kitty::internals::Arguments;

use crate::support::{Sandbox, repository};

const SNAPSHOT: &str = "tests/snapshots/help.txt";

/// The texts must be equal. After an intended change: `just renew`, then read the difference.
#[test]
fn the_help_tree_is_the_one_in_the_snapshot() {
    let sandbox = Sandbox::new();
    let shown = commands().into_iter().map(|mut command| {
        command.push("--help".to_owned());
        let shown = sandbox.run(&command).succeeds();
        assert_eq!(shown.stderr, "");
        format!("$ spec-kitty {}\n{}\n", command.join(" "), shown.stdout)
    });
    let tree = shown.collect::<Vec<_>>().concat();
    let path = repository::path(SNAPSHOT);
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        std::fs::write(&path, &tree).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = kept.lines().zip(tree.lines()).find(|(old, new)| old != new);
    assert!(
        kept == tree,
        "{SNAPSHOT} is not what `--help` prints; renew it with `just renew` if the change is \
         wanted. First difference (kept, printed): {differing:?}"
    );
}

#[test]
fn every_command_and_argument_says_what_it_is_for() {
    for command in all(Arguments::command()) {
        let name = command.get_name().to_owned();
        let about = command.get_about().map(ToString::to_string);
        let about = about.unwrap_or_else(|| panic!("{name} has no help"));
        assert!(!about.ends_with('.'), "{name}: {about}");
        for argument in command.get_arguments() {
            let id = argument.get_id();
            assert!(argument.get_help().is_some(), "{name}: {id} has no help");
        }
    }
}

#[test]
fn the_commands_for_agents_name_the_way_from_a_ticket() {
    for flag in ["-h", "--help"] {
        let help = Sandbox::new().run(&["agent", flag]).succeeds().stdout;
        assert!(help.contains("spec-kitty specify --from-ticket"), "{help}");
    }
}

#[test]
fn the_help_ends_with_every_exit_code() {
    let help = Sandbox::new().run(&["--help"]).succeeds().stdout;
    let (_, table) = help.split_once("Exit codes:\n").unwrap();
    let rows: Vec<_> = spec_kitty::ExitCode::ALL
        .iter()
        .map(|code| format!("{:>5}  {}", code.number(), code.meaning()))
        .collect();
    assert_eq!(table.trim_end_matches('\n'), rows.join("\n"));
}

/// The words that lead to each command, the root first.
pub(crate) fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for next in command.get_subcommands().filter(|next| !next.is_hide_set()) {
            walk(
                next,
                &[words, &[next.get_name().to_owned()]].concat(),
                found,
            );
        }
    }
    let mut found = Vec::new();
    walk(&Arguments::command(), &[], &mut found);
    found
}

/// The commands that do something themselves: `tracker bind`, not `tracker`.
pub(crate) fn commands_that_act() -> Vec<String> {
    let all: Vec<_> = commands().iter().map(|words| words.join(" ")).collect();
    let leads_on = |name: &str| {
        all.iter()
            .any(|other| other.starts_with(&format!("{name} ")))
    };
    let acting = all
        .iter()
        .filter(|name| !name.is_empty() && !leads_on(name));
    acting.cloned().collect()
}

fn all(command: clap::Command) -> Vec<clap::Command> {
    let below = command.get_subcommands().cloned().flat_map(all);
    below.chain([command.clone()]).collect()
}
