//! `spec-kitty serve`.

use std::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use super::admin::Store;
use crate::cli::document::Document;
use crate::cli::logging::filter;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::{Limits, Network, Proxies, ServeOptions, start};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address to listen on, or a port of this machine; port 0 takes a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8460", value_parser = listen_address)]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub store: Store,
    /// Allow an address other than loopback, because a proxy in front adds TLS
    #[arg(long)]
    pub behind_tls_proxy: bool,
    /// Proxy whose X-Forwarded-For names the client: an address or a range; repeatable [default: every peer
    /// behind a TLS proxy]
    #[arg(long, value_name = "CIDR")]
    pub(crate) trusted_proxy: Vec<Network>,
    /// Maximum number of requests a minute for each user, and of logins for each address
    #[arg(long, value_name = "N", default_value_t = Limits::REQUESTS_PER_MINUTE, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate_limit: u32,
}

/// The running server.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Serve {
    /// The address it listens on.
    url: String,
}

impl Document for Serve {
    const SCHEMA: &'static str = "spec-kitty.serve/1";
}

/// A port alone, or with `localhost`, is a port of loopback.
fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.strip_prefix("localhost:");
    let port = port.or_else(|| text.strip_prefix(':')).unwrap_or(text);
    let loopback = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let address = port.parse().map(loopback).or_else(|_| text.parse());
    address.map_err(|_| "expected a port, or an IP address with a port, such as 127.0.0.1:8460")
}

/// Serves until SIGINT or SIGTERM. Prints the answer at the start, because the caller waits for the
/// address.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    log_to_stderr(context);
    arguments.store.require_home(context)?;
    let options = ServeOptions {
        listen: arguments.listen,
        data: arguments.store.folder(context),
        behind_tls_proxy: arguments.behind_tls_proxy,
        proxies: match arguments.trusted_proxy {
            none if none.is_empty() => Proxies::Every(arguments.behind_tls_proxy),
            named => Proxies::In(named),
        },
        personal_token: None,
        limits: Limits {
            requests_per_minute: arguments.rate_limit,
            ..Limits::default()
        },
    };
    let running = start(&context.world, &options)?;
    let signals = running.listen_for_signals()?;
    let url = running.url();
    let text = format!("listening on {url}");
    let outcome = Outcome::new(
        Serve {
            url: url.to_owned(),
        },
        text,
    );
    let outcome = context.ui.print_now(outcome);
    running.stop_on(signals);
    Ok(outcome)
}

/// Logs one line for each request, as JSON unless stderr is a terminal. `SPEC_KITTY_LOG` changes the
/// level.
fn log_to_stderr(context: &Context) {
    let ui = &context.ui;
    let default = match ui.verbose {
        0 if ui.json => "off",
        0 if ui.quiet => "spec_kitty=warn",
        0 => "spec_kitty=info",
        _ => "spec_kitty=debug",
    };
    let filter = filter(&context.world, ui).unwrap_or_else(|| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Otherwise a failed write is reported on stderr, which then fails too and panics.
        .log_internal_errors(false)
        .with_ansi(false);
    let set = if context.world.terminals().stderr {
        builder.compact().try_init()
    } else {
        let builder = builder.json().flatten_event(true);
        builder.with_span_list(false).try_init()
    };
    // Fails only if a log exists already; that one is used then.
    drop(set);
}
