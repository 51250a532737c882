//! The service: search a ticket, bind it, start a mission from it.

mod bind;
mod bound_event;
pub mod config;
mod finish;
pub mod origin;
pub mod origin_models;
pub mod saas_client;
mod start;
pub mod ticket_ref;
