//! Claims about events: the cost of checking one, and that the cost of recording one does not depend on
//! the length of the queue.

use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use serde_json::json;
use spec_kitty::internals::Emitter;
use spec_kitty::internals::GitMetadata;
use spec_kitty::internals::ProjectIdentity;
use spec_kitty::internals::Queue;
use spec_kitty::internals::World;
use spec_kitty::internals::validate;
use spec_kitty::internals::{Event, MissionOriginBound};
use ulid::Ulid;

const UUID: &str = "6f1a3a52-94cb-4ab1-9e3e-2f8d5b1c7a90";

const BOUND: MissionOriginBound<'_> = MissionOriginBound {
    feature_slug: "061-web-123",
    provider: "linear",
    external_issue_id: "9f1c2d3e",
    external_issue_key: "WEB-123",
    external_issue_url: "https://linear.app/acme/issue/WEB-123",
    title: "Sign in with a passkey",
};

/// Validation, an append to an empty queue, an append after 100,000 events, and a whole emitted event:
/// rules, clock, line, queue.
pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    let payload = serde_json::to_value(BOUND).unwrap();
    group.bench_function("payload_validated", |bencher| {
        bencher.iter(|| validate("MissionOriginBound", black_box(&payload)).unwrap());
    });

    let home = tempfile::tempdir().unwrap();
    let world = World::with_variables(home.path().to_owned(), Vec::<(String, String)>::new());
    let empty = Queue::of_project(&home.path().join("empty"), UUID);
    group.bench_function("append_to_an_empty_queue", |bencher| {
        bencher.iter(|| empty.append(&world, &[line(0)]).unwrap());
    });

    let full = filled(&home.path().join("full"), &world);
    group.bench_function("append_behind_100000_events", |bencher| {
        bencher.iter(|| full.append(&world, &[line(0)]).unwrap());
    });

    let state = home.path().join("emitted");
    let identity = ProjectIdentity {
        project_uuid: UUID.to_owned(),
        project_slug: "web".to_owned(),
        node_id: "0123456789ab".to_owned(),
        repo_slug: None,
    };
    let emitter = Emitter {
        world: &world,
        state_directory: &state,
        identity: &identity,
        team_slug: None,
    };
    let git = GitMetadata::default();
    let (id, event) = (Ulid::from_parts(1, 2), Event::MissionOriginBound(BOUND));
    group.bench_function("event_emitted", |bencher| {
        bencher.iter(|| emitter.emit(id, &git, &event).unwrap());
    });
    group.finish();
}

fn filled(state: &Path, world: &World) -> Queue {
    let queue = Queue::of_project(state, UUID);
    for batch in 0..100 {
        let lines: Vec<_> = (0..1_000).map(|n| line(batch * 1_000 + n)).collect();
        queue.append(world, &lines).unwrap();
    }
    queue
}

/// About the length of a real event.
fn line(number: u64) -> Vec<u8> {
    let event = json!({
        "event_id": Ulid::from_parts(number, 0).to_string(),
        "event_type": "MissionOriginBound",
        "lamport_clock": number,
        "padding": "x".repeat(480),
    });
    event.to_string().into_bytes()
}
