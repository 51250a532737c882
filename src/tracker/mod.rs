//! The service: search a ticket, bind it, start a mission from it.

pub mod config;
pub mod saas_client;
