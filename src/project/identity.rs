//! Who the project is: its uuid, its names, and the machine that speaks for it.
//!
//! The uuid stands in `.kittify/config.yaml`. Before `init` has written one there, a random one is
//! kept outside the tree (DESIGN §4), so that no other command has to change the user's files;
//! `init` adopts it, and events from before and after `init` belong to one project.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::config::{self, BrokenConfig, ConfigError};
use super::git_remote::{self, RemoteNames};
use crate::fs::lock::{self, LockError};
use crate::fs::replace::{Mode, replace};
use crate::fs::yaml_block::{self, Change};
use crate::fs::{FsError, ensure_private_directory, read_bounded};
use crate::text::hex;
use crate::world::{EntropyError, World};

const KEY: &str = "project";
const LOCK_WAIT: Duration = Duration::from_secs(5);
const MAX_KEPT_BYTES: u64 = 4096;

/// The project as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectIdentity {
    /// Random once, then the same for ever.
    pub project_uuid: String,
    /// A short name in lower case.
    pub project_slug: String,
    /// Twelve hex digits that stand for this machine and user.
    pub node_id: String,
    /// `owner/name` of a hosted remote.
    pub repo_slug: Option<String>,
}

/// Why the identity could not be had.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// `.kittify/config.yaml` cannot be understood or changed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The identity kept outside the tree could not be read or written.
    #[error(transparent)]
    Kept(#[from] FsError),
    /// What is kept outside the tree is no identity.
    #[error("{} holds no project identity", path.display())]
    KeptBroken {
        /// The file.
        path: PathBuf,
    },
    /// The operating system provides no random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Another process was making one for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
}

#[derive(Debug, Default, Deserialize)]
struct Document {
    project: Option<Block>,
}

#[derive(Debug, Default, Deserialize)]
struct Block {
    uuid: Option<String>,
    slug: Option<String>,
    node_id: Option<String>,
    repo_slug: Option<String>,
}

/// The file outside the tree.
#[derive(Serialize, Deserialize)]
struct Kept {
    project_uuid: Uuid,
}

/// Whether the configuration says all that the URL of a remote could add, so that nobody need ask
/// git for one.
pub(crate) fn is_complete(root: &Path) -> Result<bool, IdentityError> {
    let block = read(root)?;
    Ok(non_empty(block.slug).is_some() && non_empty(block.repo_slug).is_some())
}

/// The identity in `.kittify/config.yaml`; where it holds no uuid, the one kept in `keep_file`,
/// which is made on the first call. The configuration is never written here.
pub(crate) fn load(
    world: &World,
    root: &Path,
    keep_file: &Path,
    remote_url: Option<&str>,
) -> Result<ProjectIdentity, IdentityError> {
    let block = read(root)?;
    let project_uuid = match uuid_of(root, &block)? {
        Some(uuid) => uuid,
        None => kept(world, keep_file)?,
    };
    let remote = remote_url.map(git_remote::parse).unwrap_or_default();
    Ok(ProjectIdentity {
        project_uuid: project_uuid.to_string(),
        project_slug: non_empty(block.slug).unwrap_or_else(|| default_slug(root, &remote)),
        node_id: node_id(world),
        repo_slug: non_empty(block.repo_slug).or(remote.repo_slug),
    })
}

/// Writes what is missing of the `project` block; the identity, and whether anything was written.
pub(crate) fn establish(
    world: &World,
    root: &Path,
    lock_directory: &Path,
    keep_file: &Path,
    remote_url: Option<&str>,
) -> Result<(ProjectIdentity, bool), IdentityError> {
    let identity = load(world, root, keep_file, remote_url)?;
    let written = config::edit(world, root, lock_directory, |text| {
        let block = yaml_block::parse::<Document>(text)?
            .project
            .unwrap_or_default();
        // A project that has a uuid is complete: what else is missing was left out on purpose.
        if non_empty(block.uuid).is_some() {
            return Ok(text.to_owned());
        }
        let mut missing = vec![("uuid", identity.project_uuid.as_str())];
        if non_empty(block.slug).is_none() {
            missing.push(("slug", &identity.project_slug));
        }
        if non_empty(block.node_id).is_none() {
            missing.push(("node_id", &identity.node_id));
        }
        if let (None, Some(repo_slug)) = (non_empty(block.repo_slug), &identity.repo_slug) {
            missing.push(("repo_slug", repo_slug));
        }
        let template: Vec<_> = missing
            .iter()
            .map(|(name, _)| format!("  {name}: null\n"))
            .collect();
        let changes: Vec<_> = missing
            .iter()
            .map(|(name, value)| Change::Set(name, value))
            .collect();
        yaml_block::change_block(text, KEY, &template.concat(), &changes)
    })?;
    Ok((load(world, root, keep_file, remote_url)?, written))
}

