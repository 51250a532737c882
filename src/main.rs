//! The program: collects the world, runs one command, returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().collect();
    spec_kitty::run(arguments).into()
}
