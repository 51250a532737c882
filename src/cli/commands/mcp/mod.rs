//! `spec-kitty mcp`: the commands as tools of the Model Context Protocol, on standard input and
//! output. A tool is the words of a command; its answer is the JSON document of that command.

mod answer;
mod inputs;
mod schemas;
mod server;
mod tools;

use std::sync::Arc;

use rmcp::service::serve_directly;
use rmcp::transport::stdio;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;

pub(crate) use tools::TOOLS;

use crate::cli::{Code, CommandResult, Context, Failure, Outcome};
use server::Server;

/// Arguments of `mcp`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs the command of these words.
pub(crate) type RunWords = fn(&[String], &Context) -> CommandResult;

/// Serves until standard input ends. Then a command that writes still comes to its end.
pub(crate) fn run(context: &Context, run_words: RunWords) -> CommandResult {
    if context.ui.json {
        let message = "mcp answers in its own protocol, so it cannot print a JSON document";
        return Err(Failure::usage(message).hint("leave --json out"));
    }
    if context.world.terminals().stdin {
        context
            .ui
            .say("Waiting for a client on standard input; Ctrl-D ends it.");
    }
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from_error(Code::Internal, &error))?;
    let template = context.of_call(&[], None)?;
    serve(&runtime, Server::new(template, run_words));
    // Abandons what still reads.
    runtime.shutdown_background();
    Ok(Outcome::verbatim(""))
}

/// The handshake is no gate: a stray message before it would end the server.
fn serve(runtime: &Runtime, server: Server) {
    let writing: Arc<Mutex<()>> = server.writing();
    runtime.block_on(async {
        let served = serve_directly(server, stdio(), None);
        // It ends with standard input; another reason does not change what is left to do.
        drop(served.waiting().await);
        drop(writing.lock().await);
    });
}
