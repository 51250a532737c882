//! Real git: one constructor for its commands, what a repository is, and commits that leave the
//! user's staging area as it was (DESIGN §8, QUEUE §4.6).

pub mod branches;
pub mod command;
pub mod commit;
mod environment;
mod parse;
mod pathspec;
mod rejection;
pub mod repair;
pub mod repository;
pub mod sparse;
#[cfg(test)]
mod testing;
