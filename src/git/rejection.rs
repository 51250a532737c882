//! Who refused a commit, read from git's exit code and words.

/// Who refused a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RejectedBy {
    /// A hook.
    Hook,
    /// There is no `user.name` or `user.email`.
    Identity,
    /// The commit could not be signed.
    Signing,
    /// git, for another reason.
    Other,
}

/// Who refused a commit, from `git commit`'s exit code and words. Code 1 is a hook's (what else
/// it can be is asked separately); git's own refusals end with 128, and only those are told apart
/// by what it says.
pub(super) fn of(status: Option<i32>, words: &str) -> RejectedBy {
    const IDENTITY: &[&str] = &[
        "tell me who you are",
        "identity unknown",
        "empty ident name",
        "name consists only of disallowed",
    ];
    const SIGNING: &[&str] = &["failed to sign", "signingkey", "gpg", "public key"];
    let said = |phrases: &[&str]| {
        let words = words.to_ascii_lowercase();
        phrases.iter().any(|phrase| words.contains(phrase))
    };
    if status == Some(1) || said(&["aborted by hook"]) {
        RejectedBy::Hook
    } else if said(IDENTITY) {
        RejectedBy::Identity
    } else if said(SIGNING) {
        RejectedBy::Signing
    } else {
        RejectedBy::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_are_told_apart() {
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
        for (status, words, expected) in cases {
            assert_eq!(of(status, words), expected, "{words}");
        }
    }
}
