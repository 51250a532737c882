//! `spec-kitty serve`.

use std::net::SocketAddr;

use super::admin::Store;
use crate::cli::failure::Failure;
use crate::cli::{CommandResult, Context};
use crate::control_plane::server::DEFAULT_REQUESTS_PER_MINUTE;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8460")]
    pub listen: SocketAddr,
    /// The store.
    #[command(flatten)]
    pub store: Store,
    /// Allow an address that is not loopback: a proxy in front speaks TLS
    #[arg(long)]
    pub behind_tls_proxy: bool,
    /// Requests a session may make in a minute
    #[arg(long, value_name = "N", default_value_t = DEFAULT_REQUESTS_PER_MINUTE, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate_limit: u32,
}

/// Serves until interrupted.
pub fn run(_arguments: Arguments, _context: &Context) -> CommandResult {
    Err(Failure::usage("not built yet"))
}
