//! Bad input gets an error that names the file, field or flag, the documented exit code, and no
//! change on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::{
    BIND, BIND_PATH, Reply, SEARCH_PATH, SPECIFY, Sandbox, Server, candidate, finish, search_answer,
};

const SEARCH: [&str; 4] = ["tracker", "search-origin", "WEB-123", "--json"];

/// Bytes that are not a JSON object and not a useful YAML or TOML mapping.
fn broken_json() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", Vec::new()),
        ("half", b"{\"feature_number\": \"060\",".to_vec()),
        ("list", b"[]\n".to_vec()),
        ("null", b"null\n".to_vec()),
        ("string", b"\"meta\"\n".to_vec()),
        ("not UTF-8", b"{\"slug\": \"\xff\xfe\"}".to_vec()),
        ("NUL", vec![0; 64]),
        ("byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("deep", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("huge", vec![b' '; 20 << 20]),
    ]
}

#[test]
fn a_broken_meta_json_is_named_and_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let whole = sandbox.meta("060-search");
    let mut broken = broken_json();
    for key in [
        "feature_number",
        "slug",
        "feature_slug",
        "friendly_name",
        "mission",
        "target_branch",
        "created_at",
    ] {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        broken.push((key, without.to_string().into_bytes()));
        for wrong in [json!(""), json!([7]), json!(null), json!({})] {
            let mut meta = whole.clone();
            meta[key] = wrong;
            broken.push((key, meta.to_string().into_bytes()));
        }
    }
    for (name, bytes) in broken {
        sandbox.write("kitty-specs/060-search/meta.json", &bytes);
        let before = sandbox.snapshot();
        let output = sandbox.run(&BIND);
        assert_eq!(output.code, 10, "{name} {:?}: {output:?}", bytes.get(..300));
        let error = output.error(10, "none");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("kitty-specs/060-search/meta.json"),
            "{name}: {error}"
        );
        if whole.get(name).is_some() {
            assert!(message.contains(name), "{name}: {error}");
        }
        before.assert_same(&sandbox.snapshot());
    }
    fs::remove_file(sandbox.path("kitty-specs/060-search/meta.json")).unwrap();
    let output = sandbox.run(&BIND);
    assert!([3, 10].contains(&output.code), "{output:?}");
    assert!(
        output
            .error(output.code, "none")
            .to_string()
            .contains("meta.json")
    );
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn somebody_elses_broken_meta_json_does_not_stop_a_new_mission() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for (name, bytes) in broken_json() {
        let sandbox = Sandbox::ready(&server);
        sandbox.write("kitty-specs/059-broken/meta.json", &bytes);
        sandbox.commit_all("Break one");
        let output = sandbox.run(&SPECIFY);
        // Either it goes on, or it names the file it stumbles over; it never guesses.
        if output.code == 0 {
            assert_eq!(output.json()["feature_slug"], "061-web-123", "{name}");
        } else {
            let error = output.error(10, "none");
            assert!(
                error.to_string().contains("059-broken/meta.json"),
                "{name}: {error}"
            );
        }
        assert_eq!(
            fs::read(sandbox.path("kitty-specs/059-broken/meta.json")).unwrap(),
            bytes
        );
    }
}

#[test]
fn a_broken_config_yaml_is_named_and_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let rows: [(&str, Vec<u8>); 9] = [
        ("half", b"tracker: {provider: linear\n".to_vec()),
        ("tab", b"tracker:\n\tprovider: linear\n".to_vec()),
        ("list", b"- tracker\n".to_vec()),
        ("scalar", b"tracker\n".to_vec()),
        ("tracker is a list", b"tracker: [linear]\n".to_vec()),
        (
            "provider is a number",
            b"tracker:\n  provider: 7\n  project_slug: web\n".to_vec(),
        ),
        ("not UTF-8", b"tracker:\n  provider: \"\xff\"\n".to_vec()),
        ("NUL", vec![0; 64]),
        ("huge", [b"# ".to_vec(), vec![b'x'; 20 << 20]].concat()),
    ];
    for (name, bytes) in rows {
        sandbox.write(".kittify/config.yaml", &bytes);
        let before = sandbox.snapshot();
        for command in [&SEARCH[..], &BIND, &SPECIFY] {
            let error = sandbox.run(command).error(10, "none");
            let message = error["message"].as_str().unwrap();
            // A number is read as the name of a tracker that there is not.
            let word = if name == "provider is a number" {
                "7"
            } else {
                "config.yaml"
            };
            assert!(message.contains(word), "{name}: {error}");
        }
        before.assert_same(&sandbox.snapshot());
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_config_without_a_tracker_is_not_bound() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for text in [
        "",
        "# nothing\n",
        "other: 1\n",
        "tracker:\n",
        "tracker: null\n",
        "tracker: {}\n",
    ] {
        sandbox.write(".kittify/config.yaml", text);
        let error = sandbox.run(&SEARCH).error(10, "none");
        assert!(
            error.to_string().contains("tracker bind"),
            "{text:?}: {error}"
        );
    }
    fs::remove_file(sandbox.path(".kittify/config.yaml")).unwrap();
    sandbox.run(&SEARCH).error(10, "none");
}

