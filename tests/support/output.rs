//! The result of a run: both streams and the exit code, exactly. The checks are `assert_cmd`'s.

use std::fmt;

use assert_cmd::assert::Assert;
use serde_json::Value;

/// One finished run. The functions that return a new one are `#[must_use]`.
#[derive(Clone)]
pub(crate) struct Output {
    /// The command line, for messages.
    pub command: String,
    /// Standard output, which must be UTF-8.
    pub stdout: String,
    /// Standard error, which must be UTF-8.
    pub stderr: String,
    /// The exit code; −1 if a signal ended the run.
    pub code: i32,
    result: std::process::Output,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            stdout,
            stderr,
            code,
            ..
        } = self;
        write!(
            f,
            "$ {command}\nexit {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}

impl Output {
    pub(super) fn new(command: String, result: std::process::Output) -> Self {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec());
            text.unwrap_or_else(|error| panic!("not UTF-8: {error} from {command}"))
        };
        Self {
            stdout: text(&result.stdout),
            stderr: text(&result.stderr),
            code: result.status.code().unwrap_or(-1),
            command,
            result,
        }
    }

    /// The run as `assert_cmd` checks it.
    fn assert(&self) -> Assert {
        Assert::new(self.result.clone()).append_context("command", self.command.clone())
    }

    /// The run ended with this exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        self.assert().code(code);
        self
    }

    /// The run ended with 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// The one JSON document on stdout; stderr must be empty.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        self.assert().stderr("");
        let mut documents = serde_json::Deserializer::from_str(&self.stdout).into_iter::<Value>();
        let document = match documents.next() {
            Some(Ok(document)) => document,
            other => panic!("no JSON document: {other:?} in {self:?}"),
        };
        assert!(documents.next().is_none(), "more than one: {self:?}");
        assert!(
            self.stdout.ends_with('\n'),
            "no newline at the end: {self:?}"
        );
        super::schemas::assert_valid(&document);
        self.check_result(&document);
        document
    }

    /// The result agrees with the exit code. Only two documents report findings: a success with
    /// another exit code than 0.
    #[track_caller]
    fn check_result(&self, document: &Value) {
        let reports = ["spec-kitty.doctor/1", "spec-kitty.sync-now/1"];
        let is_report = reports.iter().any(|schema| document["schema"] == *schema);
        let is_success = self.code == 0 || is_report;
        let result = if is_success { "success" } else { "error" };
        assert_eq!(document["result"], result, "{self:?}");
        if is_report {
            assert_eq!(document["ok"], self.code == 0, "{self:?}");
        }
        if !is_success {
            assert_eq!(document["error"]["exit_code"], self.code, "{self:?}");
        }
    }

    /// The document of a success with this schema, checked for the keys every success has.
    #[track_caller]
    pub(crate) fn answer(&self, schema: &str) -> Value {
        self.assert().success();
        let document = self.json();
        assert_eq!(document["schema"], schema, "{self:?}");
        assert_eq!(document["result"], "success", "{self:?}");
        assert!(document["warnings"].is_array(), "{self:?}");
        document
    }

    /// The `error` object of a failure document, checked for its fixed keys, its exit code (also
    /// that of the process) and its effect.
    #[track_caller]
    pub(crate) fn error(&self, exit: i32, effect: &str) -> Value {
        self.assert().code(exit);
        let document = self.json();
        assert_eq!(document["schema"], "spec-kitty.error/1", "{self:?}");
        assert_eq!(document["result"], "error", "{self:?}");
        assert!(document["warnings"].is_array(), "{self:?}");
        let error = &document["error"];
        let keys: Vec<_> = error
            .as_object()
            .expect("error is an object")
            .keys()
            .collect();
        assert_eq!(
            keys,
            [
                "code",
                "details",
                "effect",
                "exit_code",
                "hint",
                "message",
                "next_command",
                "retry_after_seconds",
                "retryable",
                "user_action_required",
            ],
            "{self:?}"
        );
        assert_eq!(error["exit_code"], exit, "{self:?}");
        assert_eq!(error["effect"], effect, "{self:?}");
        let code = error["code"].as_str().expect("code is a string");
        assert!(
            !code.is_empty() && code.chars().all(|c| c == '_' || c.is_ascii_lowercase()),
            "code is not snake_case: {code}"
        );
        assert!(!error["message"].as_str().unwrap().is_empty(), "{self:?}");
        assert!(error["details"].is_object(), "{self:?}");
        let next = &error["next_command"];
        assert!(next.is_null() || next.is_string(), "{self:?}");
        error.clone()
    }

    /// Stderr of a failure in text. Nothing is on stdout.
    #[track_caller]
    pub(crate) fn error_text(&self, exit: i32) -> &str {
        self.assert().code(exit).stdout("");
        assert!(self.stderr.contains("error: "), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        &self.stderr
    }
}
