//! The one place where the HTTP library is set up.

use super::{Answer, Call, Deadline, HttpError, Server};
use crate::world::World;

/// Speaks with one server.
#[derive(Debug)]
pub struct HttpClient {
    server: Server,
}

impl HttpClient {
    /// A client for this server. Nothing is connected yet.
    pub fn new(_world: &World, server: Server) -> Result<Self, HttpError> {
        Ok(Self { server })
    }

    /// Whom it speaks with.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Sends one request, repeats it as [`Call::retry`] allows, and waits out one 429 where that
    /// fits the deadline.
    pub fn send(
        &self,
        _world: &World,
        _deadline: &Deadline,
        _call: &Call<'_>,
    ) -> Result<Answer, HttpError> {
        Err(HttpError::NetworkDisabled)
    }
}
