//! The identity of a project: UUID, names and machine.
//!
//! `.kittify/config.yaml` contains the UUID. Before `init`, a file outside the work tree contains a
//! random one, so other commands need not change the user's files. `init` writes this UUID to the
//! configuration, so events from before and after `init` belong to the same project.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ProjectError;
use super::config::{self, BrokenConfig, ConfigError, non_empty};
use super::git_remote::{self, RemoteNames};
use crate::fs::lock;
use crate::fs::replace::{Mode, replace};
use crate::fs::yaml_block::{self, Change};
use crate::fs::{ensure_private_directory, read_bounded};
use crate::text::hex;
use crate::world::World;

const KEY: &str = "project";
const LOCK_WAIT: Duration = Duration::from_secs(5);
const MAX_UUID_FILE_BYTES: u64 = 4096;

/// The project in events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProjectIdentity {
    /// Random, and constant.
    pub project_uuid: String,
    /// A short name in lower case.
    pub project_slug: String,
    /// Twelve hex digits for this machine and user.
    pub node_id: String,
    /// `owner/name` of a hosted remote.
    pub repo_slug: Option<String>,
}

impl ProjectIdentity {
    /// The repository's name on the wire: that of its remote, else the UUID.
    pub(crate) fn repository(&self) -> &str {
        self.repo_slug.as_deref().unwrap_or(&self.project_uuid)
    }

    /// Whether `name` is this repository. It may have had no remote when the name was sent.
    pub(crate) fn is_repository(&self, name: &str) -> bool {
        name == self.project_uuid || name.eq_ignore_ascii_case(self.repository())
    }
}

/// The part of the configuration that this module uses.
#[derive(Debug, Default, Deserialize)]
struct ConfigDocument {
    project: Option<ProjectBlock>,
}

#[derive(Debug, Default, Deserialize)]
struct ProjectBlock {
    uuid: Option<String>,
    slug: Option<String>,
    node_id: Option<String>,
    repo_slug: Option<String>,
}

/// The content of the UUID file.
#[derive(Deserialize)]
struct UuidFile {
    project_uuid: Uuid,
}

/// Whether the configuration contains all names that the URL of a remote could provide.
pub(crate) fn is_complete(root: &Path) -> Result<bool, ProjectError> {
    let block = read(root)?;
    Ok(non_empty(block.slug).is_some() && non_empty(block.repo_slug).is_some())
}

/// The identity in `.kittify/config.yaml`. If that has no UUID, `uuid_file` provides one; the first
/// call creates the file. Never writes the configuration.
pub(crate) fn load(
    world: &World,
    root: &Path,
    uuid_file: &Path,
    remote_url: Option<&str>,
) -> Result<ProjectIdentity, ProjectError> {
    let block = read(root)?;
    let project_uuid = match uuid_of(root, &block)? {
        Some(uuid) => uuid,
        None => uuid_in_file(world, uuid_file)?,
    };
    let remote = remote_url.map(git_remote::parse).unwrap_or_default();
    Ok(ProjectIdentity {
        project_uuid: project_uuid.to_string(),
        project_slug: non_empty(block.slug).unwrap_or_else(|| default_slug(root, &remote)),
        node_id: node_id(world),
        repo_slug: non_empty(block.repo_slug).or(remote.repo_slug),
    })
}

/// Adds missing keys to the `project` block. Returns the identity and whether the file changed.
pub(crate) fn establish(
    world: &World,
    root: &Path,
    lock_directory: &Path,
    uuid_file: &Path,
    remote_url: Option<&str>,
) -> Result<(ProjectIdentity, bool), ProjectError> {
    let identity = load(world, root, uuid_file, remote_url)?;
    let written = config::edit(world, root, lock_directory, |text| {
        let document: ConfigDocument = yaml_block::parse(text)?;
        let block = document.project.unwrap_or_default();
        // If there is a UUID, other keys are missing on purpose.
        if non_empty(block.uuid).is_some() {
            return Ok(text.to_owned());
        }
        let keys = [
            ("uuid", None, Some(&identity.project_uuid)),
            ("slug", block.slug, Some(&identity.project_slug)),
            ("node_id", block.node_id, Some(&identity.node_id)),
            ("repo_slug", block.repo_slug, identity.repo_slug.as_ref()),
        ];
        let (mut template, mut changes) = (String::new(), Vec::new());
        for (name, existing, value) in keys {
            if let (None, Some(value)) = (non_empty(existing), value) {
                template.extend(["  ", name, ": null\n"]);
                changes.push(Change::Set(name, value));
            }
        }
        yaml_block::change_block(text, KEY, &template, &changes)
    })?;
    Ok((load(world, root, uuid_file, remote_url)?, written))
}

