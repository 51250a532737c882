//! The adapters against fakes on loopback. What a fake receives and answers is checked against the
//! official descriptions of the APIs if they are there.

mod adf;
mod adf_documents;
mod fake;
mod jira_cloud;
mod jira_data_center;
mod linear;
mod schemas;
mod transport;

use std::time::{Duration, Instant};

use super::{Connection, Deployment, Tracker};
use crate::secret::Secret;
use crate::web::ServerUrl;
use crate::wire::Provider;
use crate::world::World;

/// Unlike any other word, so that a test can look for it.
const TOKEN: &str = "lin_api_hush-hush-4711";

fn world() -> World {
    World::with_variables::<&str, &str>("/".into(), [])
}

/// Late enough for a busy machine.
fn deadline() -> Instant {
    world().instant() + Duration::from_mins(1)
}

fn linear_connection(url: &str) -> Connection {
    Connection {
        provider: Provider::Linear,
        url: ServerUrl::parse(url).unwrap(),
        user: None,
        credential: Secret::new(TOKEN),
        deployment: None,
    }
}

fn jira_connection(url: &str, deployment: Deployment) -> Connection {
    Connection {
        provider: Provider::Jira,
        user: (deployment == Deployment::Cloud).then(|| "ada@example.com".to_owned()),
        deployment: Some(deployment),
        ..linear_connection(url)
    }
}

async fn open(connection: &Connection) -> Tracker {
    Tracker::open(&world(), connection, deadline())
        .await
        .unwrap()
}

#[test]
fn only_keys_reach_a_tracker() {
    let cases = [
        ("WEB-1", Some("WEB-1")),
        (" web-12 ", Some("WEB-12")),
        ("a_b2-007", Some("A_B2-007")),
        ("WEB", None),
        ("-1", None),
        ("WEB-", None),
        ("1WEB-1", None),
        ("WEB-1/../../myself", None),
        ("../WEB-1", None),
        ("WEB-1?fields=x", None),
        ("WEB-１", None),
        ("WÄB-1", None),
        ("10001", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(super::normal_key(text).as_deref(), expected, "{text:?}");
    }
}
