//! A temporary folder with its own home, git configuration and project.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::command_tree::assert_listed;
use super::unprivileged::temporary_folder;
use super::{Output, Server, Snapshot};

/// The access token of the fake credentials. It may appear only in a header.
pub(crate) const ACCESS_TOKEN: &str = "access-token-is-secret";
const REFRESH_TOKEN: &str = "refresh-token-is-secret";

/// The UUID in the project's config.
pub(crate) const PROJECT_UUID: &str = "6f1a3a52-94cb-4ab1-9e3e-2f8d5b1c7a90";

/// A place where the binary and git see only `PATH` of the machine.
#[must_use]
pub(crate) struct Sandbox {
    folder: TempDir,
    variables: BTreeMap<OsString, OsString>,
}

impl Sandbox {
    /// An empty folder `project` without git.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("spec-kitty-test-")
            .tempdir_in(temporary_folder())
            .expect("a temporary folder");
        // On macOS the temporary folder is a link; answers contain the real path.
        let root = folder.path().canonicalize().unwrap();
        for name in ["home", "project", "temporary"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        fs::write(
            root.join("gitconfig"),
            "[user]\n\tname = Kit Tester\n\temail = kit@example.org\n\
             [init]\n\tdefaultBranch = main\n[core]\n\tfsync = none\n[gc]\n\tauto = 0\n",
        )
        .unwrap();
        let mut sandbox = Self {
            folder,
            variables: BTreeMap::new(),
        };
        for (name, value) in [
            ("HOME", root.join("home")),
            ("SPEC_KITTY_HOME", root.join("home/.spec-kitty")),
            ("TMPDIR", root.join("temporary")),
            ("GIT_CONFIG_GLOBAL", root.join("gitconfig")),
        ] {
            sandbox.set(name, value);
        }
        // The temporary folder may be inside a checkout.
        sandbox.set("GIT_CEILING_DIRECTORIES", &root);
        sandbox.set("GIT_CONFIG_NOSYSTEM", "1");
        sandbox.set("LC_ALL", "C");
        sandbox.set("LOGNAME", "kit");
        sandbox.set("PATH", std::env::var_os("PATH").unwrap_or_default());
        sandbox
    }

    /// A git repository with one commit.
    pub(crate) fn with_git() -> Self {
        let sandbox = Self::new();
        sandbox.init_git();
        sandbox.write("README.md", "# A project\n");
        sandbox.commit_all("Begin");
        sandbox
    }

    /// A git repository that is a spec-kitty project with one mission, `060-search`, all committed.
    pub(crate) fn with_project() -> Self {
        let sandbox = Self::new();
        sandbox.init_git();
        sandbox.write("README.md", "# A project\n");
        sandbox.init_project();
        sandbox.add_mission("060-search");
        sandbox.commit_all("Begin");
        sandbox
    }

    /// [`Self::with_project`] bound to the Linear project `web` and logged in at this server.
    pub(crate) fn ready(server: &Server) -> Self {
        let sandbox = Self::new();
        sandbox.init_git();
        sandbox.write("README.md", "# A project\n");
        sandbox.init_project();
        sandbox.bind_tracker("linear", "web");
        sandbox.add_mission("060-search");
        sandbox.commit_all("Begin");
        sandbox.log_in(&server.url());
        sandbox
    }

