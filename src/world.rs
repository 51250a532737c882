//! The operating system as one value: environment, directories, clock, entropy, sleep.
//!
//! All other code receives a [`World`]. This is the only file that reads the environment, the clock
//! and the home folder.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use ulid::Ulid;
use uuid::Uuid;

/// The names of all environment variables that the program reads; `docs/environment.md` explains
/// them.
pub(crate) mod names {
    /// The control plane's URL.
    pub(crate) const SERVER: &str = "SPEC_KITTY_SERVER";
    /// Older alias of [`SERVER`].
    pub(crate) const SERVER_ALIAS: &str = "SPEC_KITTY_SAAS_URL";
    /// An access token for CI; sent only to a server given by flag or environment.
    pub(crate) const TOKEN: &str = "SPEC_KITTY_TOKEN";
    /// The team that belongs to [`TOKEN`].
    pub(crate) const TEAM: &str = "SPEC_KITTY_TEAM";
    /// Replaces `~/.spec-kitty`.
    pub(crate) const HOME: &str = "SPEC_KITTY_HOME";
    /// Any value but `0` and `false`: commands that record events deliver them.
    pub(crate) const DELIVER: &str = "SPEC_KITTY_DELIVER";
    /// Any value but `0` and `false` turns prompts off.
    pub(crate) const NO_INPUT: &str = "SPEC_KITTY_NO_INPUT";
    /// Log filter, as in `spec_kitty=debug`.
    pub(crate) const LOG: &str = "SPEC_KITTY_LOG";
    /// The shell that asks for completions.
    pub(crate) const COMPLETE: &str = "COMPLETE";
    /// `0`, `false`, `no` or `off` forbids all network.
    pub(crate) const NETWORK: &str = "SPEC_KITTY_ENABLE_SAAS_SYNC";
    /// A file of certificates to trust instead of the system's.
    pub(crate) const CERTIFICATES: &str = "SSL_CERT_FILE";
    /// A proxy for https; the first one that is set counts.
    pub(crate) const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    /// Hosts that bypass [`PROXY`].
    pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
    /// Set in continuous integration; turns prompts off.
    pub(crate) const CI: &str = "CI";
    /// Any non-empty value turns colour off.
    pub(crate) const NO_COLOR: &str = "NO_COLOR";
    /// `0` turns colour off.
    pub(crate) const CLICOLOR: &str = "CLICOLOR";
    /// Any value but `0` turns colour on, even into a pipe.
    pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
    /// `dumb` turns colour, links and pager off.
    pub(crate) const TERMINAL: &str = "TERM";
    /// The user's home folder; the first one that is set counts.
    pub(crate) const USER_FOLDER: [&str; 2] = ["HOME", "USERPROFILE"];
    /// The user's login name; the first one that is set counts.
    pub(crate) const USER_NAME: [&str; 3] = ["LOGNAME", "USER", "USERNAME"];
    /// The folder for temporary files.
    pub(crate) const TEMPORARY: &str = "TMPDIR";
    /// The folders that are searched for git, a browser and a pager.
    pub(crate) const PATH: &str = "PATH";
    /// The commands that open a web page, separated by colons; the first one that exists counts.
    pub(crate) const BROWSER: &str = "BROWSER";
    /// The program that shows long answers; the first one that is set counts, even if it is empty.
    pub(crate) const PAGER: [&str; 2] = ["SPEC_KITTY_PAGER", "PAGER"];
    /// The options of `less`. Unset: those of git, `-FRX`.
    pub(crate) const LESS: &str = "LESS";
    /// Set on a graphical desktop; without one, no browser is looked for.
    pub(crate) const DISPLAY: [&str; 2] = ["DISPLAY", "WAYLAND_DISPLAY"];
}

/// Which of the standard streams are terminals.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

/// A snapshot of the environment, with access to the clock and to random bytes.
#[derive(Clone)]
pub struct World {
    variables: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    terminals: Terminals,
    /// Microseconds spent waiting for answers to prompts, shared by all clones.
    asking: Arc<AtomicU64>,
    announcer: Option<Arc<Announcer>>,
}

/// Receives why the command is about to wait.
type Announcer = dyn Fn(&str) + Send + Sync;

impl std::fmt::Debug for World {
    /// Omits the variables, because one of them may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("directory", &self.directory)
            .field("terminals", &self.terminals)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "all these calls are made here")]
impl World {
    /// Reads the environment of this process. Fails if the current directory does not exist.
    pub fn from_process() -> io::Result<Self> {
        let mut world = Self::with_variables(std::env::current_dir()?, std::env::vars_os());
        world.terminals = Terminals {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        };
        Ok(world)
    }

    /// A world with these variables and without terminals, for embedding and tests.
    pub fn with_variables<K, V>(
        directory: PathBuf,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        Self {
            variables: variables
                .into_iter()
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
            directory,
            terminals: Terminals::default(),
            asking: Arc::default(),
            announcer: None,
        }
    }

    /// The current time in UTC. Unlike `Utc::now` it does not panic before 1970.
    pub fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }

    /// A reading of the monotonic clock.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Blocks the current thread.
    pub fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// The operating system provides no random bytes.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the operating system provides no random bytes: {0}")]
pub struct EntropyError(getrandom::Error);

