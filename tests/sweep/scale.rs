//! Delivery of very many events: every one arrives, and memory does not grow with their number.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use super::account::{Ledger, event, segment_name, write_queue};
use super::points::all;
use crate::support::{EVENTS_PATH, Reply, Request, Sandbox, Server};

const EVENTS_OF_A_SEGMENT: usize = 900;

/// One delivery.
struct Run {
    seconds: f64,
    peak_kibibytes: u64,
}

/// The numbers of a batch's events, read off their ids.
fn numbers(request: &Request) -> Vec<usize> {
    let mut body = String::new();
    flate2::read::GzDecoder::new(&request.body[..])
        .read_to_string(&mut body)
        .unwrap();
    let ids = body.split("\"event_id\":\"01KAPG7000").skip(1);
    ids.map(|rest| rest[..16].parse().unwrap()).collect()
}

/// The most memory a process had so far.
fn peak_kibibytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

fn deliver(events: usize) -> Run {
    let sandbox = Sandbox::with_project();
    for first in (0..events).step_by(EVENTS_OF_A_SEGMENT) {
        let last = (first + EVENTS_OF_A_SEGMENT).min(events);
        write_queue(&sandbox, &segment_name(first), (first..last).map(event));
    }
    let server = Server::start();
    sandbox.log_in(&server.url());
    let process = Arc::new(AtomicU32::new(0));
    let peak = Arc::new(AtomicU64::new(0));
    let doubled = Arc::new(AtomicUsize::new(0));
    let arrived = Arc::new(Mutex::new(vec![false; events]));
    server.handle(EVENTS_PATH, {
        let (process, peak) = (Arc::clone(&process), Arc::clone(&peak));
        let (doubled, arrived) = (Arc::clone(&doubled), Arc::clone(&arrived));
        move |request| {
            peak.fetch_max(
                peak_kibibytes(process.load(Ordering::SeqCst)),
                Ordering::SeqCst,
            );
            let mut arrived = arrived.lock().unwrap();
            let mut results = Vec::new();
            for number in numbers(request) {
                let again = std::mem::replace(&mut arrived[number], true);
                doubled.fetch_add(usize::from(again), Ordering::SeqCst);
                let id = super::account::event_id(number);
                results.push(json!({"event_id": id, "status": "success"}));
            }
            Reply::json(200, &json!({"results": results}))
        }
    });
    let mut command = sandbox.command(&["sync", "now", "--json", "--timeout", "600"]);
    let begin = Instant::now();
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.store(child.id(), Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&answer["delivered"], &answer["pending"]),
        (&json!(events), &json!(0)),
        "{answer}"
    );
    assert!(arrived.lock().unwrap().iter().all(|arrived| *arrived));
    assert_eq!(doubled.load(Ordering::SeqCst), 0);
    assert!(Ledger::read(&sandbox).pending.is_empty());
    Run {
        seconds,
        peak_kibibytes: peak.load(Ordering::SeqCst),
    }
}

/// Mutation check: if a delivery keeps every line it reads, this test fails (5 MiB more for 10,000
/// events).
#[test]
fn memory_does_not_grow_with_the_queue() {
    let mut sizes = vec![1_000, 10_000, 100_000];
    sizes.extend(all().then_some(1_000_000));
    let mut first = None;
    for events in sizes {
        let run = deliver(events);
        let base = *first.get_or_insert(run.peak_kibibytes);
        let growth = run.peak_kibibytes.saturating_sub(base);
        println!(
            "reliability: delivery: {events} events in {:.2} s, peak memory {} KiB, {growth} KiB \
             more than with the first thousand",
            run.seconds, run.peak_kibibytes
        );
        assert!(growth < 4 * 1024, "{growth} KiB more for {events} events");
    }
}
