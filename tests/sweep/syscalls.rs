//! The calls of one append: as many with a million events in the queue as with none, and none that
//! waits for a disk or a network while others wait for the lock.

use super::account::{event, segment_name, write_queue};
use super::points::all;
use super::strace::{Call, is_missing, trace};
use crate::support::{PROJECT_UUID, Sandbox};

const EVENTS_OF_A_SEGMENT: usize = 900;

/// The calls on the queue's files from its preparation to the sync that makes the event durable.
fn calls_of_an_append(waiting: usize) -> Vec<Call> {
    let sandbox = Sandbox::with_project();
    let sealed = (0..waiting).step_by(EVENTS_OF_A_SEGMENT).skip(1);
    for (number, last) in sealed.enumerate() {
        write_queue(
            &sandbox,
            &segment_name(number),
            (last - EVENTS_OF_A_SEGMENT..last).map(event),
        );
    }
    if waiting > 0 {
        write_queue(&sandbox, "active.v1.jsonl", (0..1).map(event));
    }
    let (output, calls) = trace(&sandbox, &["specify", "search-it", "--json"]);
    assert_eq!(output.answer("spec-kitty.specify/1")["event_emitted"], true);
    let end = calls
        .iter()
        .position(|call| call.name == "fdatasync" && call.text.contains("active.v1.jsonl"))
        .expect("an fdatasync of the active file");
    let mut calls = calls[..=end].to_vec();
    calls.retain(|call| call.text.contains("/queue"));
    calls
}

fn names(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.name.as_str()).collect()
}

/// Mutation check: if an append reads the files of the queue first, this test fails.
#[test]
fn an_append_makes_as_many_calls_whatever_the_queue_holds() {
    if is_missing("calls of an append") {
        return;
    }
    let short = calls_of_an_append(1);
    let mut lengths = vec![1_000, 100_000];
    lengths.extend(all().then_some(1_000_000));
    for length in &lengths {
        assert_eq!(
            names(&calls_of_an_append(*length)),
            names(&short),
            "{length} events"
        );
    }
    let last = lengths.last().unwrap();
    println!(
        "reliability: calls on the queue by one append: {} with 1 event and with {last}: {}",
        short.len(),
        names(&short).join(" ")
    );
    let first = names(&calls_of_an_append(0)).len();
    println!("reliability: calls on the queue by the very first append: {first}");
}

/// Mutation check: if the file is synced before the lock is released, this test fails.
#[test]
fn nobody_waits_for_a_disk_behind_the_lock() {
    if is_missing("calls under the lock") {
        return;
    }
    for waiting in [0, 1] {
        let calls = calls_of_an_append(waiting);
        let mut is_locked = false;
        let mut under_the_lock = Vec::new();
        for call in &calls {
            let on_the_lock = call.text.contains("/lock>");
            match call.name.as_str() {
                "flock" if on_the_lock => is_locked = true,
                "close" if on_the_lock => is_locked = false,
                name if is_locked => under_the_lock.push(name.to_owned()),
                _ => {}
            }
        }
        assert!(under_the_lock.contains(&"write".to_owned()), "{calls:#?}");
        let waits = ["fsync", "fdatasync", "connect", "sendto", "recvfrom"];
        let waits: Vec<_> = under_the_lock
            .iter()
            .filter(|name| waits.contains(&name.as_str()))
            .collect();
        assert!(waits.is_empty(), "{waits:?} under the lock: {calls:#?}");
    }
}

/// Mutation check: if the folder is synced after the write, this test fails.
#[test]
fn the_name_of_the_active_file_is_durable_before_its_first_byte() {
    if is_missing("order of the first append") {
        return;
    }
    let calls = calls_of_an_append(0);
    let place = |name: &str, what: &str| {
        let is_it = |call: &Call| call.name == name && call.text.contains(what);
        calls.iter().position(is_it).expect(name)
    };
    let made = place("openat", "active.v1.jsonl");
    let synced = place("fsync", &format!("/{PROJECT_UUID}>"));
    let written = place("write", "active.v1.jsonl");
    assert!(made < synced && synced < written, "{calls:#?}");
}