/// The first twelve hex digits of the SHA-256 of `hostname:username`.
pub(crate) fn node_id(world: &World) -> String {
    let (host, user) = world.host_and_user();
    let digest = Sha256::digest(format!("{host}:{user}"));
    hex(digest.get(..6).unwrap_or_default())
}

fn read(root: &Path) -> Result<ProjectBlock, ConfigError> {
    Ok(config::read::<ConfigDocument>(root)?
        .project
        .unwrap_or_default())
}

/// The UUID in the configuration. Refuses other text, because the UUID is also a folder name.
fn uuid_of(root: &Path, block: &ProjectBlock) -> Result<Option<Uuid>, ConfigError> {
    let Some(text) = block.uuid.as_deref().filter(|uuid| !uuid.is_empty()) else {
        return Ok(None);
    };
    Uuid::parse_str(text)
        .map(Some)
        .map_err(|_| config::broken(root, BrokenConfig::Field("project.uuid must be a UUID")))
}

/// The UUID in the UUID file. Creates the file under a lock if it is missing.
fn uuid_in_file(world: &World, uuid_file: &Path) -> Result<Uuid, ProjectError> {
    if let Some(uuid) = read_uuid_file(uuid_file)? {
        return Ok(uuid);
    }
    if let Some(folder) = uuid_file.parent() {
        ensure_private_directory(folder)?;
    }
    let _lock = lock::acquire(world, &uuid_file.with_extension("lock"), LOCK_WAIT)?;
    if let Some(uuid) = read_uuid_file(uuid_file)? {
        return Ok(uuid);
    }
    let project_uuid = world.random_uuid()?;
    let text = format!("{{\"project_uuid\":\"{project_uuid}\"}}\n");
    replace(uuid_file, text.as_bytes(), Mode::Private)?;
    Ok(project_uuid)
}

fn read_uuid_file(uuid_file: &Path) -> Result<Option<Uuid>, ProjectError> {
    let Some(bytes) = read_bounded(uuid_file, MAX_UUID_FILE_BYTES)? else {
        return Ok(None);
    };
    match serde_json::from_slice::<UuidFile>(&bytes) {
        Ok(file) => Ok(Some(file.project_uuid)),
        Err(_) => Err(ProjectError::UuidFileBroken(uuid_file.to_owned())),
    }
}

