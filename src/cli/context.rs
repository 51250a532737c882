//! What every command is handed, and what it returns.

use std::ffi::OsString;
use std::time::Duration;

use super::failure::Failure;
use super::globals::Globals;
use super::outcome::Outcome;
use super::ui::Ui;
use crate::auth::session::{Session, team_slug_if_logged_in};
use crate::http::Deadline;
use crate::settings;
use crate::sync::queue::reminder;
use crate::world::World;

/// What every command's handler is handed.
#[derive(Debug)]
pub struct Context {
    /// The operating system, seen from the directory of `-C`.
    pub world: World,
    /// How to speak.
    pub ui: Ui,
    /// `--server`.
    pub server: Option<String>,
    /// When the whole command's time is over (`--timeout`).
    pub deadline: Deadline,
    /// `--timeout`, for commands with a default of their own.
    pub timeout: Option<Duration>,
    /// The command line as it was typed, program name first.
    pub arguments: Vec<OsString>,
}

/// How long a command may take unless `--timeout` says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Context {
    /// Resolves what every command needs; refuses a `-C` that is no folder.
    pub fn new(
        globals: Globals,
        world: World,
        ui: Ui,
        arguments: Vec<OsString>,
    ) -> Result<Self, Failure> {
        let world = match &globals.directory {
            Some(directory) => world.in_directory(directory),
            None => world,
        };
        if !world.directory().is_dir() {
            let message = format!("no such folder: {}", world.directory().display());
            return Err(Failure::usage(message).hint("check the value of -C"));
        }
        let timeout = globals.timeout.map(Duration::from_secs);
        let deadline = Deadline::after(&world, timeout.unwrap_or(DEFAULT_TIMEOUT));
        Ok(Self {
            world,
            ui,
            server: globals.server,
            deadline,
            timeout,
            arguments,
        })
    }

    /// What is left of the command's time.
    pub fn remaining(&self) -> Duration {
        self.deadline.remaining(&self.world)
    }

    /// The session of whoever is logged in.
    pub fn session(&self) -> Result<Session<'_>, Failure> {
        Ok(Session::open(
            &self.world,
            self.server.as_deref(),
            self.deadline,
        )?)
    }

    /// The line about events that wait for too long, or are too many. Settings that cannot be read
    /// do not stop the work here: what needs them says so.
    pub fn reminder(&self) -> Option<String> {
        let settings = settings::load(&self.world).ok();
        let most = settings.and_then(|settings| settings.max_queue_size);
        reminder(&self.world, &self.world.state_directory(), most)
    }

    /// The team of whoever is logged in; asks no network.
    pub fn team_slug(&self) -> Option<String> {
        team_slug_if_logged_in(&self.world, self.server.as_deref())
    }
}

/// What every command's handler returns.
pub(crate) type CommandResult = Result<Outcome, Failure>;
