//! The operating system as one value: environment, directories, clock, entropy, sleep.
//!
//! Everything else in the crate is handed a [`World`] and asks it, so that this is the only file
//! that reads the environment, the time or the home folder (DESIGN §9).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The names of every environment variable the program reads (DESIGN §4).
pub(crate) mod names {
    /// The control plane's URL.
    pub(crate) const SERVER: &str = "SPEC_KITTY_SERVER";
    /// Older alias of [`SERVER`].
    pub(crate) const SERVER_ALIAS: &str = "SPEC_KITTY_SAAS_URL";
    /// An access token for CI; it goes only to a server named by flag or environment.
    pub(crate) const TOKEN: &str = "SPEC_KITTY_TOKEN";
    /// The team that goes with [`TOKEN`].
    pub(crate) const TEAM: &str = "SPEC_KITTY_TEAM";
    /// Replaces `~/.spec-kitty`.
    pub(crate) const HOME: &str = "SPEC_KITTY_HOME";
    /// Set to anything but `0` or `false`: never prompt.
    pub(crate) const NO_INPUT: &str = "SPEC_KITTY_NO_INPUT";
    /// Log filter, as in `spec_kitty=debug`.
    pub(crate) const LOG: &str = "SPEC_KITTY_LOG";
    /// `0`, `false`, `no` or `off` forbids all network.
    pub(crate) const NETWORK: &str = "SPEC_KITTY_ENABLE_SAAS_SYNC";
    /// A file of certificates to trust instead of the system's.
    pub(crate) const CERTIFICATES: &str = "SSL_CERT_FILE";
    /// A proxy for https; the first that is set counts.
    pub(crate) const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    /// Hosts that are reached without [`PROXY`].
    pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
    /// Set in continuous integration: never prompt.
    pub(crate) const CI: &str = "CI";
    /// Any non-empty value turns colour off.
    pub(crate) const NO_COLOR: &str = "NO_COLOR";
    /// `0` turns colour off.
    pub(crate) const CLICOLOR: &str = "CLICOLOR";
    /// Any value but `0` turns colour on, also into a pipe.
    pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
    /// `dumb` turns colour off.
    pub(crate) const TERMINAL: &str = "TERM";
    /// The user's folder; the first that is set counts.
    pub(crate) const USER_FOLDER: [&str; 2] = ["HOME", "USERPROFILE"];
    /// The user's login name; the first that is set counts.
    pub(crate) const USER_NAME: [&str; 3] = ["LOGNAME", "USER", "USERNAME"];
    /// Where temporary folders go.
    pub(crate) const TEMPORARY: &str = "TMPDIR";
    /// Where git is looked for.
    pub(crate) const PATH: &str = "PATH";
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

/// A snapshot of the process's surroundings, and the doors to its clock and entropy.
#[derive(Clone)]
pub struct World {
    variables: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    terminals: Terminals,
    /// Microseconds that people took to answer, shared by all clones.
    asking: Arc<AtomicU64>,
}

impl std::fmt::Debug for World {
    /// Leaves the variables out: one of them may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("directory", &self.directory)
            .field("terminals", &self.terminals)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one home of these calls")]
impl World {
    /// Collects the real process's surroundings. Fails where the current directory is gone.
    pub fn from_process() -> io::Result<Self> {
        Ok(Self {
            variables: std::env::vars_os().collect(),
            directory: std::env::current_dir()?,
            terminals: Terminals {
                stdin: io::stdin().is_terminal(),
                stdout: io::stdout().is_terminal(),
                stderr: io::stderr().is_terminal(),
            },
            asking: Arc::default(),
        })
    }

    /// A world with these variables, for embedding and tests: nothing is a terminal.
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
        }
    }

    /// The time, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// A reading of the monotonic clock.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Blocks this thread.
    pub fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    /// A random (version 4) UUID.
    pub fn random_uuid(&self) -> Uuid {
        Uuid::from_bytes(
            uuid::Builder::from_random_bytes(self.random())
                .into_uuid()
                .into_bytes(),
        )
    }
}

impl World {
    /// Asks a person something. The time of the command stands still until the answer.
    pub fn ask<T>(&self, question: impl FnOnce() -> T) -> T {
        let start = self.instant();
        let answer = question();
        let taken = self.instant().duration_since(start).as_micros();
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        self.asking.fetch_add(taken, Ordering::Relaxed);
        answer
    }

    /// A reading of the monotonic clock that leaves out the time people took to answer.
    pub fn working_instant(&self) -> Instant {
        let asking = Duration::from_micros(self.asking.load(Ordering::Relaxed));
        let now = self.instant();
        now.checked_sub(asking).unwrap_or(now)
    }

    /// The same world seen from another directory (`-C`). Relative paths start at the old one.
    #[must_use]
    pub fn in_directory(mut self, directory: &Path) -> Self {
        self.directory = self.directory.join(directory);
        self
    }

    /// Where the command acts: absolute.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Which standard streams are terminals.
    pub fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// Every variable, for a child process.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A variable's value; `None` where it is unset, empty or not UTF-8.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(OsStr::new(name))
            .and_then(|v| v.to_str())
            .filter(|v| !v.is_empty())
    }

    /// Whether a variable is set to something other than empty, `0` or `false`.
    pub fn flag(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|v| !matches!(v, "0" | "false"))
    }

    /// Whether `SPEC_KITTY_ENABLE_SAAS_SYNC` allows the network at all.
    pub fn network_allowed(&self) -> bool {
        !self.variable(names::NETWORK).is_some_and(|v| {
            matches!(
                v.trim().to_ascii_lowercase().as_str(),
                "0" | "false" | "no" | "off"
            )
        })
    }

    /// The state directory: `SPEC_KITTY_HOME`, else `~/.spec-kitty`; absolute. Without a home
    /// folder at all it is one that does not exist, and that nobody can make.
    pub fn state_directory(&self) -> PathBuf {
        let below_home = || {
            let home = names::USER_FOLDER
                .into_iter()
                .find_map(|name| self.path_variable(name));
            home.map(|home| home.join(".spec-kitty"))
        };
        let chosen = self.path_variable(names::HOME).or_else(below_home);
        self.directory
            .join(chosen.unwrap_or_else(|| PathBuf::from("/proc/no-home-folder/.spec-kitty")))
    }

    /// Where temporary folders go (`TMPDIR`, else `/tmp`).
    pub fn temporary_directory(&self) -> PathBuf {
        self.path_variable(names::TEMPORARY)
            .unwrap_or_else(|| PathBuf::from("/tmp"))
    }

    /// The folders that programs are looked for in (`PATH`).
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.variables.get(OsStr::new(names::PATH));
        path.map(|path| std::env::split_paths(path).collect())
            .unwrap_or_default()
    }

    /// Random bytes from the operating system. Zeroes where it has none, which no supported
    /// platform lacks.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if getrandom::fill(&mut bytes).is_err() {
            bytes.fill(0);
        }
        bytes
    }

    /// The machine's name and the user's login name: what a `node_id` is made of (DESIGN §7).
    pub fn host_and_user(&self) -> (String, String) {
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let user = names::USER_NAME
            .into_iter()
            .find_map(|name| self.variable(name))
            .map_or_else(
                || rustix::process::getuid().as_raw().to_string(),
                str::to_owned,
            );
        (host, user)
    }

    fn path_variable(&self, name: &str) -> Option<PathBuf> {
        self.variables
            .get(OsStr::new(name))
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    }
}