fn default_slug(root: &Path, remote: &RemoteNames) -> String {
    let folder = || git_remote::slug(&root.file_name()?.to_string_lossy());
    let slug = remote.project_slug.clone().or_else(folder);
    slug.unwrap_or_else(|| "project".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    const UUID: &str = "550e8400-e29b-41d4-a716-446655440000";

    struct Project {
        folder: tempfile::TempDir,
        world: World,
    }

    impl Project {
        fn new(config: Option<&str>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("Web_App");
            fs::create_dir_all(root.join(".kittify")).unwrap();
            if let Some(text) = config {
                let file = config::path(&root);
                replace(&file, text.as_bytes(), Mode::Shared).unwrap();
            }
            let world = World::with_variables(root, [("USER", "ada")]);
            Self { folder, world }
        }

        fn root(&self) -> &Path {
            self.world.directory()
        }

        fn uuid_file(&self) -> PathBuf {
            self.folder.path().join("common/project.json")
        }

        fn load(&self, remote: Option<&str>) -> Result<ProjectIdentity, ProjectError> {
            load(&self.world, self.root(), &self.uuid_file(), remote)
        }

        fn establish(&self, remote: Option<&str>) -> (ProjectIdentity, bool) {
            let lock = self.folder.path().join("common");
            establish(&self.world, self.root(), &lock, &self.uuid_file(), remote).unwrap()
        }

        fn text(&self) -> String {
            fs::read_to_string(config::path(self.root())).unwrap()
        }
    }

    #[test]
    fn the_uuid_file_is_created_once_and_adopted() {
        let project = Project::new(None);
        let first = project.load(None).unwrap();
        assert_eq!(project.load(None).unwrap(), first);
        assert!(!config::path(project.root()).exists());
        let (adopted, written) = project.establish(None);
        assert!(written);
        assert_eq!(adopted, first);
        fs::remove_file(project.uuid_file()).unwrap();
        assert_eq!(project.load(None).unwrap(), first);
        assert!(!project.uuid_file().exists());
        assert!(!project.establish(None).1, "safe to repeat");
    }

    #[test]
    fn concurrent_threads_get_one_uuid() {
        let project = Project::new(None);
        let mut found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| project.load(None).unwrap().project_uuid))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        found.dedup();
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn names_come_from_the_configuration_then_the_remote_then_the_folder() {
        let remote = Some("git@github.com:Acme/Shop_Front.git");
        let bare = Project::new(None);
        assert_eq!(bare.load(None).unwrap().project_slug, "web-app");
        assert_eq!(bare.load(None).unwrap().repo_slug, None);
        let named = bare.load(remote).unwrap();
        assert_eq!(named.project_slug, "shop-front");
        assert_eq!(named.repo_slug.as_deref(), Some("Acme/Shop_Front"));
        let written = Project::new(Some(&format!(
            "project: {{uuid: {UUID}, slug: ours, node_id: ffffffffffff, repo_slug: a/b}}\n"
        )));
        let found = written.load(remote).unwrap();
        assert!(is_complete(written.root()).unwrap() && !is_complete(bare.root()).unwrap());
        assert_eq!(found, written.load(None).unwrap());
        assert_eq!(found.project_uuid, UUID);
        assert_eq!(found.project_slug, "ours");
        assert_eq!(found.repo_slug.as_deref(), Some("a/b"));
        assert_eq!(
            found.node_id,
            node_id(&written.world),
            "another machine's does not count"
        );
    }

    #[test]
    fn establishing_adds_only_missing_keys() {
        let project = Project::new(Some(
            "# head\nproject:\n  slug: ours # kept\n  extra: 1\nz: 2\n",
        ));
        let (identity, _) = project.establish(Some("https://h.example/a/b.git"));
        let expected = format!(
            "# head\nproject:\n  uuid: {}\n  node_id: {}\n  repo_slug: a/b\n  slug: ours # kept\n  extra: 1\nz: 2\n",
            yaml_block::scalar(&identity.project_uuid),
            yaml_block::scalar(&identity.node_id),
        );
        assert_eq!(project.text(), expected);
    }

    #[test]
    fn a_uuid_that_could_name_another_folder_is_refused() {
        for uuid in ["../../x", "yes", "{}x", "550e8400"] {
            let project = Project::new(Some(&format!("project: {{uuid: '{uuid}'}}\n")));
            let error = project.load(None).unwrap_err();
            assert!(error.to_string().contains("config.yaml"), "{error}");
        }
        let project = Project::new(Some(&format!("project: {{uuid: {}}}", UUID.to_uppercase())));
        assert_eq!(project.load(None).unwrap().project_uuid, UUID);
    }

    #[test]
    fn a_broken_uuid_file_is_an_error_and_stays() {
        let project = Project::new(None);
        fs::create_dir(project.folder.path().join("common")).unwrap();
        replace(&project.uuid_file(), b"{}", Mode::Private).unwrap();
        let error = project.load(None).unwrap_err();
        assert!(error.to_string().contains("project.json"), "{error}");
        assert_eq!(fs::read(project.uuid_file()).unwrap(), b"{}");
    }

    #[test]
    fn the_node_is_the_hash_of_host_and_user() {
        let world = |user| World::with_variables(PathBuf::from("/"), [("USER", user)]);
        let id = node_id(&world("ada"));
        assert_eq!(id.len(), 12);
        assert!(id.chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(id, node_id(&world("ada")));
        assert_ne!(id, node_id(&world("bob")));
    }
}
