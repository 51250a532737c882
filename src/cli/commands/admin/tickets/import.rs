//! `spec-kitty admin tickets import`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::Store;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::outcome::Outcome;
use crate::control_plane::Administration;
use crate::fs::read_bounded;
use crate::text::count;

/// Arguments of `admin tickets import`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// JSON list of tickets; - for standard input. Keys of each: `provider`, `resource_type`,
    /// `resource_id`, `external_issue_id`, `external_issue_key`, `title`, `status`, `url` and,
    /// where there is one, `body`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// The most bytes of a document of tickets.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Imports the tickets.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let document = read(&arguments.file, context)?;
    let folder = arguments.store.folder(context);
    let store = Administration::open(&context.world, &folder)?;
    let imported = store.import_tickets(&document)?;
    store.close();
    let fields = json!({"imported": imported, "data": folder.display().to_string()});
    let text = format!("Imported {}", count(imported as u64, "ticket"));
    Ok(Outcome::new(
        "spec-kitty.admin-tickets-import/1",
        fields,
        text,
    ))
}

fn read(file: &Path, context: &Context) -> Result<Vec<u8>, Failure> {
    if file != Path::new("-") {
        let path = context.world.directory().join(file);
        return read_bounded(&path, MOST_BYTES)?
            .ok_or_else(|| Failure::usage(format!("no such file: {}", path.display())));
    }
    let mut document = Vec::new();
    std::io::stdin()
        .take(MOST_BYTES)
        .read_to_end(&mut document)
        .map_err(|error| Failure::usage("cannot read standard input").cause(error.to_string()))?;
    Ok(document)
}
