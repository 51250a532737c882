//! Real git: one constructor for its commands, what a repository is, and commits that leave the
//! user's staging area as it was (DESIGN §8, QUEUE §4.6).

pub(crate) mod branches;
pub(crate) mod command;
pub(crate) mod commit;
mod environment;
mod parse;
mod pathspec;
mod rejection;
pub(crate) mod repair;
pub(crate) mod repository;
pub(crate) mod sparse;
#[cfg(test)]
mod testing;
