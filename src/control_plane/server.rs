//! Listens, serves connections, and stops gracefully.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use signal_hook::consts::SIGXFSZ;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::ControlPlaneError;
use super::app::{App, Limits};
use super::personal::PersonalUser;
use super::routes::router;
use super::store::Store;
use crate::secret::Secret;
use crate::world::World;

/// How many connections can be open. Further ones wait in the backlog of the socket.
const MAX_CONNECTIONS: usize = 512;

#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    /// Port 0 takes a free port.
    pub listen: SocketAddr,
    /// The folder of the store.
    pub data: PathBuf,
    /// Allows an address other than loopback, because a proxy in front adds TLS.
    pub behind_tls_proxy: bool,
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

    /// Installs the handlers: from now on SIGINT, SIGTERM and SIGXFSZ do not end the process.
    pub(crate) fn listen_for_signals(&self) -> Result<StopSignals, ControlPlaneError> {
        let _entered = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(ControlPlaneError::Runtime);
        // With any handler a write to a file that may not grow fails, and does not end the process.
        drop(listen(SignalKind::from_raw(SIGXFSZ))?);
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
    let store = runtime.block_on(Store::open(world, &options.data))?;
    let personal = match &options.personal_token {
        Some(token) => Some(runtime.block_on(PersonalUser::load(world, &store, token))?),
        None => None,
    };
    let listen = async {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok((listener, url))
    };
    let (listener, url) = runtime
        .block_on(listen)
        .map_err(|source| ControlPlaneError::Listen { address, source })?;
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

/// Accepts and serves connections until it is dropped.
async fn accept(listener: TcpListener, app: &Arc<App>, connections: &GracefulShutdown) {
    let (router, head_time) = (router(app), app.limits.head_time);
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
                // Not hyper-util's builder: before it knows the HTTP version, it has no timeout.
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(head_time)
                    .serve_connection(
                        TokioIo::new(stream),
                        TowerToHyperService::new(router.clone().layer(Extension(peer.ip()))),
                    );
                let connection = connections.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "connection ended");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // Most likely the process is out of file descriptors, and can only wait.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
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
        assert!(!answer_to_silence_after(head, slow_head).contains("200"));
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
