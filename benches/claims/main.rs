//! Benchmarks of the claims about speed: `just bench`, or one of them by name.
//! `benches/compare.sh` compares whole commands with other programs.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot be set up ends there"
)]

mod missions;
mod queue;
mod startup;
mod wire;

use criterion::{Criterion, criterion_group, criterion_main};

/// Few samples: the claims are about orders of magnitude, and disks are noisy.
fn settings() -> Criterion {
    Criterion::default().sample_size(30)
}

criterion_group! {
    name = claims;
    config = settings();
    targets = missions::benches, queue::benches, wire::benches, startup::benches
}
criterion_main!(claims);
