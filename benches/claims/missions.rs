//! Claims about missions on disk.

use std::fs;
use std::hint::black_box;
use std::process::{Command, Stdio};

use criterion::Criterion;
use serde_json::json;
use spec_kitty::internals::{load, write_meta};
use spec_kitty::internals::{number, slug};

/// A slug, the scan for the next number among a thousand missions, and one durable replacement of a
/// `meta.json`.
pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("missions");
    group.bench_function("slug_from_ticket", |bencher| {
        bencher.iter(|| slug::from_ticket(black_box("WEB-123"), black_box("Sign in")));
    });

    let project = tempfile::tempdir().unwrap();
    for number in 1..=1_000 {
        let folder = format!("kitty-specs/{number:03}-mission");
        fs::create_dir_all(project.path().join(folder)).unwrap();
    }
    let specs = project.path().join("kitty-specs");
    group.bench_function("next_number_after_1000_missions", |bencher| {
        bencher.iter(|| number::next(&number::numbered_folders(&specs).unwrap()));
    });

    let file = project.path().join("meta.json");
    let mut meta = json!({
        "created_at": "2026-11-22T10:00:00+00:00",
        "feature_number": "061",
        "feature_slug": "061-web-123",
        "friendly_name": "Sign in with a passkey",
        "mission": "software-dev",
        "slug": "web-123",
        "target_branch": "main",
    });
    let meta = meta.as_object_mut().unwrap();
    let mut turn = 0_u64;
    group.bench_function("meta_json_written_durably", |bencher| {
        bencher.iter(|| {
            // Equal bytes are not written.
            turn += 1;
            meta.insert("turn".to_owned(), turn.into());
            write_meta(&file, meta).unwrap()
        });
    });
    group.bench_function("meta_json_loaded", |bencher| {
        bencher.iter(|| load(&file).unwrap());
    });
    group.finish();
    list(criterion);
}

/// The whole command `mission list`, and the completion of a slug, in a project with ten thousand
/// missions.
fn list(criterion: &mut Criterion) {
    let project = tempfile::tempdir().unwrap();
    for number in 1..=10_000 {
        let slug = format!("{number:05}-web-{number}");
        let folder = project.path().join("kitty-specs").join(&slug);
        fs::create_dir_all(&folder).unwrap();
        let key = format!("WEB-{number}");
        let meta = json!({
            "created_at": "2026-11-22T10:00:00+00:00",
            "feature_number": format!("{number:05}"),
            "feature_slug": slug,
            "friendly_name": "Sign in with a passkey",
            "mission": "software-dev",
            "origin_ticket": {
                "external_issue_id": format!("02a5cace-e333-54c7-9085-{number:012}"),
                "external_issue_key": key,
                "external_issue_url": format!("https://linear.app/acme/issue/{key}"),
                "provider": "linear",
                "resource_id": "7c0b1f52-5d0e-4a6b-9a3c-2f1e8d7b6a90",
                "resource_type": "linear_team",
                "title": "Sign in with a passkey",
            },
            "slug": key.to_lowercase(),
            "target_branch": "main",
        });
        fs::write(folder.join("meta.json"), meta.to_string()).unwrap();
    }
    let mut group = criterion.benchmark_group("mission_list");
    let completion = [
        ("COMPLETE", "bash"),
        ("_CLAP_COMPLETE_INDEX", "3"),
        ("_CLAP_IFS", "\n"),
    ];
    for (name, arguments, variables) in [
        ("10000_missions", &["mission", "list"][..], &[][..]),
        (
            "10000_missions_as_json",
            &["mission", "list", "--json"],
            &[],
        ),
        (
            "one_of_10000_missions_completed",
            &["--", "spec-kitty", "mission", "show", "0999"],
            &completion,
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_spec-kitty"));
                command.args(arguments).current_dir(project.path());
                command.env("SPEC_KITTY_HOME", project.path().join("home"));
                command.envs(variables.iter().copied());
                assert!(command.stdout(Stdio::null()).status().unwrap().success());
            });
        });
    }
    group.finish();
}
