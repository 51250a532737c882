//! The queue without deliveries: appends, damaged files, counts, retries.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::append::SEGMENT_BYTES;
use super::folder::{ACTIVE, DEAD, LOCK};
use super::*;
use crate::fs::lock;
use crate::world::World;

const PROJECT: &str = "0b6ff7c2-4c5e-4e8c-9d1a-3f0c5d7e9a11";

struct Home {
    folder: tempfile::TempDir,
    world: World,
    queue: Queue,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
        let queue = Queue::of_project(&folder.path().join("state"), PROJECT);
        Self {
            folder,
            world,
            queue,
        }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn append(&self, ids: &[&str]) {
        let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
        self.queue.append(&self.world, &events).unwrap();
    }

    fn pending(&self) -> Vec<String> {
        let events = self.queue.events(usize::MAX);
        let id = |event: &Value| event["event_id"].as_str().unwrap().to_owned();
        events.iter().map(id).collect()
    }

    fn active(&self) -> PathBuf {
        self.queue.path(ACTIVE)
    }

    fn sealed(&self) -> Vec<PathBuf> {
        let entries = folder::list(&self.queue.folder).unwrap().into_iter();
        let sealed = entries.filter(|entry| entry.kind == folder::FileKind::Sealed);
        sealed.map(|entry| entry.path).collect()
    }
}

fn event(id: &str) -> Vec<u8> {
    let event = json!({
        "event_id": id,
        "lamport_clock": id.len(),
        "timestamp": "2026-11-22T10:00:00Z",
        "project_slug": "web",
    });
    event.to_string().into_bytes()
}

/// An event of this size.
fn long_event(id: &str, bytes: usize) -> Vec<u8> {
    let shell = json!({"event_id": id, "padding": ""}).to_string().len();
    let padding = "x".repeat(bytes - shell);
    json!({"event_id": id, "padding": padding})
        .to_string()
        .into_bytes()
}

fn append_bytes(path: &Path, bytes: &[u8]) {
    let mut all = fs::read(path).unwrap_or_default();
    all.extend_from_slice(bytes);
    #[expect(clippy::disallowed_methods, reason = "damages a file on purpose")]
    fs::write(path, all).unwrap();
}

#[test]
fn appended_events_are_lines_in_order() {
    let home = Home::new();
    home.append(&["a", "b"]);
    home.append(&["c"]);
    let text = fs::read(home.active()).unwrap();
    let expected = [event("a"), event("b"), event("c"), Vec::new()].join(&b'\n');
    assert_eq!(text, expected);
    assert_eq!(home.pending(), ["a", "b", "c"]);
}

#[test]
fn lines_that_cannot_be_delivered_are_refused() {
    let home = Home::new();
    let cases: [Vec<u8>; 6] = [
        b"[]".to_vec(),
        b"{}".to_vec(),
        br#"{"event_id":""}"#.to_vec(),
        b"{\"event_id\":\"a\"\n}".to_vec(),
        b"not json".to_vec(),
        long_event("a", MAX_LINE_BYTES + 1),
    ];
    for case in cases {
        let whole = [event("good"), case];
        let error = home.queue.append(&home.world, &whole).unwrap_err();
        assert!(error.event_ids.contains(&"good".to_owned()));
        assert!(!home.active().exists());
    }
    let longest = [long_event("a", MAX_LINE_BYTES)];
    home.queue.append(&home.world, &longest).unwrap();
    assert_eq!(home.pending(), ["a"]);
}

#[test]
fn a_malicious_project_uuid_selects_no_other_folder() {
    for uuid in ["../../etc", "", "a/b", ".", "..", "a\0b", &"x".repeat(65)] {
        let queue = Queue::of_project(Path::new("/s"), uuid);
        assert_eq!(queue.folder, Path::new("/s/queue/unknown"), "{uuid:?}");
    }
}

