//! Sessions: whose token goes where, and how it is renewed.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use spec_kitty::internals::Secret;
use spec_kitty::internals::World;
use spec_kitty::internals::{Answer, Call, Deadline, ServerUrl as Address};
use spec_kitty::internals::{Session, SessionError, team_slug_if_logged_in};
use spec_kitty::internals::{credentials, login};

use crate::support::{ACCESS_TOKEN, REFRESH_PATH, Reply, Request, Sandbox, Server, TOKEN_PATH};

const PATH: &str = "/x";

fn world(state: &Path, variables: &[(&str, &str)]) -> World {
    let home = ("SPEC_KITTY_HOME", state.to_str().unwrap());
    World::with_variables("/".into(), variables.iter().copied().chain([home]))
}

fn soon(world: &World) -> Deadline {
    Deadline::after(world, Duration::from_mins(1))
}

fn post(world: &World, flag: Option<&str>) -> Result<Answer, SessionError> {
    let call = Call {
        path: PATH,
        body: b"{}".to_vec(),
        ..Call::default()
    };
    Session::open(world, flag, soon(world))?.post(call)
}

/// Answers 200 to this token and 401 to any other.
fn accept(server: &Server, token: &'static str) {
    server.handle(PATH, move |request: &Request| {
        let expected = format!("Bearer {token}");
        if request.header("authorization") == Some(expected.as_str()) {
            Reply::raw("{}")
        } else {
            Reply::refusal(401, "token_not_valid", "expired")
        }
    });
}

fn tokens(access: &str) -> Reply {
    let body = json!({"access": access, "refresh": "next-refresh",
        "access_lifetime": "900", "refresh_lifetime": 604_800});
    Reply::json(200, &body)
}

#[test]
fn the_stored_session_speaks_with_its_token_and_team() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in(&server.url());
    accept(&server, ACCESS_TOKEN);
    let world = world(&sandbox.state(), &[]);
    assert_eq!(post(&world, None).unwrap().status, 200);
    assert_eq!(server.requests()[0].header("x-team-slug"), Some("acme"));
    assert_eq!(
        team_slug_if_logged_in(&world, None).as_deref(),
        Some("acme")
    );
}

#[test]
fn a_token_goes_to_its_own_server_only() {
    let (issuer, other, sandbox) = (Server::start(), Server::start(), Sandbox::new());
    sandbox.log_in(&issuer.url());
    let flagged = post(&world(&sandbox.state(), &[]), Some(&other.url()));
    assert!(
        matches!(flagged, Err(SessionError::OtherServer { .. })),
        "{flagged:?}"
    );
    let variable = [("SPEC_KITTY_SERVER", &*other.url())];
    let world = world(&sandbox.state(), &variable);
    assert!(matches!(
        post(&world, None),
        Err(SessionError::OtherServer { .. })
    ));
    assert_eq!(team_slug_if_logged_in(&world, None), None);
    assert!(other.requests().is_empty() && issuer.requests().is_empty());
}

#[test]
fn the_environments_token_goes_only_where_flag_or_environment_say() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    accept(&server, "from-environment");
    sandbox.log_in(&server.url());
    let config = format!("[sync]\nserver_url = '{}'\n", server.url());
    std::fs::write(sandbox.state().join("config.toml"), config).unwrap();
    let variables = [
        ("SPEC_KITTY_TOKEN", "from-environment"),
        ("SPEC_KITTY_TEAM", "ci"),
    ];
    let bare = world(&sandbox.state(), &variables);
    assert!(matches!(
        post(&bare, None),
        Err(SessionError::TokenWithoutServer)
    ));
    assert!(server.requests().is_empty());
    assert_eq!(post(&bare, Some(&server.url())).unwrap().status, 200);
    assert_eq!(server.requests()[0].header("x-team-slug"), Some("ci"));

    accept(&server, "another");
    let expired = post(&bare, Some(&server.url()));
    assert!(
        matches!(
            expired,
            Err(SessionError::Expired {
                from_environment: true
            })
        ),
        "{expired:?}"
    );
    assert!(server.requests_to(REFRESH_PATH).is_empty());
}

