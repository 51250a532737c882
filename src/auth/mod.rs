//! Who we are at which control plane.

pub mod credentials;
pub mod login;
mod renewal;
pub mod server;
pub mod session;
pub mod status;
mod toml_file;
pub mod user_config;
