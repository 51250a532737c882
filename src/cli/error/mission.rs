//! Errors of missions: finding one, creating one, and its `meta.json`.

use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::journey::CreationError;
use crate::mission::MissionError;
use crate::mission::metadata::MetadataError;
use crate::mission::slug::from_ticket;
use crate::text::shell_word;
use crate::tracker::ticket_ref;

impl From<MetadataError> for Failure {
    fn from(error: MetadataError) -> Self {
        use MetadataError as E;
        let code = match error {
            E::Missing { .. } => Code::MetaMissing,
            E::Malformed { .. } | E::Incomplete { .. } => Code::MetaInvalid,
            E::OriginTicket { .. } => Code::OriginTicketInvalid,
            E::Contended { .. } => Code::MetaContended,
            E::Outside(error) => return error.into(),
            E::Fs(error) => return error.into(),
        };
        Self::from_error(code, &error)
    }
}

impl From<MissionError> for Failure {
    fn from(error: MissionError) -> Self {
        let failure = |code| Self::from_error(code, &error);
        match &error {
            MissionError::NotFound { near, .. } => failure(Code::MissionNotFound)
                .hint(match near.as_slice() {
                    [] => Hint::run("spec-kitty mission list"),
                    near => Hint::Text(format!("did you mean {}?", near.join(" or "))),
                })
                .detail("near", near.clone()),
            MissionError::Ambiguous { names, .. } => {
                failure(Code::MissionAmbiguous).detail("missions", names.clone())
            }
            MissionError::NotAMission { .. } => {
                failure(Code::MissionNotFound).hint("use the mission's slug or number")
            }
            MissionError::Fs(_) => {
                failure(Code::IoError).hint("kitty-specs/ must be a readable folder")
            }
        }
    }
}

impl From<CreationError> for Failure {
    fn from(error: CreationError) -> Self {
        use CreationError as E;
        let failure = |code| Self::from_error(code, &error);
        match error {
            E::InvalidSlug(ref slug) => failure(Code::InvalidSlug).hint(better_slug(slug)),
            E::InvalidMissionType(_) => failure(Code::InvalidMissionType),
            E::InvalidBranch(_) => failure(Code::InvalidBranch),
            E::NotARepository(_) => failure(Code::NotAGitRepository),
            E::DetachedHead => failure(Code::DetachedHead),
            E::InsideWorktree(_) => failure(Code::InsideWorktree),
            E::SpecsUnusable(_) => {
                failure(Code::RepoState).hint("replace kitty-specs with a real folder")
            }
            E::NumberTaken { ref by, .. } => {
                failure(Code::NumberTaken).detail("taken_by", by.clone())
            }
            E::SlugTaken { ref by, .. } => failure(Code::SlugTaken).detail("taken_by", by.clone()),
            E::Hidden(ref name) => {
                let folder = shell_word(&format!("kitty-specs/{name}"));
                let command = format!("git sparse-checkout add {folder}");
                failure(Code::RepoState).hint(Hint::Run(command))
            }
            E::Metadata(error) => error.into(),
            E::Git(error) => error.into(),
            E::Fs(error) => error.into(),
            E::Lock(error) => error.into(),
        }
    }
}

fn better_slug(slug: &str) -> Hint {
    if ticket_ref::parse(slug).is_ok() {
        let command = format!("spec-kitty specify --from-ticket {}", shell_word(slug));
        return Hint::instead("to start from that ticket, run", command);
    }
    Hint::Text(format!("try: {}", from_ticket(slug, "")))
}
