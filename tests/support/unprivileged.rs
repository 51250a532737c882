//! Runs as a user who may not write everywhere, even if the tests run as root.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use super::{Output, Sandbox, binary, finish};

/// The user and group `nobody`.
const NOBODY: u32 = 65_534;

impl Sandbox {
    /// Runs the binary without the rights of root. As root, it gives the sandbox to `nobody` and runs
    /// a copy of the binary, because `nobody` may not be able to reach the build folder.
    #[must_use]
    pub(crate) fn run_unprivileged(&self, arguments: &[&str]) -> Output {
        if !is_root() {
            return self.run(arguments);
        }
        let copy = self.root().join("spec-kitty");
        fs::copy(binary(), &copy).unwrap();
        let (owner, root) = (format!("{NOBODY}:{NOBODY}"), self.root());
        let chown = ["-R", "-h", &owner, root.to_str().unwrap()];
        finish(self.program("chown", &chown), b"").succeeds();
        let mut command = self.program(copy.to_str().unwrap(), arguments);
        command.uid(NOBODY).gid(NOBODY);
        finish(command, b"")
    }
}

/// Where sandboxes are made: the temporary folder, unless only root can reach that.
pub(super) fn temporary_folder() -> PathBuf {
    let others = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from);
    let wanted = std::env::temp_dir();
    let reachable = std::iter::once(wanted.clone())
        .chain(others)
        .find(|folder| !is_root() || is_open_to_all(folder));
    reachable.unwrap_or(wanted)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether every user can enter a folder.
fn is_open_to_all(folder: &Path) -> bool {
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|it| it.mode() & 0o001 != 0);
    let real = folder.canonicalize();
    real.is_ok_and(|real| real.ancestors().all(open))
}
