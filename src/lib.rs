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
//! - [`http`] — the one HTTP client. [`wire`] — what it carries.
//! - [`git`] — real git. [`fs`] — files that must not be lost.
//! - [`control_plane`] — `spec-kitty serve`; shares only [`wire`] and what is below it.
//! - [`world`], [`text`], [`secret`] — the operating system, safe text, unprintable values.

pub mod auth;
pub mod cli;
pub mod control_plane;
pub mod fs;
pub mod git;
pub mod http;
pub mod journey;
pub mod mission;
pub mod project;
pub mod secret;
pub mod settings;
pub mod sync;
pub mod text;
pub mod tracker;
pub mod wire;
pub mod world;

pub use cli::exit_code::ExitCode;

/// Runs the command that these arguments (program name first) ask for, on the real world.
pub fn run(arguments: Vec<std::ffi::OsString>) -> ExitCode {
    cli::run(arguments)
}
