//! Runs the binary under strace, to list its system calls or to inject a fault into one of them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Output, Sandbox, binary, finish};

/// The calls that touch a file, a lock, a socket or a child process.
pub(super) const CALLS: &[&str] = &[
    "access",
    "chmod",
    "clone",
    "clone3",
    "close",
    "connect",
    "dup2",
    "faccessat2",
    "fchmod",
    "fchmodat",
    "fchown",
    "fcntl",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "getdents64",
    "link",
    "linkat",
    "lseek",
    "mkdir",
    "mkdirat",
    "newfstatat",
    "open",
    "openat",
    "pipe2",
    "pread64",
    "pwrite64",
    "read",
    "readlink",
    "readlinkat",
    "recvfrom",
    "recvmsg",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendmsg",
    "sendto",
    "shutdown",
    "socket",
    "socketpair",
    "stat",
    "statfs",
    "statx",
    "symlink",
    "unlink",
    "unlinkat",
    "vfork",
    "wait4",
    "waitid",
    "write",
    "writev",
];

/// One system call of a trace.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The thread that made it.
    pub thread: u32,
    /// `openat`.
    pub name: String,
    /// The whole line after the thread, paths of descriptors included.
    pub text: String,
}

impl Call {
    /// Whether it can change the disk, a lock, a server or the processes.
    pub(super) fn changes(&self) -> bool {
        const READING: &[&str] = &[
            "access",
            "close",
            "dup2",
            "faccessat2",
            "fcntl",
            "fstat",
            "fstatfs",
            "getdents64",
            "lseek",
            "newfstatat",
            "pipe2",
            "pread64",
            "read",
            "readlink",
            "readlinkat",
            "socket",
            "socketpair",
            "stat",
            "statfs",
            "statx",
        ];
        match self.name.as_str() {
            "open" | "openat" => ["O_CREAT", "O_WRONLY", "O_RDWR"]
                .iter()
                .any(|flag| self.text.contains(flag)),
            name => !READING.contains(&name),
        }
    }
}

/// Whether strace cannot trace on this machine. If so, prints the reason for the test.
pub(super) fn is_missing(test: &str) -> bool {
    static WORKS: OnceLock<Result<(), String>> = OnceLock::new();
    let works = WORKS.get_or_init(|| {
        match Command::new("strace")
            .args(["-f", "-b", "execve", "-o", "/dev/null", "true"])
            .output()
        {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("cannot start strace: {error}")),
        }
    });
    if let Err(why) = works {
        eprintln!("SKIPPED {test}: it needs strace and the right to trace: {why}");
    }
    works.is_err()
}

/// The fault at one call.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Kills the process.
    Kill,
    /// The call fails with this error.
    Error(&'static str),
    /// The call begins this many microseconds late.
    Delay(u64),
}

/// Runs the binary and lists its own calls, without those of its git processes.
pub(super) fn trace(sandbox: &Sandbox, arguments: &[&str]) -> (Output, Vec<Call>) {
    let file = sandbox.root().join("trace");
    let list = format!("trace={},rt_sigaction", CALLS.join(","));
    let output = finish(strace(sandbox, &file, &["-y", "-e", &list], arguments), b"");
    let text = fs::read_to_string(&file).expect("a trace");
    (output, text.lines().filter_map(parse).collect())
}

/// Runs the binary with a fault at the n-th call of a name, counted in each thread.
#[must_use]
pub(super) fn inject(
    sandbox: &Sandbox,
    arguments: &[&str],
    name: &str,
    nth: usize,
    fault: &Fault,
) -> Output {
    finish(injecting(sandbox, arguments, name, nth, fault), b"")
}

/// The command of [`inject`].
pub(super) fn injecting(
    sandbox: &Sandbox,
    arguments: &[&str],
    name: &str,
    nth: usize,
    fault: &Fault,
) -> Command {
    let what = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
        Fault::Delay(microseconds) => format!("delay_enter={microseconds}"),
    };
    let inject = format!("inject={name}:{what}:when={nth}");
    let trace = format!("trace={name}");
    let file = sandbox.root().join("injected");
    strace(sandbox, &file, &["-e", &trace, "-e", &inject], arguments)
}

/// With umask 0, every mode that the program does not set is visible. strace detaches from a child
/// at its exec.
fn strace(sandbox: &Sandbox, file: &Path, options: &[&str], arguments: &[&str]) -> Command {
    let mut line: Vec<OsString> = [
        "-c",
        "umask 0; exec \"$@\"",
        "sh",
        "strace",
        "-qq",
        "-f",
        "-b",
    ]
    .map(OsString::from)
    .into();
    line.extend(["execve".into(), "-o".into(), file.into()]);
    line.extend(options.iter().map(OsString::from));
    line.push(binary().into());
    line.extend(arguments.iter().map(OsString::from));
    sandbox.program("sh", &line)
}

/// `1234  openat(AT_FDCWD, …) = 3`; `None` if the line does not begin a call.
pub(super) fn parse(line: &str) -> Option<Call> {
    let (thread, text) = line.split_once(' ')?;
    let text = text.trim_start();
    let (name, _) = text.split_once('(')?;
    let is_name = name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    is_name.then(|| Call {
        thread: thread.parse().unwrap_or(0),
        name: name.to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn lines_of_a_trace() {
    let call = parse("8557  openat(AT_FDCWD</p>, \"a\", O_RDWR|O_CREAT, 0600) = 3").unwrap();
    assert_eq!(
        (call.thread, call.name.as_str(), call.changes()),
        (8557, "openat", true)
    );
    let read = parse("7 openat(AT_FDCWD</p>, \"a\", O_RDONLY|O_CLOEXEC) = 3").unwrap();
    assert!(!read.changes());
    for other in [
        "1 <... read resumed>\"\", 8) = 0",
        "1 +++ killed by SIGKILL +++",
        "1 --- SIGCHLD {} ---",
    ] {
        assert!(parse(other).is_none(), "{other}");
    }
}