    /// Another sandbox with the same home, project, git configuration and environment: cheaper than
    /// to prepare it again. No file of the original may contain its own path.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = Self::new();
        let (from, to) = (self.root(), copy.root());
        let parts = ["home", "project", "gitconfig"].map(|name| from.join(name));
        let copied = Command::new("cp")
            .arg("-a")
            .args(parts)
            .arg(&to)
            .status()
            .expect("cp");
        assert!(copied.success(), "cp -a of {}", from.display());
        for (name, value) in &self.variables {
            let known = copy.variables.contains_key(name);
            if !known {
                copy.variables.insert(name.clone(), value.clone());
            }
        }
        copy
    }

    /// The folder that holds everything.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// The project's folder.
    pub(crate) fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    /// A path in the project.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.project().join(relative)
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.root().join("home/.spec-kitty")
    }

    /// Sets an environment variable for all runs from now on.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.variables.insert(name.into(), value.as_ref().into());
    }

    /// Removes an environment variable.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(OsStr::new(name));
    }

    /// Appends to the global git configuration.
    pub(crate) fn git_config(&self, text: &str) {
        let path = self.root().join("gitconfig");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    }

    /// A program that sees only this sandbox, in the project's folder, without stdin. Pass it to
    /// [`finish`], or start it if it must run next to the test.
    pub(crate) fn program<A: AsRef<OsStr>>(&self, program: &str, arguments: &[A]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.project())
            .stdin(Stdio::null());
        command
    }

    /// The binary, as [`Self::program`].
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        self.program(binary(), arguments)
    }

    /// Runs the binary to its end.
    #[must_use]
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        finish(self.command(arguments), b"")
    }

    /// Runs the binary in another folder.
    #[must_use]
    pub(crate) fn run_in<A: AsRef<OsStr>>(&self, folder: &Path, arguments: &[A]) -> Output {
        let mut command = self.command(arguments);
        command.current_dir(folder);
        finish(command, b"")
    }

    /// Runs the binary with this on its stdin.
    #[must_use]
    pub(crate) fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: impl AsRef<[u8]>,
    ) -> Output {
        finish(self.command(arguments), input.as_ref())
    }

    /// Runs a line such as `spec-kitty …` through the shell.
    #[must_use]
    pub(crate) fn run_line(&self, line: &str) -> Output {
        self.run_line_in(&self.project(), line)
    }

    /// The same in another folder.
    #[must_use]
    pub(crate) fn run_line_in(&self, folder: &Path, line: &str) -> Output {
        let mut folders = vec![Path::new(binary()).parent().unwrap().to_owned()];
        let path = self.variables.get(OsStr::new("PATH")).unwrap();
        folders.extend(std::env::split_paths(path));
        let mut command = self.program("sh", &["-c", line]);
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command.current_dir(folder);
        finish(command, b"")
    }

    /// Runs git in the project; it must succeed. Its stdout, without the final newline.
    #[track_caller]
    pub(crate) fn git<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        let output = self.try_git(arguments);
        assert_eq!(output.code, 0, "{output:?}");
        output.stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs git in the project.
    #[must_use]
    pub(crate) fn try_git<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        finish(self.program("git", arguments), b"")
    }

    /// Makes the project's folder a git repository without commits.
    pub(crate) fn init_git(&self) {
        self.git(&["init", "--quiet", "--template="]);
    }

    /// Commits all files.
    pub(crate) fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Installs a hook that runs this shell script.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        let path = self.path(".git/hooks").join(name);
        write_program(&path, format!("#!/bin/sh\n{script}\n"));
    }

    /// Runs this shell script once, before the next `git SUBCOMMAND` of a command.
    pub(crate) fn before_git(&mut self, subcommand: &str, script: &str) {
        let folder = self.root().join("before-git");
        let path = self.variables.get(OsStr::new("PATH")).unwrap().clone();
        let (search, done) = (path.to_str().unwrap(), folder.join("done"));
        let text = format!(
            "#!/bin/sh\nPATH='{search}'\ncase \" $* \" in\n*' {subcommand} '*)\n\
             if mkdir '{}' 2>/dev/null; then ( {script} ) >/dev/null 2>&1; fi ;;\nesac\n\
             exec git \"$@\"\n",
            done.display()
        );
        write_program(&folder.join("git"), text);
        self.set("PATH", format!("{}:{search}", folder.display()));
    }

    /// Writes a file of the project, with its folders.
    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        write_file(&self.path(relative), bytes);
    }

    /// Reads a file of the project.
    #[track_caller]
    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
    }

    /// Writes what `spec-kitty init` writes.
    pub(crate) fn init_project(&self) {
        self.write(
            ".kittify/config.yaml",
            format!(
                "# our project\nproject:\n  uuid: {PROJECT_UUID}\n  slug: web-app\n  \
                 node_id: 0123456789ab\n"
            ),
        );
        fs::create_dir_all(self.path("kitty-specs")).unwrap();
    }

    /// Appends the `tracker:` block.
    pub(crate) fn bind_tracker(&self, provider: &str, project_slug: &str) {
        let config = self.read(".kittify/config.yaml");
        self.write(
            ".kittify/config.yaml",
            format!(
                "{config}tracker:\n  provider: {provider}\n  project_slug: {project_slug}\n  \
                 workspace: null\n  doctrine:\n    mode: external_authoritative\n    \
                 field_owners: {{}}\n"
            ),
        );
    }

    /// A complete mission without an origin. `folder` begins with its number.
    pub(crate) fn add_mission(&self, folder: &str) {
        let (number, slug) = folder.split_once('-').expect("NNN-slug");
        let meta = json!({
            "created_at": "2026-11-01T09:00:00+00:00",
            "feature_number": number,
            "feature_slug": folder,
            "friendly_name": slug.replace('-', " "),
            "mission": "software-dev",
            "slug": slug,
            "target_branch": "main",
        });
        self.write_meta(folder, &meta);
        self.write(&format!("kitty-specs/{folder}/spec.md"), "");
    }

    /// Writes a mission's `meta.json` in the canonical form.
    pub(crate) fn write_meta(&self, folder: &str, meta: &Value) {
        let text = serde_json::to_string_pretty(meta).unwrap() + "\n";
        self.write(&format!("kitty-specs/{folder}/meta.json"), text);
    }

    /// A mission's `meta.json`.
    #[track_caller]
    pub(crate) fn meta(&self, folder: &str) -> Value {
        let text = self.read(&format!("kitty-specs/{folder}/meta.json"));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The mission folders, sorted by name.
    pub(crate) fn missions(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.path("kitty-specs"))
            .map(|entries| {
                entries
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    /// Writes credentials for a server. The access token is good for an hour.
    pub(crate) fn log_in(&self, server: &str) {
        self.write_credentials(server, chrono::Duration::hours(1));
    }

    /// Writes credentials whose access token expired a minute ago.
    pub(crate) fn log_in_expired(&self, server: &str) {
        self.write_credentials(server, chrono::Duration::minutes(-1));
    }

    fn write_credentials(&self, server: &str, lifetime: chrono::Duration) {
        let time = |after: chrono::Duration| (chrono::Utc::now() + after).to_rfc3339();
        let text = format!(
            "[tokens]\naccess = \"{ACCESS_TOKEN}\"\nrefresh = \"{REFRESH_TOKEN}\"\n\
             access_expires_at = \"{}\"\nrefresh_expires_at = \"{}\"\n\n\
             [user]\nusername = \"kit\"\nteam_slug = \"acme\"\n\n[server]\nurl = \"{server}\"\n",
            time(lifetime),
            time(chrono::Duration::days(7)),
        );
        self.make_state();
        let path = self.state().join("credentials");
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Makes the private state directory.
    pub(crate) fn make_state(&self) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.state())
            .unwrap();
    }

    /// Every event in the queue, in the order of the files' names and lines.
    pub(crate) fn events(&self) -> Vec<Value> {
        let mut files = Vec::new();
        for project in read_directory(&self.state().join("queue")) {
            files.extend(read_directory(&project).into_iter().filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                name.ends_with(".v1.jsonl") && name != "dead.v1.jsonl"
            }));
        }
        files
            .iter()
            .flat_map(|path| {
                fs::read_to_string(path)
                    .unwrap()
                    .lines()
                    .filter(|line| !line.is_empty())
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect::<Vec<Value>>()
            })
            .collect()
    }

    /// The queued events of one type.
    pub(crate) fn events_of(&self, event_type: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["event_type"] == event_type);
        events
    }

    /// The intents of unfinished work: the JSON files with `intent` in their path.
    pub(crate) fn intents(&self) -> Vec<Value> {
        files_below(&self.state())
            .iter()
            .filter(|path| path.to_string_lossy().contains("intent"))
            .filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
            .collect()
    }

    /// No temporary file is left in the work tree, the git folder or the state directory.
    #[track_caller]
    pub(crate) fn assert_no_leftovers(&self) {
        let left: Vec<_> = [self.project(), self.state()]
            .iter()
            .flat_map(|folder| files_below(folder))
            .filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.ends_with(".tmp") || name.starts_with(".tmp") || name == "index.lock"
            })
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// How many commits HEAD has.
    pub(crate) fn commit_count(&self) -> usize {
        self.git(&["rev-list", "--count", "HEAD"]).parse().unwrap()
    }

    /// Subjects of all commits, newest first.
    pub(crate) fn subjects(&self) -> Vec<String> {
        self.git(&["log", "--format=%s"])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The paths a commit touched, sorted.
    pub(crate) fn paths_of(&self, commit: &str) -> Vec<String> {
        let mut paths: Vec<_> = self
            .git(&["show", "--name-only", "--no-renames", "--format=", commit])
            .lines()
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths
    }

    /// The whole project, byte for byte.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.project())
    }
}

