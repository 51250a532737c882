//! Reads the user's TOML files. Messages contain no text of a file: it may contain tokens.

use std::path::Path;

use toml::{Table, Value};

use crate::fs::{FsError, read_bounded};

const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a file; `None` if it is missing. The inner error says how it breaks the format.
pub(crate) fn read(path: &Path) -> Result<Option<Result<Table, String>>, FsError> {
    Ok(read_bounded(path, MAX_BYTES)?.map(|bytes| parse(&bytes)))
}

fn parse(bytes: &[u8]) -> Result<Table, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        format!("line {line} is not TOML")
    })
}

/// The value of `section.key`, if it exists.
pub(crate) fn value<'a>(
    table: &'a Table,
    section: &str,
    key: &str,
) -> Result<Option<&'a Value>, String> {
    match table.get(section) {
        None => Ok(None),
        Some(Value::Table(section)) => Ok(section.get(key)),
        Some(_) => Err(format!("`{section}` is not a section")),
    }
}

/// The string at `section.key`. An empty string counts as absent.
pub(crate) fn string(table: &Table, section: &str, key: &str) -> Result<Option<String>, String> {
    match value(table, section, key)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("`{section}.{key}` is not a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_contain_the_place_and_never_the_text() {
        let cases: [(&[u8], &str); 5] = [
            (b"[tokens]\naccess = hunter2", "line 2 is not TOML"),
            (b"[tokens]\naccess = \"hunter2", "line 2 is not TOML"),
            (
                b"[tokens]\naccess = \"hunter2\"\naccess = \"hunter3\"",
                "line 3 is not TOML",
            ),
            (b"hunter2", "line 1 is not TOML"),
            (b"\xff\xfe", "it is not UTF-8"),
        ];
        for (bytes, problem) in cases {
            assert_eq!(parse(bytes), Err(problem.to_owned()));
        }
    }

    #[test]
    fn values_are_read_strictly() {
        let table = parse(b"plain = 1\n[s]\ntext = 'x'\nempty = ''\nnumber = 1").unwrap();
        assert_eq!(string(&table, "s", "text"), Ok(Some("x".to_owned())));
        assert_eq!(string(&table, "s", "empty"), Ok(None));
        assert_eq!(string(&table, "s", "none"), Ok(None));
        assert_eq!(string(&table, "none", "none"), Ok(None));
        assert_eq!(
            string(&table, "s", "number"),
            Err("`s.number` is not a string".to_owned())
        );
        assert_eq!(
            string(&table, "plain", "x"),
            Err("`plain` is not a section".to_owned())
        );
    }
}