#[test]
fn a_broken_config_toml_is_named() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let path = sandbox.state().join("config.toml");
    for bytes in [
        &b"[sync\n"[..],
        b"[sync]\nserver_url = 7\n",
        b"sync = 1\n",
        b"\xff\xfe",
        b"[sync]\nserver_url = \"\"\n[sync]\n",
    ] {
        fs::write(&path, bytes).unwrap();
        let error = sandbox.run(&SEARCH).error(10, "none");
        assert!(
            error["message"].as_str().unwrap().contains("config.toml"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_eq!(server.requests().len(), 0);
    fs::write(&path, "").unwrap();
    sandbox.run(&SEARCH).succeeds();
}

#[test]
fn broken_credentials_are_named_and_kept() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let path = sandbox.state().join("credentials");
    for bytes in [
        &b"[tokens\n"[..],
        b"[tokens]\naccess = 7\n",
        b"tokens = 1\n",
        b"\xff\xfe",
        &[0; 64],
        &vec![b'#'; 20 << 20],
    ] {
        fs::write(&path, bytes).unwrap();
        let output = sandbox.run(&SEARCH);
        assert!([4, 10].contains(&output.code), "{output:?}");
        let error = output.error(output.code, "none");
        assert!(
            error["message"].as_str().unwrap().contains("credentials"),
            "{error}"
        );
        assert_eq!(
            fs::read(&path).unwrap(),
            bytes,
            "a broken file is not replaced"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_folder_where_a_file_should_be_is_named() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for (path, command) in [
        ("project/.kittify/config.yaml", &SEARCH[..]),
        ("project/kitty-specs/060-search/meta.json", &BIND),
        ("home/.spec-kitty/credentials", &SEARCH),
        ("home/.spec-kitty/config.toml", &SEARCH),
    ] {
        let sandbox = Sandbox::ready(&server);
        let path = sandbox.root().join(path);
        drop(fs::remove_file(&path));
        fs::create_dir_all(&path).unwrap();
        let output = sandbox.run(command);
        assert_ne!(output.code, 0, "{output:?}");
        let error = output.error(output.code, "none");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(error["message"].as_str().unwrap().contains(name), "{error}");
    }
}

#[test]
fn credentials_that_others_could_read_are_tightened() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let path = sandbox.state().join("credentials");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(sandbox.state(), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(&SPECIFY).succeeds();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&sandbox.state()), 0o700);
}

#[test]
fn nothing_private_has_group_or_world_bits() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    sandbox
        .run_line(&format!("umask 000; spec-kitty {}", SPECIFY.join(" ")))
        .succeeds();
    let find = [sandbox.state().to_str().unwrap(), "-perm", "/077"].map(str::to_owned);
    let found = finish(sandbox.program("find", &find), b"").succeeds();
    assert_eq!(found.stdout, "");
}

#[test]
fn a_broken_clock_never_goes_back() {
    let sandbox = Sandbox::with_project();
    for name in ["one", "two", "three"] {
        sandbox.run(&["specify", name]).succeeds();
    }
    let clock = sandbox.state().join("clock.json");
    let mut highest = 3;
    for (n, bytes) in [
        &b""[..],
        b"{",
        b"[]",
        b"{\"value\": \"many\"}",
        b"{\"value\": -5}",
        b"{\"value\": 1.5}",
        b"\xff\xfe",
        &[0; 64],
    ]
    .iter()
    .enumerate()
    {
        fs::write(&clock, bytes).unwrap();
        let answer = sandbox.run(&["specify", &format!("again{n}"), "--json"]);
        assert_eq!(answer.answer("spec-kitty.specify/1")["event_emitted"], true);
        let value = sandbox
            .events()
            .iter()
            .map(|event| event["lamport_clock"].as_u64().unwrap())
            .max()
            .unwrap();
        assert!(value > highest, "{value} after {highest}");
        highest = value;
    }
    fs::remove_file(&clock).unwrap();
    sandbox.run(&["specify", "last"]).succeeds();
    let events = sandbox.events();
    let clocks: std::collections::BTreeSet<_> = events
        .iter()
        .map(|event| event["lamport_clock"].as_u64())
        .collect();
    assert_eq!(clocks.len(), events.len());
}

