//! Opens web pages.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Context;
use crate::world::{World, names};

/// How long a graphical browser may take to report that it cannot open the page.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(10);

/// Opens a web page in the user's browser. Returns false if there is no browser, or if nobody looks:
/// then the caller prints the address.
pub(crate) fn open(context: &Context, url: &str) -> bool {
    if !context.ui.stdout_is_terminal() {
        return false;
    }
    let world = &context.world;
    let programs = browsers(world).into_iter();
    let mut opened = programs.map(|program| start(world, program, url));
    opened.any(|opened| opened)
}

/// The programs to try: those of `BROWSER`, then that of the desktop.
fn browsers(world: &World) -> Vec<PathBuf> {
    let chosen = world.variable(names::BROWSER).into_iter();
    let mut programs: Vec<_> = chosen.flat_map(|names| names.split(':')).collect();
    if cfg!(target_os = "macos") {
        programs.push("open");
    } else if has_display(world) {
        programs.push("xdg-open");
    }
    let path = |name: &str| match PathBuf::from(name) {
        path if path.is_absolute() => Some(path),
        _ => world.program(name),
    };
    programs.into_iter().filter_map(path).collect()
}

fn has_display(world: &World) -> bool {
    let mut names = names::DISPLAY.iter();
    cfg!(target_os = "macos") || names.any(|name| world.variable(name).is_some())
}

/// A browser in the terminal gets the terminal until it ends. A graphical one goes on alone.
#[expect(clippy::disallowed_methods, reason = "browsers start here")]
fn start(world: &World, program: PathBuf, url: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(url).current_dir(world.directory());
    if !has_display(world) {
        return command.status().is_ok_and(|status| status.success());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = command.stderr(Stdio::null()).process_group(0).spawn();
    started.is_ok_and(|child| is_opening(world, child))
}

/// Whether the program ends well, or still runs after a while.
fn is_opening(world: &World, mut child: Child) -> bool {
    let end = world.instant() + PATIENCE;
    while world.instant() < end {
        match child.try_wait() {
            Ok(None) => world.sleep(PAUSE),
            Ok(Some(status)) => return status.success(),
            Err(_) => return false,
        }
    }
    true
}
