//! Delivery to a control plane that is a closure: all kinds of responses, and random histories that
//! are compared with a model, which is a set of ids.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::world::World;

const PROJECT: &str = "0b6ff7c2-4c5e-4e8c-9d1a-3f0c5d7e9a11";

type Reply = Result<Answer, &'static str>;

struct Home {
    _folder: tempfile::TempDir,
    world: World,
    queue: Queue,
    files: PathBuf,
    deadline: Deadline,
    stopped: RefCell<Option<Stop<&'static str>>>,
}

impl Home {
    fn new() -> Self {
        // In memory if possible: these tests check what is written, not how long a disk takes.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
        let state = folder.path().join("state");
        Self {
            stopped: RefCell::default(),
            deadline: Deadline::after(&world, Duration::from_mins(10)),
            queue: Queue::of_project(&state, PROJECT),
            files: state.join("queue").join(PROJECT),
            _folder: folder,
            world,
        }
    }

    fn with(ids: &[&str]) -> Self {
        let home = Self::new();
        home.append(ids);
        home
    }

    fn append(&self, ids: &[&str]) {
        let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
        self.queue.append(&self.world, &events).unwrap();
    }

    fn deliver(&self, mut server: impl FnMut(&[String]) -> Reply) -> Delivered {
        let send = &mut |body: Vec<u8>| server(&ids_of_request(&body));
        let delivery = deliver(&self.world, &self.queue, &self.deadline, send, &mut |_| {});
        let (delivered, stopped) = delivery.unwrap();
        self.stopped.replace(stopped);
        delivered
    }

    /// The ids of all events outside the dead-letter file, read without the code under test.
    fn pending(&self) -> Vec<String> {
        let mut files: Vec<_> = self.names();
        files.retain(|name| name.ends_with(".v1.jsonl") && name != "dead.v1.jsonl");
        let lines = files.iter().flat_map(|name| lines(&self.files.join(name)));
        let id = |event: &Value| event["event_id"].as_str().map(str::to_owned);
        lines.filter_map(|line| id(&line)).collect()
    }

    fn dead(&self) -> Vec<Value> {
        lines(&self.files.join("dead.v1.jsonl"))
    }

    fn dead_ids(&self) -> Vec<String> {
        let dead = self.dead();
        let ids = dead
            .iter()
            .filter_map(|line| line["event"]["event_id"].as_str());
        ids.map(str::to_owned).collect()
    }

    fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.files) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn sealed(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.starts_with("0000") && name.ends_with(".v1.jsonl"));
        names
    }
}

fn event(id: &str) -> Vec<u8> {
    json!({"event_id": id, "payload": {"title": "\u{65e5}\u{672c}"}})
        .to_string()
        .into_bytes()
}

/// The lines that are JSON.
fn lines(path: &Path) -> Vec<Value> {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let parse = |line: &str| serde_json::from_str(line).ok();
    text.lines().filter_map(parse).collect()
}

fn ids_of_request(body: &[u8]) -> Vec<String> {
    let mut text = String::new();
    let mut gzip = flate2::read::GzDecoder::new(body);
    gzip.read_to_string(&mut text).unwrap();
    let request: Value = serde_json::from_str(&text).unwrap();
    let events = request["events"].as_array().unwrap();
    assert!(!events.is_empty() && events.len() <= 1000);
    let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
    events.iter().map(id).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the answer among the replies")]
fn answer(status: u16, body: &Value) -> Reply {
    Ok(Answer {
        status,
        body: body.to_string().into_bytes(),
        ..Answer::default()
    })
}

fn verdict(id: &str, status: &str) -> Value {
    json!({"event_id": id, "status": status, "error_message": "rule broken"})
}

/// A server that gives each event this verdict.
fn each(status: &str) -> impl FnMut(&[String]) -> Reply {
    move |ids| {
        let results: Vec<_> = ids.iter().map(|id| verdict(id, status)).collect();
        answer(200, &json!({ "results": results }))
    }
}

fn damage(path: &Path, bytes: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "damages a file on purpose")]
    fs::write(path, bytes).unwrap();
}

