//! Missions on disk: `kitty-specs/061-web-123/` and how a user names one.

pub(crate) mod commit;
pub(crate) mod committed;
pub(crate) mod folder;
pub(crate) mod hidden;
pub(crate) mod metadata;
pub mod number;
pub(crate) mod parallel;
pub mod slug;
pub(crate) mod ticket_file;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::{FsError, entries};
use crate::mission::metadata::{MetadataError, MissionMetadata, load};
use crate::mission::parallel::in_parallel;
use crate::project::inside::{contains, is_git_folder, real_path};
use crate::project::paths::SPECS;

/// A mission's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mission {
    /// An absolute path, unless the project's root is relative.
    pub directory: PathBuf,
    /// The folder's name: `061-web-123`.
    pub name: String,
}

impl Mission {
    /// The mission with this folder name, whether or not it exists.
    pub(crate) fn named(root: &Path, name: &str) -> Self {
        // A name from a file must not lead out of the folder.
        let name = Path::new(name).file_name().unwrap_or_default();
        Self {
            directory: root.join(SPECS).join(name),
            name: name.to_string_lossy().into_owned(),
        }
    }

    /// The mission's `meta.json`.
    pub(crate) fn meta_file(&self) -> PathBuf {
        self.directory.join("meta.json")
    }

    /// Whether it holds no file at all. Git leaves such a folder behind when the user checks out a
    /// branch without the mission, because git does not track empty folders.
    pub(crate) fn is_hollow(&self) -> bool {
        holds_no_file(&self.directory)
    }

    /// Reads its `meta.json`, refusing one that a symbolic link takes out of the project. The
    /// document's path is the one without links, because git commits nothing behind a link.
    pub(crate) fn load(&self, root: &Path) -> Result<MissionMetadata, MetadataError> {
        load(&real_path(root, &self.meta_file())?)
    }
}

/// False for a folder that cannot be read: it may hold anything.
fn holds_no_file(folder: &Path) -> bool {
    let hollow = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            entry.file_type().is_ok_and(|kind| kind.is_dir()) && holds_no_file(&entry.path())
        })
    };
    fs::read_dir(folder).is_ok_and(|mut entries| entries.all(hollow))
}

/// Why no mission was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MissionError {
    #[error("no mission {asked:?} in kitty-specs/")]
    NotFound {
        asked: String,
        /// Similar names.
        near: Vec<String>,
    },
    #[error("{asked:?} could be {}", names.join(" or "))]
    Ambiguous { asked: String, names: Vec<String> },
    /// The user gave a path that is no mission of this project.
    #[error("{} is not a folder in kitty-specs/", path.display())]
    NotAMission { path: PathBuf },
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// Every folder in `kitty-specs/`, sorted by name, except hidden ones and links out of the project.
pub(crate) fn all(root: &Path) -> Result<Vec<Mission>, FsError> {
    let specs = root.join(SPECS);
    let specs_inside = fs::canonicalize(&specs).is_ok_and(|real| contains(root, &real));
    let missions = in_parallel(&entries(&specs)?, |entry| {
        let name = entry.file_name().into_string().ok()?;
        let directory = entry.path();
        let inside = match entry.file_type() {
            Ok(kind) if kind.is_file() => false,
            // The listing already says that it is no link, which saves a walk along its path.
            Ok(kind) if kind.is_dir() => specs_inside && !is_git_folder(&directory),
            _ => fs::canonicalize(&directory)
                .is_ok_and(|real| real.is_dir() && contains(root, &real)),
        };
        (!name.starts_with('.') && inside).then_some(Mission { directory, name })
    });
    Ok(missions.into_iter().flatten().collect())
}

/// The mission whose folder contains this directory.
pub(crate) fn containing(root: &Path, directory: &Path) -> Result<Option<Mission>, FsError> {
    let real = fs::canonicalize(directory).map_err(FsError::on("enter", directory))?;
    let is_here = |mission: &Mission| {
        fs::canonicalize(&mission.directory).is_ok_and(|folder| real.starts_with(folder))
    };
    Ok(all(root)?.into_iter().find(is_here))
}