/// Q4: sealing renames the file, and a sealed segment never changes.
#[test]
fn a_full_file_is_sealed_and_never_written_again() {
    let home = Home::new();
    let half = usize::try_from(SEGMENT_BYTES / 2).unwrap();
    for id in ["a", "b"] {
        let events = [long_event(id, half)];
        home.queue.append(&home.world, &events).unwrap();
    }
    assert!(home.sealed().is_empty());
    home.append(&["c"]);
    let [sealed] = home.sealed().try_into().unwrap();
    let before = (
        fs::read(&sealed).unwrap(),
        fs::metadata(&sealed).unwrap().ino(),
    );
    for id in ["d", "e", "f"] {
        let events = [long_event(id, half)];
        home.queue.append(&home.world, &events).unwrap();
    }
    assert_eq!(home.sealed().len(), 2);
    assert_eq!(home.sealed()[0], sealed);
    let after = (
        fs::read(&sealed).unwrap(),
        fs::metadata(&sealed).unwrap().ino(),
    );
    assert!(before == after);
    assert_eq!(home.pending(), ["a", "b", "c", "d", "e", "f"]);
}

/// Q2, Q3: a torn last line does not affect the lines before and after it. Mutation check: without
/// the newline before an append to a torn file, this test fails.
#[test]
fn q2_a_last_line_cut_or_zeroed_at_any_byte_harms_no_other_event() {
    let whole = [event("before"), event("torn"), Vec::new()].join(&b'\n');
    let begin = event("before").len() + 1;
    for zeroed in [false, true] {
        for cut in begin..whole.len() {
            let home = Home::new();
            folder::prepare(&home.queue.folder).unwrap();
            let mut bytes = whole.clone();
            if zeroed {
                bytes[cut..].fill(0);
            } else {
                bytes.truncate(cut);
            }
            append_bytes(&home.active(), &bytes);
            home.append(&["after"]);
            let pending = home.pending();
            // Without only its newline the line is complete, and harmless because of its own id.
            let complete = cut + 1 == whole.len() && !zeroed;
            let expected: &[&str] = if complete {
                &["before", "torn", "after"]
            } else {
                &["before", "after"]
            };
            assert_eq!(pending, expected, "cut at {cut}, zeroed {zeroed}");
            let text = fs::read(home.active()).unwrap();
            assert!(text.ends_with(b"\n"));
        }
    }
}

#[test]
fn q2_garbage_of_every_kind_harms_no_other_event() {
    let garbage: [&[u8]; 9] = [
        b"\xff\xfe{\"event_id\":\"x\"}",
        b"{\"event_id\":\"x\",\"title\":\"\xc3\"}",
        b"{\"event_id\":\"x\0\"}",
        b"\0\0\0\0\0\0\0\0",
        b"[\"x\",1,2,3]",
        b"\"x\"",
        b"{\"event_id\":7}",
        b"{\"event_id\":\"x\",\"event_id\":\"y\"}",
        &[b'['; 4000],
    ];
    for bytes in garbage {
        let home = Home::new();
        home.append(&["a"]);
        append_bytes(&home.active(), bytes);
        home.append(&["b"]);
        assert_eq!(home.pending(), ["a", "b"], "{bytes:?}");
        assert_eq!(home.queue.counts().unreadable, 1, "{bytes:?}");
    }
}

#[test]
fn an_over_long_line_is_skipped() {
    let home = Home::new();
    home.append(&["a"]);
    append_bytes(&home.active(), &vec![b'x'; 3 * MAX_LINE_BYTES]);
    home.append(&["b"]);
    assert_eq!(home.pending(), ["a", "b"]);
    assert_eq!(home.queue.counts().unreadable, 1);
}

#[test]
fn carriage_returns_and_blank_lines_are_no_events() {
    let home = Home::new();
    fs::create_dir_all(&home.queue.folder).unwrap();
    let lines = [
        b"\n \r\n".as_slice(),
        &event("a"),
        b"\r\n\n",
        &event("b"),
        b"\n",
    ]
    .concat();
    append_bytes(&home.active(), &lines);
    assert_eq!(home.pending(), ["a", "b"]);
    let counts = home.queue.counts();
    assert_eq!((counts.pending, counts.unreadable), (2, 0));
}

