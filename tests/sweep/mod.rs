//! Durability sweeps. Each traces the binary once with strace, injects a fault at one system call
//! after the other in fresh copies of a sandbox, and runs the command again. The ordinary run takes
//! an even sample of the calls and prints its step; `SPEC_KITTY_SWEEP=all` (`just sweep`) takes every
//! call. The doc comment of each test says which bug in the program makes it fail.

mod account;
mod append;
mod bind_origin;
mod control_plane;
mod credentials;
mod delivery;
mod discard;
mod from_ticket;
mod killed_git;
mod points;
mod scale;
mod scene;
mod short_writes;
mod slow_write;
mod stage;
mod storm;
mod strace;
mod sync_now;
mod sync_retry;
mod syscalls;
mod tracker_bind;
mod unbind_origin;
mod user_commits;