/// The path of the binary under test.
pub(crate) fn binary() -> &'static str {
    let path = assert_cmd::cargo::cargo_bin!("spec-kitty");
    path.to_str().expect("a path in UTF-8")
}

/// Writes a file anywhere, with its folders.
pub(crate) fn write_file(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes a program. Another process does it: a file that this one has open for writing is inherited by
/// what other tests start at that moment, and cannot be run until that has begun (`ETXTBSY`).
pub(crate) fn write_program(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh");
    let written = child.stdin.take().unwrap().write_all(text.as_ref());
    written.unwrap();
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

/// The paths in a folder, sorted; empty if there is no folder.
fn read_directory(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
}

/// The program's name and its arguments.
fn line_of(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap();
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in read_directory(folder) {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => files.extend(files_below(&path)),
            Ok(found) if found.is_file() => files.push(path),
            _ => {}
        }
    }
    files
}

/// Runs a command to its end with this on its stdin.
#[must_use]
pub(crate) fn finish(command: Command, input: &[u8]) -> Output {
    let line = line_of(&command);
    let is_binary = command.get_program() == binary();
    let arguments = command
        .get_args()
        .map(|it| it.to_string_lossy().into_owned());
    let arguments: Vec<_> = arguments.collect();
    let result = assert_cmd::Command::from_std(command)
        .write_stdin(input)
        .output()
        .unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
    if is_binary {
        assert_listed(&arguments, result.status.code());
    }
    Output::new(line, result)
}
