//! The command line as it was typed. This is the only code that looks at raw arguments; clap parses
//! them.

use std::ffi::OsString;

use crate::text::shell_word;

/// The arguments, program name first.
#[derive(Debug, Clone)]
pub(crate) struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    pub(super) fn new(arguments: &[OsString]) -> Self {
        let words = arguments.iter().skip(1);
        Self {
            words: words
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
        }
    }

    /// The words after the program name.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether this flag or subcommand was typed.
    pub(crate) fn contains(&self, word: &str) -> bool {
        let mut words = self.words.iter().take_while(|word| *word != "--");
        words.any(|typed| typed == word)
    }

    /// The command line, quoted for a shell.
    pub(crate) fn quoted(&self) -> String {
        quoted(self.words.iter().map(String::as_str))
    }

    /// The command line with `--yes`. `chosen` replaces the flag that selects the ticket, or only its
    /// value if it has no flag of its own. A command line without such a flag gets `--from-ticket`.
    pub(crate) fn confirming(&self, chosen: Option<(&str, &str)>) -> String {
        let mut words = Vec::new();
        let mut missing = chosen;
        let mut typed = self.words.iter();
        while let Some(word) = typed.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, _)) => (flag, true),
                None => (word.as_str(), false),
            };
            match chosen {
                Some((other, key)) if matches!(flag, "--from-ticket" | "--key") => {
                    if !value {
                        typed.next();
                    }
                    words.extend([if other.is_empty() { flag } else { other }, key]);
                    missing = None;
                }
                _ => words.push(word.as_str()),
            }
        }
        if let Some((_, key)) = missing {
            words.extend(["--from-ticket", key]);
        }
        if !self.contains("--yes") && !self.contains("-y") {
            words.push("--yes");
        }
        quoted(words)
    }

    /// Whether `--candidate` reads standard input, which the command alone would wait for.
    pub(super) fn reads_stdin(&self) -> bool {
        let candidate = |pair: &[String]| matches!(pair, [flag, value] if flag == "--candidate" && value == "-");
        self.words.windows(2).any(candidate) || self.contains("--candidate=-")
    }
}

fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    std::iter::once("spec-kitty".to_owned())
        .chain(words.into_iter().map(shell_word))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_confirming_command_is_the_typed_one_and_yes() {
        let cases = [
            (
                &["x", "specify", "--from-ticket", "web-1"][..],
                None,
                "spec-kitty specify --from-ticket web-1 --yes",
            ),
            (
                &["x", "specify", "--from-ticket", "w eb"],
                Some("WEB-2"),
                "spec-kitty specify --from-ticket WEB-2 --yes",
            ),
            (
                &["x", "a", "--key=WEB-1", "--mission", "61"],
                Some("WEB-2"),
                "spec-kitty a --key WEB-2 --mission 61 --yes",
            ),
            (
                &["x", "--json", "specify"],
                Some("WEB-2"),
                "spec-kitty --json specify --from-ticket WEB-2 --yes",
            ),
            (
                &["x", "specify", "--yes"],
                Some("WEB-2"),
                "spec-kitty specify --yes --from-ticket WEB-2",
            ),
            (
                &["x", "a b", "it's"],
                None,
                r"spec-kitty 'a b' 'it'\''s' --yes",
            ),
        ];
        for (words, key, command) in cases {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            let typed = CommandLine::new(&words);
            assert_eq!(typed.confirming(key.map(|key| ("", key))), command);
        }
    }
}