/// The first twelve hex digits of the SHA-256 of `hostname:username`.
pub(crate) fn node_id(world: &World) -> String {
    let (host, user) = world.host_and_user();
    let digest = Sha256::digest(format!("{host}:{user}"));
    hex(digest.get(..6).unwrap_or_default())
}

fn read(root: &Path) -> Result<Block, ConfigError> {
    Ok(config::read::<Document>(root)?.project.unwrap_or_default())
}

/// The queue's folder is named after the uuid, so anything else is refused here.
fn uuid_of(root: &Path, block: &Block) -> Result<Option<Uuid>, ConfigError> {
    let Some(text) = block.uuid.as_deref().filter(|uuid| !uuid.is_empty()) else {
        return Ok(None);
    };
    Uuid::parse_str(text).map(Some).map_err(|_| {
        let broken = BrokenConfig::Field {
            field: "project.uuid",
            rule: "must be a UUID",
        };
        config::broken(root, broken)
    })
}

/// The uuid kept outside the tree, made under a lock where there is none yet.
fn kept(world: &World, keep_file: &Path) -> Result<Uuid, IdentityError> {
    if let Some(uuid) = read_kept(keep_file)? {
        return Ok(uuid);
    }
    if let Some(folder) = keep_file.parent() {
        ensure_private_directory(folder)?;
    }
    let _lock = lock::acquire(world, &keep_file.with_extension("lock"), LOCK_WAIT)?;
    if let Some(uuid) = read_kept(keep_file)? {
        return Ok(uuid);
    }
    let project_uuid = world.random_uuid()?;
    let text = serde_json::json!(Kept { project_uuid }).to_string() + "\n";
    replace(keep_file, text.as_bytes(), Mode::Private)?;
    Ok(project_uuid)
}

fn read_kept(keep_file: &Path) -> Result<Option<Uuid>, IdentityError> {
    let Some(bytes) = read_bounded(keep_file, MAX_KEPT_BYTES)? else {
        return Ok(None);
    };
    serde_json::from_slice::<Kept>(&bytes)
        .map(|kept| Some(kept.project_uuid))
        .map_err(|_| IdentityError::KeptBroken {
            path: keep_file.to_owned(),
        })
}

fn default_slug(root: &Path, remote: &RemoteNames) -> String {
    let folder = || git_remote::slug(&root.file_name()?.to_string_lossy());
    remote
        .project_slug
        .clone()
        .or_else(folder)
        .unwrap_or_else(|| "project".to_owned())
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

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

        fn keep_file(&self) -> PathBuf {
            self.folder.path().join("kept/project.json")
        }

        fn load(&self, remote: Option<&str>) -> Result<ProjectIdentity, IdentityError> {
            load(&self.world, self.root(), &self.keep_file(), remote)
        }

        fn establish(&self, remote: Option<&str>) -> (ProjectIdentity, bool) {
            let lock = self.folder.path().join("kept");
            establish(&self.world, self.root(), &lock, &self.keep_file(), remote).unwrap()
        }

        fn text(&self) -> String {
            fs::read_to_string(config::path(self.root())).unwrap()
        }
    }

    #[test]
    fn what_is_kept_outside_the_tree_is_made_once_and_adopted() {
        let project = Project::new(None);
        let first = project.load(None).unwrap();
        assert_eq!(project.load(None).unwrap(), first);
        assert!(!config::path(project.root()).exists());
        let (adopted, written) = project.establish(None);
        assert!(written);
        assert_eq!(adopted, first);
        fs::remove_file(project.keep_file()).unwrap();
        assert_eq!(project.load(None).unwrap(), first);
        assert!(!project.keep_file().exists());
        assert!(!project.establish(None).1, "safe to repeat");
    }

    #[test]
    fn threads_that_ask_at_once_get_one_uuid() {
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
    fn establishing_adds_only_what_is_missing() {
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
    fn a_broken_kept_file_is_named_and_left_alone() {
        let project = Project::new(None);
        fs::create_dir(project.folder.path().join("kept")).unwrap();
        replace(&project.keep_file(), b"{}", Mode::Private).unwrap();
        let error = project.load(None).unwrap_err();
        assert!(error.to_string().contains("project.json"), "{error}");
        assert_eq!(fs::read(project.keep_file()).unwrap(), b"{}");
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
