//! Tests of the binary: one file for each command, fixtures in `support`. `README.md` in this folder
//! says where a new test belongs.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare the operating system that World reports about"
)]
#![expect(clippy::string_slice, reason = "a wrong slice fails the test")]

mod admin;
mod admin_access;
mod auth;
mod bad_input;
mod bind_origin;
mod commands;
mod commit_readiness;
mod concurrency;
mod confirmation;
mod connect;
mod connect_jira;
mod corner_cases;
mod create_feature;
mod deliver;
mod demo;
mod docs;
mod doctor;
mod errors;
mod examples;
mod git_states;
mod globals;
mod healing;
mod help;
mod hints;
mod home;
mod hostile;
mod http_client;
mod https;
mod init;
mod json_contract;
mod layers;
mod live;
mod local;
mod mcp;
mod mcp_python;
mod mission_discard;
mod mission_list;
mod mission_show;
mod one_ticket_one_mission;
mod origins;
mod other_git;
mod package;
mod picker;
mod screens;
mod search_origin;
mod serve;
mod serve_defence;
mod session;
mod shell;
mod specify;
mod specify_branch;
mod specify_from_ticket;
mod suggestions;
mod support;
mod support_itself;
mod sweep;
mod sync_list;
mod sync_now;
mod sync_status;
mod tasks;
mod ticket;
mod ticket_file;
mod ticket_list;
mod ticket_reference;
mod tidy;
mod tracker_bind;
mod tracker_client;
mod tracker_credential;
mod tracker_failures;
mod tracker_status;
mod transcripts;
mod unbind_origin;
mod verbose;
