//! The program through its binary: one file a command, fixtures in `support`.
#![cfg(test)]

mod support;