#[test]
fn an_ended_token_is_renewed_once_and_stored() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in_expired(&server.url());
    accept(&server, "fresh");
    server.on(REFRESH_PATH, tokens("fresh"));
    let world = world(&sandbox.state(), &[]);
    assert_eq!(post(&world, None).unwrap().status, 200);
    let renewals = server.requests_to(REFRESH_PATH);
    assert_eq!(renewals.len(), 1);
    assert_eq!(
        renewals[0].json(),
        json!({"refresh": "refresh-token-is-secret"})
    );
    assert_eq!(renewals[0].header("authorization"), None);
    let stored = credentials::load(&world).unwrap().unwrap();
    assert_eq!(stored.access, Secret::new("fresh"));
    assert_eq!(stored.refresh, Some(Secret::new("next-refresh")));
    assert_eq!(stored.username.as_deref(), Some("kit"));
    assert!(stored.access_expires_at.unwrap() > world.now());
}

#[test]
fn a_second_401_is_the_end() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in(&server.url());
    server.on(PATH, Reply::refusal(401, "no", "no"));
    server.on(REFRESH_PATH, tokens("fresh"));
    let result = post(&world(&sandbox.state(), &[]), None);
    assert!(
        matches!(
            result,
            Err(SessionError::Expired {
                from_environment: false
            })
        ),
        "{result:?}"
    );
    assert_eq!(server.requests_to(PATH).len(), 2);
    assert_eq!(server.requests_to(REFRESH_PATH).len(), 1);
}

#[test]
fn a_renewal_that_fails_leaves_the_session_on_disk() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in(&server.url());
    server.on(PATH, Reply::refusal(401, "no", "no"));
    let world = world(&sandbox.state(), &[]);
    let before = credentials::load(&world).unwrap();
    for reply in [
        Reply::refusal(401, "no", "no"),
        Reply::refusal(400, "no", "no"),
        Reply::html(500),
        Reply::html(200),
        Reply::json(200, &json!({"access": "a b", "refresh": "r"})),
        Reply::Drop,
    ] {
        server.forget();
        server.on(REFRESH_PATH, reply);
        assert!(post(&world, None).is_err());
        assert_eq!(
            server.requests_to(REFRESH_PATH).len(),
            1,
            "a refresh token is used once"
        );
        assert_eq!(credentials::load(&world).unwrap(), before);
    }
}

#[test]
fn a_definite_refusal_to_renew_is_the_session_s_end() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in(&server.url());
    server.on(PATH, Reply::refusal(401, "no", "no"));
    let world = world(&sandbox.state(), &[]);
    for (status, is_end) in [
        (400, true),
        (401, true),
        (403, true),
        (404, true),
        (405, true),
        (409, true),
        (410, true),
        (422, true),
        (408, false),
        (500, false),
        (503, false),
    ] {
        server.on(REFRESH_PATH, Reply::refusal(status, "no", "no"));
        match post(&world, None) {
            Err(SessionError::Expired { .. }) => assert!(is_end, "{status}"),
            Err(SessionError::Refused(_)) => assert!(!is_end, "{status}"),
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[test]
fn twenty_with_an_ended_token_make_one_renewal() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    sandbox.log_in_expired(&server.url());
    accept(&server, "fresh");
    // The server ends the session if a refresh token comes a second time, as `serve` does.
    server.on_each(
        REFRESH_PATH,
        [tokens("fresh"), Reply::refusal(401, "reused", "reused")],
    );
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let result = post(&world(&sandbox.state(), &[]), None);
                results
                    .lock()
                    .unwrap()
                    .push(result.map(|answer| answer.status));
            });
        }
    });
    for result in results.into_inner().unwrap() {
        assert_eq!(result.unwrap(), 200);
    }
    assert_eq!(server.requests_to(REFRESH_PATH).len(), 1);
}

#[test]
fn a_login_replaces_the_session_and_a_refused_one_does_not() {
    let (server, sandbox) = (Server::start(), Sandbox::new());
    let world = world(&sandbox.state(), &[]);
    let log_in = |password: &str| {
        let login = login::Login {
            server: Address::parse(&server.url()).unwrap(),
            username: Some("ada".to_owned()),
            team_slug: None,
        };
        login::with_password(&world, &soon(&world), login, Secret::new(password))
    };
    server.handle(TOKEN_PATH, |request| {
        if request.json() == json!({"username": "ada", "password": "right"}) {
            Reply::json(
                200,
                &json!({"access": "a", "refresh": "r", "team_slug": "web"}),
            )
        } else {
            Reply::refusal(401, "no", "no")
        }
    });
    assert!(log_in("wrong").is_err());
    assert_eq!(credentials::load(&world).unwrap(), None);
    let session = log_in("right").unwrap();
    assert_eq!(session.team_slug.as_deref(), Some("web"));
    assert_eq!(credentials::load(&world).unwrap(), Some(session.clone()));
    assert!(log_in("wrong").is_err());
    assert_eq!(credentials::load(&world).unwrap(), Some(session));
}
