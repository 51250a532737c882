//! Fixtures: a [`Sandbox`] in which the real binary runs against real git, and a loopback
//! [`Server`] that stands for the control plane. Nothing here knows the program's inside.

mod control_plane;
mod fixtures;
mod output;
mod queue;
pub mod repository;
mod sandbox;
mod server;
mod snapshot;
mod terminal;

pub use control_plane::*;
pub use fixtures::*;
pub use output::Output;
pub use queue::*;
pub use sandbox::{ACCESS_TOKEN, PROJECT_UUID, Sandbox, finish, write_file};
pub use server::{Reply, Request, Server, dead_url};
pub use snapshot::Snapshot;
pub use terminal::Terminal;
