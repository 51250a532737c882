//! spec-kitty starts a unit of work, a *mission*, from the Jira or Linear ticket it belongs to.
//!
//! The layers, each using only those below it:
//!
//! - [`cli`] — arguments, prompts, rendering; the only layer that prints.
//! - [`journey`] — the steps from a ticket to a bound mission, and how a cut-off run is resumed.
//! - [`tracker`] — the control plane's tracker calls, ticket references, the project's binding.
//! - [`mission`] — missions on disk: numbers, slugs, folders, `meta.json`, commits.
//! - [`sync`] — events, the offline queue and its delivery.
//! - [`project`] — where a project is, its configuration, identity and locks.
//! - [`auth`] — credentials, sessions, login. [`settings`] — the user's own configuration file.
//! - [`http`] — the one HTTP client. [`wire`] — what it carries. [`web`] — URLs, certificates, proxy.
//! - [`git`] — real git. [`fs`] — files that must not be lost.
//! - [`control_plane`] — `spec-kitty serve`; shares only [`wire`] and what is below it.
//! - [`world`], [`text`], [`secret`], [`warning`] — the operating system, safe text, unprintable
//!   values, what a success still has to say.

mod auth;
mod cli;
mod control_plane;
mod fs;
mod git;
mod http;
mod journey;
mod mission;
mod project;
mod secret;
mod settings;
mod sync;
mod text;
mod tracker;
mod warning;
mod web;
mod wire;
mod world;

pub use cli::exit_code::ExitCode;

/// What the integration tests and the benchmarks call directly. Not an API: it may change at any time.
#[doc(hidden)]
pub mod internals {
    pub use crate::auth::credentials::{self, Credentials};
    pub use crate::auth::login;
    pub use crate::auth::session::{Session, SessionError, team_slug_if_logged_in};
    pub use crate::cli::arguments::Arguments;
    pub use crate::cli::code::Code;
    pub use crate::http::{
        Answer, Call, Deadline, HttpClient, HttpError, Method, RefusalKind, Retry, ServerUrl,
    };
    pub use crate::mission::metadata::{load, write_meta};
    pub use crate::mission::{number, slug};
    pub use crate::project::GitMetadata;
    pub use crate::project::identity::ProjectIdentity;
    pub use crate::secret::Secret;
    pub use crate::sync::emitter::Emitter;
    pub use crate::sync::event::{Event, MissionOriginBound};
    pub use crate::sync::queue::Queue;
    pub use crate::tracker::control_plane_client::{ControlPlaneClient, TrackerError};
    pub use crate::warning::WarningCode;
    pub use crate::wire::event_rules::validate;
    pub use crate::wire::request::{BindRequest, SearchRequest};
    pub use crate::wire::response::{BindResponse, SearchResponse};
    pub use crate::world::World;
}

/// Runs the command that these arguments (program name first) ask for, on the real world.
pub fn run(arguments: Vec<std::ffi::OsString>) -> ExitCode {
    cli::run(arguments)
}
