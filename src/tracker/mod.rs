//! The service: search a ticket, bind it, start a mission from it.

pub mod config;
