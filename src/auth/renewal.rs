//! Renewing a session. A refresh token is good for one use, so that of all processes whose access
//! token ended together exactly one may use it: under a lock, after a second look at the file.

use super::credentials::{self, Credentials};
use super::session::{Session, SessionError};
use crate::http::{Answer, Call, HttpClient, Refusal, Retry};
use crate::secret::Secret;
use crate::wire::REFRESH_PATH;
use crate::wire::request::RefreshRequest;
use crate::wire::response::TokenResponse;

/// A token that is not the one the server refused.
pub(super) struct Renewed {
    pub(super) access: Secret,
    /// Whether the server has just issued it to this process: refused again, it is the end.
    pub(super) by_us: bool,
}

impl Session<'_> {
    /// Another access token than the refused one: what another process has stored meanwhile, else a
    /// new one from the issuing server. A renewal that fails leaves the stored session alone.
    pub(super) fn renew(&self, refused: &Secret) -> Result<Renewed, SessionError> {
        let Some(issuer) = &self.issuer else {
            return Err(SessionError::Expired {
                from_environment: true,
            });
        };
        let lock = credentials::lock(self.world, self.deadline.remaining(self.world))?;
        let stored = credentials::load(self.world)?
            .filter(|stored| stored.server.same_origin(issuer))
            .ok_or(EXPIRED)?;
        if stored.access != *refused {
            return Ok(Renewed {
                access: stored.access,
                by_us: false,
            });
        }
        let refresh = stored.refresh.clone().ok_or(EXPIRED)?;
        let answer = self.refresh(&stored, refresh)?;
        if !answer.is_success() {
            return Err(refused_for_good(&stored, &answer));
        }
        let fresh = TokenResponse::parse(&answer.body)
            .and_then(|tokens| stored.renewed(self.world, tokens))
            .map_err(SessionError::BadResponse)?;
        credentials::store(self.world, &fresh, &lock)?;
        Ok(Renewed {
            access: fresh.access,
            by_us: true,
        })
    }

    fn refresh(&self, stored: &Credentials, refresh: Secret) -> Result<Answer, SessionError> {
        let call = Call {
            path: REFRESH_PATH,
            body: serde_json::to_vec(&RefreshRequest { refresh }).unwrap_or_default(),
            // A second use of the refresh token would end the session.
            retry: Retry::Unprocessed,
            ..Call::default()
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

/// Any definite refusal is the session's end: whatever the server has against it, a new login is what
/// is left to try. One that a later try may turn is not: a time-out, a wait, the server's own fault.
fn refused_for_good(stored: &Credentials, answer: &Answer) -> SessionError {
    if matches!(answer.status, 400..=499) && !matches!(answer.status, 408 | 429) {
        return EXPIRED;
    }
    SessionError::RenewalRefused(Box::new(Refusal::read(&stored.server, answer)))
}
