//! The HTTP client over TLS, and through a proxy. `support/tls` holds certificates for 127.0.0.1 and
//! their key, made for these tests.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use spec_kitty::internals::World;
use spec_kitty::internals::{Answer, Call, Deadline, HttpClient, HttpError, ServerUrl as Address};

use crate::support::{Sandbox, Server};

const SEARCH: [&str; 4] = ["tracker", "search-origin", "WEB-1", "--json"];

const CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/tls/certificate.pem"
);

const AUTHORITY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/tls/authority.pem"
);

/// Another authority, which has signed nothing.
const STRANGER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/tls/stranger.pem"
);

/// Starts a TLS server that answers one request with 200; its address.
fn start(host: &str) -> String {
    start_with(host, include_bytes!("support/tls/certificate.pem"))
}

/// Starts a server with another certificate of the same key.
fn start_with(host: &str, certificate: &[u8]) -> String {
    let key = include_bytes!("support/tls/key.pem");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = [0; 4096];
        // A client that does not trust us ends the conversation here.
        if matches!(stream.read(&mut request), Ok(1..)) {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            drop(stream.write_all(answer).and_then(|()| stream.flush()));
            stream.conn.send_close_notify();
            drop(stream.flush());
        }
    });
    format!("https://{address}")
}

fn post(url: &str, variables: &[(&str, &str)]) -> Result<Answer, HttpError> {
    let world = World::with_variables("/".into(), variables.iter().copied());
    let client = HttpClient::new(&world, Address::parse(url).unwrap())?;
    let call = Call {
        path: "/x",
        ..Call::default()
    };
    client.send(
        &world,
        &Deadline::after(&world, Duration::from_secs(20)),
        &call,
    )
}

#[test]
fn the_certificates_of_the_environment_are_trusted() {
    let answer = post(&start("127.0.0.1"), &[("SSL_CERT_FILE", CERTIFICATE)]);
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn another_hosts_certificate_is_not() {
    let error = post(&start("127.0.0.2"), &[("SSL_CERT_FILE", CERTIFICATE)]).unwrap_err();
    assert!(
        matches!(error, HttpError::Unreachable { refused: false, .. }),
        "{error:?}"
    );
    assert!(!error.may_have_arrived());
}

/// The authority's certificate is self-signed with CA:TRUE, as `openssl req -x509` makes it.
#[test]
fn certificates_that_are_not_accepted_have_their_own_hints() {
    let authority = include_bytes!("support/tls/authority.pem");
    let server = include_bytes!("support/tls/certificate.pem");
    for (certificate, trusted, hint) in [
        (&authority[..], AUTHORITY, "CA:FALSE"),
        (&server[..], STRANGER, "SSL_CERT_FILE"),
    ] {
        let mut sandbox = Sandbox::with_project();
        sandbox.bind_tracker("linear", "web");
        sandbox.log_in(&start_with("127.0.0.1", certificate));
        sandbox.set("SSL_CERT_FILE", trusted);
        let error = sandbox.run(&SEARCH).error(8, "none");
        assert_eq!(error["code"], "unreachable");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error}");
    }
}

#[test]
fn a_proxy_is_asked_for_https_unless_the_host_is_excepted() {
    let proxy = Server::raw();
    let (url, certificates) = (proxy.url(), ("SSL_CERT_FILE", CERTIFICATE));
    let through = [certificates, ("https_proxy", &*url)];
    assert!(post("https://control.example.invalid", &through).is_err());
    let asked = proxy.requests();
    assert_eq!(asked[0].method, "CONNECT");
    assert_eq!(asked[0].path, "control.example.invalid:443");
    assert_eq!(asked[0].header("authorization"), None);

    proxy.forget();
    let excepted = [
        certificates,
        ("HTTPS_PROXY", &*url),
        ("NO_PROXY", "127.0.0.1"),
    ];
    assert_eq!(post(&start("127.0.0.1"), &excepted).unwrap().status, 200);
    assert!(proxy.requests().is_empty());
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let (proxy, server) = (Server::start(), Server::start());
    let url = proxy.url();
    let variables = [
        ("HTTPS_PROXY", &*url),
        ("ALL_PROXY", &*url),
        ("http_proxy", &*url),
    ];
    assert_eq!(post(&server.url(), &variables).unwrap().status, 404);
    assert!(proxy.requests().is_empty());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_broken_proxy_is_told_without_its_password() {
    let variables = [
        ("SSL_CERT_FILE", CERTIFICATE),
        ("HTTPS_PROXY", "http://u:hunter2@[broken"),
    ];
    let error = post("https://a.example", &variables).unwrap_err();
    assert!(matches!(error, HttpError::Setup { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}