#[test]
fn accepted_events_leave_and_nothing_remains_but_locks() {
    let home = Home::with(&["a", "b", "c"]);
    let report = home.deliver(each("success"));
    assert_eq!(
        (report.accepted, report.duplicates, report.rejected),
        (3, 0, 0)
    );
    assert!(home.stopped.take().is_none() && report.warnings.is_empty());
    assert_eq!(home.names(), ["drain.lock", "lock"]);
    assert_eq!(home.deliver(|_| unreachable!("nothing to send")).total(), 0);
}

#[test]
fn a_missing_queue_is_not_created() {
    let home = Home::new();
    assert_eq!(home.deliver(each("success")).total(), 0);
    assert!(!home.files.exists());
}

/// Q5, Q6: only a clear verdict for its id removes a line from the queue. Q14: the others keep their
/// order. Mutation check: if an event without a verdict counts as delivered, this test fails.
#[test]
fn q5_q6_q14_each_event_has_its_own_verdict() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let home = Home::with(&all);
    let report = home.deliver(|_| {
        let results = json!([
            verdict("foreign", "success"),
            verdict("h", "rejected"),
            verdict("d", "queued"),
            {"event_id": "c", "status": 7},
            verdict("b", "duplicate"),
            verdict("a", "success"),
            {"event_id": "e"},
            "nonsense",
            verdict("f", "SUCCESS"),
        ]);
        answer(200, &json!({"results": results, "more": 1}))
    });
    assert_eq!(
        (report.accepted, report.duplicates, report.rejected),
        (1, 1, 1)
    );
    assert_eq!(home.pending(), ["c", "d", "e", "f", "g"]);
    assert_eq!(home.dead_ids(), ["h"]);
    assert_eq!(home.dead()[0]["reason"], "rule broken");
    home.deliver(each("success"));
    assert!(home.pending().is_empty());
}

#[test]
fn q6_contradictory_verdicts_are_unclear() {
    let home = Home::with(&["a", "b", "c", "d", "e"]);
    let report = home.deliver(|_| {
        let results = [
            ("a", "success"),
            ("a", "rejected"),
            ("b", "rejected"),
            ("b", "queued"),
            ("c", "success"),
            ("c", "duplicate"),
            ("d", "rejected"),
            ("d", "rejected"),
            ("e", "success"),
            ("e", "success"),
        ];
        let results: Vec<_> = results.iter().map(|(id, word)| verdict(id, word)).collect();
        answer(200, &json!({ "results": results }))
    });
    assert_eq!(
        (report.accepted, report.duplicates, report.rejected),
        (2, 0, 1)
    );
    assert_eq!(home.pending(), ["a", "b"]);
    assert_eq!(home.dead_ids(), ["d"]);
}

#[test]
fn the_same_event_twice_in_a_batch_is_one_delivery() {
    let home = Home::with(&["a", "a", "b"]);
    let report = home.deliver(each("success"));
    assert_eq!((report.accepted, report.duplicates), (2, 1));
    assert!(home.pending().is_empty());
}

/// A response without results changes no byte.
#[test]
fn q6_no_clear_answer_changes_nothing() {
    let statuses = [302, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504];
    let mut replies: Vec<(String, Reply)> = statuses
        .map(|status| {
            (
                status.to_string(),
                answer(status, &json!({"message": "no"})),
            )
        })
        .into();
    replies.push(("no answer".to_owned(), Err("cut")));
    for body in [
        json!([]),
        json!({}),
        json!({"results": {}}),
        json!("x"),
        Value::Null,
    ] {
        replies.push((body.to_string(), answer(200, &body)));
    }
    let half = br#"{"results":[{"event_id":"a","status":"success"}"#.to_vec();
    let half = Answer {
        status: 200,
        body: half,
        ..Answer::default()
    };
    replies.push(("half a body".to_owned(), Ok(half)));
    for (name, reply) in replies {
        let home = Home::with(&["a", "b"]);
        let mut calls = 0;
        let report = home.deliver(|_| {
            calls += 1;
            reply.clone()
        });
        assert!(home.stopped.take().is_some(), "{name}");
        assert_eq!((report.total(), calls), (0, 1), "{name}");
        let [sealed] = home.sealed().try_into().unwrap();
        let bytes = fs::read(home.files.join(sealed)).unwrap();
        assert_eq!(
            bytes,
            [event("a"), event("b"), vec![]].join(&b'\n'),
            "{name}"
        );
        assert!(!home.files.join("dead.v1.jsonl").exists(), "{name}");
    }
}

