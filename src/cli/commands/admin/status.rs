//! `spec-kitty admin status`.

use serde_json::{Map, Value};

use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, record};
use crate::control_plane::store::Store;
use crate::text::shell_word;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub store: super::Store,
}

/// Counts what the store contains. Unlike the other verbs it does not create a store.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let folder = arguments.store.folder(context);
    if !Store::exists(&folder) {
        let data = match &arguments.store.data {
            Some(data) => format!(" --data {}", shell_word(&data.to_string_lossy())),
            None => String::new(),
        };
        let message = format!("no control plane store in {}", folder.display());
        return Err(
            Failure::new(Code::NotConfigured, message).hint(Hint::Template(format!(
                "spec-kitty admin user add NAME --team TEAM{data}"
            ))),
        );
    }
    let store = arguments.store.open(context)?;
    let counts = store.counts()?;
    store.close();
    let mut fields = Map::from_iter([("data".to_owned(), arguments.store.shown(context))]);
    let mut rows = vec![("data".to_owned(), folder.display().to_string())];
    for (kind, count) in counts {
        rows.push((kind.replace('_', " "), count.to_string()));
        fields.insert(kind, count.into());
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, value)| (label.as_str(), value.clone()))
        .collect();
    Ok(Outcome::new(
        "spec-kitty.admin-status/1",
        Value::Object(fields),
        record(&context.ui, &rows),
    ))
}
