//! The folder of the demo, with its own home, git configuration and project.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tempfile::TempDir;

use crate::cli::{Code, Context, Effect, Failure};
use crate::fs::replace::{Mode, replace};
use crate::fs::{FsError, ensure_private_directory};
use crate::world::{World, names};

/// Prefixes of variables that are not inherited, because they change how spec-kitty or git work.
const FOREIGN_PREFIXES: [&str; 2] = ["SPEC_KITTY_", "GIT_"];

const GIT_CONFIG: &str = "[user]\n\tname = Kit\n\temail = kit@harbour.example\n\
    [init]\n\tdefaultBranch = main\n[commit]\n\tgpgSign = false\n[advice]\n\tdetachedHead = false\n";

/// A folder, and the environment of the commands that run in it.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    /// Removes the folder; `None` with `--keep`.
    temporary: Option<TempDir>,
    world: World,
    program: PathBuf,
    interrupted: Arc<AtomicBool>,
}

impl Stage {
    /// Creates the folder: a temporary one, or the folder of `--keep`, which must be new or empty.
    pub(super) fn set_up(context: &Context, keep: Option<&Path>) -> Result<Self, Failure> {
        // From now on a signal does not end the process: the demo cleans up between two steps.
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register(signal, Arc::clone(&interrupted))
                .map_err(cannot("listen for signals"))?;
        }
        let program = std::env::current_exe().map_err(cannot("find this program's file"))?;
        let (folder, temporary) = if let Some(keep) = keep {
            (new_folder(&context.world.directory().join(keep))?, None)
        } else {
            let within = context.world.temporary_directory();
            let made = tempfile::Builder::new()
                .prefix("spec-kitty-demo-")
                .tempdir_in(&within)
                .map_err(FsError::on("create a folder in", &within))?;
            (made.path().to_owned(), Some(made))
        };
        let world = world(&context.world, &folder);
        for path in [&world.state_directory(), world.directory()] {
            ensure_private_directory(path)?;
        }
        let git_config = folder.join("gitconfig");
        replace(&git_config, GIT_CONFIG.as_bytes(), Mode::Shared)?;
        Ok(Self {
            folder,
            temporary,
            world,
            program,
            interrupted,
        })
    }

    /// The environment of the commands.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// The path of a file next to the project.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder of `--keep`.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.temporary.is_none().then_some(&*self.folder)
    }

    /// Fails after SIGINT or SIGTERM.
    pub(super) fn check_interruption(&self) -> Result<(), Failure> {
        if !self.interrupted.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failure::new(Code::Interrupted, "interrupted"))
    }

    /// Runs this program in the project.
    #[expect(
        clippy::disallowed_methods,
        reason = "this runs spec-kitty; git runs through git::command"
    )]
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Result<Output, Failure> {
        let failed = || cannot("run a command of the demo");
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(self.world.directory())
            .env_clear()
            .envs(self.world.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed())?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read its input reports why.
            drop(io::Write::write_all(&mut stdin, input.as_bytes()));
        }
        child.wait_with_output().map_err(failed())
    }

    /// Removes the folder, except with `--keep`. Returns a warning if that fails.
    pub(super) fn remove(self) -> Option<String> {
        let error = self.temporary?.close().err()?;
        Some(format!("cannot remove {}: {error}", self.folder.display()))
    }
}

fn cannot(what: &'static str) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::new(Code::DemoFailed, format!("cannot {what}")).cause(error.to_string())
}

/// Creates the folder, or accepts an empty one.
fn new_folder(path: &Path) -> Result<PathBuf, Failure> {
    if std::fs::symlink_metadata(path).is_ok() {
        let mut entries = std::fs::read_dir(path).map_err(FsError::on("read the folder", path))?;
        if entries.next().is_some() {
            let message = format!("{} exists and is not empty", path.display());
            return Err(Failure::new(Code::FolderTaken, message)
                .hint("pass a new folder to --keep")
                .effect(Effect::None));
        }
    }
    ensure_private_directory(path)?;
    path.canonicalize()
        .map_err(|error| FsError::on("find", path)(error).into())
}

fn world(outer: &World, folder: &Path) -> World {
    let foreign = |name: &OsStr| {
        let name = name.to_string_lossy();
        FOREIGN_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let inherited = outer.variables().filter(|(name, _)| !foreign(name));
    let inherited = inherited.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let path = |name: &str| folder.join(name).into_os_string();
    let own = [
        ("HOME", path("home")),
        (names::HOME, path("home/.spec-kitty")),
        ("XDG_CONFIG_HOME", path("home/.config")),
        ("GIT_CONFIG_GLOBAL", path("gitconfig")),
        ("GIT_CONFIG_NOSYSTEM", "1".into()),
        // The folder can be inside a checkout, but git must not find that.
        ("GIT_CEILING_DIRECTORIES", folder.as_os_str().to_owned()),
    ];
    let own = own.map(|(name, value)| (OsString::from(name), value));
    World::with_variables(folder.join("harbour"), inherited.chain(own))
}
