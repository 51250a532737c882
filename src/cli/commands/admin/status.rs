//! `spec-kitty admin status`.

use serde_json::json;

use crate::cli::{CommandResult, Context, Outcome, merged, record};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    pub store: super::Store,
}

/// Counts what the store contains.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let counts = store.counts()?;
    store.close();
    let folder = arguments.store.folder(context);
    let mut fields = json!({"data": arguments.store.shown(context)});
    let mut rows = vec![("data".to_owned(), folder.display().to_string())];
    for (kind, count) in counts {
        rows.push((kind.replace('_', " "), count.to_string()));
        fields = merged(fields, &json!({kind: count}));
    }
    let text = record(&context.ui, &rows);
    Ok(Outcome::new("spec-kitty.admin-status/1", fields, text))
}
