//! Claim: parsing an answer strictly takes a negligible part of a search.

use std::hint::black_box;

use criterion::Criterion;
use serde_json::json;
use spec_kitty::internals::SearchResponse;

/// The largest search answer.
pub(crate) fn benches(criterion: &mut Criterion) {
    let candidates: Vec<_> = (0..100)
        .map(|number| {
            json!({
                "external_issue_id": format!("id-{number}"),
                "external_issue_key": format!("WEB-{number}"),
                "title": "Sign in with a passkey on a second device",
                "status": "In Progress",
                "url": format!("https://linear.app/acme/issue/WEB-{number}"),
                "match_type": "text",
            })
        })
        .collect();
    let answer = json!({
        "candidates": candidates,
        "resource_type": "linear_team",
        "resource_id": "team-web",
    })
    .to_string();
    criterion.bench_function("wire/search_answer_with_100_candidates", |bencher| {
        bencher.iter(|| SearchResponse::parse(black_box(answer.as_bytes()), 100).unwrap());
    });
}
