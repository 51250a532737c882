//! `spec-kitty admin status`.

use serde_json::json;

use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome, merged, record};
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
        let command = format!("spec-kitty admin user add NAME --team TEAM{data}");
        return Err(Failure::new(Code::NotConfigured, message).hint(Hint::template(command)));
    }
    let store = arguments.store.open(context)?;
    let counts = store.counts()?;
    store.close();
    let mut fields = json!({"data": arguments.store.shown(context)});
    let mut rows = vec![("data".to_owned(), folder.display().to_string())];
    for (kind, count) in counts {
        rows.push((kind.replace('_', " "), count.to_string()));
        fields = merged(fields, &json!({kind: count}));
    }
    let text = record(&context.ui, &rows);
    Ok(Outcome::new("spec-kitty.admin-status/1", fields, text))
}
