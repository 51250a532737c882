//! spec-kitty starts a unit of work, a *mission*, from the Jira or Linear ticket it belongs to.
//!
//! The layers, each using only those below it:
//!
//! - [`cli`] — arguments, prompts, rendering; the only layer that prints.
//! - [`tracker`] — the service: search a ticket, bind it, start a mission from it.
//! - [`core`] — missions on disk: numbers, slugs, creation.
//! - [`feature_metadata`] — `meta.json`.
//! - [`sync`] — events, the offline queue and its delivery, intents.
//! - [`auth`] — credentials, sessions, login.
//! - [`http`] — the one HTTP client. [`wire`] — what it carries.
//! - [`git`] — real git. [`fs`] — files that must not be lost.
//! - [`control_plane`] — `spec-kitty serve`; shares only [`wire`] and what is below it.
//! - [`world`], [`text`], [`secret`] — the operating system, safe text, unprintable values.

pub mod auth;
pub mod cli;
pub mod control_plane;
pub mod core;
pub mod feature_metadata;
pub mod fs;
pub mod git;
pub mod http;
pub mod secret;
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
