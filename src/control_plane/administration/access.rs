//! Sessions and lasting tokens.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Administration, check_name};
use crate::control_plane::ControlPlaneError;
use crate::control_plane::store::{
    NewToken, Removal, SessionKind, SessionRow, TokenCreation, TokenHash, TokenRow,
};
use crate::secret::Secret;
use crate::text::hex;

/// A new token. Only its hash is stored.
#[derive(Debug)]
pub(crate) struct CreatedToken {
    pub id: i64,
    pub token: Secret,
    pub expires_at: Option<DateTime<Utc>>,
}

impl Administration<'_> {
    /// Creates a token that is valid until it is revoked, or for this time.
    pub(crate) fn create_token(
        &self,
        user: &str,
        team: &str,
        name: &str,
        lifetime: Option<TimeDelta>,
    ) -> Result<CreatedToken, ControlPlaneError> {
        check_name("the token name", name)?;
        let token = Secret::new(hex(&self.world.try_random::<32>()?));
        let now = self.world.now();
        let expires_at = lifetime.map(|lifetime| now + lifetime);
        let new = NewToken {
            user,
            team,
            name,
            hash: &TokenHash::of(&token),
            expires_at,
        };
        match self.wait(self.store.create_token(new, now))? {
            TokenCreation::Created(id) => Ok(CreatedToken {
                id,
                token,
                expires_at,
            }),
            TokenCreation::UnknownUser => Err(ControlPlaneError::UnknownUser(user.to_owned())),
            TokenCreation::NotInTeam => Err(ControlPlaneError::NotInTeam {
                user: user.to_owned(),
                team: team.to_owned(),
            }),
            TokenCreation::NameTaken => Err(ControlPlaneError::TokenNameTaken {
                user: user.to_owned(),
                name: name.to_owned(),
            }),
        }
    }

    pub(crate) fn tokens(&self) -> Result<Vec<TokenRow>, ControlPlaneError> {
        self.wait(self.store.tokens(self.world.now()))
    }

    pub(crate) fn sessions(&self) -> Result<Vec<SessionRow>, ControlPlaneError> {
        self.wait(self.store.sessions(self.world.now()))
    }

    /// Ends a session or a token. Returns false if it had ended before.
    pub(crate) fn revoke(&self, id: i64, kind: SessionKind) -> Result<bool, ControlPlaneError> {
        match self.wait(self.store.revoke(id, kind))? {
            Removal::Removed => Ok(true),
            Removal::Already => Ok(false),
            Removal::Unknown => Err(match kind {
                SessionKind::Login => ControlPlaneError::UnknownSession(id),
                SessionKind::Token => ControlPlaneError::UnknownToken(id),
            }),
        }
    }
}
