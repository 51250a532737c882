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
        let (code, hint) = match error {
            MetadataError::Missing { .. } => (Code::MetaMissing, Hint::run("git checkout -- PATH")),
            MetadataError::Malformed { .. } | MetadataError::Incomplete { .. } => {
                (Code::MetaInvalid, Hint::then_same_command("fix the file"))
            }
            MetadataError::OriginTicket { .. } => (
                Code::OriginTicketInvalid,
                "pass --resource-type and --resource-id".into(),
            ),
            MetadataError::Contended { .. } => (
                Code::MetaContended,
                Hint::then_same_command("close the other program"),
            ),
            MetadataError::Outside { .. } => (
                Code::OutsideProject,
                "replace the link with a real file or folder".into(),
            ),
            MetadataError::Fs(error) => return error.into(),
        };
        Self::from_error(code, &error).hint(hint)
    }
}

impl From<MissionError> for Failure {
    fn from(error: MissionError) -> Self {
        match &error {
            MissionError::NotFound { near, .. } => {
                let hint = match near.as_slice() {
                    [] => "kitty-specs/ contains the missions".to_owned(),
                    near => format!("did you mean {}?", near.join(" or ")),
                };
                Self::from_error(Code::MissionNotFound, &error)
                    .hint(hint)
                    .detail("near", near.clone())
            }
            MissionError::Ambiguous { names, .. } => {
                Self::from_error(Code::MissionAmbiguous, &error)
                    .hint("use the full slug")
                    .detail("missions", names.clone())
            }
            MissionError::NotAMission { .. } => Self::from_error(Code::MissionNotFound, &error)
                .hint("use the mission's slug or number"),
            MissionError::Fs(_) => Self::from_error(Code::IoError, &error)
                .hint("kitty-specs/ must be a readable folder"),
        }
    }
}

impl From<CreationError> for Failure {
    fn from(error: CreationError) -> Self {
        use CreationError as E;
        let (code, hint) = match error {
            E::InvalidSlug(ref slug) => (Code::InvalidSlug, better_slug(slug)),
            E::InvalidMissionType(_) => (
                Code::InvalidMissionType,
                "omit --mission-type for software-dev".into(),
            ),
            E::InvalidBranch(_) => (
                Code::InvalidBranch,
                "omit --target-branch for the current branch".into(),
            ),
            E::NotARepository(_) => (Code::NotAGitRepository, Hint::run("git init")),
            E::DetachedHead => (Code::DetachedHead, Hint::run("git switch BRANCH")),
            E::InsideWorktree(_) => (
                Code::InsideWorktree,
                "run it again with -C and the folder of the main checkout".into(),
            ),
            E::SpecsUnusable(_) => (
                Code::RepoState,
                "replace kitty-specs with a real folder".into(),
            ),
            E::NumberTaken { ref by, .. } => {
                return Self::from_error(Code::NumberTaken, &error)
                    .hint("omit --number for the next free one")
                    .detail("taken_by", by.clone());
            }
            E::SlugTaken { ref by, .. } => {
                return Self::from_error(Code::SlugTaken, &error)
                    .hint("choose another --slug")
                    .detail("taken_by", by.clone());
            }
            E::Hidden(ref name) => {
                let folder = shell_word(&format!("kitty-specs/{name}"));
                let command = format!("git sparse-checkout add {folder}");
                (Code::RepoState, Hint::Run(command))
            }
            E::Metadata(error) => return error.into(),
            E::Git(error) => return error.into(),
            E::Fs(error) => return error.into(),
            E::Lock(error) => return error.into(),
        };
        Self::from_error(code, &error).hint(hint)
    }
}

fn better_slug(slug: &str) -> Hint {
    if ticket_ref::parse(slug).is_ok() {
        let command = format!("spec-kitty specify --from-ticket {}", shell_word(slug));
        return Hint::lead_to("to start from that ticket, run", command);
    }
    Hint::Text(format!("try: {}", from_ticket(slug, "")))
}