impl World {
    /// Runs a prompt. The time until the answer does not count towards the command's time limit.
    pub fn ask<T>(&self, question: impl FnOnce() -> T) -> T {
        let start = self.instant();
        let answer = question();
        let taken = self.instant().duration_since(start).as_micros();
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        self.asking.fetch_add(taken, Ordering::Relaxed);
        answer
    }

    /// A reading of the monotonic clock without the time spent in prompts.
    pub fn working_instant(&self) -> Instant {
        let asking = Duration::from_micros(self.asking.load(Ordering::Relaxed));
        let now = self.instant();
        now.checked_sub(asking).unwrap_or(now)
    }

    /// Calls this before each long wait.
    #[must_use]
    pub(crate) fn announcing(mut self, announcer: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.announcer = Some(Arc::new(announcer));
        self
    }

    /// Says why the command is about to wait for longer than people expect.
    pub(crate) fn announce(&self, wait: &str) {
        tracing::debug!("{wait}");
        if let Some(announcer) = &self.announcer {
            announcer(wait);
        }
    }

    /// Changes the directory (`-C`). A relative path starts at the current one.
    #[must_use]
    pub fn in_directory(mut self, directory: &Path) -> Self {
        self.directory = self.directory.join(directory);
        self
    }

    /// The directory in which the command acts, as an absolute path.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Which standard streams are terminals.
    pub fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// All variables, for a child process.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A variable's value; `None` if it is unset, empty or not UTF-8.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(OsStr::new(name))
            .and_then(|v| v.to_str())
            .filter(|v| !v.is_empty())
    }

    /// Whether a variable is set, even to nothing.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.variables.contains_key(OsStr::new(name))
    }

    /// Whether a variable has a value other than `0` and `false`.
    pub fn flag(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|v| !matches!(v, "0" | "false"))
    }

    /// Whether `SPEC_KITTY_ENABLE_SAAS_SYNC` allows network access.
    pub fn network_allowed(&self) -> bool {
        let value = self.variable(names::NETWORK).unwrap_or_default();
        let value = value.trim().to_ascii_lowercase();
        !["0", "false", "no", "off"].contains(&value.as_str())
    }

    /// The state directory as an absolute path: `SPEC_KITTY_HOME`, else `~/.spec-kitty`. Without a
    /// home folder this is a path at which no folder can be created.
    pub fn state_directory(&self) -> PathBuf {
        let home = self.home();
        self.directory
            .join(home.unwrap_or_else(|| PathBuf::from("/dev/null/.spec-kitty")))
    }

    /// Whether the environment names a home folder.
    pub fn has_home(&self) -> bool {
        self.home().is_some()
    }

    fn home(&self) -> Option<PathBuf> {
        self.path_variable(names::HOME)
            .or_else(|| Some(self.user_directory()?.join(".spec-kitty")))
    }

    /// The user's home folder.
    pub fn user_directory(&self) -> Option<PathBuf> {
        let mut names = names::USER_FOLDER.into_iter();
        names.find_map(|name| self.path_variable(name))
    }

    /// The folder for temporary files (`TMPDIR`, else `/tmp`).
    pub fn temporary_directory(&self) -> PathBuf {
        self.path_variable(names::TEMPORARY)
            .unwrap_or_else(|| PathBuf::from("/tmp"))
    }

    /// The folders that are searched for programs: `PATH`, else those of the C library.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.variables.get(OsStr::new(names::PATH));
        let path = path.map_or(OsStr::new("/bin:/usr/bin"), OsString::as_os_str);
        std::env::split_paths(path).collect()
    }

    /// The path of a program. Starting a program by its path avoids a fork, which would take a large
    /// part of the time of a short command. A relative or empty entry of `PATH` does not count: it
    /// would start a program of the repository.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let mut folders = self.search_path();
        folders.retain(|folder| folder.is_absolute());
        find_program(&folders, name)
    }

    /// Random bytes from the operating system.
    pub fn try_random<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(EntropyError)?;
        Ok(bytes)
    }

    /// A random (version 4) UUID.
    pub fn random_uuid(&self) -> Result<Uuid, EntropyError> {
        Ok(uuid::Builder::from_random_bytes(self.try_random()?).into_uuid())
    }

    /// A ULID of this time.
    pub fn new_ulid(&self, now: DateTime<Utc>) -> Result<Ulid, EntropyError> {
        let random = u128::from_be_bytes(self.try_random()?);
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Ok(Ulid::from_parts(milliseconds, random))
    }

    /// The machine's name and the user's login name, from which the `node_id` is derived.
    pub fn host_and_user(&self) -> (String, String) {
        let host = rustix::system::uname().nodename().to_string_lossy().into();
        let mut names = names::USER_NAME.into_iter();
        let user = names.find_map(|name| self.variable(name).map(str::to_owned));
        (host, user.unwrap_or_else(login_name))
    }

    fn path_variable(&self, name: &str) -> Option<PathBuf> {
        self.variables
            .get(OsStr::new(name))
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    }
}

/// The first executable of this name in these folders.
pub(crate) fn find_program(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let executable = |path: &PathBuf| {
        path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
    };
    let paths = folders.iter().map(|folder| folder.join(name));
    paths.into_iter().find(executable)
}

/// The name of the current user in `/etc/passwd`, else the number.
fn login_name() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let bytes = std::fs::read("/etc/passwd").unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut users = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = users.find(|user| user.get(2) == Some(&uid.as_str()));
    let name = user.and_then(|user| user.first().map(ToString::to_string));
    name.unwrap_or(uid)
}
