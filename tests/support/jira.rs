//! A fake Jira with two projects and the tickets `IAM-1` and `IAM-2`.

use serde_json::{Value, json};

use super::{Reply, Request, Server};

/// Unlike any other word, so that a test can look for it.
pub(crate) const JIRA_TOKEN: &str = "ATATT-hush-hush-0815";
/// The e-mail address of the account at a Jira Cloud site.
pub(crate) const JIRA_USER: &str = "ada@example.com";
/// The id of the project `IAM`.
pub(crate) const IAM_PROJECT: &str = "10042";

/// A running fake of one kind of Jira.
#[must_use]
pub(crate) struct Jira {
    pub server: Server,
    is_cloud: bool,
}

impl Jira {
    /// A Jira Cloud site, which accepts [`JIRA_USER`] with [`JIRA_TOKEN`].
    pub(crate) fn cloud() -> Self {
        Self::start(true)
    }

    /// A Jira Data Center below the context path `/jira`, which accepts [`JIRA_TOKEN`].
    pub(crate) fn data_center() -> Self {
        Self::start(false)
    }

    fn start(is_cloud: bool) -> Self {
        let jira = Self {
            server: Server::start(),
            is_cloud,
        };
        jira.restore();
        jira
    }

    /// `--url` of a connection.
    pub(crate) fn site(&self) -> String {
        let context = if self.is_cloud { "" } else { "/jira" };
        self.server.url() + context
    }

    /// The flags of a connection.
    pub(crate) fn flags(&self) -> Vec<String> {
        let mut flags = vec!["--url".to_owned(), self.site()];
        if self.is_cloud {
            flags.extend(["--user".to_owned(), JIRA_USER.to_owned()]);
        }
        flags
    }

    /// What the `Authorization` header has to be.
    pub(crate) fn authorization(&self) -> &'static str {
        if self.is_cloud {
            // ada@example.com:ATATT-hush-hush-0815
            "Basic YWRhQGV4YW1wbGUuY29tOkFUQVRULWh1c2gtaHVzaC0wODE1"
        } else {
            "Bearer ATATT-hush-hush-0815"
        }
    }

    /// The paths of a search and of the ticket `IAM-1`.
    pub(crate) fn ticket_paths(&self) -> [String; 2] {
        let (search, version) = if self.is_cloud {
            ("/rest/api/3/search/jql", 3)
        } else {
            ("/rest/api/2/search", 2)
        };
        let issue = format!("/rest/api/{version}/issue/IAM-1");
        [search.to_owned(), issue].map(|path| self.path(&path))
    }

    /// Answers searches and look-ups with this reply.
    pub(crate) fn fail(&self, reply: &Reply) {
        for path in self.ticket_paths() {
            self.server.on(&path, reply.clone());
        }
    }

    /// Answers as a Jira without problems.
    pub(crate) fn restore(&self) {
        let version = if self.is_cloud { 3 } else { 2 };
        let kind = if self.is_cloud { "Cloud" } else { "Server" };
        let user = json!({
            "accountId": "5b10", "name": "ada", "displayName": "Ada Lovelace",
            "emailAddress": JIRA_USER,
        });
        let projects = json!([
            {"id": IAM_PROJECT, "key": "IAM", "name": "Identity"},
            {"id": "10043", "key": "OPS", "name": "Operations"},
        ]);
        let page = json!({
            "values": projects, "total": 2, "isLast": true, "startAt": 0, "maxResults": 100,
        });
        let found = json!({
            "issues": [self.issue("IAM-2"), self.issue("IAM-1")],
            "startAt": 0, "maxResults": 10, "total": 2,
        });
        let [search, issue] = self.ticket_paths();
        self.serve("/rest/api/2/serverInfo", json!({"deploymentType": kind}));
        self.serve(&format!("/rest/api/{version}/myself"), user);
        if self.is_cloud {
            self.serve("/rest/api/3/project/search", page);
        } else {
            self.serve("/rest/api/2/project", projects);
        }
        self.serve_at(search, found);
        self.serve_at(issue, self.issue("IAM-1"));
    }

    /// An issue of the project `IAM`.
    pub(crate) fn issue(&self, key: &str) -> Value {
        let because = json!({"type": "text", "text": "Because."});
        let tree = json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [because]},
        ]});
        let description = if self.is_cloud {
            tree
        } else {
            json!("Because.")
        };
        json!({"id": format!("1{key}"), "key": key, "fields": {
            "summary": format!("Ticket {key}"), "assignee": null, "description": description,
            "status": {"name": "Open", "statusCategory": {"key": "new"}},
            "updated": "2026-11-20T11:00:00.000+0000",
            "project": {"id": IAM_PROJECT, "key": "IAM"},
        }})
    }

    /// A path below the context path.
    pub(crate) fn path(&self, path: &str) -> String {
        let context = if self.is_cloud { "" } else { "/jira" };
        format!("{context}{path}")
    }

    fn serve(&self, path: &str, body: Value) {
        self.serve_at(self.path(path), body);
    }

    fn serve_at(&self, path: String, body: Value) {
        let expected = self.authorization();
        self.server.handle(&path, move |request: &Request| {
            if request.header("authorization") == Some(expected) {
                Reply::json(200, &body)
            } else {
                jira_error(401, "Client must be authenticated to access this resource.")
            }
        });
    }
}

/// A refusal of Jira.
pub(crate) fn jira_error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"errorMessages": [message], "errors": {}}))
}
