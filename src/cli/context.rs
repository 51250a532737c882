//! The input of every command's handler, and its result.

use std::sync::OnceLock;
use std::time::Duration;

use super::command_line::CommandLine;
use super::globals::Globals;
use super::phase::Phase;
use super::ui::Form;
use super::{Failure, Outcome, Ui};
use crate::auth::server_choice::{ServerSource, is_local};
use crate::auth::session::{Session, SessionError, team_slug_if_logged_in};
use crate::control_plane::Personal;
use crate::http::{Deadline, HttpError, ServerUrl};
use crate::journey::{Service, Tracker};
use crate::mission::commit::CommitPolicy;
use crate::project::Project;
use crate::settings;
use crate::settings::home::require_writable;
use crate::sync::queue::reminder;
use crate::tracker::binding::OriginBinding;
use crate::tracker::control_plane_client::ControlPlaneClient;
use crate::warning::{Warning, WarningCode};
use crate::wire::PERSONAL_TEAM;
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
    /// `--timeout`.
    timeout: Option<Duration>,
    /// The id of the ticket that another program has confirmed. No other ticket may be bound.
    pub(super) confirmed: Option<String>,
    pub(crate) typed: CommandLine,
    pub(crate) phase: Phase,
    /// Runs from the first session that needs it to the end of the command.
    personal: OnceLock<Personal>,
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
        let announcing = ui.clone();
        let world = world.announcing(move |wait| announcing.say_above_spinner(wait));
        let timeout = globals.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let deadline = Deadline::after(&world, timeout);
        Ok(Self {
            world,
            ui,
            server: globals.server,
            deadline,
            timeout: globals.timeout,
            confirmed: None,
            typed,
            phase: Phase::default(),
            personal: OnceLock::new(),
        })
    }

    /// The input of another command, which a program has sent to this process. Its answer is a
    /// document, and nobody can be asked.
    pub(crate) fn of_call(
        &self,
        words: &[String],
        confirmed: Option<String>,
    ) -> Result<Self, Failure> {
        let globals = Globals {
            server: self.server.clone(),
            timeout: self.timeout,
            ..Globals::default()
        };
        let ui = Ui::new(&globals, Form::Json, &self.world);
        let typed = self.typed.of_call(words);
        let context = Self::new(globals, self.world.clone(), ui, typed)?;
        Ok(Self {
            confirmed,
            ..context
        })
    }

    /// The session of the logged-in user, or one at the personal control plane, which then starts.
    pub(crate) fn session(&self) -> Result<Session<'_>, Failure> {
        if is_local(&self.world, self.server.as_deref())? {
            return self.personal_session();
        }
        Ok(Session::open(
            &self.world,
            self.server.as_deref(),
            self.deadline,
        )?)
    }

    /// Fails if the state directory cannot be written. Commands that record something call it before
    /// they begin.
    pub(crate) fn require_home(&self) -> Result<(), Failure> {
        Ok(require_writable(&self.world)?)
    }

    fn personal_session(&self) -> Result<Session<'_>, Failure> {
        if !self.world.network_allowed() {
            return Err(HttpError::NetworkDisabled.into());
        }
        let personal = if let Some(personal) = self.personal.get() {
            personal
        } else {
            let started = Personal::start(&self.world)?;
            self.personal.get_or_init(|| started)
        };
        let server = ServerUrl::parse(personal.url())
            .map_err(|error| SessionError::InvalidServer(ServerSource::UserConfig, error))?;
        let (token, team) = (personal.token().clone(), PERSONAL_TEAM);
        Ok(Session::with_token(
            &self.world,
            server,
            self.deadline,
            token,
            team,
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
