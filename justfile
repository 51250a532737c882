# Everything there is to run. `just` prints this list.

_default:
    @just --list

# Everything that must pass before a change lands
ci:
    .ci/run

# All tests, or those that match a word (`just test specify`)
test *words:
    cargo test --release --locked {{ words }}

# Every kill and error point instead of an even sample (long)
sweep:
    SPEC_KITTY_SWEEP=all cargo test --release --locked --test it sweep -- --nocapture --test-threads=1

# Benchmarks of single functions (criterion)
bench *words:
    cargo bench --locked {{ words }}

# Whole commands, timed in turn with other programs
compare:
    cargo build --release --locked
    benches/compare.sh

# `ticket list` with 1,000 tickets
ticket-list:
    cargo build --release --locked
    benches/ticket_list.sh

# The full workflow in a temporary folder
demo:
    cargo run --release --locked -- demo

# Update the snapshots of help texts, JSON Schemas and transcripts; read the difference before committing it
renew:
    RENEW_SNAPSHOTS=1 cargo test --release --locked --test it help
    RENEW_SNAPSHOTS=1 cargo test --release --locked --test it every_document_has_its_schema
    RENEW_SNAPSHOTS=1 cargo test --release --locked --test it docs::agents
    RENEW_SNAPSHOTS=1 cargo test --release --locked --test it transcripts

# The recording in the README, from a real session (needs git, tmux and python3)
picker:
    cargo build --release --locked
    docs/picker.py target/release/spec-kitty

# A Debian package in target/debian (needs cargo-deb)
deb:
    cargo build --release --locked
    packaging/files.sh target/release/spec-kitty target/package
    cargo deb --locked --no-build

# Licences, sources and banned crates (needs cargo-deny)
deny:
    cargo deny --locked check bans licenses sources
