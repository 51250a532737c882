//! `spec-kitty init`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use crate::cli::{Code, CommandResult, Context, Failure, Hint, Outcome};
use crate::fs::FsError;
use crate::git::repository::{Discovered, Repository, discover};
use crate::git::settings;
use crate::project::config::CONFIG_FILE;
use crate::project::identity::{self, ProjectIdentity};
use crate::project::paths::{self, SPECS};
use crate::project::{UUID_FILE, shared_directory};
use crate::text::one_line;
use crate::world::World;

#[derive(Serialize)]
struct InitAnswer {
    created: bool,
    written: Vec<String>,
    config_file: &'static str,
    specs_dir: &'static str,
    #[serde(flatten)]
    identity: ProjectIdentity,
}

/// Creates the project's configuration and the folder of its missions if they are missing.
pub(crate) fn run(context: &Context) -> CommandResult {
    let (identity, written) = establish(&context.world)?;
    let text = text(context, &written, &identity.project_slug);
    let answer = json!(InitAnswer {
        created: !written.is_empty(),
        written,
        config_file: CONFIG_FILE,
        specs_dir: SPECS,
        identity,
    });
    Ok(Outcome::new("spec-kitty.init/1", answer, text))
}

/// Refuses a place that cannot become a project. Returns its repository and its root.
pub(crate) fn check(world: &World) -> Result<(Repository, PathBuf), Failure> {
    let repository = repository(world)?;
    let root = paths::find_root(world)?;
    for folder in [".kittify", SPECS] {
        require_folder_or_nothing(&root, folder)?;
    }
    Ok((repository, root))
}

/// Writes what is missing. Returns the project's identity, and what was written.
pub(crate) fn establish(world: &World) -> Result<(ProjectIdentity, Vec<String>), Failure> {
    let (repository, root) = check(world)?;
    let shared = shared_directory(Some(&repository), &world.state_directory(), &root);
    let uuid_file = shared.join(UUID_FILE);
    let remote = settings::read(world, &repository.root)?.remote_url();
    let (identity, config_written) =
        identity::establish(world, &root, &shared, &uuid_file, remote.as_deref())?;
    let mut written = Vec::new();
    if config_written {
        written.push(CONFIG_FILE.to_owned());
    }
    let specs = root.join(SPECS);
    match fs::create_dir(&specs) {
        Ok(()) => written.push(format!("{SPECS}/")),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(FsError::on("create the folder", &specs)(error).into()),
    }
    Ok((identity, written))
}

fn repository(world: &World) -> Result<Repository, Failure> {
    let here = world.directory().display();
    match discover(world, world.directory())? {
        Discovered::Repository(repository) => Ok(repository),
        Discovered::Bare(_) => {
            let message = format!("{here} is a bare git repository without a work tree");
            Err(Failure::new(Code::RepoState, message).hint("run this in a clone of it"))
        }
        Discovered::None => {
            let message = format!("{here} is not in a git repository");
            Err(Failure::new(Code::NotAGitRepository, message)
                .hint(Hint::run("git init && spec-kitty init")))
        }
    }
}

/// Refuses to write anything if the name belongs to a file or a link.
fn require_folder_or_nothing(root: &Path, name: &str) -> Result<(), Failure> {
    let path = root.join(name);
    let why = match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FsError::on("look at", &path)(error).into()),
        Ok(found) if found.is_symlink() => "is a symbolic link",
        Ok(_) => "is not a folder",
    };
    let message = format!("{} {why}", path.display());
    Err(Failure::new(Code::RepoState, message).hint(Hint::lead_to(
        "move it out of the way, then run",
        "spec-kitty init",
    )))
}

fn text(context: &Context, written: &[String], project_slug: &str) -> String {
    if !context.ui.stdout_is_terminal() {
        return written.join("\n");
    }
    let project_slug = one_line(project_slug);
    if written.is_empty() {
        return format!("{project_slug} is already a spec-kitty project.");
    }
    format!(
        "{project_slug} is now a spec-kitty project: created {}.\nNext: spec-kitty tracker bind --provider linear --project-slug {project_slug}",
        written.join(", ")
    )
}
