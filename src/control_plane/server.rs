//! Listens, answers until told to stop, and stops without cutting anybody off.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::ControlPlaneError;
use super::app::{App, Limits};
use super::routes::router;
use super::store::Store;
use crate::world::World;

/// How many connections may be open at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 512;

/// How to serve.
#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder that holds the store.
    pub data: PathBuf,
    /// Allows an address that is not loopback: a proxy in front speaks TLS.
    pub behind_tls_proxy: bool,
    /// How much, and how long.
    pub limits: Limits,
}

impl ServeOptions {
    /// On a free loopback port, for embedding.
    pub(crate) fn on_free_port(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data,
            behind_tls_proxy: false,
            limits: Limits::default(),
        }
    }
}

/// A control plane that is listening, on threads of its own. Dropping it stops it without waiting.
#[derive(Debug)]
pub(crate) struct Running {
    url: String,
    stop: watch::Sender<bool>,
    runtime: Handle,
    thread: JoinHandle<()>,
}

/// The signals that ask a server to stop, listened for.
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

    /// From here on SIGINT and SIGTERM no longer end the process: see [`Running::stop_on`].
    pub(crate) fn listen_for_signals(&self) -> Result<StopSignals, ControlPlaneError> {
        let _entered = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(ControlPlaneError::Runtime);
        Ok(StopSignals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Serves until one of the signals comes, then stops.
    pub(crate) fn stop_on(self, mut signals: StopSignals) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = signals.interrupt.recv() => {}
                _ = signals.terminate.recv() => {}
            }
        });
        self.stop();
    }

    /// Takes no more connections, lets the requests under way end, and waits for that.
    pub(crate) fn stop(self) {
        self.stop.send_replace(true);
        // A server thread that panicked has stopped too.
        drop(self.thread.join());
    }
}

/// Starts to serve and returns once the address is listened on.
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
    let (store, listener, url) = runtime.block_on(async {
        let store = Store::open(world, &options.data).await?;
        let listen = async {
            let listener = TcpListener::bind(address).await?;
            let url = format!("http://{}", listener.local_addr()?);
            Ok((listener, url))
        };
        let (listener, url) = listen
            .await
            .map_err(|source| ControlPlaneError::Listen { address, source })?;
        Ok::<_, ControlPlaneError>((store, listener, url))
    })?;
    let app = App::new(world.clone(), store, options.limits);
    let (stop, stopped) = watch::channel(false);
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new()
        .name("control-plane".to_owned())
        .spawn(move || run(runtime, listener, app, stopped))
        .map_err(ControlPlaneError::Runtime)?;
    tracing::info!(%url, "listening");
    Ok(Running {
        url,
        stop,
        runtime: handle,
        thread,
    })
}

fn run(runtime: Runtime, listener: TcpListener, app: App, stopped: watch::Receiver<bool>) {
    runtime.block_on(async {
        let mut connections = accept(listener, &app, stopped).await;
        tracing::info!("stopping");
        let all = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(app.limits.stopping_time, all)
            .await
            .is_err()
        {
            tracing::warn!("connections cut off");
        }
        app.store.close().await;
        tracing::info!("stopped");
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Accepts connections until told to stop; those that are still open then.
async fn accept(
    listener: TcpListener,
    app: &App,
    mut stopped: watch::Receiver<bool>,
) -> JoinSet<()> {
    let (router, head_time) = (router(app.clone()), app.limits.head_time);
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((place, stream))
        };
        let next = tokio::select! {
            () = told_to_stop(&mut stopped) => return connections,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        match next {
            Ok((place, stream)) => {
                let (router, stopped) = (router.clone(), stopped.clone());
                connections.spawn(async move {
                    serve_connection(stream, router, head_time, stopped).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Most likely out of file descriptors: waiting is all that can help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    router: Router,
    head_time: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Ends when [`Running::stop`] is called or the [`Running`] is gone.
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
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

    /// What a server with these limits says to a client that sends this and then no more.
    fn answer_to_silence_after(sent: &str, limits: Limits) -> String {
        let (server, mut stream, _folder) = start_with(limits);
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        server.stop();
        answer
    }

    #[test]
    fn whoever_goes_silent_is_not_waited_for() {
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
        assert_eq!(rest, b"", "it was cut off, not answered");
    }
}
