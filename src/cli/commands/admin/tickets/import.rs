//! `spec-kitty admin tickets import`.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Failure, Outcome, ask};
use crate::fs::read_bounded;
use crate::text::count;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// JSON list of tickets; - for standard input. Keys of each ticket: `provider`,
    /// `resource_type`, `resource_id`, `external_issue_id`, `external_issue_key`, `title`,
    /// `status`, `url` and optionally `body`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub store: Store,
}

const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The imported tickets.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminTicketsImport {
    /// How many.
    imported: usize,
    /// The folder of the store.
    data: String,
}

impl Document for AdminTicketsImport {
    const SCHEMA: &'static str = "spec-kitty.admin-tickets-import/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let document = read(&arguments.file, context)?;
    let store = arguments.store.open(context)?;
    let imported = store.import_tickets(&document)?;
    store.close();
    let data = arguments.store.shown(context);
    let text = format!("Imported {}", count(imported as u64, "ticket"));
    Ok(Outcome::new(AdminTicketsImport { imported, data }, text))
}

fn read(file: &Path, context: &Context) -> Result<Vec<u8>, Failure> {
    if file != Path::new("-") {
        let path = context.world.directory().join(file);
        return read_bounded(&path, MAX_BYTES)?
            .ok_or_else(|| Failure::usage(format!("no such file: {}", path.display())));
    }
    ask::read_stdin(MAX_BYTES)
}