#[test]
fn an_empty_list_of_results_keeps_every_event() {
    let home = Home::with(&["a"]);
    home.deliver(|_| answer(200, &json!({"results": []})));
    assert!(home.stopped.take().is_none());
    assert_eq!(home.pending(), ["a"]);
}

/// 400 for the whole batch: it is halved, in order, until the invalid event is alone.
#[test]
fn a_poison_event_at_any_place_is_found_and_the_others_arrive_in_order() {
    let all = ["a", "b", "c", "d", "e", "f", "g"];
    for poison in all {
        for (status, reason) in [(400, "bad event"), (413, "too large for the control plane")] {
            let home = Home::with(&all);
            let mut arrived = Vec::new();
            let report = home.deliver(|ids| {
                if ids.iter().any(|id| id == poison) {
                    return answer(status, &json!({"message": "bad event"}));
                }
                arrived.extend(ids.to_vec());
                each("success")(ids)
            });
            assert_eq!((report.accepted, report.rejected), (6, 1), "{poison}");
            let others: Vec<_> = all.into_iter().filter(|id| *id != poison).collect();
            assert_eq!(arrived, others);
            assert_eq!(home.dead_ids(), [poison]);
            assert_eq!(home.dead()[0]["reason"], reason);
            assert!(home.pending().is_empty());
        }
    }
}

#[test]
fn a_400_with_verdicts_is_applied() {
    let home = Home::with(&["a", "b"]);
    let mut calls = 0;
    let report = home.deliver(|_| {
        calls += 1;
        let results = [verdict("a", "success"), verdict("b", "rejected")];
        answer(400, &json!({ "results": results }))
    });
    assert_eq!((report.accepted, report.rejected, calls), (1, 1, 1));
}

#[test]
fn results_before_a_failed_request_stay() {
    let home = Home::with(&["a", "b", "c", "d"]);
    let mut calls = 0;
    let report = home.deliver(|ids| {
        calls += 1;
        match calls {
            1 => answer(413, &json!({})),
            2 => each("success")(ids),
            _ => Err("gone"),
        }
    });
    assert!(matches!(home.stopped.take(), Some(Stop::NoAnswer("gone"))));
    assert_eq!(report.accepted, 2);
    assert_eq!(home.pending(), ["c", "d"]);
}

#[test]
fn a_batch_is_at_most_a_thousand_events_and_a_mebibyte() {
    let home = Home::new();
    let ids: Vec<_> = (0..2500).map(|n| format!("{n:04}")).collect();
    let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
    home.queue.append(&home.world, &events).unwrap();
    let long = |id: &str, bytes: usize| {
        let padding = "x".repeat(bytes);
        json!({"event_id": id, "padding": padding})
            .to_string()
            .into_bytes()
    };
    let events = [
        long("x", 600_000),
        long("y", 600_000),
        long("z", MAX_LINE_BYTES - 40),
    ];
    home.queue.append(&home.world, &events).unwrap();
    let mut batches = Vec::new();
    let report = home.deliver(|ids| {
        batches.push(ids.to_vec());
        each("success")(ids)
    });
    assert_eq!(report.accepted, 2503);
    let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1000, 1000, 501, 1, 1]);
    assert_eq!(batches[0], ids[..1000]);
}

#[test]
fn unreadable_lines_go_to_the_dead_letter_file_with_the_reason() {
    let home = Home::with(&["a"]);
    let bytes = [
        &event("b")[..],
        b"\nhalf a li\n\xff\xfe\n\0\0\0\n\n[1]\n",
        &event("c")[..],
    ];
    damage(
        &home.files.join("00000000000000000007-0a0b0c0d.v1.jsonl"),
        &bytes.concat(),
    );
    let report = home.deliver(each("success"));
    assert_eq!(
        (report.accepted, report.unreadable, report.rejected),
        (3, 4, 0)
    );
    let raws: Vec<_> = home.dead().iter().map(|line| line["raw"].clone()).collect();
    assert_eq!(raws, ["half a li", "\u{fffd}\u{fffd}", "\0\0\0", "[1]"]);
    assert!(home.pending().is_empty() && home.sealed().is_empty());
}