/// If the lock or the active file is unusable, the event gets its own segment.
#[test]
fn an_unusable_active_file_leads_to_an_own_segment() {
    type Damage = fn(&Home);
    let damages: [(&str, Damage); 6] = [
        ("lock is a folder", |home| {
            fs::create_dir(home.queue.path(LOCK)).unwrap();
        }),
        ("lock is a link", |home| {
            symlink("elsewhere", home.queue.path(LOCK)).unwrap();
        }),
        ("active is a folder", |home| {
            fs::create_dir(home.active()).unwrap();
        }),
        ("active is a link", |home| {
            symlink(home.folder.path().join("stolen"), home.active()).unwrap();
        }),
        ("active is a pipe", |home| {
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(
                rustix::fs::CWD,
                home.active(),
                rustix::fs::FileType::Fifo,
                mode,
                0,
            )
            .unwrap();
        }),
        ("active is a link to nothing", |home| {
            symlink("nowhere", home.active()).unwrap();
        }),
    ];
    for (name, damage) in damages {
        let home = Home::new();
        home.append(&["before"]);
        let sealed = folder::next_segment(&home.world, &home.queue.folder).unwrap();
        fs::rename(home.active(), sealed).unwrap();
        fs::remove_file(home.queue.path(LOCK)).unwrap();
        damage(&home);
        home.append(&["a"]);
        home.append(&["b", "c"]);
        assert_eq!(home.pending(), ["before", "a", "b", "c"], "{name}");
        assert_eq!(home.sealed().len(), 3, "{name}");
        assert!(!home.folder.path().join("stolen").exists(), "{name}");
    }
}

#[test]
fn a_suspended_owner_of_the_lock_does_not_block_appends() {
    let home = Home::new();
    home.append(&["a"]);
    let lock = lock::try_acquire(&home.queue.path(LOCK)).unwrap();
    assert!(lock.is_some());
    home.append(&["b"]);
    drop(lock);
    home.append(&["c"]);
    assert_eq!(home.sealed().len(), 1);
    let mut pending = home.pending();
    pending.sort();
    assert_eq!(pending, ["a", "b", "c"]);
}

#[test]
fn a_state_directory_that_is_a_file_is_named_in_the_error() {
    let home = Home::new();
    append_bytes(&home.state(), b"not a folder");
    let events = [event("a")];
    let error = home.queue.append(&home.world, &events).unwrap_err();
    assert_eq!(error.event_ids, ["a"]);
    let text = crate::text::chain(&error);
    assert!(text.contains(&home.state().display().to_string()), "{text}");
    assert!(Queue::all(&home.state()).is_err());
}

