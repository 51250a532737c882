//! The user's configuration of git, of all scopes.

use std::path::Path;

use super::command::{Git, GitError};
use crate::world::World;

/// All keys in git's order. Section and name of a key are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings(Vec<(String, Option<String>)>);

/// Reads the configuration that applies in a directory.
pub(crate) fn read(world: &World, directory: &Path) -> Result<Settings, GitError> {
    let output = Git::in_directory(world, directory).run(["config", "--null", "--list"])?;
    Ok(parse(&output))
}

/// Entries are `key\nvalue\0`, or `key\0` for a key without `=`.
fn parse(output: &[u8]) -> Settings {
    let entries = output.split(|byte| *byte == 0);
    let entries = entries.filter(|entry| !entry.is_empty()).map(|entry| {
        let text = String::from_utf8_lossy(entry);
        match text.split_once('\n') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (text.into_owned(), None),
        }
    });
    Settings(entries.collect())
}

impl Settings {
    /// The value of a key, which is the last one of several.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let mut entries = self.0.iter().rev();
        let (_, value) = entries.find(|(name, _)| name == key)?;
        Some(value.as_deref().unwrap_or_default())
    }

    /// Whether a key is true. A key without a value is.
    pub(super) fn is_true(&self, key: &str) -> bool {
        let mut entries = self.0.iter().rev();
        match entries.find(|(name, _)| name == key) {
            Some((_, None)) => true,
            Some((_, Some(value))) => {
                let word = value.to_ascii_lowercase();
                let is_number = word.parse::<i64>().is_ok_and(|number| number != 0);
                matches!(&*word, "true" | "yes" | "on") || is_number
            }
            None => false,
        }
    }

    /// The first URL of the remote `origin`, which may contain a password. As in git, the longest
    /// `url.BASE.insteadOf` that the URL starts with is replaced by its base.
    pub(crate) fn remote_url(&self) -> Option<String> {
        let urls = self.values("remote.origin.url");
        // An empty value clears the earlier ones.
        let url = urls.rsplit(|url| url.is_empty()).next()?.first()?;
        let bases = self.0.iter().filter_map(|(key, prefix)| {
            let base = key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
            Some((base, url.strip_prefix(prefix.as_deref()?)?))
        });
        let replaced = bases.min_by_key(|(_, rest)| rest.len());
        Some(replaced.map_or_else(|| (*url).to_owned(), |(base, rest)| format!("{base}{rest}")))
    }

    fn values(&self, key: &str) -> Vec<&str> {
        let entries = self.0.iter().filter(|(name, _)| name == key);
        entries
            .map(|(_, value)| value.as_deref().unwrap_or_default())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn the_last_value_counts_and_a_key_without_value_is_true() {
        let settings = parse(b"user.name\nAda\0user.name\nBab\nbage\0commit.gpgsign\0a.b\n\0");
        assert_eq!(settings.text("user.name"), Some("Bab\nbage"));
        assert_eq!(settings.text("a.b"), Some(""));
        assert_eq!(settings.text("none"), None);
        assert!(settings.is_true("commit.gpgsign") && !settings.is_true("none"));
        for (value, expected) in [
            ("Yes", true),
            ("on", true),
            ("1", true),
            ("0", false),
            ("", false),
        ] {
            let settings = parse(format!("a.b\n{value}\0").as_bytes());
            assert_eq!(settings.is_true("a.b"), expected, "{value}");
        }
    }

    /// Compares with git itself.
    #[test]
    fn the_remote_is_origin_as_git_gives_its_url() {
        let sandbox = Sandbox::new();
        let url = || read(&sandbox.world, &sandbox.root).unwrap().remote_url();
        sandbox.git(&["remote", "add", "upstream", "https://example.org/up/stream"]);
        assert_eq!(url(), None);
        sandbox.git(&["remote", "add", "origin", "gh:acme/web.git"]);
        let rewrites: [&[&str]; 4] = [
            &["config", "core.bare", "false"],
            &["config", "url.https://github.com/.insteadOf", "gh:"],
            &["config", "url.git@github.com:other/.insteadOf", "gh:acme/"],
            &["remote", "set-url", "--add", "origin", "gh:acme/second.git"],
        ];
        for arguments in rewrites {
            sandbox.git(arguments);
            let expected = sandbox.git(&["remote", "get-url", "origin"]);
            assert_eq!(url().as_deref(), Some(expected.trim_end()), "{arguments:?}");
        }
    }
}
