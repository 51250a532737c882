//! Who we are at which control plane.

pub mod credentials;
pub mod login;
pub mod server;
pub mod session;
pub mod user_config;
