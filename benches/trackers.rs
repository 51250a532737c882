//! Claims: with a tracker that answers in 50 ms, `tracker search-origin` takes at most 15 ms more
//! through a running `serve`, and at most 30 ms more with `local`; `connect` calls the tracker at most
//! three times.
//!
//! `cargo bench --bench trackers` runs whole commands in turn against a fake Linear, and prints the
//! median and the fastest of each. On a busy machine the fastest says more.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up ends there"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const RUNS: usize = 101;
/// How long the tracker takes for an answer.
const TRACKER: Duration = Duration::from_millis(50);
const PASSWORD: &str = "correct horse battery";
const SEARCH: &str = "tracker search-origin --json";

fn main() {
    // `cargo test --benches` passes no `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tracker = Tracker::start();
    let personal = Machine::new(folder.path(), "personal");
    personal.run(
        &format!(
            "connect linear --url {} --token-stdin --resource WEB",
            tracker.url
        ),
        "lin_api_bench",
    );
    println!(
        "calls of `connect linear`: {}, at most 3\n",
        tracker.forget()
    );

    let team = Machine::new(folder.path(), "team");
    let serving = team.serve(&tracker);
    println!(
        "milliseconds of whole commands, {RUNS} runs each; the tracker answers in {} ms\n",
        TRACKER.as_millis()
    );
    println!("{:<36} {:>8} {:>8}   at most", "", "median", "fastest");
    let (mut start, mut through, mut local) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..RUNS {
        start.push(personal.time("--version"));
        // Answers are kept for a while, so each run has its own text.
        through.push(team.time(&format!("{SEARCH} text{n}")));
        local.push(personal.time(&format!("{SEARCH} text{n}")));
    }
    let calls = tracker.forget();
    report("spec-kitty --version", start, None);
    report("search-origin through serve", through, Some(15));
    report("search-origin with local", local, Some(30));
    println!("\ncalls of {} searches: {calls}", 2 * RUNS);
    drop(serving);
}

/// Prints the times, and whether the median is at most this many milliseconds above the tracker's.
fn report(what: &str, mut times: Vec<Duration>, most: Option<u64>) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let (median, fastest) = (times[times.len() / 2], times[0]);
    let limit = most.map(|most| TRACKER + Duration::from_millis(most));
    let verdict = match limit {
        Some(limit) if median <= limit => format!("{} yes", limit.as_millis()),
        Some(limit) => format!("{} NO", limit.as_millis()),
        None => String::new(),
    };
    let (median, fastest) = (milliseconds(median), milliseconds(fastest));
    println!("{what:<36} {median:8.2} {fastest:8.2}   {verdict}");
}

/// A fake Linear.
struct Tracker {
    url: String,
    calls: Arc<AtomicUsize>,
}

impl Tracker {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, count) = (stream.unwrap(), Arc::clone(&count));
                thread::spawn(move || answer_all(stream, &count));
            }
        });
        Self { url, calls }
    }

    /// The number of calls since the last time.
    fn forget(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

/// Answers the requests of a connection until it is closed.
fn answer_all(stream: TcpStream, calls: &AtomicUsize) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim().to_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                None if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        calls.fetch_add(1, Ordering::Relaxed);
        let answer = answer(&serde_json::from_slice(&body).unwrap()).to_string();
        thread::sleep(TRACKER);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        let answer = format!("{head} {}\r\n\r\n{answer}", answer.len());
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(request: &Value) -> Value {
    let query = request["query"].as_str().unwrap();
    let page = |nodes: &[Value]| json!({"nodes": nodes, "pageInfo": {"hasNextPage": false}});
    let data = if query.contains("viewer") {
        json!({"viewer": {"id": "u1", "name": "Ada", "email": "ada@example.org"}})
    } else if query.contains("teams(") {
        json!({"teams": page(&[json!({"id": "t1", "key": "WEB", "name": "Web"})])})
    } else {
        let ticket = |number: usize| {
            json!({
                "id": format!("id-{number}"), "identifier": format!("WEB-{number}"),
                "title": format!("Ticket number {number}"),
                "url": format!("https://linear.app/acme/issue/WEB-{number}"),
                "updatedAt": "2026-11-20T10:00:00Z", "assignee": {"name": "Ada"},
                "state": {"name": "Todo", "type": "unstarted"}, "team": {"id": "t1"},
            })
        };
        let tickets: Vec<_> = (1..=10).map(ticket).collect();
        json!({"searchIssues": page(&tickets)})
    };
    json!({ "data": data })
}

/// A user's home, and a repository.
struct Machine {
    home: PathBuf,
    repository: PathBuf,
}

impl Machine {
    fn new(folder: &Path, name: &str) -> Self {
        let (home, repository) = (folder.join(name), folder.join(name).join("repository"));
        fs::create_dir_all(&repository).unwrap();
        let identity = "[user]\n\tname = Ada\n\temail = ada@example.org\n";
        fs::write(home.join("gitconfig"), identity).unwrap();
        let machine = Self { home, repository };
        let mut git = Command::new("git");
        git.args(["init", "--quiet"]);
        assert!(machine.at_home(git).status().unwrap().success());
        machine.run("init", "");
        machine
    }

    /// A program in the repository that sees only this home.
    fn at_home(&self, mut command: Command) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .current_dir(&self.repository)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.home.join("gitconfig"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spec-kitty"));
        command.args(arguments.split(' '));
        self.at_home(command)
    }

    fn run(&self, arguments: &str, input: &str) {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Not every command reads it.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments}");
    }

    /// How long a command takes.
    fn time(&self, arguments: &str) -> Duration {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null());
        let start = Instant::now();
        let output = command.output().unwrap();
        let time = start.elapsed();
        assert!(output.status.success(), "{arguments}");
        time
    }

    /// Binds the repository to the tracker through a control plane with a user of it.
    fn serve(&self, tracker: &Tracker) -> Serving {
        let url = &tracker.url;
        let add = format!("admin connection add work --provider linear --url {url} --token-stdin");
        self.run(&add, "lin_api_bench");
        self.run("admin project map web --connection work --resource WEB", "");
        self.run(
            "admin user add ada --team acme --link linear --password-stdin",
            PASSWORD,
        );
        let serve = "serve --quiet --listen 127.0.0.1:0 --rate-limit 1000000";
        let mut child = self.command(serve).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let (_, url) = line.trim().rsplit_once(' ').unwrap();
        let login = format!("auth login --server {url} --username ada --password-stdin");
        self.run(&login, PASSWORD);
        self.run("tracker bind --provider linear --project-slug web", "");
        tracker.forget();
        Serving { child }
    }
}

/// A running `serve`.
struct Serving {
    child: Child,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
