//! Completes words for a shell: commands, flags and trackers, as clap knows them, and the missions
//! and tickets of the project.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::ExitCode;
use super::arguments::program;
use super::command_line::CommandLine;
use crate::journey::overview::{MissionOverview, missions};
use crate::mission::without_number;
use crate::project::Project;
use crate::world::{World, names};

/// The most tickets that are offered.
const RECENT: usize = 50;

/// Answers a shell that asks for completions; `None` in an ordinary run.
pub(super) fn answer(world: &World, arguments: &[OsString]) -> Option<ExitCode> {
    let shell = world.variable(names::COMPLETE)?;
    if shell == "0" {
        return None;
    }
    let typed = arguments.iter().skip_while(|word| *word != "--");
    let typed = CommandLine::new(&typed.skip(1).cloned().collect::<Vec<_>>());
    let here = match typed.folder() {
        Some(folder) => world.clone().in_directory(folder.as_ref()),
        None => world.clone(),
    };
    let here = Arc::new(here);
    let factory = || with_values(program(), &here);
    let answered = CompleteEnv::with_factory(factory)
        .var(names::COMPLETE)
        .try_complete(arguments.to_vec(), Some(world.directory()));
    match answered {
        Ok(true) => Some(ExitCode::Ok),
        Ok(false) => None,
        Err(error) => {
            drop(error.print());
            Some(ExitCode::Usage)
        }
    }
}

/// The script that makes a shell ask this program.
pub(super) fn script(shell: &str) -> std::io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let name = "spec-kitty";
    let shells = Shells::builtins();
    let shell = shells
        .completer(shell)
        .ok_or(std::io::ErrorKind::NotFound)?;
    shell.write_registration(names::COMPLETE, name, name, name, &mut script)?;
    Ok(script)
}

/// Lets arguments that name a mission or a ticket complete it.
fn with_values(command: Command, world: &Arc<World>) -> Command {
    command
        .mut_args(|argument| with_value(argument, world))
        .mut_subcommands(|command| with_values(command, world))
}

fn with_value(argument: Arg, world: &Arc<World>) -> Arg {
    let values = match argument.get_id().as_str() {
        "mission" if is_mission(&argument) => mission_names,
        "from_ticket" | "key" | "query" | "reference" => ticket_keys,
        _ => return argument,
    };
    let world = Arc::clone(world);
    let complete = move |typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let values = values(&known(&world), &typed).into_iter();
        let fitting = values.filter(|(value, _)| value.starts_with(&*typed));
        fitting
            .map(|(value, title)| CompletionCandidate::new(value).help(Some(title.into())))
            .collect()
    };
    argument.add(ArgValueCompleter::new(complete))
}

/// `create-feature` calls the type of a mission so.
fn is_mission(argument: &Arg) -> bool {
    let mut names = argument.get_value_names().into_iter().flatten();
    names.any(|name| name.as_str() == "M")
}

/// The missions of the project, the newest last; none if they cannot be read.
fn known(world: &World) -> Vec<MissionOverview> {
    let project = Project::open(world).ok();
    let listed = project.and_then(|project| missions(world, &project).ok());
    listed.unwrap_or_default().missions
}

/// The slugs and titles of missions, without the number if a letter was typed.
fn mission_names(missions: &[MissionOverview], typed: &str) -> Vec<(String, String)> {
    let is_slug = typed.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = |mission: &MissionOverview| {
        let slug = mission.feature_slug.as_str();
        let name = if is_slug { without_number(slug) } else { slug };
        (name.to_owned(), mission.friendly_name.clone())
    };
    missions.iter().map(name).collect()
}

/// The keys and titles of the latest tickets, in the letter case that was typed.
fn ticket_keys(missions: &[MissionOverview], typed: &str) -> Vec<(String, String)> {
    let is_lower = typed.starts_with(|c: char| c.is_ascii_lowercase());
    let ticket = |mission: &MissionOverview| {
        let key = mission.ticket_key()?;
        let key = if is_lower {
            key.to_lowercase()
        } else {
            key.to_owned()
        };
        Some((key, mission.friendly_name.clone()))
    };
    let mut latest: Vec<_> = missions.iter().collect();
    latest.sort_by(|one, other| other.created_at.cmp(&one.created_at));
    let mut keys: Vec<_> = latest.into_iter().filter_map(ticket).collect();
    keys.dedup_by(|one, other| one.0 == other.0);
    keys.truncate(RECENT);
    keys
}