#[test]
fn an_over_long_line_survives_in_a_hard_link() {
    let home = Home::with(&["a"]);
    let name = "00000000000000000007-0a0b0c0d.v1.jsonl";
    let bytes = [&event("b")[..], b"\n", &vec![b'x'; 2 * MAX_LINE_BYTES]].concat();
    damage(&home.files.join(name), &bytes);
    let report = home.deliver(each("success"));
    assert_eq!((report.accepted, report.unreadable), (2, 1));
    assert!(home.sealed().is_empty());
    let preserved = fs::read(home.files.join(format!("{name}.damaged"))).unwrap();
    assert!(preserved == bytes);
    let reason = home.dead()[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains(".damaged"), "{reason}");
}

#[test]
fn other_files_are_not_changed() {
    let home = Home::with(&["a"]);
    let names = [
        "active.v2.jsonl",
        "00000000000000000001-00000000.v9.jsonl",
        "notes.txt",
    ];
    for name in names {
        damage(&home.files.join(name), b"{\"event_id\":\"newer\"}\n");
    }
    let folder = home.files.join("00000000000000000002-00000000.v1.jsonl");
    fs::create_dir(&folder).unwrap();
    let link = home.files.join("00000000000000000003-00000000.v1.jsonl");
    std::os::unix::fs::symlink(home.files.join("notes.txt"), &link).unwrap();
    let report = home.deliver(each("success"));
    assert_eq!(report.accepted, 1);
    for name in names {
        let text = fs::read_to_string(home.files.join(name)).unwrap();
        assert_eq!(text, "{\"event_id\":\"newer\"}\n");
    }
    assert!(folder.is_dir() && fs::symlink_metadata(link).unwrap().is_symlink());
}

/// If the dead-letter file cannot be written, only the rejected line stays.
#[test]
fn a_line_that_cannot_be_rejected_stays_and_the_others_go() {
    let home = Home::with(&["a", "b"]);
    fs::create_dir(home.files.join("dead.v1.jsonl")).unwrap();
    damage(
        &home.files.join("00000000000000000007-0a0b0c0d.v1.jsonl"),
        &event("c"),
    );
    let report = home.deliver(|ids| {
        let word = |id: &String| if id == "a" { "rejected" } else { "success" };
        let results: Vec<_> = ids.iter().map(|id| verdict(id, word(id))).collect();
        answer(200, &json!({ "results": results }))
    });
    assert_eq!((report.accepted, report.rejected), (2, 0));
    assert_eq!(report.warnings.len(), 1);
    assert_eq!(home.pending(), ["a"]);
}

#[test]
fn a_file_that_cannot_be_replaced_does_not_block_the_others() {
    let home = Home::with(&["z"]);
    let name = "00000000000000000000-00000000.v1.jsonl";
    damage(
        &home.files.join(name),
        &[event("a"), event("b")].join(&b'\n'),
    );
    fs::create_dir(home.files.join(format!("{name}.tmp"))).unwrap();
    let report = home.deliver(|ids| {
        let word = |id: &String| if id == "a" { "queued" } else { "success" };
        let results: Vec<_> = ids.iter().map(|id| verdict(id, word(id))).collect();
        answer(200, &json!({ "results": results }))
    });
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert_eq!(home.pending(), ["a", "b"]);
}

#[test]
fn only_one_delivery_runs_at_a_time() {
    let home = Home::with(&["a"]);
    let lock = home.queue.lock_drain(&home.world).unwrap();
    assert!(lock.is_some());
    let note = fs::read_to_string(home.files.join("drain.lock")).unwrap();
    assert!(
        note.starts_with(&format!("{} ", std::process::id())),
        "{note}"
    );
    let report = home.deliver(|_| unreachable!("nothing may be sent"));
    assert!(report.busy);
    assert_eq!(home.pending(), ["a"]);
}

#[test]
fn old_leftovers_go_and_young_ones_stay() {
    let home = Home::with(&["a"]);
    let old = home
        .files
        .join("00000000000000000001-00000000.v1.jsonl.tmp");
    let young = home
        .files
        .join("00000000000000000002-00000000.v1.jsonl.tmp");
    for path in [&old, &young] {
        damage(path, b"half");
    }
    let two_hours_ago = home.world.now() - Duration::from_hours(2);
    let file = fs::File::options().write(true).open(&old).unwrap();
    file.set_modified(two_hours_ago.into()).unwrap();
    home.deliver(each("success"));
    assert!(!old.exists() && young.exists());
}

