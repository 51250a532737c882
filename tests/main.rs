//! The program through its binary: one file a command, fixtures in `support`.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare the operating system that World reports about"
)]

mod admin;
mod auth;
mod demo;
mod docs;
mod doctor;
mod help;
mod http_client;
mod init;
mod layers;
mod serve;
mod session;
mod shell;
mod support;
mod support_itself;
mod sync_list;
mod sync_now;
mod sync_status;
mod tidy;
mod tracker_bind;
mod tracker_client;
mod tracker_status;
