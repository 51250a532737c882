//! The state of the session, as far as this machine knows it.

use chrono::{DateTime, Utc};

use super::credentials;
use super::server_choice::{Server, ServerSource, configured, explicit};
use super::session::{SessionError, at_issuer, environment_token};
use crate::http::ServerUrl;
use crate::wire::PERSONAL_TEAM;
use crate::world::{World, names};

/// The state of the session.
#[derive(Debug, Default)]
pub(crate) struct Status {
    /// The control plane that commands talk to.
    pub server: Option<Server>,
    pub server_source: Option<ServerSource>,
    pub standing: Standing,
    pub username: Option<String>,
    pub team_slug: Option<String>,
    /// After this, requests renew the access token until `refresh_expires_at`.
    pub access_expires_at: Option<DateTime<Utc>>,
    pub refresh_expires_at: Option<DateTime<Utc>>,
}

/// Whether a request would be sent, and with which token.
#[derive(Debug, Default)]
pub(crate) enum Standing {
    /// The session of the credentials file.
    LoggedIn,
    /// `SPEC_KITTY_TOKEN`.
    Environment,
    /// The personal control plane needs no login.
    Local,
    /// `SPEC_KITTY_TOKEN`, which the server does not accept.
    EnvironmentRejected,
    /// Nobody is logged in.
    #[default]
    LoggedOut,
    /// The last token of the session has expired.
    Expired,
    /// The stored session belongs to this other server.
    OtherServer(ServerUrl),
}

impl Standing {
    pub(crate) fn is_logged_in(&self) -> bool {
        matches!(self, Self::LoggedIn | Self::Environment | Self::Local)
    }
}

impl Standing {
    /// Whether there is a token that a server may accept.
    pub(crate) fn has_token(&self) -> bool {
        matches!(self, Self::LoggedIn | Self::Environment)
    }
}

impl Status {
    /// The server does not accept the token.
    pub(crate) fn reject(&mut self) {
        self.standing = match self.standing {
            Standing::Environment => Standing::EnvironmentRejected,
            _ => Standing::Expired,
        };
    }
}

/// Reads environment, settings and credentials.
pub(crate) fn look(world: &World, flag_server: Option<&str>) -> Result<Status, SessionError> {
    let wanted = configured(world, flag_server)?;
    if let Some(local) = wanted.as_ref().filter(|it| it.server == Server::Local) {
        return Ok(Status {
            server: Some(Server::Local),
            server_source: Some(local.source),
            standing: Standing::Local,
            team_slug: Some(PERSONAL_TEAM.to_owned()),
            ..Status::default()
        });
    }
    if environment_token(world)?.is_some() {
        let server = explicit(world, flag_server)?.ok_or(SessionError::TokenWithoutServer)?;
        return Ok(Status {
            server: Some(server.server),
            server_source: Some(server.source),
            standing: Standing::Environment,
            team_slug: world.variable(names::TEAM).map(str::to_owned),
            ..Status::default()
        });
    }
    let mut status = Status {
        server: wanted.as_ref().map(|wanted| wanted.server.clone()),
        server_source: wanted.as_ref().map(|wanted| wanted.source),
        ..Status::default()
    };
    let Some(session) = credentials::load(world)? else {
        return Ok(status);
    };
    let Ok(server) = at_issuer(&session, wanted.as_ref()) else {
        status.standing = Standing::OtherServer(session.server);
        return Ok(status);
    };
    let last = match session.refresh {
        Some(_) => session.refresh_expires_at,
        None => session.access_expires_at,
    };
    Ok(Status {
        server: Some(Server::At(server)),
        server_source: status.server_source.or(Some(ServerSource::Credentials)),
        standing: match last {
            Some(end) if end <= world.now() => Standing::Expired,
            _ => Standing::LoggedIn,
        },
        username: session.username,
        team_slug: session.team_slug,
        access_expires_at: session.access_expires_at,
        refresh_expires_at: session.refresh_expires_at,
    })
}
