//! Tests of the binary: one file for each command, fixtures in `support`. `README.md` in this folder
//! says where a new test belongs.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare the operating system that World reports about"
)]
#![expect(clippy::string_slice, reason = "a wrong slice fails the test")]

mod admin;
mod auth;
mod bad_input;
mod bind_origin;
mod commands;
mod concurrency;
mod confirmation;
mod corner_cases;
mod create_feature;
mod demo;
mod docs;
mod doctor;
mod errors;
mod examples;
mod git_states;
mod healing;
mod help;
mod hostile;
mod http_client;
mod https;
mod init;
mod json_contract;
mod layers;
mod mission_list;
mod mission_show;
mod search_origin;
mod serve;
mod session;
mod shell;
mod specify;
mod specify_from_ticket;
mod support;
mod support_itself;
mod sweep;
mod sync_list;
mod sync_now;
mod sync_status;
mod tasks;
mod tidy;
mod tracker_bind;
mod tracker_client;
mod tracker_status;
