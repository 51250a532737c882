//! Starting a mission from a ticket.

mod bind;
mod bound_event;
pub(crate) mod create;
mod error;
mod finish;
pub(crate) mod intent;
pub(crate) mod models;
pub(crate) mod origin;
mod plan;
mod start;
mod unfinished;
