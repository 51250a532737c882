//! The input of every command's handler, and its result.

use std::time::Duration;

use super::command_line::CommandLine;
use super::globals::Globals;
use super::phase::Phase;
use super::{Failure, Outcome, Ui};
use crate::auth::session::{Session, team_slug_if_logged_in};
use crate::http::Deadline;
use crate::journey::{Service, Tracker};
use crate::mission::commit::CommitPolicy;
use crate::project::Project;
use crate::settings;
use crate::sync::queue::reminder;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::warning::{Warning, WarningCode};
use crate::world::World;

/// The input of every command's handler.
#[derive(Debug)]
pub(crate) struct Context {
    /// The operating system, in the directory of `-C`.
    pub(crate) world: World,
    pub(crate) ui: Ui,
    /// `--server`.
    pub(crate) server: Option<String>,
    /// The end of `--timeout`.
    pub(crate) deadline: Deadline,
    pub(crate) typed: CommandLine,
    pub(crate) phase: Phase,
}

/// The time limit of a command without `--timeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Context {
    /// Fails if `-C` is not a folder.
    pub(super) fn new(
        globals: Globals,
        world: World,
        ui: Ui,
        typed: CommandLine,
    ) -> Result<Self, Failure> {
        let world = match &globals.directory {
            Some(directory) => world.in_directory(directory),
            None => world,
        };
        if !world.directory().is_dir() {
            let message = format!("no such folder: {}", world.directory().display());
            return Err(Failure::usage(message).hint("check the value of -C"));
        }
        let timeout = globals.timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
        let deadline = Deadline::after(&world, timeout);
        Ok(Self {
            world,
            ui,
            server: globals.server,
            deadline,
            typed,
            phase: Phase::default(),
        })
    }

    /// The session of the logged-in user.
    pub(crate) fn session(&self) -> Result<Session<'_>, Failure> {
        Ok(Session::open(
            &self.world,
            self.server.as_deref(),
            self.deadline,
        )?)
    }

    /// A warning if queued events are too old or too many. Invalid settings do not stop the command
    /// here; the code that needs them reports them.
    pub(crate) fn reminder(&self) -> Option<Warning> {
        let settings = settings::load(&self.world).ok();
        let most = settings.and_then(|settings| settings.max_queue_size);
        reminder(&self.world, &self.world.state_directory(), most)
            .map(Warning::of(WarningCode::EventsWaiting))
    }

    /// The team of the logged-in user, without a request.
    pub(crate) fn team_slug(&self) -> Option<String> {
        team_slug_if_logged_in(&self.world, self.server.as_deref())
    }

    /// The input of a journey without a ticket.
    pub(crate) fn service<'a>(
        &'a self,
        project: &'a Project,
        team_slug: Option<&'a str>,
        commit: CommitPolicy,
    ) -> Service<'a> {
        Service {
            world: &self.world,
            project,
            team_slug,
            commit,
            wait: self.deadline.remaining(&self.world),
            tracker: None,
        }
    }

    /// The input of a journey that binds a ticket.
    pub(crate) fn binding_service<'a>(
        &'a self,
        project: &'a Project,
        binding: &'a OriginBinding,
        client: &'a ControlPlaneClient<'_>,
        commit: CommitPolicy,
    ) -> Service<'a> {
        Service {
            tracker: Some(Tracker { binding, client }),
            ..self.service(project, client.session().team_slug(), commit)
        }
    }
}

/// The result of every command's handler.
pub(crate) type CommandResult = Result<Outcome, Failure>;
