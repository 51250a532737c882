//! The control plane of DESIGN §10: `spec-kitty serve`, and what fills its store.
//!
//! - [`server`] — listens, stops; [`routes`] — the wire of DESIGN §5 over the store.
//! - [`store`] — the one query layer over SQLite.
//! - [`administration`] — the same store for `spec-kitty admin`, without a runtime in sight.
//!
//! It knows [`crate::wire`] and nothing of the client's side.

pub mod administration;
pub mod server;

use std::path::{Path, PathBuf};

use crate::world::World;

pub use administration::Administration;
pub use server::{Running, ServeOptions, start};

/// The tickets that ship in the binary, in the form that `admin tickets import` reads.
pub const SAMPLE_TICKETS: &str = include_str!("../../assets/sample-tickets.json");

/// Where the store is kept unless `--data` says otherwise.
pub fn default_data_directory(world: &World) -> PathBuf {
    world.state_directory().join(Path::new("control-plane"))
}

/// Why the control plane could not start or its store not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ControlPlaneError {
    /// Listening beyond loopback was asked for without saying that a proxy adds TLS.
    #[error("refusing to listen on {0}: passwords and tokens would travel in the clear")]
    NotLoopback(std::net::SocketAddr),
    /// The address is taken, or not ours to take.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// The operating system's reason.
        source: std::io::Error,
    },
}
