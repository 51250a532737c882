//! Claim: `--version` and `--help` cost little more than starting any process.

use std::process::{Command, Stdio};

use criterion::Criterion;

/// Compared with `true`, which does nothing.
pub(crate) fn benches(criterion: &mut Criterion) {
    let binary = env!("CARGO_BIN_EXE_spec-kitty");
    let mut group = criterion.benchmark_group("startup");
    for (name, program, arguments) in [
        ("true", "true", &[][..]),
        ("version", binary, &["--version"]),
        ("help", binary, &["--help"]),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut command = Command::new(program);
                command.args(arguments).stdout(Stdio::null());
                assert!(command.status().unwrap().success());
            });
        });
    }
    group.finish();
}