#[test]
fn nothing_is_sent_after_the_deadline() {
    let mut home = Home::with(&["a"]);
    home.deadline = Deadline::after(&home.world, Duration::ZERO);
    home.deliver(|_| unreachable!("no time"));
    assert!(matches!(home.stopped.take(), Some(Stop::Deadline)));
    assert_eq!(home.pending(), ["a"]);
}

/// Repeated failures must not leave many small segments.
#[test]
fn the_active_file_is_sealed_after_all_segments() {
    let home = Home::with(&["a"]);
    for _ in 0..3 {
        home.deliver(|_| Err("offline"));
        home.append(&["b"]);
    }
    assert_eq!(home.sealed().len(), 1);
}

/// Q13: a crash before the acknowledgement sends one segment a second time.
#[test]
fn q13_a_restored_segment_is_sent_once_more() {
    let home = Home::with(&["a", "b"]);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    home.deliver(|_| Err("offline"));
    let [sealed] = home.sealed().try_into().unwrap();
    let bytes = fs::read(home.files.join(&sealed)).unwrap();
    home.append(&["c"]);
    for crash in [true, false] {
        home.deliver(|ids| {
            for id in ids {
                *seen.entry(id.clone()).or_default() += 1;
            }
            each(if crash { "success" } else { "duplicate" })(ids)
        });
        if crash {
            damage(&home.files.join(&sealed), &bytes);
        }
    }
    let expected = [("a", 2), ("b", 2), ("c", 1)].map(|(id, n)| (id.to_owned(), n));
    assert_eq!(seen, expected.into());
    assert!(home.pending().is_empty());
}

/// An operation on a queue.
#[derive(Debug, Clone)]
enum Step {
    Append {
        events: u8,
        padding: u16,
    },
    OwnSegment {
        events: u8,
    },
    /// A process is killed during its write.
    Torn {
        bytes: u8,
    },
    /// A delivery; the mood of the server determines the verdicts.
    Deliver {
        mood: u64,
    },
    /// A delivery, then a power cut that restores the segments but keeps the dead-letter file.
    DeliverThenCut {
        mood: u64,
    },
    Retry,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..10_u8, prop_oneof![9 => Just(0), 1 => Just(60_000_u16)])
            .prop_map(|(events, padding)| Step::Append { events, padding }),
        1 => (1..3_u8).prop_map(|events| Step::OwnSegment { events }),
        1 => (1..60_u8).prop_map(|bytes| Step::Torn { bytes }),
        3 => any::<u64>().prop_map(|mood| Step::Deliver { mood }),
        1 => any::<u64>().prop_map(|mood| Step::DeliverThenCut { mood }),
        1 => Just(Step::Retry),
    ];
    proptest::collection::vec(step, 1..25)
}

/// The expected state as two sets of ids, and the home to compare it with.
struct Model {
    home: Home,
    recorded: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    next: u32,
}

impl Model {
    fn new_events(&mut self, number: u8, padding: u16) -> Vec<Vec<u8>> {
        let padding = "x".repeat(usize::from(padding));
        let mut make = || {
            self.next += 1;
            let id = format!("event-{:05}", self.next);
            self.recorded.insert(id.clone());
            json!({"event_id": id, "padding": padding})
                .to_string()
                .into_bytes()
        };
        (0..number).map(|_| make()).collect()
    }

    fn append(&mut self, events: Vec<Vec<u8>>) {
        let home = &self.home;
        home.queue.append(&home.world, &events).unwrap();
    }