#[test]
fn a_server_that_misbehaves_is_unavailable() {
    let elsewhere = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&elsewhere);
    let before = sandbox.snapshot();
    let answer = search_answer(&[candidate("WEB-123", "Login page", "exact")]).to_string();
    for (name, reply) in [
        ("half", Reply::Half(answer.clone().into_bytes())),
        ("huge", Reply::huge(64 << 20)),
        ("html", Reply::html(200)),
        ("garbage", Reply::Garbage),
        (
            "redirect",
            Reply::redirect(&(elsewhere.url() + SEARCH_PATH)),
        ),
        ("nothing", Reply::raw("")),
        ("two documents", Reply::raw(answer.clone() + &answer)),
        ("UTF-16", Reply::raw(*b"\xff\xfe{\0}\0")),
        ("drop", Reply::Drop),
        ("never", Reply::Never),
        (
            "late",
            Reply::Late(Duration::from_secs(3), Box::new(Reply::raw(answer))),
        ),
    ] {
        let server = Server::start_for(&reply);
        server.on(SEARCH_PATH, reply);
        sandbox.log_in(&server.url());
        let output = sandbox.run(&[&SEARCH[..], &["--timeout", "2"]].concat());
        assert_eq!(output.code, 8, "{name}: {output:?}");
        let error = output.error(8, "none");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{name}");
    }
    assert_eq!(elsewhere.requests().len(), 0);
    before.assert_same(&sandbox.snapshot());
}

#[test]
fn another_content_type_is_read_all_the_same() {
    let server = Server::start();
    let body = search_answer(&[candidate("WEB-123", "Login page", "exact")]).to_string();
    server.on(
        SEARCH_PATH,
        Reply::Answer {
            status: 200,
            headers: vec![("content-type".into(), "text/plain; charset=latin-1".into())],
            body: body.into_bytes(),
        },
    );
    let sandbox = Sandbox::ready(&server);
    sandbox.run(&SEARCH).succeeds();
}

#[test]
fn a_hostile_ticket_is_shown_safely_and_kept_as_it_is() {
    let title =
        "Pay \u{1b}[2J\u{1b}]8;;https://evil\u{7}now\u{202e}\u{2066}\r\nrow\0 $(touch x) `id` \"'";
    let server = Server::with_ticket("WEB-123", title);
    let sandbox = Sandbox::ready(&server);
    for command in [&SEARCH[..3], &SPECIFY[..4]] {
        let output = sandbox.run(command).succeeds();
        for text in [&output.stdout, &output.stderr] {
            let unsafe_characters = ['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}', '\r', '\0'];
            assert!(!text.contains(unsafe_characters), "{output:?}");
        }
    }
    let meta = sandbox.meta("061-web-123");
    assert_eq!(meta["origin_ticket"]["title"], title);
    assert!(!sandbox.path("x").exists());
    let log = sandbox.git(&["log", "--format=%B"]);
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn a_hostile_key_cannot_leave_the_folder_or_the_subject_line() {
    let server = Server::start();
    server.on(BIND_PATH, Reply::json(200, &crate::support::bind_answer()));
    let sandbox = Sandbox::ready(&server);
    let key = "../../WEB-1\n\nSigned-off-by: \u{1b}[31mme";
    let mut ticket = candidate("X", "T", "exact");
    ticket["external_issue_key"] = key.into();
    ticket["url"] = "https://linear.app/x".into();
    let arguments = ["specify", "--candidate", "-", "--yes", "--json"];
    let document = search_answer(&[ticket]).to_string();
    let output = sandbox.run_with_input(&arguments, document).succeeds();
    let answer = output.json();
    let slug = answer["feature_slug"].as_str().unwrap();
    assert!(slug.starts_with("061-web-1"), "{slug}");
    assert!(sandbox.path("kitty-specs").join(slug).is_dir());
    let body = sandbox.git(&["log", "-1", "--format=%B"]);
    assert_eq!(body.trim().lines().count(), 1, "{body:?}");
    assert!(!body.contains('\u{1b}'), "{body:?}");
}

#[test]
fn kitty_specs_that_is_no_folder_of_the_project_is_refused() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let outside = tempfile::tempdir().unwrap();
    for shape in ["file", "link outside", "dangling link", "link to a file"] {
        let sandbox = Sandbox::ready(&server);
        let path = sandbox.path("kitty-specs");
        fs::remove_dir_all(&path).unwrap();
        match shape {
            "file" => fs::write(&path, "").unwrap(),
            "link outside" => std::os::unix::fs::symlink(outside.path(), &path).unwrap(),
            "dangling link" => std::os::unix::fs::symlink("nowhere", &path).unwrap(),
            _ => std::os::unix::fs::symlink("README.md", &path).unwrap(),
        }
        sandbox.commit_all("Break it");
        let before = sandbox.snapshot();
        for command in [&SPECIFY[..], &["specify", "payments", "--json"]] {
            let error = sandbox.run(command).error(10, "none");
            assert_eq!(error["code"], "repo_state", "{shape}: {error}");
            assert!(
                error.to_string().contains("kitty-specs"),
                "{shape}: {error}"
            );
        }
        before.assert_same(&sandbox.snapshot());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{shape}");
    }
    assert_eq!(server.requests_to(BIND_PATH).len(), 0);
}

