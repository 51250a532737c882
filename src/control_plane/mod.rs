//! The control plane that `spec-kitty serve` starts.
//!
//! - [`server`] listens, serves connections and stops gracefully.
//! - [`routes`] lists all routes; each file in it has the handlers of one group.
//! - [`api_error`] lists all errors of the API.
//! - [`connections`], [`client_stream`], [`client_address`] and [`shares`] keep clients from taking the
//!   server for themselves.
//! - [`extract`] reads session and body of a request; [`rate_limit`] and [`password`] check them.
//! - [`store`] contains all SQL.
//! - [`trackers`] reads tickets from Jira and Linear; [`live`] does so for a running server, and
//!   [`tickets`] chooses between live and imported tickets.
//! - [`tracker_connection`] and [`credential_file`] keep the accounts at trackers.
//! - [`administration`] gives `spec-kitty admin` access to the store without async code.
//!
//! It uses [`crate::wire`] and no code of the client.

mod administration;
mod api_error;
mod app;
mod client_address;
mod client_stream;
mod connections;
mod credential_file;
mod extract;
mod live;
mod password;
mod personal;
mod rate_limit;
mod routes;
mod server;
mod shares;
pub(crate) mod store;
mod tickets;
mod tracker_connection;
mod tracker_failure;
pub(crate) mod trackers;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::text::count;
use crate::wire::Provider;
use crate::wire::candidate::FieldError;
use crate::world::{EntropyError, World};

pub(crate) use administration::{
    Administration, CredentialSource, NewConnection, ProbedConnection, TestedConnection, probe,
};
pub(crate) use app::Limits;
pub(crate) use client_address::{Network, Proxies};
pub(crate) use personal::Personal;
pub(crate) use tracker_connection::ConnectionError;

pub(crate) use server::{ServeOptions, start};

/// The tickets of `demo`, in the format of `admin tickets import`.
pub(crate) const SAMPLE_TICKETS: &str = include_str!("../../assets/sample-tickets.json");

/// The folder of the store without `--data`.
pub(crate) fn default_data_directory(world: &World) -> PathBuf {
    world.state_directory().join("control-plane")
}

/// Why the control plane cannot start, or `admin` cannot change its store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlPlaneError {
    #[error("refusing to listen on {0}: passwords and tokens would be sent unencrypted")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    /// The runtime or a signal handler could not be created.
    #[error("cannot start the control plane")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("cannot hash the password")]
    Password(#[from] argon2::password_hash::Error),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    #[error("{0} must be 1 to 255 characters, without control characters or space at the ends")]
    BadName(&'static str),
    #[error("{0} projects are mapped to a {kind}", kind = .0.resource_type())]
    BadResourceType(Provider),
    #[error("no user {0:?}")]
    UnknownUser(String),
    #[error("no project {0:?}")]
    UnknownProject(String),
    #[error("no origin with the id {0:?}")]
    UnknownOrigin(String),
    #[error("no session with the id {0}")]
    UnknownSession(i64),
    #[error("no token with the id {0}")]
    UnknownToken(i64),
    #[error("{user} is not a member of team {team:?}")]
    NotInTeam { user: String, team: String },
    #[error("{user} already has a token {name:?}")]
    TokenNameTaken { user: String, name: String },
    #[error("project {project:?} has {}", count(origins.unsigned_abs(), "bound mission"))]
    ProjectHasOrigins { project: String, origins: i64 },
    #[error("no connection {0:?}")]
    UnknownConnection(String),
    #[error("connection {connection} has no team or project {key:?}")]
    UnknownResource {
        connection: String,
        key: String,
        /// Those that it has.
        keys: Vec<String>,
    },
    #[error("connection {connection} is used by {}", count(projects.unsigned_abs(), "project"))]
    ConnectionInUse { connection: String, projects: i64 },
    #[error("a connection's name must be 1 to 64 letters, digits, dots, dashes and underscores")]
    BadConnectionName,
    #[error("--url is required for Jira")]
    UrlRequired,
    #[error("--url: {0}")]
    BadTrackerUrl(crate::web::ServerUrlError),
    #[error("--user is the e-mail address of a Jira Cloud account; Linear has none")]
    BadTrackerUser,
    #[error("invalid token: expected one line of ASCII text without spaces")]
    BadCredential,
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    File(#[from] crate::fs::FsError),
    #[error("connection {connection}")]
    Tracker {
        connection: String,
        #[source]
        error: trackers::TrackerError,
    },
    #[error("the tickets are not a JSON list")]
    TicketsUnreadable(#[source] serde_json::Error),
    #[error("tickets[{index}] is not valid")]
    TicketRefused { index: usize, source: FieldError },
}
