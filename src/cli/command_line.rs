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

    /// Whether a program reads the answer, however wrong the arguments are.
    pub(super) fn is_for_a_program(&self) -> bool {
        let mut words = self.words.iter().take_while(|word| *word != "--");
        words.any(|word| word == JSON || word == "--ndjson" || word.starts_with("--json="))
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

    /// The command line with this server instead of the typed one.
    pub(crate) fn at_server(&self, server: &str) -> String {
        let mut words = Vec::new();
        let mut typed = self.words.iter().map(String::as_str);
        while let Some(word) = typed.next() {
            match word.split_once('=') {
                Some((SERVER, _)) => {}
                None if word == SERVER => {
                    typed.next();
                }
                _ => words.push(word),
            }
        }
        quoted(words.into_iter().chain([SERVER, server]))
    }

    /// Whether the command reads standard input, which the command alone would wait for.
    pub(super) fn reads_stdin(&self) -> bool {
        let candidate = |pair: &[String]| matches!(pair, [flag, value] if flag == "--candidate" && value == "-");
        let flags = [
            "--candidate=-",
            "--with-token",
            "--password-stdin",
            "--token-stdin",
        ];
        self.words.windows(2).any(candidate) || flags.iter().any(|flag| self.contains(flag))
    }

    /// Another command, with the folder, the server and the form of output that were typed. Only a
    /// command of this program or of git gets them.
    pub(super) fn in_same_place(&self, command: &str) -> String {
        let missing = |(flag, typed): (&'static str, String)| {
            let is_there = command.split(' ').any(|word| word == flag);
            (!is_there).then_some((flag, typed))
        };
        let place: Vec<_> = self.place().into_iter().filter_map(missing).collect();
        let all = place.iter().map(|(_, typed)| typed.as_str());
        let all = all.collect::<Vec<_>>().join(" ");
        let folder = place.iter().find(|(flag, _)| *flag == FOLDER);
        let parts = command.split(" && ").map(|part| {
            let (program, rest) = part.split_once(' ').unwrap_or((part, ""));
            let flags = match program {
                "spec-kitty" => all.as_str(),
                "git" => folder.map_or("", |(_, typed)| typed.as_str()),
                _ => "",
            };
            let words = [program, flags, rest];
            let words = words.into_iter().filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(" ")
        });
        parts.collect::<Vec<_>>().join(" && ")
    }

    /// The typed flags that say where a command acts and how it answers: the short name of each, and
    /// the text for a shell.
    fn place(&self) -> Vec<(&'static str, String)> {
        let quoted = |(flag, value): (&'static str, Option<&str>)| {
            let value = value.map(|value| format!(" {}", shell_word(value)));
            (flag, format!("{flag}{}", value.unwrap_or_default()))
        };
        self.place_flags().into_iter().map(quoted).collect()
    }

    /// These words as a command line with the folder and the server that were typed, and JSON.
    pub(super) fn of_call(&self, words: &[String]) -> Self {
        let place = self.place_flags().into_iter();
        let place = place.filter(|(flag, _)| *flag != JSON);
        let place = place
            .flat_map(|(flag, value)| [Some(flag), value])
            .flatten();
        let first = std::iter::once(JSON).chain(place).map(str::to_owned);
        let words = first.chain(words.iter().cloned());
        Self {
            words: words.collect(),
        }
    }

    /// The value of `-C`.
    pub(super) fn folder(&self) -> Option<&str> {
        let mut flags = self.place_flags().into_iter();
        flags.find(|(flag, _)| *flag == FOLDER)?.1
    }

    fn place_flags(&self) -> Vec<(&'static str, Option<&str>)> {
        fn next<'a>(words: &mut impl Iterator<Item = &'a String>) -> Option<&'a str> {
            words.next().map(String::as_str)
        }
        let mut place: Vec<(&'static str, Option<&str>)> = Vec::new();
        let mut words = self.words.iter().take_while(|word| *word != "--");
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word.as_str(), None),
            };
            let (flag, value) = match name {
                "--json" => (JSON, None),
                "-C" | "--directory" => (FOLDER, value.or_else(|| next(&mut words))),
                "--server" => (SERVER, value.or_else(|| next(&mut words))),
                _ => match name.strip_prefix(FOLDER) {
                    Some(value) => (FOLDER, Some(value)),
                    None => continue,
                },
            };
            place.retain(|(other, _)| *other != flag);
            place.push((flag, value));
        }
        place
    }
}

const JSON: &str = "--json";
const FOLDER: &str = "-C";
const SERVER: &str = "--server";

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
    fn the_server_of_a_command_is_replaced() {
        for typed in [
            "connect linear --name x",
            "connect --server https://a.example linear --name x",
            "connect linear --server=https://a.example --name x",
        ] {
            let words = std::iter::once("spec-kitty").chain(typed.split(' '));
            let words: Vec<_> = words.map(OsString::from).collect();
            let command = CommandLine::new(&words).at_server("local");
            assert_eq!(command, "spec-kitty connect linear --name x --server local");
        }
    }

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
    #[test]
    fn another_command_acts_in_the_same_place() {
        let cases = [
            (&["a"][..], "spec-kitty init", "spec-kitty init"),
            (
                &["a", "--json", "-C", "my dir", "b"],
                "git init && spec-kitty init",
                "git -C 'my dir' init && spec-kitty --json -C 'my dir' init",
            ),
            (
                &["a", "--server=http://x", "-Cd", "--json=result"],
                "spec-kitty auth login",
                "spec-kitty --server http://x -C d --json auth login",
            ),
            (
                &["a", "--server", "http://x", "--directory=d"],
                "spec-kitty auth login --server http://y",
                "spec-kitty -C d auth login --server http://y",
            ),
            (&["a", "--", "--json"], "spec-kitty a", "spec-kitty a"),
        ];
        for (words, command, expected) in cases {
            let words: Vec<_> = ["x"].iter().chain(words).map(OsString::from).collect();
            assert_eq!(CommandLine::new(&words).in_same_place(command), expected);
        }
    }
}
