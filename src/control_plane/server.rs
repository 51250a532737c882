//! Listens, serves connections, and stops gracefully.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use signal_hook::consts::SIGXFSZ;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::ControlPlaneError;
use super::app::{App, Limits};
use super::client_address::{Peer, Proxies, site};
use super::client_stream::ClientStream;
use super::connections::{Connections, Place};
use super::personal::PersonalUser;
use super::routes::router;
use super::store::Store;
use crate::secret::Secret;
use crate::world::World;

/// How many connections can be open.
pub(super) const MAX_CONNECTIONS: usize = 512;
/// How many of them can come from one address.
pub(super) const MAX_OF_ONE_ADDRESS: usize = MAX_CONNECTIONS / 8 * 7;
/// How many more can wait to be accepted.
const BACKLOG: u32 = 1024;
/// How much of a request's head, and of the pipelined requests behind it, is kept in memory.
const MAX_HEAD_BYTES: usize = 128 * 1024;
/// How much of the responses that a client has not read the system keeps. Its own limit is megabytes,
/// which many small responses fill only after seconds of work.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    /// Port 0 takes a free port.
    pub listen: SocketAddr,
    /// The folder of the store.
    pub data: PathBuf,
    /// Allows an address other than loopback, because a proxy in front adds TLS.
    pub behind_tls_proxy: bool,
    pub proxies: Proxies,
    /// The token of the user of a personal control plane.
    pub personal_token: Option<Secret>,
    pub limits: Limits,
}

impl ServeOptions {
    /// On a free loopback port, with the default limits.
    pub(crate) fn on_free_port(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data,
            behind_tls_proxy: false,
            proxies: Proxies::Every(false),
            personal_token: None,
            limits: Limits::default(),
        }
    }
}

/// A running control plane. Dropping it closes its connections at once; see [`Running::stop`].
#[derive(Debug)]
pub(crate) struct Running {
    url: String,
    runtime: Runtime,
    /// Dropping it asks [`serve`] to stop.
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// The handlers of SIGINT and SIGTERM.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl Running {
    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Installs the handlers: from now on SIGINT and SIGTERM do not end the process.
    pub(crate) fn listen_for_signals(&self) -> Result<StopSignals, ControlPlaneError> {
        let _entered = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(ControlPlaneError::Runtime);
        Ok(StopSignals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Serves until one of the signals arrives, then stops gracefully. A second signal ends that.
    pub(crate) fn stop_on(self, mut signals: StopSignals) {
        self.runtime.block_on(signals.next());
        self.stop_before(signals.next());
    }

    /// Accepts no more connections and waits until the running requests have ended.
    pub(crate) fn stop(self) {
        self.stop_before(std::future::pending());
    }

    fn stop_before(mut self, hurry: impl Future<Output = ()>) {
        drop(self.stop);
        let time = self.runtime.block_on(async {
            tokio::select! {
                // After a panic the server has stopped too.
                _ = &mut self.serving => Duration::from_secs(1),
                () = hurry => {
                    tracing::warn!("stopped at once");
                    Duration::ZERO
                }
            }
        });
        self.runtime.shutdown_timeout(time);
    }
}

impl StopSignals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Starts the control plane and returns as soon as it listens.
pub(crate) fn start(world: &World, options: &ServeOptions) -> Result<Running, ControlPlaneError> {
    let address = options.listen;
    if !address.ip().is_loopback() && !options.behind_tls_proxy {
        return Err(ControlPlaneError::NotLoopback(address));
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ControlPlaneError::Runtime)?;
    let entered = runtime.enter();
    // With any handler a write to a file that may not grow fails, and does not end the process.
    drop(signal(SignalKind::from_raw(SIGXFSZ)).map_err(ControlPlaneError::Runtime)?);
    let store = runtime.block_on(Store::open(world, &options.data))?;
    let personal = match &options.personal_token {
        Some(token) => Some(runtime.block_on(PersonalUser::load(world, &store, token))?),
        None => None,
    };
    let (listener, url) =
        listen(address).map_err(|source| ControlPlaneError::Listen { address, source })?;
    drop(entered);
    let app = Arc::new(App::new(world.clone(), store, personal, options));
    let (stop, stopped) = oneshot::channel();
    let serving = runtime.spawn(serve(listener, app, stopped));
    tracing::info!(%url, "listening");
    Ok(Running {
        url,
        runtime,
        stop,
        serving,
    })
}

async fn serve(listener: TcpListener, app: Arc<App>, stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(listener, &app, &connections) => {}
        _ = stopped => {}
    }
    tracing::info!("stopping");
    // The rest of the time is for the store.
    let (requests, time) = (connections.shutdown(), app.limits.stopping_time);
    if timeout(time * 4 / 5, requests).await.is_err() {
        tracing::warn!("connections cut off");
    }
    app.store.interrupt();
    if timeout(time / 5, app.store.close()).await.is_err() {
        tracing::warn!("store not closed");
    }
    tracing::info!("stopped");
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, String)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Accepts and serves connections until it is dropped.
async fn accept(listener: TcpListener, app: &Arc<App>, graceful: &GracefulShutdown) {
    let router = router(app);
    let connections = Connections::new(MAX_CONNECTIONS, MAX_OF_ONE_ADDRESS);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let peer = peer.ip();
                let address = (!app.proxies.trust(peer)).then(|| site(peer));
                if let Ok(place) = connections.place(address).await {
                    let router = router.clone().layer(Extension(Peer(peer)));
                    serve_connection(stream, place, router, app.limits, graceful);
                } else {
                    tracing::debug!(%peer, "too many connections");
                }
            }
            Err(error) => {
                // Most likely the process is out of file descriptors.
                tracing::warn!(%error, "cannot accept a connection");
                let wait = if connections.close_one() { 1 } else { 100 };
                sleep(Duration::from_millis(wait)).await;
            }
        }
    }
}

