//! Fixtures: a [`Sandbox`] in which the real binary runs against real git, and a loopback
//! [`Server`] that stands for the control plane. Nothing here knows the program's inside.

mod control_plane;
mod fixtures;
mod output;
mod queue;
mod raw_server;
mod reply;
pub(crate) mod repository;
mod sandbox;
mod server;
mod snapshot;
mod terminal;
mod unprivileged;

pub(crate) use control_plane::*;
pub(crate) use fixtures::*;
pub(crate) use output::Output;
pub(crate) use queue::*;
pub(crate) use reply::{Reply, Request};
pub(crate) use sandbox::{ACCESS_TOKEN, PROJECT_UUID, Sandbox, binary, finish, write_file};
pub(crate) use server::{Server, dead_url};
pub(crate) use snapshot::Snapshot;
pub(crate) use terminal::Terminal;
