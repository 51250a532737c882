//! The environment of git processes.

use std::ffi::{OsStr, OsString};

/// Variables that point git at a repository, or change the meaning of paths. A surrounding hook or
/// alias may have set them. Configuration (`GIT_CONFIG_*`), identity, ssh, tracing and discovery
/// limits keep the user's values.
const REMOVED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// The given variables without [`REMOVED`], with English messages and without prompts.
///
/// The character set keeps the user's value, because hooks inherit the environment and may fail on
/// a non-ASCII file under `LC_ALL=C`.
pub(super) fn for_git<'a>(
    variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
) -> Vec<(OsString, OsString)> {
    let mut characters = None;
    let mut environment = Vec::new();
    for (name, value) in variables {
        match name.to_str() {
            Some("LC_ALL") if !value.is_empty() => characters = Some(value),
            Some("LC_ALL" | "LC_MESSAGES" | "LANGUAGE") => {}
            Some(name) if REMOVED.contains(&name) => {}
            _ => environment.push((name.to_owned(), value.to_owned())),
        }
    }
    if let Some(characters) = characters {
        environment.retain(|(name, _)| name != "LC_CTYPE");
        environment.push(("LC_CTYPE".into(), characters.to_owned()));
    }
    environment.push(("LC_MESSAGES".into(), "C".into()));
    environment.push(("GIT_TERMINAL_PROMPT".into(), "0".into()));
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(variables: &[(&str, &str)]) -> Vec<String> {
        for_git(
            variables
                .iter()
                .map(|(name, value)| (OsStr::new(*name), OsStr::new(*value))),
        )
        .iter()
        .map(|(name, value)| format!("{}={}", name.display(), value.display()))
        .collect()
    }

    #[test]
    fn repository_variables_go_and_configuration_stays() {
        let env = given(&[
            ("GIT_DIR", "/x/.git"),
            ("GIT_INDEX_FILE", "/x/.git/index"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_SSH_COMMAND", "ssh -4"),
            ("GIT_TERMINAL_PROMPT", "1"),
            ("PATH", "/bin"),
        ]);
        assert_eq!(
            env,
            [
                "GIT_CONFIG_COUNT=1",
                "GIT_CONFIG_GLOBAL=/dev/null",
                "GIT_AUTHOR_NAME=Ada",
                "GIT_SSH_COMMAND=ssh -4",
                "GIT_TERMINAL_PROMPT=1",
                "PATH=/bin",
                "LC_MESSAGES=C",
                "GIT_TERMINAL_PROMPT=0",
            ]
        );
    }

    #[test]
    fn only_the_language_of_messages_is_fixed() {
        let fixed = ["LC_MESSAGES=C", "GIT_TERMINAL_PROMPT=0"];
        assert_eq!(given(&[("LANG", "fr_FR.UTF-8")])[1..], fixed);
        assert_eq!(given(&[("LANGUAGE", "fr"), ("LC_MESSAGES", "fr")]), fixed);
        assert_eq!(given(&[("LC_ALL", "")]), fixed);
        let env = given(&[("LC_ALL", "ja_JP.UTF-8"), ("LC_CTYPE", "C")]);
        assert_eq!(env[0], "LC_CTYPE=ja_JP.UTF-8");
        assert_eq!(env[1..], fixed);
    }

    #[test]
    fn every_variable_git_calls_local_is_decided() {
        let sandbox = crate::git::testing::Sandbox::new();
        let local = sandbox.git(&["rev-parse", "--local-env-vars"]);
        let allowed = ["GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];
        for name in local.lines().filter(|name| !allowed.contains(name)) {
            assert!(REMOVED.contains(&name), "{name}");
        }
    }
}
