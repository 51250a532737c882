//! The command that goes on with what was cut off.

use crate::journey::{Creation, Journey, Step};
use crate::text::shell_word;

/// The command that completes a journey, or ends it.
pub(crate) fn resuming_command(journey: &Journey) -> String {
    format!("spec-kitty {}", resuming_words(journey))
}

/// [`resuming_command`] without the program's name.
pub(crate) fn resuming_words(journey: &Journey) -> String {
    let mission = shell_word(&journey.mission);
    let ticket = journey.ticket.as_ref();
    let key = ticket.map(|ticket| shell_word(ticket.candidate.external_issue_key()));
    match (&journey.creation, key) {
        _ if journey.unbind.is_some() => {
            format!("tracker unbind-origin --mission {mission} --yes")
        }
        _ if journey.taken => format!("mission discard {mission}"),
        (Some(creation), Some(key)) => {
            let duplicate = if creation.duplicate {
                " --allow-duplicate"
            } else {
                ""
            };
            let branch = branch(creation);
            format!("specify --from-ticket {key}{branch}{duplicate} --yes")
        }
        (None, Some(key)) => format!("tracker bind-origin --mission {mission} --key {key} --yes"),
        (Some(creation), None) if journey.owed() != [Step::RecordCreated] => {
            format!("specify {}{}", creation.slug, branch(creation))
        }
        (_, None) => "sync now".to_owned(),
    }
}

/// The option that finds the branch of a mission again, wherever the user is.
fn branch(creation: &Creation) -> String {
    let branch = creation.branch.as_ref();
    let option = branch.map(|branch| format!(" --branch={}", shell_word(&branch.name)));
    option.unwrap_or_default()
}
