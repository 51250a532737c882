//! One file per command, with its arguments and its handler. Folders mirror the command tree.

pub(crate) mod admin;
pub(crate) mod agent;
pub(crate) mod auth;
#[expect(clippy::module_inception, reason = "files have the names of commands")]
pub(crate) mod commands;
pub(crate) mod completions;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod help;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod mission;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod skill;
pub(crate) mod specify;
pub(crate) mod sync;
pub(crate) mod ticket;
pub(crate) mod tracker;