/// Finds a mission by its folder name, number (`61`, `061`), slug without the number, or path
/// (relative to `directory`).
pub(crate) fn find(root: &Path, directory: &Path, asked: &str) -> Result<Mission, MissionError> {
    let missions = all(root)?;
    if asked.contains('/') || matches!(asked, "." | "..") {
        return by_path(&missions, &directory.join(asked));
    }
    named(&missions, asked)
}

/// The mission of this folder name, number (`61`, `061`) or slug without the number.
pub(crate) fn named(missions: &[Mission], asked: &str) -> Result<Mission, MissionError> {
    if let Some(exact) = missions.iter().find(|mission| mission.name == asked) {
        return Ok(exact.clone());
    }
    let number = asked
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| asked.parse::<u64>().ok())
        .flatten();
    let fits = |mission: &&Mission| match number {
        Some(number) => number::of_folder_name(&mission.name) == Some(number),
        None => without_number(&mission.name) == asked,
    };
    let found: Vec<_> = missions.iter().filter(fits).collect();
    match found.as_slice() {
        [] => Err(MissionError::NotFound {
            asked: asked.to_owned(),
            near: near(missions, asked),
        }),
        [only] => Ok((*only).clone()),
        several => Err(MissionError::Ambiguous {
            asked: asked.to_owned(),
            names: several.iter().map(|mission| mission.name.clone()).collect(),
        }),
    }
}

fn by_path(missions: &[Mission], path: &Path) -> Result<Mission, MissionError> {
    let refused = || MissionError::NotAMission {
        path: path.to_owned(),
    };
    let real = fs::canonicalize(path).map_err(|_| refused())?;
    let listed =
        |mission: &&Mission| fs::canonicalize(&mission.directory).is_ok_and(|dir| dir == real);
    missions.iter().find(listed).cloned().ok_or_else(refused)
}

/// `web-123` for `061-web-123`; the whole name if it has no number.
pub(crate) fn without_number(name: &str) -> &str {
    match number::of_folder_name(name) {
        Some(_) => name
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches('-'),
        None => name,
    }
}

/// The names of at most three missions that the user may have meant, the most similar first.
fn near(missions: &[Mission], asked: &str) -> Vec<String> {
    let mut near: Vec<_> = missions
        .iter()
        .filter_map(|mission| Some((unlikeness(&mission.name, asked)?, mission.name.clone())))
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How much two names differ, whether or not a number was typed: they are equal, a slip apart, or one
/// is a part of the other. `None` if they are not similar.
fn unlikeness(name: &str, asked: &str) -> Option<u8> {
    const SHORTEST: usize = 3;
    let asked = asked.to_ascii_lowercase();
    let (slug, asked_slug) = (without_number(name), without_number(&asked));
    let is_long = |text: &str| text.len() >= SHORTEST;
    // Two slips would turn one ticket's number into another's.
    let is_slip = |word: &str, name: &str| strsim::osa_distance(word, name) == 1;
    match () {
        () if is_long(slug) && asked_slug == slug => Some(0),
        () if is_long(slug) && is_slip(asked_slug, slug) => Some(1),
        () if is_slip(&asked, name) => Some(1),
        () if is_long(&asked) && name.contains(&asked) => Some(2),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_missions_are_suggested() {
        let names = [
            "001-a",
            "060-search",
            "061-web-123",
            "062-web-124",
            "063-search-filter",
        ];
        let missions = names.map(|name| Mission::named(Path::new("/"), name));
        for (asked, expected) in [
            ("serach", &["060-search"][..]),
            ("061-search", &["060-search"]),
            ("search-filters", &["063-search-filter"]),
            ("web-132", &["061-web-123"]),
            ("b", &[]),
            ("web", &["061-web-123", "062-web-124"]),
            ("payments", &[]),
            ("serve", &[]),
            ("99", &[]),
            ("", &[]),
        ] {
            assert_eq!(near(&missions, asked), expected, "{asked}");
        }
    }
}
