//! `spec-kitty schema`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::document::Document;
use crate::cli::{Code, CommandResult, Failure, Hint, Outcome, catalogue};
use crate::text::nearest;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Document, as in `schema mission-list` [default: list the names]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The JSON documents that the commands print.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Schemas {
    /// The name and version of each document.
    names: Vec<&'static str>,
}

impl Document for Schemas {
    const SCHEMA: &'static str = "spec-kitty.schema/1";
}

/// Prints the names of all documents, or the JSON Schema of one.
pub(crate) fn run(arguments: Arguments) -> CommandResult {
    let documents = catalogue::documents();
    let names: Vec<_> = documents.iter().map(|(name, _)| *name).collect();
    let Some(asked) = arguments.name else {
        let text = names.join("\n");
        return Ok(Outcome::new(Schemas { names }, text));
    };
    let is_asked = |name: &str| name == asked || short(name) == asked;
    let found = documents.iter().find(|(name, _)| is_asked(name));
    let (_, schema) = found.ok_or_else(|| unknown(&asked, &names))?;
    let json = serde_json::to_string_pretty(&schema());
    let json = json.map_err(|error| Failure::from_error(Code::Internal, &error))?;
    Ok(Outcome::verbatim(json))
}

/// `mission-list` for `spec-kitty.mission-list/1`.
fn short(name: &str) -> &str {
    let name = name.strip_prefix("spec-kitty.").unwrap_or(name);
    name.split('/').next().unwrap_or(name)
}

fn unknown(asked: &str, names: &[&str]) -> Failure {
    let hint = match nearest(asked, names.iter().map(|name| short(name))) {
        Some(near) => Hint::instead("did you mean", format!("spec-kitty schema {near}")),
        None => Hint::run("spec-kitty schema"),
    };
    Failure::usage(format!("there is no document {asked:?}")).hint(hint)
}
