//! Which control plane a command speaks with. A file of the repository never decides that: it
//! would get the token.

use super::credentials::{self, CredentialsError};
use crate::http::{Server, ServerError};
use crate::settings::{self, UserConfigError};
use crate::world::{World, names};

/// Where an address came from, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerSource {
    /// `--server`.
    Flag,
    /// `SPEC_KITTY_SERVER` or its older alias.
    Environment,
    /// `[sync] server_url` of the user's `config.toml`.
    UserConfig,
    /// The session's own server.
    Credentials,
}

impl ServerSource {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "--server",
            Self::Environment => "SPEC_KITTY_SERVER",
            Self::UserConfig => "config.toml",
            Self::Credentials => "credentials",
        }
    }
}

/// An address and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedServer {
    /// The address.
    pub server: Server,
    /// Where it came from.
    pub source: ServerSource,
}

/// No address to speak with.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing names one.
    #[error("no control plane is configured")]
    NotConfigured,
    /// What names one is wrong.
    #[error("the server address of {} cannot be used", origin.as_str())]
    Invalid {
        /// Where it stands.
        origin: ServerSource,
        /// What is wrong with it.
        source: ServerError,
    },
    /// The user's settings cannot be read.
    #[error(transparent)]
    UserConfig(#[from] UserConfigError),
    /// The credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// The address of `--server`, the environment, the user's settings, or the session's own.
pub(crate) fn resolve(world: &World, flag: Option<&str>) -> Result<ResolvedServer, ResolveError> {
    if let Some(chosen) = chosen(world, flag)? {
        return Ok(chosen);
    }
    match credentials::load(world)? {
        Some(session) => Ok(ResolvedServer {
            server: session.server,
            source: ServerSource::Credentials,
        }),
        None => Err(ResolveError::NotConfigured),
    }
}

/// The address that flag, environment or settings choose, whoever is logged in.
pub(super) fn chosen(
    world: &World,
    flag: Option<&str>,
) -> Result<Option<ResolvedServer>, ResolveError> {
    if let Some(named) = named(world, flag)? {
        return Ok(Some(named));
    }
    let config = settings::load(world)?;
    let parse = |url: String| parse(&url, ServerSource::UserConfig);
    config.server_url.map(parse).transpose()
}

/// The address that flag or environment name: the only ones that `SPEC_KITTY_TOKEN` goes to.
pub(super) fn named(
    world: &World,
    flag: Option<&str>,
) -> Result<Option<ResolvedServer>, ResolveError> {
    if let Some(url) = flag {
        return parse(url, ServerSource::Flag).map(Some);
    }
    let variable = world
        .variable(names::SERVER)
        .or_else(|| world.variable(names::SERVER_ALIAS));
    variable
        .map(|url| parse(url, ServerSource::Environment))
        .transpose()
}

fn parse(url: &str, origin: ServerSource) -> Result<ResolvedServer, ResolveError> {
    match Server::parse(url) {
        Ok(server) => Ok(ResolvedServer {
            server,
            source: origin,
        }),
        Err(source) => Err(ResolveError::Invalid { origin, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_wrong_address_is_an_error_and_not_passed_over() {
        let config = "[sync]\nserver_url = 'http://config.example'\n";
        let (_folder, world) = world(&[("SPEC_KITTY_SERVER", "nonsense")], Some(config));
        let origin = |flag| match resolve(&world, flag) {
            Err(ResolveError::Invalid { origin, .. }) => origin,
            other => panic!("{other:?}"),
        };
        assert_eq!(origin(Some("")), ServerSource::Flag);
        assert_eq!(origin(None), ServerSource::Environment);
    }

    #[test]
    fn nothing_is_built_in() {
        let (_folder, world) = world(&[], None);
        let resolved = resolve(&world, None);
        assert!(matches!(resolved, Err(ResolveError::NotConfigured)));
    }

    #[test]
    fn broken_settings_are_told() {
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
                Err(ResolveError::UserConfig(UserConfigError::Broken {
                    problem: told, ..
                })) => {
                    assert_eq!(told, problem);
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
