//! The stream of a client. It ends when the client reads nothing, and it gives hyper's refusal of an
//! oversized head the error envelope.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::api_error::ApiError;

/// hyper sends this with an empty body, and has no hook for it. No JSON contains a line break.
const HEAD_REFUSED: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\n";
/// How much of an oversized head is read and dropped after its refusal, and for how long. Without
/// that, a client that is still writing sees a reset connection instead of the response.
const MAX_REST: usize = 4 * 1024 * 1024;
const MAX_REST_TIME: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct ClientStream {
    stream: TcpStream,
    /// How long a client may read nothing while the buffers are full.
    write_time: Duration,
    full: Option<Pin<Box<Sleep>>>,
    refusal: Option<Refusal>,
}

/// What replaces hyper's refusal of a head.
#[derive(Debug)]
struct Refusal {
    unsent: Vec<u8>,
    /// How much may still be read.
    rest: usize,
    end: Pin<Box<Sleep>>,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, write_time: Duration) -> Self {
        Self {
            stream,
            write_time,
            full: None,
            refusal: None,
        }
    }

    /// Fails if the buffers stay full.
    fn in_time<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.full = None;
            return written;
        }
        let time = self.write_time;
        let full = self.full.get_or_insert_with(|| Box::pin(sleep(time)));
        full.as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn send_refusal(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(refusal) = &mut self.refusal
            && !refusal.unsent.is_empty()
        {
            let written = Pin::new(&mut self.stream).poll_write(context, &refusal.unsent);
            if let Poll::Ready(Ok(count)) = written {
                refusal.unsent.drain(..count);
            }
            ready!(self.in_time(written, context))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads the rest of a refused head.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(refusal) = &mut self.refusal else {
            return Poll::Ready(());
        };
        let mut bytes = [0; 4096];
        while refusal.end.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            if read.is_err() || count == 0 || count > refusal.rest {
                break;
            }
            refusal.rest -= count;
        }
        Poll::Ready(())
    }
}

impl Refusal {
    /// hyper's refusal with the envelope as its body.
    fn of(head: &[u8]) -> Option<Self> {
        let (_, envelope) = ApiError::HeadTooLarge.envelope();
        let body = serde_json::to_string(&envelope).ok()?;
        let content = format!(
            "content-type: application/json\r\ncontent-length: {}",
            body.len()
        );
        let head = String::from_utf8_lossy(head).replace("content-length: 0", &content);
        Some(Self {
            unsent: (head + &body).into_bytes(),
            rest: MAX_REST,
            end: Box::pin(sleep(MAX_REST_TIME)),
        })
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [first, ..] = buffers
            && first.starts_with(HEAD_REFUSED)
            && self.refusal.is_none()
        {
            self.refusal = Refusal::of(first);
            return Poll::Ready(Ok(first.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.in_time(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send_refusal(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_refusal(context))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        ready!(self.drain(context));
        Poll::Ready(Ok(()))
    }
}
