//! The control plane of DESIGN §10: `spec-kitty serve`, and what fills its store.
//!
//! - [`server`] — listens, and stops without cutting anybody off.
//! - `routes` — the wire of DESIGN §5 over what is in `app`; `extract`, `refusal`, `rate_limit`,
//!   `event_rules` and `password` are what it checks with.
//! - [`store`] — the one query layer over SQLite.
//! - [`administration`] — the same store for `spec-kitty admin`, without a runtime in sight.
//!
//! It knows [`crate::wire`] and nothing of the client's side.

pub(crate) mod administration;
mod app;
mod event_rules;
mod extract;
mod password;
mod rate_limit;
mod refusal;
mod routes;
pub(crate) mod server;
pub(crate) mod store;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::wire::candidate::FieldError;
use crate::world::World;

pub(crate) use administration::Administration;
pub(crate) use app::Limits;
pub(crate) use server::{ServeOptions, start};

/// The tickets that ship in the binary, in the form that `admin tickets import` reads.
pub(crate) const SAMPLE_TICKETS: &str = include_str!("../../assets/sample-tickets.json");

/// Where the store is kept unless `--data` says otherwise.
pub(crate) fn default_data_directory(world: &World) -> PathBuf {
    world.state_directory().join("control-plane")
}

/// Why the control plane could not start, or its store not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlPlaneError {
    /// Listening beyond loopback was asked for without saying that a proxy adds TLS.
    #[error("refusing to listen on {0}: passwords and tokens would travel in the clear")]
    NotLoopback(SocketAddr),
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// No thread, timer or signal handler was to be had.
    #[error("cannot start the control plane")]
    Runtime(#[source] std::io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The password cannot be kept.
    #[error(transparent)]
    Password(#[from] password::PasswordError),
    /// A name or id is empty, or longer than any sensible one.
    #[error("{0} must be 1 to 255 characters without controls or space at the ends")]
    BadName(&'static str),
    /// The document of tickets is not a list of tickets.
    #[error("the tickets cannot be read")]
    TicketsUnreadable(#[source] serde_json::Error),
    /// One of the tickets breaks a rule.
    #[error("tickets[{index}] breaks a rule")]
    TicketRefused {
        /// Its place in the list.
        index: usize,
        /// The field and the rule.
        source: FieldError,
    },
}
