//! Renewing a session. A refresh token can be used once. If the access token of several processes
//! expires, only one of them may use it: each takes the lock and reads the file again.

use super::credentials::{self, Credentials};
use super::session::{Session, SessionError};
use crate::http::{Answer, Call, HttpClient, Refusal, Retry};
use crate::secret::Secret;
use crate::wire::REFRESH_PATH;
use crate::wire::request::RefreshRequest;
use crate::wire::response::TokenResponse;

/// An access token that differs from the rejected one.
pub(super) struct Renewed {
    pub(super) access: Secret,
    /// Whether this process received it from the server. If that token is rejected too, the session
    /// has expired.
    pub(super) by_this_process: bool,
}

impl Session<'_> {
    /// Replaces a rejected access token: with the one that another process stored meanwhile, else with
    /// a new one from the issuing server. If the renewal fails, the stored session stays.
    pub(super) fn renew(&self, rejected: &Secret) -> Result<Renewed, SessionError> {
        let Some(issuer) = &self.issuer else {
            return Err(SessionError::Expired {
                from_environment: true,
            });
        };
        let lock = credentials::lock(self.world, self.deadline.remaining(self.world))?;
        let stored = credentials::load(self.world)?
            .filter(|stored| stored.server.same_origin(issuer))
            .ok_or(EXPIRED)?;
        if stored.access != *rejected {
            return Ok(Renewed {
                access: stored.access,
                by_this_process: false,
            });
        }
        let refresh = stored.refresh.clone().ok_or(EXPIRED)?;
        let answer = self.refresh(&stored, refresh)?;
        if !answer.is_success() {
            return Err(refused(&stored, &answer));
        }
        let fresh = TokenResponse::parse(&answer.body)
            .and_then(|tokens| stored.renewed(self.world, tokens))
            .map_err(SessionError::BadResponse)?;
        credentials::store(self.world, &fresh, &lock)?;
        Ok(Renewed {
            access: fresh.access,
            by_this_process: true,
        })
    }

    fn refresh(&self, stored: &Credentials, refresh: Secret) -> Result<Answer, SessionError> {
        let call = Call {
            // A second use of the refresh token would end the session.
            retry: Retry::Unprocessed,
            ..Call::json(REFRESH_PATH, &RefreshRequest { refresh })?
        };
        if stored.server == *self.client.server() {
            return Ok(self.client.send(self.world, &self.deadline, &call)?);
        }
        let issuer = HttpClient::new(self.world, stored.server.clone())?;
        Ok(issuer.send(self.world, &self.deadline, &call)?)
    }
}

const EXPIRED: SessionError = SessionError::Expired {
    from_environment: false,
};

/// A 4xx ends the session: only a new login can help. A timeout, a rate limit and a server error do
/// not: a later try may succeed.
fn refused(stored: &Credentials, answer: &Answer) -> SessionError {
    if matches!(answer.status, 400..=499) && !matches!(answer.status, 408 | 429) {
        return EXPIRED;
    }
    SessionError::Refused(Box::new(Refusal::read(&stored.server, answer)))
}
