//! Tickets as rows, for the commands that find some.

use super::{Cell, Context, table_of};

/// The next larger limit that a user is offered, as a flag.
pub(crate) fn larger_limit(limits: &[u32], limit: u32) -> Option<String> {
    let larger = limits.iter().find(|larger| **larger > limit)?;
    Some(format!("--limit {larger}"))
}

/// Tickets as rows: key, status, title and URL of each, and its missions. A terminal has no room for
/// URLs; the title comes last there, where it is cut, and the notes stand below the tickets.
pub(crate) fn table_with_notes(
    context: &Context,
    tickets: impl Iterator<Item = ([String; 4], String)>,
    notes: impl IntoIterator<Item = String>,
) -> String {
    let is_terminal = context.ui.stdout_is_terminal();
    let tickets: Vec<_> = tickets.collect();
    let has_missions = tickets.iter().any(|(_, missions)| !missions.is_empty());
    let columns: &[&str] = match (is_terminal, has_missions) {
        (true, true) => &["key", "status", "mission", "title"],
        (true, false) => &["key", "status", "title"],
        (false, true) => &["key", "status", "title", "url", "mission"],
        (false, false) => &["key", "status", "title", "url"],
    };
    let row = |([key, status, title, url], missions): ([String; 4], String)| {
        let cell = |column: &&str| match *column {
            "key" => Cell::linked(key.clone(), &url),
            "status" => status.clone().into(),
            "title" => title.clone().into(),
            "url" => url.clone().into(),
            _ => missions.clone().into(),
        };
        columns.iter().map(cell).collect()
    };
    let rows: Vec<_> = tickets.into_iter().map(row).collect();
    let mut text = table_of(&context.ui, columns, &rows);
    for (index, note) in notes.into_iter().enumerate() {
        if is_terminal && !context.ui.quiet {
            let gap = if index == 0 { "\n" } else { "" };
            text = format!("{text}{gap}{note}\n");
        } else {
            context.ui.say(&note);
        }
    }
    text
}
