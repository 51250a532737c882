//! The tracker a project is bound to: the `tracker` block of `.kittify/config.yaml`.

use std::path::Path;

use serde::Deserialize;

use crate::fs::yaml_block::{self, Change, YamlError};
pub(crate) use crate::project::config::ConfigError;
use crate::project::config::{self, BrokenConfig, non_empty};
use crate::wire::{Provider, UnsupportedProvider};
use crate::world::World;

const KEY: &str = "tracker";
/// A new block.
const TEMPLATE: &str = "  provider: null
  project_slug: null
  workspace: null
  doctrine:
    mode: external_authoritative
    field_owners: {}
";

/// The project's tracker as its configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackerBinding {
    /// As written; it may be a provider without origin support.
    pub provider: String,
    /// The project's name at the control plane.
    pub project_slug: Option<String>,
    /// The control plane's own reference, if it gave one.
    pub binding_ref: Option<String>,
    /// The name that other versions of spec-kitty show.
    pub display_label: Option<String>,
}

impl TrackerBinding {
    /// The project, as a person knows it.
    pub(crate) fn project(&self) -> Option<&str> {
        let names = [&self.display_label, &self.project_slug, &self.binding_ref];
        names.into_iter().find_map(Option::as_deref)
    }

    /// Whether this is the binding to a project of the control plane.
    pub(crate) fn is(&self, provider: Provider, project_slug: &str) -> bool {
        self.provider == provider.as_str() && self.project_slug.as_deref() == Some(project_slug)
    }

    /// The provider, if its tickets can be the origin of a mission.
    pub(crate) fn origin_provider(&self) -> Result<Provider, UnsupportedProvider> {
        self.provider.parse()
    }
}

/// A binding whose provider's tickets can be the origin of a mission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginBinding {
    pub provider: Provider,
    /// The project's name at the control plane; `None` if `binding_ref` replaces it.
    pub project_slug: Option<String>,
    /// The control plane's own reference, if it gave one.
    pub binding_ref: Option<String>,
}

