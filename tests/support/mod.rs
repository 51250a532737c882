//! Fixtures: a [`Sandbox`] in which the real binary runs with real git, and a [`Server`] in place of
//! the control plane. The fixtures do not use the code of the program.

mod agent;
mod command_tree;
mod control_plane;
mod fixtures;
mod jira;
mod linear;
mod output;
mod queue;
mod raw_server;
mod reply;
pub(crate) mod repository;
mod sandbox;
mod schemas;
mod server;
mod snapshot;
mod terminal;
mod unprivileged;

pub(crate) use agent::Agent;
pub(crate) use command_tree::words_of;
pub(crate) use control_plane::*;
pub(crate) use fixtures::*;
pub(crate) use jira::*;
pub(crate) use linear::*;
pub(crate) use output::Output;
pub(crate) use queue::*;
pub(crate) use reply::{Reply, Request};
pub(crate) use sandbox::{
    ACCESS_TOKEN, PROJECT_UUID, Sandbox, binary, finish, write_file, write_program,
};
pub(crate) use schemas::{assert_matches, assert_valid};
pub(crate) use server::{Server, dead_url};
pub(crate) use snapshot::Snapshot;
pub(crate) use terminal::Terminal;