#[test]
fn a_mission_that_links_out_of_the_repository_is_not_written_through() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    let outside = sandbox.root().join("outside");
    fs::rename(sandbox.path("kitty-specs/060-search"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.path("kitty-specs/060-search")).unwrap();
    let before = fs::read(outside.join("meta.json")).unwrap();
    let output = sandbox.run(&BIND);
    assert_ne!(output.code, 0, "{output:?}");
    output.error(output.code, "none");
    assert_eq!(fs::read(outside.join("meta.json")).unwrap(), before);
}

#[test]
fn a_project_path_that_is_not_utf_8_works() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = Sandbox::with_project();
    let odd = sandbox
        .root()
        .join(std::ffi::OsStr::from_bytes(b"pro\xffject"));
    if fs::rename(sandbox.project(), &odd).is_err() {
        return; // a file system that knows only UTF-8
    }
    let output = sandbox.run_in(&odd, &["specify", "payments", "--json"]);
    fs::rename(&odd, sandbox.project()).unwrap();
    output.answer("spec-kitty.specify/1");
    assert_eq!(sandbox.subjects()[0], "Add mission 061-payments");
}

#[test]
fn read_only_folders_are_named_and_nothing_is_half_made() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let rows: [(&str, &[&str]); 2] = [
        ("kitty-specs", &["specify", "payments", "--json"]),
        ("kitty-specs/060-search", &BIND),
    ];
    for (folder, command) in rows {
        let sandbox = Sandbox::ready(&server);
        let path = sandbox.path(folder);
        let meta = sandbox.read("kitty-specs/060-search/meta.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
        let output = sandbox.run_unprivileged(command);
        let (code, document) = (output.code, output.json());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert_ne!(code, 0, "{document}");
        assert!(document.to_string().contains(folder), "{document}");
        assert_eq!(sandbox.missions(), ["060-search"]);
        assert_eq!(sandbox.read("kitty-specs/060-search/meta.json"), meta);
        sandbox.assert_no_leftovers();
    }
}

#[test]
fn a_full_disk_leaves_whole_files() {
    let server = Server::with_ticket("WEB-123", "Login page");
    for command in [
        BIND.join(" "),
        SPECIFY.join(" "),
        "specify payments --json".to_owned(),
    ] {
        let sandbox = Sandbox::ready(&server);
        let before = sandbox.snapshot();
        // No file may grow at all; the signal that comes with it is ignored, as a disk sends none.
        let line = format!("trap '' XFSZ; ulimit -f 0; exec spec-kitty {command}");
        let output = sandbox.run_line(&line);
        assert_ne!(output.code, 0, "{output:?}");
        assert!(output.code > 0, "{output:?}");
        let document = output.json();
        assert_eq!(document["result"], "error", "{document}");
        before.assert_same(&sandbox.snapshot());
        sandbox.assert_no_leftovers();
        sandbox
            .run_line(&format!("spec-kitty {command}"))
            .succeeds();
    }
}

#[test]
fn a_working_directory_that_is_gone_is_an_error() {
    let sandbox = Sandbox::with_project();
    let line = "mkdir gone && cd gone && rmdir ../gone && spec-kitty specify x";
    sandbox
        .run_line(&format!("{line} --json"))
        .error(10, "none");
    sandbox.run_line(line).error_text(10);
}

#[test]
fn server_addresses_are_checked() {
    let server = Server::with_ticket("WEB-123", "Login page");
    let sandbox = Sandbox::ready(&server);
    for url in [
        "not a url",
        "",
        "ftp://127.0.0.1",
        "http://example.org",
        "https://user:secret-word@example.org",
        "https://example.org/?q=1",
        "https://example.org/#x",
        "javascript:alert(1)",
    ] {
        let output = sandbox.run(&[&SEARCH[..], &["--server", url]].concat());
        assert!([2, 10].contains(&output.code), "{url}: {output:?}");
        let error = output.error(output.code, "none");
        assert!(!error.to_string().contains("secret-word"), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}