/// Why the project's tracker cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindingError {
    #[error("No tracker bound. Run `spec-kitty tracker bind` first.")]
    NotBound,
    #[error(
        "Only Jira and Linear tickets can be the origin of a mission; this project is bound to {0:?}"
    )]
    UnsupportedProvider(String),
    #[error("the ticket is a {} ticket; this project uses {}", asked.title(), bound.title())]
    OtherProvider { asked: Provider, bound: Provider },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl OriginBinding {
    /// The binding of the project at `root`.
    pub(crate) fn load(root: &Path) -> Result<Self, BindingError> {
        let binding = load(root)?.ok_or(BindingError::NotBound)?;
        let provider = binding
            .origin_provider()
            .map_err(|UnsupportedProvider(name)| BindingError::UnsupportedProvider(name))?;
        let binding_ref = binding.binding_ref;
        let project_slug = binding.project_slug.filter(|_| binding_ref.is_none());
        Ok(Self {
            provider,
            project_slug,
            binding_ref,
        })
    }

    /// Refuses a provider other than the project's.
    pub(crate) fn require(&self, asked: Option<Provider>) -> Result<(), BindingError> {
        let bound = self.provider;
        match asked {
            Some(asked) if asked != bound => Err(BindingError::OtherProvider { asked, bound }),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Document {
    tracker: Option<Block>,
}

#[derive(Debug, Default, Deserialize)]
struct Block {
    provider: Option<String>,
    project_slug: Option<String>,
    binding_ref: Option<String>,
    display_label: Option<String>,
}

/// Loads the binding. A block without a provider binds to nothing. One without a project is an error,
/// unless its provider needs none: a tracker that is local files.
pub(crate) fn load(root: &Path) -> Result<Option<TrackerBinding>, ConfigError> {
    let recorded = recorded(root)?;
    let is_broken = recorded.as_ref().is_some_and(|binding| {
        binding.origin_provider().is_ok()
            && binding.project_slug.is_none()
            && binding.binding_ref.is_none()
    });
    if is_broken {
        let broken = BrokenConfig::Field("tracker.project_slug is missing");
        return Err(config::broken(root, broken));
    }
    Ok(recorded)
}

/// The binding as it is recorded, with or without a project. A block without a provider binds to
/// nothing.
pub(crate) fn recorded(root: &Path) -> Result<Option<TrackerBinding>, ConfigError> {
    let block = config::read::<Document>(root)?.tracker.unwrap_or_default();
    let Some(provider) = non_empty(block.provider) else {
        return Ok(None);
    };
    Ok(Some(TrackerBinding {
        provider,
        project_slug: non_empty(block.project_slug),
        binding_ref: non_empty(block.binding_ref),
        display_label: non_empty(block.display_label),
    }))
}

/// Binds the project to a tracker; returns whether anything changed. `lock_directory` is outside the
/// work tree: `spec-kitty` in the common git folder, else in the state directory.
pub(crate) fn bind(
    world: &World,
    root: &Path,
    lock_directory: &Path,
    provider: Provider,
    project_slug: &str,
) -> Result<bool, ConfigError> {
    config::edit(world, root, lock_directory, |text| {
        bound(text, provider, project_slug)
    })
}

/// Refuses a file that [`bind`] cannot change.
pub(crate) fn rehearse_bind(
    root: &Path,
    provider: Provider,
    project_slug: &str,
) -> Result<(), ConfigError> {
    config::rehearse(root, |text| bound(text, provider, project_slug))
}

fn bound(text: &str, provider: Provider, project_slug: &str) -> Result<String, YamlError> {
    let set = [
        Change::Set("provider", provider.as_str()),
        Change::Set("project_slug", project_slug),
    ];
    let same = yaml_block::change_block(text, KEY, TEMPLATE, &set)?;
    if same == text {
        return Ok(same);
    }
    // These belong to the old binding.
    let [provider, project] = set;
    let changes = [
        Change::Remove("binding_ref"),
        Change::Remove("display_label"),
        Change::Remove("provider_context"),
        provider,
        project,
    ];
    yaml_block::change_block(text, KEY, TEMPLATE, &changes)
}

/// Removes the binding; returns whether there was one.
pub(crate) fn unbind(
    world: &World,
    root: &Path,
    lock_directory: &Path,
) -> Result<bool, ConfigError> {
    config::edit(world, root, lock_directory, |text| {
        yaml_block::remove_block(text, KEY)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Project {
        folder: tempfile::TempDir,
        world: World,
    }

    impl Project {
        fn with(text: &[u8]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join(".kittify")).unwrap();
            let file = config::path(folder.path());
            crate::fs::replace::replace(&file, text, crate::fs::replace::Mode::Shared).unwrap();
            let world = World::with_variables::<&str, &str>(folder.path().to_owned(), []);
            Self { folder, world }
        }

        fn root(&self) -> &Path {
            self.folder.path()
        }

        fn text(&self) -> String {
            fs::read_to_string(config::path(self.root())).unwrap()
        }

        fn bind(&self, provider: Provider, slug: &str) -> bool {
            let lock = self.root().join("lock");
            bind(&self.world, self.root(), &lock, provider, slug).unwrap()
        }
    }

    #[test]
    fn values_are_read_as_the_text_they_are() {
        let table = [
            (
                "tracker:\n  provider: yes\n  project_slug: 1.10\n",
                Some(("yes", "1.10")),
            ),
            (
                "tracker: {provider: jira, project_slug: 'a b'}",
                Some(("jira", "a b")),
            ),
            (
                "d: &d {provider: linear}\ntracker: {<<: *d, project_slug: 007}",
                Some(("linear", "007")),
            ),
            ("tracker:\n", None),
            ("tracker: {}\n", None),
            ("tracker: {provider: '', project_slug: x}\n", None),
            ("", None),
            ("---\n", None),
            ("project: {uuid: x}\n", None),
        ];
        for (text, expected) in table {
            let found = load(Project::with(text.as_bytes()).root()).unwrap();
            let found = found
                .as_ref()
                .map(|b| (b.provider.as_str(), b.project_slug.as_deref().unwrap()));
            assert_eq!(found, expected, "{text:?}");
        }
        assert_eq!(load(Path::new("/nonexistent")).unwrap(), None);
    }

    #[test]
    fn a_broken_file_is_named_with_what_is_wrong() {
        let huge = vec![b'#'; 2 * 1024 * 1024];
        for text in [
            &b"[]"[..],
            b"word",
            b"tracker: [",
            b"a: 1\n---\nb: 2\n",
            b"a: 1\na: 2\n",
            b"tracker: word",
            b"tracker: {provider: [a]}",
            b"tracker: {provider: jira}",
            b"\xff\xfe",
            b"a: \0",
            &huge,
        ] {
            let project = Project::with(text);
            let error = load(project.root()).unwrap_err();
            assert!(error.to_string().contains("config.yaml"), "{error}");
        }
    }

    #[test]
    fn binding_again_elsewhere_drops_the_old_reference() {
        let text = "tracker:\n  provider: jira\n  project_slug: web\n  binding_ref: b-1 # theirs\n";
        let project = Project::with(text.as_bytes());
        assert!(!project.bind(Provider::Jira, "web"));
        assert_eq!(project.text(), text);
        assert!(project.bind(Provider::Jira, "app"));
        assert_eq!(
            project.text(),
            "tracker:\n  provider: jira\n  project_slug: app\n"
        );
    }

    #[test]
    fn unbind_undoes_bind_to_the_byte() {
        let text = "# ours\nproject:\n  uuid: x # kept\n";
        let project = Project::with(text.as_bytes());
        assert!(project.bind(Provider::Linear, "web"));
        assert_eq!(
            load(project.root()).unwrap().unwrap().project_slug.unwrap(),
            "web"
        );
        let lock = project.root().join("lock");
        assert!(unbind(&project.world, project.root(), &lock).unwrap());
        assert!(!unbind(&project.world, project.root(), &lock).unwrap());
        assert_eq!(project.text(), text);
    }
}
