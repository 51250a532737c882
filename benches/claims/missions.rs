//! Claims about missions on disk.

use std::fs;
use std::hint::black_box;

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
}
