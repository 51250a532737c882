//! Which control plane a command talks to. A file in the repository never decides this: it could send
//! the token anywhere.

use std::fmt;

use super::credentials;
use super::session::SessionError;
use crate::http::ServerUrl;
use crate::settings;
use crate::world::{World, names};

/// The source of a server URL, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerSource {
    /// `--server`.
    Flag,
    /// `SPEC_KITTY_SERVER` or its older alias.
    Environment,
    /// `[sync] server_url` in the user's `config.toml`.
    UserConfig,
    /// The server of the stored session.
    Credentials,
}

impl ServerSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "--server",
            Self::Environment => "SPEC_KITTY_SERVER",
            Self::UserConfig => "config.toml",
            Self::Credentials => "credentials",
        }
    }
}

/// Where the requests of a command go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    At(ServerUrl),
    /// The personal control plane, which runs inside the command. It needs no login.
    Local,
}

/// The name of the personal control plane wherever a URL is expected.
const LOCAL: &str = "local";

impl Server {
    /// Its URL, unless it is the personal control plane.
    pub(crate) fn url(&self) -> Option<&ServerUrl> {
        match self {
            Self::At(url) => Some(url),
            Self::Local => None,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(url) => url.fmt(f),
            Self::Local => f.write_str(LOCAL),
        }
    }
}

/// A server and the source of the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedServer {
    pub server: Server,
    pub source: ServerSource,
}

/// The URL of `--server`, the environment, the user's settings, or the stored session.
pub(crate) fn resolve(world: &World, flag: Option<&str>) -> Result<ResolvedServer, SessionError> {
    if let Some(configured) = configured(world, flag)? {
        return Ok(configured);
    }
    let session = credentials::load(world)?.ok_or(SessionError::NoServer)?;
    Ok(ResolvedServer {
        server: Server::At(session.server),
        source: ServerSource::Credentials,
    })
}

/// Whether the flag, the environment or the settings name the personal control plane.
pub(crate) fn is_local(world: &World, flag: Option<&str>) -> Result<bool, SessionError> {
    let configured = configured(world, flag)?;
    Ok(configured.is_some_and(|it| it.server == Server::Local))
}

/// The URL of `--server`, the environment or the settings, without the stored session.
pub(super) fn configured(
    world: &World,
    flag: Option<&str>,
) -> Result<Option<ResolvedServer>, SessionError> {
    if let Some(explicit) = explicit(world, flag)? {
        return Ok(Some(explicit));
    }
    let config = settings::load(world)?;
    let parse = |url: String| parse(&url, ServerSource::UserConfig);
    config.server_url.map(parse).transpose()
}

/// The URL of `--server` or the environment: the only ones that receive `SPEC_KITTY_TOKEN`.
pub(super) fn explicit(
    world: &World,
    flag: Option<&str>,
) -> Result<Option<ResolvedServer>, SessionError> {
    if let Some(url) = flag {
        return parse(url, ServerSource::Flag).map(Some);
    }
    let names = [names::SERVER, names::SERVER_ALIAS];
    let url = names.into_iter().find_map(|name| world.variable(name));
    url.map(|url| parse(url, ServerSource::Environment))
        .transpose()
}

fn parse(url: &str, source: ServerSource) -> Result<ResolvedServer, SessionError> {
    if url.trim() == LOCAL {
        let server = Server::Local;
        return Ok(ResolvedServer { server, source });
    }
    match ServerUrl::parse(url) {
        Ok(server) => Ok(ResolvedServer {
            server: Server::At(server),
            source,
        }),
        Err(error) => Err(SessionError::InvalidServer(source, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::UserConfigError;

    fn world(variables: &[(&str, &str)], config: Option<&str>) -> (tempfile::TempDir, World) {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = config {
            let path = folder.path().join("config.toml");
            crate::fs::replace::replace(&path, text.as_bytes(), crate::fs::replace::Mode::Shared)
                .unwrap();
        }
        let home = folder.path().to_str().unwrap();
        let variables = variables.iter().copied().chain([("SPEC_KITTY_HOME", home)]);
        let world = World::with_variables(folder.path().to_owned(), variables);
        (folder, world)
    }

    #[test]
    fn the_strongest_source_wins() {
        let config = "[sync]\nserver_url = 'https://config.example'\n";
        let both = [
            ("SPEC_KITTY_SAAS_URL", "https://alias.example"),
            ("SPEC_KITTY_SERVER", "https://environment.example"),
        ];
        let cases = [
            (
                Some("https://flag.example"),
                &both[..],
                "https://flag.example",
            ),
            (None, &both[..], "https://environment.example"),
            (None, &both[..1], "https://alias.example"),
            (None, &both[..0], "https://config.example"),
        ];
        for (flag, variables, expected) in cases {
            let (_folder, world) = world(variables, Some(config));
            let resolved = resolve(&world, flag).unwrap();
            assert_eq!(resolved.server.to_string(), expected);
        }
    }

    #[test]
    fn local_is_the_personal_control_plane() {
        let config = "[sync]\nserver_url = 'local'\n";
        let (_folder, in_config) = world(&[], Some(config));
        assert!(is_local(&in_config, None).unwrap());
        assert!(!is_local(&in_config, Some("https://a.example")).unwrap());
        let (_folder, nowhere) = world(&[], None);
        assert!(is_local(&nowhere, Some("local")).unwrap());
        assert!(!is_local(&nowhere, Some("https://local")).unwrap());
    }

    #[test]
    fn an_invalid_url_is_an_error_and_not_skipped() {
        let config = "[sync]\nserver_url = 'http://config.example'\n";
        let (_folder, world) = world(&[("SPEC_KITTY_SERVER", "nonsense")], Some(config));
        let origin = |flag| match resolve(&world, flag) {
            Err(SessionError::InvalidServer(source, _)) => source,
            other => panic!("{other:?}"),
        };
        assert_eq!(origin(Some("")), ServerSource::Flag);
        assert_eq!(origin(None), ServerSource::Environment);
    }

    #[test]
    fn nothing_is_built_in() {
        let (_folder, world) = world(&[], None);
        let resolved = resolve(&world, None);
        assert!(matches!(resolved, Err(SessionError::NoServer)));
    }

    #[test]
    fn broken_settings_are_reported() {
        for (text, problem) in [
            ("[sync", "line 1 is not TOML"),
            (
                "[sync]\nserver_url = 1",
                "`sync.server_url` is not a string",
            ),
            (
                "[sync]\nmax_queue_size = -1",
                "`sync.max_queue_size` is not a number of events",
            ),
        ] {
            let (_folder, world) = world(&[], Some(text));
            match resolve(&world, None) {
                Err(SessionError::UserConfig(UserConfigError::Broken {
                    problem: reported,
                    ..
                })) => {
                    assert_eq!(reported, problem);
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
