//! Sets up the HTTP library: certificates, proxy, and a shortcut for this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use super::{ServerUrl, SetupError};
use crate::fs::{FsError, read_bounded};
use crate::world::{World, names};

/// The limit for connecting, TLS included. After it, the request was certainly not sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_CERTIFICATE_BYTES: u64 = 8 * 1024 * 1024;

/// A client for this server. It follows no redirect.
pub(crate) fn set_up(world: &World, server: &ServerUrl) -> Result<Client, SetupError> {
    // Fails if another client of this process has installed it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = Client::builder()
        .user_agent(concat!("spec-kitty/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy();
    let builder = if server.is_plain() {
        to_this_machine(builder)
    } else {
        through_proxy(world, with_certificates(world, builder)?)?
    };
    builder.build().map_err(|error| SetupError::library(&error))
}

/// Plain http needs no certificates; loading them would cost more than the request. `localhost` is
/// resolved here and not by a resolver, which could send the token elsewhere.
fn to_this_machine(builder: ClientBuilder) -> ClientBuilder {
    let loopback: [SocketAddr; 2] = [
        (Ipv4Addr::LOCALHOST, 0).into(),
        (Ipv6Addr::LOCALHOST, 0).into(),
    ];
    builder
        .tls_certs_only([])
        .resolve_to_addrs("localhost", &loopback)
}

/// Only the certificates of `SSL_CERT_FILE`, else those of the system.
fn with_certificates(world: &World, builder: ClientBuilder) -> Result<ClientBuilder, SetupError> {
    let Some(path) = world.variable(names::CERTIFICATES) else {
        return Ok(builder);
    };
    let path = world.directory().join(Path::new(path));
    let not_found = || FsError::on("read", &path)(std::io::ErrorKind::NotFound.into());
    let bytes = read_bounded(&path, MAX_CERTIFICATE_BYTES)?.ok_or_else(not_found)?;
    match Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(builder.tls_certs_only(certificates)),
        _ => Err(SetupError::Other(
            "SSL_CERT_FILE contains no certificates".into(),
        )),
    }
}

/// The proxy of the environment. Its URL may contain a password, so no message repeats it.
fn through_proxy(world: &World, builder: ClientBuilder) -> Result<ClientBuilder, SetupError> {
    let first = |names: &[&str]| names.iter().find_map(|name| world.variable(name));
    let Some(url) = first(&names::PROXY) else {
        return Ok(builder);
    };
    let invalid = |_| SetupError::Other("HTTPS_PROXY is not the URL of a proxy".into());
    let proxy = Proxy::all(url).map_err(invalid)?;
    let exceptions = first(&names::NO_PROXY).and_then(NoProxy::from_string);
    Ok(builder.proxy(proxy.no_proxy(exceptions)))
}
