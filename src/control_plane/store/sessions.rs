//! Sessions: short-lived access tokens, and refresh tokens that can be used once. The same refresh
//! token can be sent again for a short time, because the answer to it may have been lost.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::{Store, StoreError, Transaction};
use crate::secret::Secret;

pub(crate) const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// How long an unused refresh token is valid.
pub(crate) const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(7);
/// How long a used refresh token can be sent again.
const SECOND_TRY: TimeDelta = TimeDelta::seconds(30);

/// The SHA-256 of a token. A token has 256 random bits, so a fast hash is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(Vec<u8>);

impl TokenHash {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn of(token: &Secret) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).to_vec())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct TokenPair {
    pub access: TokenHash,
    pub refresh: TokenHash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionOwner {
    pub session_id: i64,
    pub user_id: i64,
    pub user_name: String,
    /// The team that the session acts for.
    pub team_id: i64,
    pub team_slug: String,
}

type OwnerRow = (i64, i64, String, i64, String);

impl From<OwnerRow> for SessionOwner {
    fn from((session_id, user_id, user_name, team_id, team_slug): OwnerRow) -> Self {
        Self {
            session_id,
            user_id,
            user_name,
            team_id,
            team_slug,
        }
    }
}

impl Store {
    /// Opens a session, and deletes sessions that can no longer be refreshed.
    pub(crate) async fn open_session(
        &self,
        user: i64,
        team: i64,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sql!(execute(&mut *transaction): "DELETE FROM sessions WHERE refresh_expires_at <= ?";
            now.timestamp())?;
        let session = sql!(execute(&mut *transaction):
            "INSERT INTO sessions
                 (user_id, team_id, access_hash, access_expires_at, refresh_expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?)";
            user, team, &tokens.access.0, (now + ACCESS_LIFETIME).timestamp(),
            (now + REFRESH_LIFETIME).timestamp(), now.timestamp()
        )?
        .last_insert_rowid();
        insert_refresh_token(&mut transaction, session, &tokens.refresh, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Finds the session of a valid access token.
    pub(crate) async fn session_of_access(
        &self,
        access: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let row: Option<OwnerRow> = sql!(fetch_optional(&self.pool):
            "SELECT sessions.id, user_id, users.name, team_id, teams.slug FROM sessions
             JOIN users ON users.id = user_id
             JOIN teams ON teams.id = team_id
             WHERE access_hash = ? AND access_expires_at > ?";
            &access.0, now.timestamp()
        )?;
        Ok(row.map(Into::into))
    }

    /// Replaces the tokens of the session that a refresh token belongs to. Returns `None` if the
    /// token is not valid. If a later use means that somebody has a copy of the token, it also ends
    /// the session.
    pub(crate) async fn rotate_session(
        &self,
        refresh: &TokenHash,
        tokens: &TokenPair,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, StoreError> {
        let mut transaction = self.begin().await?;
        // A token that was sent again has several successors. Of these only the newest is unused.
        let row: Option<PresentedToken> = sql!(fetch_optional(&mut *transaction):
            "SELECT session_id, expires_at, used_at,
                 (SELECT count(*) FROM refresh_tokens AS next
                  WHERE next.session_id = this.session_id AND next.replaces = this.hash),
                 (SELECT count(*) FROM refresh_tokens AS next
                  WHERE next.session_id = this.session_id AND next.replaces = this.hash
                      AND next.used_at IS NULL)
             FROM refresh_tokens AS this WHERE hash = ?";
            &refresh.0
        )?;
        let Some(token) = row else {
            transaction.commit().await?;
            return Ok(None);
        };
        let session = token.0;
        let owner = match standing(&token, now) {
            Standing::Valid => {
                let refresh = (refresh, &tokens.refresh);
                replace_refresh_token(&mut transaction, session, refresh, now).await?;
                let owner: OwnerRow = sql!(fetch_one(&mut *transaction):
                    "UPDATE sessions
                     SET access_hash = ?, access_expires_at = ?, refresh_expires_at = ?
                     WHERE id = ?
                     RETURNING id, user_id, (SELECT name FROM users WHERE users.id = user_id),
                         team_id, (SELECT slug FROM teams WHERE teams.id = team_id)";
                    &tokens.access.0, (now + ACCESS_LIFETIME).timestamp(),
                    (now + REFRESH_LIFETIME).timestamp(), session
                )?;
                Some(owner.into())
            }
            Standing::NotValid => None,
            Standing::Copied => {
                sql!(execute(&mut *transaction): "DELETE FROM sessions WHERE id = ?"; session)?;
                tracing::warn!(session, "refresh token used twice, session ended");
                None
            }
        };
        transaction.commit().await?;
        Ok(owner)
    }
}

/// Session, end and use of a refresh token, how many tokens replaced it, and how many of these are
/// unused.
type PresentedToken = (i64, i64, Option<i64>, i64, i64);

/// What it means that a refresh token is presented.
enum Standing {
    /// It is unused, or its replacement is and was probably lost.
    Valid,
    /// It has expired, or it was given in an answer that was replaced by a newer one.
    NotValid,
    /// Two parties have it.
    Copied,
}

fn standing(token: &PresentedToken, now: DateTime<Utc>) -> Standing {
    let &(_, expires_at, used_at, replacements, unused) = token;
    let is_recent = |used_at| now.timestamp() < used_at + SECOND_TRY.num_seconds();
    match used_at {
        None if expires_at > now.timestamp() => Standing::Valid,
        None => Standing::NotValid,
        Some(used_at) if is_recent(used_at) && unused > 0 => Standing::Valid,
        Some(used_at) if is_recent(used_at) && replacements == 0 => Standing::NotValid,
        Some(_) => Standing::Copied,
    }
}

/// Makes the second token the only unused one of the session.
async fn replace_refresh_token(
    transaction: &mut Transaction,
    session: i64,
    (old, new): (&TokenHash, &TokenHash),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql!(execute(&mut **transaction):
        "UPDATE refresh_tokens SET used_at = ? WHERE session_id = ? AND used_at IS NULL";
        now.timestamp(), session
    )?;
    sql!(execute(&mut **transaction):
        "DELETE FROM refresh_tokens WHERE session_id = ? AND expires_at <= ?";
        session, now.timestamp()
    )?;
    insert_refresh_token(transaction, session, new, now).await?;
    sql!(execute(&mut **transaction):
        "UPDATE refresh_tokens SET replaces = ? WHERE hash = ?"; &old.0, &new.0)?;
    Ok(())
}

async fn insert_refresh_token(
    transaction: &mut Transaction,
    session: i64,
    refresh: &TokenHash,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql!(execute(&mut **transaction):
        "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?, ?, ?)";
        &refresh.0, session, (now + REFRESH_LIFETIME).timestamp()
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{add_user, hash, pair, run};
    use super::*;

    /// Presents refresh tokens: seconds after the login, the token, the new pair, and whether there
    /// is one. Only the newest pair is ever valid.
    fn refresh(steps: &[(i64, &str, &str, bool)]) {
        run(async |_, _, store, start| {
            let (user, team) = add_user(&store, start).await;
            for tokens in ["login", "other"].map(pair) {
                let opened = store.open_session(user, team, &tokens, start).await;
                opened.unwrap();
            }
            let mut earlier = vec![hash("login-access")];
            for (seconds, presented, new, expected) in steps {
                let now = start + TimeDelta::seconds(*seconds);
                let (old, tokens) = (hash(&format!("{presented}-refresh")), pair(new));
                let owner = store.rotate_session(&old, &tokens, now).await.unwrap();
                assert_eq!(owner.is_some(), *expected, "{presented} after {seconds} s");
                let session = store.session_of_access(&tokens.access, now).await;
                assert_eq!(session.unwrap(), owner);
                for access in earlier.iter().filter(|_| *expected) {
                    let session = store.session_of_access(access, now).await;
                    assert_eq!(session.unwrap(), None);
                }
                earlier.push(tokens.access);
            }
            let other = store.session_of_access(&hash("other-access"), start).await;
            assert!(other.unwrap().is_some(), "another session ended too");
        });
    }

    #[test]
    fn a_lost_answer_does_not_end_the_session() {
        refresh(&[
            (0, "login", "a", true),
            (1, "login", "b", true),
            (29, "login", "c", true),
            (29, "a", "x", false),
            (29, "b", "x", false),
            (50, "c", "d", true),
            (51, "c", "e", true),
        ]);
    }

    #[test]
    fn a_later_use_ends_the_session() {
        refresh(&[
            (0, "login", "a", true),
            (30, "login", "x", false),
            (30, "a", "x", false),
        ]);
        // The time begins with the first use.
        refresh(&[
            (0, "login", "a", true),
            (29, "login", "b", true),
            (31, "login", "x", false),
            (31, "b", "x", false),
        ]);
    }

    #[test]
    fn a_second_use_after_its_answer_arrived_ends_the_session() {
        refresh(&[
            (0, "login", "a", true),
            (1, "a", "b", true),
            (2, "login", "x", false),
            (2, "b", "x", false),
        ]);
    }

    /// A thief sent the used token again, and the owner has the tokens of the first answer.
    #[test]
    fn a_use_of_a_replaced_answer_ends_the_session() {
        refresh(&[
            (0, "login", "a", true),
            (1, "login", "b", true),
            (31, "a", "x", false),
            (31, "b", "x", false),
        ]);
    }
}
