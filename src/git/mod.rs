//! Runs git: finds repositories, reads their state, and makes commits that leave the user's staging
//! area unchanged.

pub(crate) mod branches;
pub(crate) mod command;
pub(crate) mod commit;
mod environment;
pub(crate) mod history;
mod locked;
mod parse;
mod pathspec;
pub(crate) mod readiness;
mod rejection;
pub(crate) mod repair;
pub(crate) mod repository;
pub(crate) mod settings;
pub(crate) mod sparse;
#[cfg(test)]
mod testing;
