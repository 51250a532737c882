//! Claim: a text search among 100,000 tickets takes less than 20 ms through `serve`.
//!
//! `cargo bench --bench search` fills stores with 10,000 and 100,000 tickets, and prints the median
//! of searches for two words of a ticket, and the worst letter.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up ends there"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const SEARCHES: usize = 101;
const PASSWORD: &str = "correct horse battery";

fn main() {
    // `cargo test --benches` passes no `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("one search through serve, in milliseconds: median of {SEARCHES}, and the slowest\n");
    for tickets in [10_000, 100_000] {
        measure(tickets);
    }
}

fn measure(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let titles = fill(folder.path(), count);
    let mut server = Server::start(folder.path());
    let two_words = |n: usize| {
        let title = &titles[n * titles.len() / SEARCHES];
        let mut words = title.split(' ');
        format!("{} {}", words.next().unwrap(), words.next_back().unwrap())
    };
    let times = (0..SEARCHES)
        .map(|n| server.search(&two_words(n)))
        .collect();
    report(&format!("{count} tickets, two words"), times);
    let letter = |letter: char| {
        let mut times: Vec<_> = (0..5).map(|_| server.search(&letter.to_string())).collect();
        times.sort();
        (times[2], letter)
    };
    let (time, worst) = ('a'..='z').map(letter).max().unwrap();
    report(&format!("{count} tickets, letter {worst}"), vec![time]);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    let (median, slowest) = (milliseconds(median), milliseconds(slowest));
    println!("{what:<28} {median:8.2} {slowest:8.2}");
}

/// Words of one to four syllables, of which some are much more frequent than others.
struct Words(u64);

impl Words {
    fn random(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 32] = [
            "a", "ber", "ca", "de", "el", "fi", "gra", "ho", "in", "jo", "ka", "lo", "men", "no",
            "or", "per", "qua", "ra", "sto", "ter", "un", "ver", "wi", "xe", "yo", "zu", "chi",
            "pla", "tion", "ser", "mo", "lin",
        ];
        let most = self.random(3_000) + 1;
        let mut number = self.random(most);
        let mut word = String::new();
        while word.is_empty() || number > 0 {
            word += SYLLABLES[usize::try_from(number % 32).unwrap()];
            number /= 32;
        }
        word
    }

    fn text(&mut self, words: usize) -> String {
        let words: Vec<_> = (0..words).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// Prepares a store, and returns the titles of its tickets.
fn fill(folder: &Path, count: usize) -> Vec<String> {
    let mut words = Words(0x9e37_79b9_7f4a_7c15);
    let ticket = |number: usize| {
        json!({
            "provider": "linear", "resource_type": "linear_team", "resource_id": "T1",
            "external_issue_id": format!("id-{number}"),
            "external_issue_key": format!("WEB-{number}"),
            "title": words.text(6), "status": "Todo", "body": words.text(40),
            "url": format!("https://linear.app/acme/issue/WEB-{number}"),
        })
    };
    let tickets: Vec<Value> = (1..=count).map(ticket).collect();
    let file = folder.join("tickets.json");
    fs::write(&file, serde_json::to_vec(&tickets).unwrap()).unwrap();
    run(
        folder,
        "user add ada --team acme --link linear --password-stdin",
    );
    run(
        folder,
        "project map web --provider linear --resource-type linear_team --resource-id T1",
    );
    run(folder, &format!("tickets import {}", file.display()));
    let title = |ticket: &Value| ticket["title"].as_str().unwrap().to_owned();
    tickets.iter().map(title).collect()
}

/// The binary with its state in this folder.
fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spec-kitty"));
    command
        .args(arguments.split(' '))
        .env("SPEC_KITTY_HOME", folder.join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &str) {
    let mut child = command(folder, &format!("admin {arguments}"))
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Only one command reads it.
    drop(stdin.write_all(PASSWORD.as_bytes()));
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{arguments}");
}

/// A running `serve`, and one connection to it.
struct Server {
    child: Child,
    stream: BufReader<TcpStream>,
    token: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let serve = "serve --quiet --listen 127.0.0.1:0 --rate-limit 1000000";
        let mut child = command(folder, serve).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let (_, address) = line.trim().rsplit_once('/').unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut server = Self {
            child,
            stream: BufReader::new(stream),
            token: String::new(),
        };
        let login = json!({"username": "ada", "password": PASSWORD});
        let session = server.ask("/api/v1/token/", &login);
        session["access"]
            .as_str()
            .unwrap()
            .clone_into(&mut server.token);
        server
    }

    fn ask(&mut self, path: &str, body: &Value) -> Value {
        let (body, token) = (body.to_string(), &self.token);
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut length, mut status) = (0, String::new());
        self.stream.read_line(&mut status).unwrap();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            match line.trim().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        assert!(status.contains(" 200 "), "{status}");
        serde_json::from_slice(&body).unwrap()
    }

    /// How long a search took that found a ticket.
    fn search(&mut self, text: &str) -> Duration {
        let query =
            json!({"provider": "linear", "project_slug": "web", "limit": 10, "query_text": text});
        let start = Instant::now();
        let found = self.ask("/api/v1/tracker/issue-search/", &query);
        let time = start.elapsed();
        assert_ne!(found["candidates"][0], Value::Null, "{text}");
        time
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
