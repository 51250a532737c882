//! Starting a mission from a ticket.

mod bind;
mod bound_event;
pub mod create;
mod error;
mod finish;
pub mod intent;
pub mod models;
pub mod origin;
mod plan;
mod start;
mod unfinished;
