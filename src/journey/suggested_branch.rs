//! The name that a tracker suggests for the branch of a ticket.

use super::Journey;
use super::error::CreationError;
use super::plan::is_branch_name;
use super::service::Service;
use crate::git::branches;
use crate::git::repository::Repository;
use crate::text::sanitize;
use crate::tracker::ticket::Ticket;

/// The most bytes of such a name. Its parts become file names.
const LONGEST: usize = 200;

/// The tracker's name for the ticket's branch, if it can be a branch of the ticket's own. A server can
/// send anything: a name that git refuses, or one like `main` that leads the commits elsewhere. So a name
/// without the ticket's key must mean nothing yet, unless an earlier run of the command made it.
pub(super) fn suggestion(
    service: &Service<'_>,
    repository: &Repository,
    ticket: Option<&Ticket>,
    begun: &[Journey],
) -> Result<Option<String>, CreationError> {
    let Some((ticket, name)) = ticket.and_then(|it| Some((it, it.branch_name.as_ref()?))) else {
        return Ok(None);
    };
    let is_plain = name.len() <= LONGEST && sanitize(name) == *name;
    if !is_plain || !is_branch_name(name) {
        return Ok(None);
    }
    let mut made = begun
        .iter()
        .filter_map(|it| it.creation.as_ref()?.branch.as_ref());
    let is_own = names_key(name, ticket.candidate.external_issue_key())
        || made.any(|branch| branch.name == *name);
    let is_current = repository.branch.as_ref() == Some(name);
    let is_used = || -> Result<bool, CreationError> {
        Ok(is_current || branches::is_known(service.world, repository, name)?)
    };
    Ok((is_own || !is_used()?).then(|| name.clone()))
}

/// Whether a branch contains the key, in any case and as words of its own.
fn names_key(branch: &str, key: &str) -> bool {
    let (branch, key) = (branch.to_ascii_lowercase(), key.to_ascii_lowercase());
    let ends =
        |text: &str, c: Option<char>| text.is_empty() || !c.is_some_and(char::is_alphanumeric);
    branch.match_indices(&key).any(|(place, found)| {
        let before = branch.get(..place).unwrap_or_default();
        let after = branch.get(place + found.len()..).unwrap_or_default();
        ends(before, before.chars().next_back()) && ends(after, after.chars().next())
    })
}

/// Whether one of these names is a folder of the other, so that git cannot have both.
pub(super) fn is_in_the_way(one: &str, other: &str) -> bool {
    let is_below = |name: &str, folder: &str| {
        let rest = name.strip_prefix(folder);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    is_below(one, other) || is_below(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_names_the_key_of_its_ticket() {
        for name in [
            "web-1",
            "WEB-1",
            "kit/web-1-login",
            "web-1/login",
            "x_web-1",
        ] {
            assert!(names_key(name, "WEB-1"), "{name}");
        }
        for name in [
            "main",
            "web-12",
            "kit/web-1b",
            "myweb-1",
            "xweb-1/web-11",
            "",
        ] {
            assert!(!names_key(name, "WEB-1"), "{name}");
        }
    }

    #[test]
    fn a_folder_is_in_the_way_of_a_branch() {
        for (one, other) in [("kit", "kit/web-1"), ("kit/web-1/a", "kit/web-1")] {
            assert!(is_in_the_way(one, other));
        }
        for (one, other) in [("kit", "kit"), ("kit", "kit-2/x"), ("kit/a", "kit/b")] {
            assert!(!is_in_the_way(one, other));
        }
    }
}
