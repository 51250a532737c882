//! `research/ticket.md`: the ticket as it was when the mission began. Its front matter says what can
//! be compared with the ticket of today.

use std::path::Path;

use serde::Deserialize;

use super::Mission;
use crate::fs::{read_bounded, yaml_block};
use crate::project::inside::real_path;

/// The file's path in the mission's folder.
pub(crate) const TICKET_FILE: &str = "research/ticket.md";
const MAX_BYTES: u64 = 1024 * 1024;
const FENCE: &str = "---\n";

/// The front matter of the file. A key that is missing or has another type is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct TicketFile {
    /// The tracker's name of the status.
    pub status: Option<String>,
    /// The SHA-256 of the ticket's body, in hexadecimal digits.
    pub body_sha256: Option<String>,
}

impl TicketFile {
    /// Reads the file of a mission; `None` if there is none. Nothing is known if it cannot be read.
    pub(crate) fn load(root: &Path, mission: &Mission) -> Option<Self> {
        let path = mission.directory.join(TICKET_FILE);
        if !path.exists() {
            return None;
        }
        let read = || {
            let bytes = read_bounded(&real_path(root, &path).ok()?, MAX_BYTES).ok()??;
            Some(Self::parse(&String::from_utf8_lossy(&bytes)))
        };
        Some(read().unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let front_matter = text.strip_prefix(FENCE).and_then(|rest| {
            let (front_matter, _) = rest.split_once(&format!("\n{FENCE}"))?;
            yaml_block::parse(front_matter).ok()
        });
        front_matter.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_front_matter_counts() {
        let known = TicketFile {
            status: Some("In Progress".to_owned()),
            body_sha256: Some("ab12".to_owned()),
        };
        let text =
            "---\nhandoff_packet: 1\nstatus: In Progress\nbody_sha256: ab12\n---\n\nstatus: x\n";
        assert_eq!(TicketFile::parse(text), known);
        for text in ["", "status: x\n", "---\nstatus: x\n", "---\n[\n---\n"] {
            assert_eq!(TicketFile::parse(text), TicketFile::default(), "{text}");
        }
    }
}
