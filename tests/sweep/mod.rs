//! The durability proofs of the contract: the binary is traced once with strace, then hurt at one
//! call after the other in fresh copies of a prepared sandbox, and run again. The ordinary run
//! samples the points evenly and prints the step; `SPEC_KITTY_SWEEP=all` (`just sweep`) takes every
//! one. Each test names the fault that was planted in the program to see it fail.

mod account;
mod append;
mod bind_origin;
mod control_plane;
mod credentials;
mod delivery;
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
