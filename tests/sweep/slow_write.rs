//! One slow write shows that the lock works: without it, a delivery seals, sends and removes the file
//! during the write.

use spec_kitty::internals::Queue;
use spec_kitty::internals::World;

use super::account::{Ledger, event, event_id, write_queue};
use super::control_plane::ControlPlane;
use super::strace::{Fault, injecting, is_missing, trace};
use crate::support::{PROJECT_UUID, Sandbox, finish};

/// Mutation check: without the lock around the append, this test fails (the slow event is lost).
#[test]
fn a_slow_write_is_not_delivered_from_under_the_writer() {
    if is_missing("slow write") {
        return;
    }
    let arguments = ["specify", "slow", "--json"];
    let prepare = || {
        let sandbox = Sandbox::with_project();
        write_queue(&sandbox, "active.v1.jsonl", (0..5).map(event));
        sandbox
    };
    let (output, calls) = trace(&prepare(), &arguments);
    output.answer("spec-kitty.specify/1");
    let writes = calls.iter().filter(|call| call.name == "write");
    let to_the_queue = writes
        .clone()
        .find(|call| call.text.contains("active.v1.jsonl"));
    let thread = to_the_queue.expect("a write to the queue").thread;
    let nth = writes
        .filter(|call| call.thread == thread)
        .position(|call| call.text.contains("active.v1.jsonl"))
        .map_or(1, |before| before + 1);

    let sandbox = prepare();
    let plane = ControlPlane::start();
    sandbox.log_in(&plane.url());
    let slow = injecting(&sandbox, &arguments, "write", nth, &Fault::Delay(600_000));
    // Meanwhile the test appends and delivers, so that there is always a file to seal.
    let queue = Queue::of_project(&sandbox.state(), PROJECT_UUID);
    let world = World::with_variables::<&str, &str>(sandbox.root(), []);
    let mut events = 5;
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| finish(slow, b""));
        while !slow.is_finished() {
            queue
                .append(&world, &[event(events).to_string().into_bytes()])
                .unwrap();
            events += 1;
            sandbox
                .run(&["sync", "now", "--json"])
                .answer("spec-kitty.sync-now/1");
        }
        let answer = slow.join().unwrap().answer("spec-kitty.specify/1");
        assert_eq!(answer["event_emitted"], true);
    });
    sandbox
        .run(&["sync", "now", "--json"])
        .answer("spec-kitty.sync-now/1");
    let ledger = Ledger::read(&sandbox);
    assert!(
        ledger.pending.is_empty() && ledger.dead.is_empty(),
        "{ledger:?}"
    );
    let accepted = &plane.records().accepted;
    assert!((0..events).all(|number| accepted.contains_key(&event_id(number))));
    assert_eq!(
        accepted.len(),
        events + 1,
        "the slow event was promised and is nowhere"
    );
    println!(
        "reliability: slow write: one write of 0.6 s during {events} appends and deliveries, lost 0"
    );
}