    fn deliver(&mut self, mood: u64) {
        let acknowledged = &mut self.acknowledged;
        let mut request = mood;
        self.home.deliver(|ids| {
            request = request
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            serve(request >> 33, ids, acknowledged)
        });
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append { events, padding } => {
                let events = self.new_events(*events, *padding);
                self.append(events);
            }
            Step::OwnSegment { events } => {
                let events = self.new_events(*events, 0);
                let (lock, aside) = (self.home.files.join("lock"), self.home.files.join("aside"));
                fs::create_dir_all(&self.home.files).unwrap();
                let moved = fs::rename(&lock, &aside).is_ok();
                fs::create_dir(&lock).unwrap();
                self.append(events);
                fs::remove_dir(&lock).unwrap();
                if moved {
                    fs::rename(&aside, &lock).unwrap();
                }
            }
            Step::Torn { bytes } => {
                let path = self.home.files.join("active.v1.jsonl");
                if let Ok(mut whole) = fs::read(&path) {
                    if !whole.ends_with(b"\n") && !whole.is_empty() {
                        whole.push(b'\n');
                    }
                    let torn = event("never promised");
                    // Without only its newline the line would be complete and would be delivered.
                    whole.extend(&torn[..usize::from(*bytes).min(torn.len() - 1)]);
                    damage(&path, &whole);
                }
            }
            Step::Deliver { mood } => self.deliver(*mood),
            Step::DeliverThenCut { mood } => {
                let segments: Vec<_> = self.home.sealed();
                let read = |name: String| {
                    let path = self.home.files.join(name);
                    let bytes = fs::read(&path).unwrap();
                    (path, bytes)
                };
                let before: Vec<_> = segments.into_iter().map(read).collect();
                self.deliver(*mood);
                for (path, bytes) in before {
                    damage(&path, &bytes);
                }
            }
            Step::Retry => {
                let home = &self.home;
                let lock = home.queue.lock_drain(&home.world).unwrap().unwrap();
                home.queue.retry(&home.world, &lock, None).unwrap();
            }
        }
    }

    /// Q1, Q9: no recorded event is lost, and there are no other events.
    fn check(&self) {
        let pending: BTreeSet<_> = self.home.pending().into_iter().collect();
        let dead: BTreeSet<_> = self.home.dead_ids().into_iter().collect();
        for id in &self.recorded {
            let somewhere =
                pending.contains(id) || dead.contains(id) || self.acknowledged.contains(id);
            assert!(somewhere, "{id} is lost");
        }
        for id in pending.union(&dead) {
            assert!(self.recorded.contains(id), "{id} was never recorded");
        }
        let counts = self.home.queue.counts();
        let entries = self.home.dead().len() - self.home.dead_ids().len() + dead.len();
        assert_eq!(counts.dead, entries as u64);
        assert_eq!(counts.pending, self.home.pending().len() as u64);
    }
}

/// Depending on the mood, the server refuses the request, closes the connection, or gives each event
/// a verdict.
fn serve(mood: u64, ids: &[String], acknowledged: &mut BTreeSet<String>) -> Reply {
    match mood % 16 {
        0 => return answer(503, &json!({})),
        1 => return Err("cut before anything was read"),
        2 => {
            acknowledged.extend(ids.iter().cloned());
            return Err("cut after everything was taken");
        }
        3 if ids.len() > 1 => return answer(413, &json!({})),
        4 if ids.len() > 1 => return answer(400, &json!({"message": "poison"})),
        5 => return answer(200, &json!({"results": "none"})),
        _ => {}
    }
    let mut results = vec![verdict("someone else's", "success")];
    for (place, id) in ids.iter().enumerate() {
        let place = u32::try_from(place).unwrap();
        match (mood >> 4).rotate_left(place * 7) % 8 {
            0 => results.push(verdict(id, "queued")),
            1 => {}
            2 if !acknowledged.contains(id) => results.push(verdict(id, "rejected")),
            _ if acknowledged.insert(id.clone()) => results.push(verdict(id, "success")),
            _ => results.push(verdict(id, "duplicate")),
        }
    }
    results.reverse();
    answer(200, &json!({ "results": results }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Mutation check: if an event without a verdict counts as delivered, this test fails.
    #[test]
    fn q1_q9_recorded_is_acknowledged_and_dead_and_pending(steps in steps()) {
        let mut model = Model {
            home: Home::new(),
            recorded: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            next: 0,
        };
        for step in &steps {
            model.step(step);
            model.check();
        }
        let acknowledged = &mut model.acknowledged;
        let report = model.home.deliver(|ids| {
            acknowledged.extend(ids.iter().cloned());
            each("success")(ids)
        });
        prop_assert!(model.home.stopped.take().is_none() && report.warnings.is_empty());
        model.check();
        prop_assert!(model.home.pending().is_empty());
        let dead: BTreeSet<_> = model.home.dead_ids().into_iter().collect();
        let placed: BTreeSet<_> = model.acknowledged.union(&dead).cloned().collect();
        prop_assert_eq!(placed, model.recorded);
    }
}