/// Q11: permissions of group and others are removed before a file or folder is used.
#[test]
fn q11_wide_modes_are_narrowed() {
    let home = Home::new();
    home.append(&["a"]);
    for path in [&home.active(), &home.queue.folder, &home.state()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    home.append(&["b"]);
    for path in [&home.active(), &home.queue.folder, &home.state()] {
        let mode = fs::metadata(path).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert_eq!(home.pending(), ["a", "b"]);
}

#[test]
fn a_folder_of_another_user_is_refused() {
    let home = Home::new();
    home.append(&["a"]);
    let given = std::os::unix::fs::chown(&home.queue.folder, Some(12_345), None);
    if given.is_err() {
        eprintln!("skipped: only a privileged user can give a folder away");
        return;
    }
    let events = [event("b")];
    let error = home.queue.append(&home.world, &events).unwrap_err();
    let text = crate::text::chain(&error);
    assert!(text.contains("belongs to another user"), "{text}");
}

#[test]
fn a_file_of_another_user_is_neither_written_nor_read() {
    let home = Home::new();
    home.append(&["a"]);
    if std::os::unix::fs::chown(home.active(), Some(12_345), None).is_err() {
        eprintln!("skipped: only a privileged user can give a file away");
        return;
    }
    home.append(&["b"]);
    assert_eq!(home.pending(), ["b"]);
    let [problem] = home.queue.counts().problems.try_into().unwrap();
    assert!(problem.contains("belongs to another user"), "{problem}");
}

/// Q12: all files are counted, including unknown versions and other projects.
#[test]
fn q12_everything_is_counted_in_its_category() {
    let home = Home::new();
    home.append(&["a", "b"]);
    let other = Queue::outside_projects(&home.state());
    other.append(&home.world, &[event("c")]).unwrap();
    append_bytes(&home.queue.path("active.v2.jsonl"), b"new form\nnew form\n");
    append_bytes(&home.queue.path("notes.txt"), b"mine\n");
    symlink(
        home.active(),
        home.queue.path("00000000000000000001-00000000.v1.jsonl"),
    )
    .unwrap();
    append_bytes(
        &home.queue.path(DEAD),
        b"{\"reason\":\"no\",\"event\":{\"event_id\":\"d\"}}\nbroken\n{\"reason\":\"no\",\"event\":{\"event_id\":\"d\"}}\n",
    );
    let queues = Queue::all(&home.state()).unwrap();
    let mut total = Counts::default();
    for queue in &queues {
        total.add(queue.counts());
    }
    assert_eq!(queues.len(), 2);
    assert_eq!((total.pending, total.newer_version), (5, 2));
    assert_eq!((total.dead, total.unreadable), (2, 0));
    assert_eq!(total.problems.len(), 2, "{:?}", total.problems);
    assert_eq!(
        total.oldest.unwrap().to_rfc3339(),
        "2026-11-22T10:00:00+00:00"
    );
}

#[test]
fn the_highest_clock_is_found_wherever_it_is() {
    let home = Home::new();
    assert_eq!(home.queue.counts().lamport_clock, 0);
    home.append(&["a", "four"]);
    assert_eq!(home.queue.counts().lamport_clock, 4);
    append_bytes(
        &home.queue.path(DEAD),
        b"{\"reason\":\"no\",\"event\":{\"event_id\":\"d\",\"lamport_clock\":99}}\n",
    );
    append_bytes(
        &home.active(),
        b"{\"event_id\":\"x\",\"lamport_clock\":\"100\"}\n",
    );
    assert_eq!(home.queue.counts().lamport_clock, 99);
}

#[test]
fn retry_moves_the_requested_events_and_keeps_the_rest_byte_for_byte() {
    let home = Home::new();
    home.append(&["a"]);
    let dead = [
        "{\"reason\":\"no\",\"event\":{\"event_id\":\"d\",  \"n\": 1.50}}\n",
        "broken \u{1b}\n",
        "{\"reason\":\"no\",\"event\":{\"event_id\":\"e\"}}\n",
        "{\"reason\":\"torn\",\"raw\":\"half\"}\n",
        "{\"reason\":\"again\",\"event\":{\"event_id\":\"d\"}}\n",
    ];
    append_bytes(&home.queue.path(DEAD), dead.concat().as_bytes());
    let lock = home.queue.lock_drain(&home.world).unwrap().unwrap();
    let one = HashSet::from(["d".to_owned()]);
    let retried = home.queue.retry(&home.world, &lock, Some(&one)).unwrap();
    assert_eq!((retried.events, retried.unreadable), (1, 2));
    let left = fs::read_to_string(home.queue.path(DEAD)).unwrap();
    assert_eq!(left, [dead[1], dead[2], dead[3]].concat());
    let active = fs::read_to_string(home.active()).unwrap();
    assert!(
        active.ends_with("{\"event_id\":\"d\",  \"n\": 1.50}\n"),
        "{active}"
    );
    let retried = home.queue.retry(&home.world, &lock, None).unwrap();
    assert_eq!((retried.events, retried.unreadable), (1, 2));
    assert_eq!(home.pending(), ["a", "d", "e"]);
}

#[test]
fn a_reminder_depends_on_number_and_age() {
    let home = Home::new();
    let reminder = |limit| reminder(&home.world, &home.state(), limit);
    assert_eq!(reminder(Some(2)), None);
    let now = home.world.now().to_rfc3339();
    let fresh = |id: &str| {
        let padding = "x".repeat(200);
        json!({"event_id": id, "timestamp": now, "padding": padding})
            .to_string()
            .into_bytes()
    };
    let events = ["a", "b"].map(fresh);
    home.queue.append(&home.world, &events).unwrap();
    assert_eq!(reminder(Some(2)), None);
    home.queue.append(&home.world, &[fresh("c")]).unwrap();
    let line = reminder(Some(2)).unwrap();
    assert!(
        line.starts_with("3 events are queued, the oldest for "),
        "{line}"
    );
    assert!(line.ends_with("run: spec-kitty sync now"), "{line}");
    assert_eq!(reminder(None), None);
    let old = json!({"event_id": "d", "timestamp": "2020-01-01T00:00:00Z"});
    let other = Queue::outside_projects(&home.state());
    let events = [old.to_string().into_bytes()];
    other.append(&home.world, &events).unwrap();
    let line = reminder(None).unwrap();
    assert!(
        line.starts_with("events are queued, the oldest for "),
        "{line}"
    );
}
