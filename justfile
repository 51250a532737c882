# The one list of things to run. `just` alone prints it.

_default:
    @just --list

# Everything that must hold before a change lands
ci:
    .ci/run

# All tests; words after it choose some (`just test specify`)
test *words:
    cargo test --release --locked {{ words }}

# Every kill and error point instead of an even sample (long)
sweep:
    SPEC_KITTY_SWEEP=all cargo test --release --locked --test it sweep -- --nocapture --test-threads=1

# The parts, measured with criterion
bench *words:
    cargo bench --locked {{ words }}

# Whole commands beside the tools they stand beside, in one run
compare:
    cargo build --release --locked
    benches/compare.sh

# The main job, in a temporary folder
demo:
    cargo run --release --locked -- demo

# Renew the snapshot of the help texts; read the difference before committing it
renew:
    RENEW_SNAPSHOTS=1 cargo test --release --locked --test it help

# Licences, sources and banned crates (wants cargo-deny)
deny:
    cargo deny --locked check bans licenses sources