/// Serves a connection in a task of its own, until it ends, loses its place, or sends no request.
fn serve_connection(
    stream: TcpStream,
    place: Place,
    router: Router,
    limits: Limits,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let place = Arc::new(place);
    let service = router.layer(Extension(Arc::clone(&place)));
    // Not hyper-util's builder: before it knows the HTTP version, it has no timeout.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(
            TokioIo::new(ClientStream::new(stream, limits.write_time)),
            TowerToHyperService::new(service),
        );
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "connection ended");
            },
            () = place.lost() => tracing::debug!("connection closed for another one"),
            () = no_request(&place, limits.first_head_time) => tracing::debug!("no request"),
        }
    });
}

/// Ends if the connection has no request within this time.
async fn no_request(place: &Place, time: Duration) {
    sleep(time).await;
    if place.has_asked() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    const LONG: Duration = Duration::from_mins(1);
    const SHORT: Duration = Duration::from_millis(20);

    fn start_with(limits: Limits) -> (Running, TcpStream, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables(folder.path().to_owned(), [] as [(&str, &str); 0]);
        let mut options = ServeOptions::on_free_port(folder.path().join("data"));
        options.limits = limits;
        let server = start(&world, &options).unwrap();
        let stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
        (server, stream, folder)
    }

    /// The response to a client that sends this text and then nothing more.
    fn answer_to_silence_after(sent: &str, limits: Limits) -> String {
        let (server, mut stream, _folder) = start_with(limits);
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        server.stop();
        answer
    }

    #[test]
    fn a_silent_client_times_out() {
        let long = Limits {
            first_head_time: LONG,
            head_time: LONG,
            body_time: LONG,
            request_time: LONG,
            ..Limits::default()
        };
        let head = "POST /api/v1/token/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let half = format!("{head}content-length: 9\r\n\r\n{{");

        let slow_head = Limits {
            head_time: SHORT,
            ..long
        };
        assert_eq!(answer_to_silence_after(head, slow_head), "");
        let slow_first_head = Limits {
            first_head_time: SHORT,
            ..long
        };
        assert_eq!(answer_to_silence_after(head, slow_first_head), "");
        let slow_body = Limits {
            body_time: SHORT,
            ..long
        };
        let answer = answer_to_silence_after(&half, slow_body);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("\"body_too_slow\""), "{answer}");
        let slow_request = Limits {
            request_time: SHORT,
            ..long
        };
        let answer = answer_to_silence_after(&half, slow_request);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("\"too_slow\""), "{answer}");
    }

    #[tokio::test]
    async fn only_the_first_request_has_a_shorter_time() {
        let place = Connections::new(1, 1).place(None).await.unwrap();
        let closed = async |time| timeout(time, no_request(&place, SHORT)).await.is_ok();
        assert!(closed(LONG).await);
        place.works();
        place.waits();
        assert!(!closed(SHORT * 2).await);
    }

    /// Mutation check: without the time limit for writing, the client's write never ends.
    #[test]
    fn a_client_that_reads_nothing_times_out() {
        let limits = Limits {
            write_time: SHORT,
            ..Limits::default()
        };
        let (server, mut stream, _folder) = start_with(limits);
        stream.set_write_timeout(Some(LONG)).unwrap();
        let requests = "GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
        let error = loop {
            if let Err(error) = stream.write_all(requests.as_bytes()) {
                break error.kind();
            }
        };
        let closed = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert!(closed.contains(&error), "{error:?}");
        server.stop();
    }

    #[test]
    fn a_request_that_does_not_end_does_not_keep_the_server() {
        let (server, mut stream, _folder) = start_with(Limits {
            stopping_time: SHORT,
            ..Limits::default()
        });
        let head = "POST /api/v1/token/ HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n";
        write!(stream, "{head}content-length: 9\r\n\r\n").unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap();
        server.stop();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        assert_eq!(rest, b"", "expected a closed connection, not a response");
    }

    /// Mutation check: if nothing interrupts the queries, the store does not close in time.
    #[test]
    fn queries_that_do_not_end_do_not_keep_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables(folder.path().to_owned(), [] as [(&str, &str); 0]);
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = ServeOptions::on_free_port(folder.path().to_owned());
            let store = Store::open(&world, &options.data).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            store.be_busy().await;
            let app = App::new(world, store.clone(), None, &options);
            let (stop, stopped) = oneshot::channel();
            drop(stop);
            serve(listener, Arc::new(app), stopped).await;
            assert!(store.is_closed());
        });
    }
}
