//! Derives the cause of a refused commit from git's exit code and messages.

/// Why a commit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectedBy {
    Hook,
    /// `user.name` or `user.email` is missing.
    Identity,
    /// Git could not sign the commit.
    Signing,
    /// Git refused it for another reason.
    Other,
}

/// Why `git commit` failed. Exit code 1 comes from a hook; the caller excludes its other meanings.
/// Git itself ends with 128, and only then do its messages count.
pub(super) fn of(status: Option<i32>, stderr: &str) -> RejectedBy {
    const IDENTITY: &[&str] = &[
        "tell me who you are",
        "identity unknown",
        "empty ident name",
        "name consists only of disallowed",
    ];
    const SIGNING: &[&str] = &["failed to sign", "signingkey", "gpg", "public key"];
    let contains = |phrases: &[&str]| {
        let stderr = stderr.to_ascii_lowercase();
        phrases.iter().any(|phrase| stderr.contains(phrase))
    };
    if status == Some(1) || contains(&["aborted by hook"]) {
        RejectedBy::Hook
    } else if contains(IDENTITY) {
        RejectedBy::Identity
    } else if contains(SIGNING) {
        RejectedBy::Signing
    } else {
        RejectedBy::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rejection_has_its_cause() {
        let cases = [
            (Some(1), "flake8: E501", RejectedBy::Hook),
            (Some(1), "please sign the agreement", RejectedBy::Hook),
            (
                Some(128),
                "fatal: ref updates aborted by hook",
                RejectedBy::Hook,
            ),
            (Some(128), "Author identity unknown\n", RejectedBy::Identity),
            (
                Some(128),
                "fatal: empty ident name (for <x>)",
                RejectedBy::Identity,
            ),
            (
                Some(128),
                "error: gpg failed to sign the data:",
                RejectedBy::Signing,
            ),
            (
                Some(128),
                "error: Couldn't load public key /k",
                RejectedBy::Signing,
            ),
            (
                Some(128),
                "fatal: either user.signingkey or",
                RejectedBy::Signing,
            ),
            (
                Some(128),
                "fatal: cannot lock ref 'HEAD'",
                RejectedBy::Other,
            ),
            (None, "", RejectedBy::Other),
        ];
        for (status, stderr, expected) in cases {
            assert_eq!(of(status, stderr), expected, "{stderr}");
        }
    }
}
