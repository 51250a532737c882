//! Examples of every command, for `--help` and the manual pages. A test runs them all.

use clap::Command;

/// The most examples that a page shows.
const MOST: usize = 3;

/// The examples of each command, by its words. A group of commands shows the first one of each.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "spec-kitty init",
            "spec-kitty specify --from-ticket WEB-123 --yes",
            "spec-kitty mission list",
        ],
    ),
    ("init", &["spec-kitty init", "spec-kitty -C web-app init"]),
    (
        "auth login",
        &[
            "spec-kitty auth login --server https://control.example.com --username ada",
            "spec-kitty auth login --with-token < token.txt",
        ],
    ),
    (
        "auth status",
        &[
            "spec-kitty auth status",
            "spec-kitty auth status --json=logged_in,server",
        ],
    ),
    (
        "auth logout",
        &["spec-kitty auth logout", "spec-kitty auth logout --json"],
    ),
    (
        "connect",
        &[
            "spec-kitty connect linear --resource WEB",
            "spec-kitty connect linear --resource WEB --token-stdin < token.txt",
        ],
    ),
    (
        "specify",
        &[
            "spec-kitty specify user-auth",
            "spec-kitty specify --from-ticket WEB-124 --dry-run",
            "spec-kitty specify --from-ticket WEB-124 --yes",
        ],
    ),
    (
        "mission list",
        &[
            "spec-kitty mission list",
            "spec-kitty mission list --ndjson",
        ],
    ),
    (
        "mission show",
        &[
            "spec-kitty mission show 61",
            "spec-kitty mission show web-123 --refresh",
        ],
    ),
    (
        "mission open",
        &[
            "spec-kitty mission open 61",
            "spec-kitty mission open web-123",
        ],
    ),
    (
        "mission discard",
        &[
            "spec-kitty mission discard 60 --yes",
            "spec-kitty mission discard search --yes --json=undone_commit",
        ],
    ),
    (
        "ticket list",
        &[
            "spec-kitty ticket list",
            "spec-kitty ticket list --status all --limit 100",
            "spec-kitty ticket list --mine=false --ndjson",
        ],
    ),
    (
        "ticket show",
        &[
            "spec-kitty ticket show WEB-124",
            "spec-kitty ticket show WEB-124 --web",
        ],
    ),
    (
        "ticket search",
        &[
            "spec-kitty ticket search 'waiting list'",
            "spec-kitty ticket search WEB-124 --json=candidates",
        ],
    ),
    (
        "tracker providers",
        &[
            "spec-kitty tracker providers",
            "spec-kitty tracker providers --json",
        ],
    ),
    (
        "tracker status",
        &[
            "spec-kitty tracker status",
            "spec-kitty tracker status --json=bound,logged_in",
        ],
    ),
    (
        "tracker bind",
        &[
            "spec-kitty tracker bind --provider linear --project-slug web",
            "spec-kitty tracker bind --provider linear --project-slug web --json=changed",
        ],
    ),
    (
        "tracker unbind",
        &[
            "spec-kitty tracker unbind",
            "spec-kitty tracker unbind --json=changed",
        ],
    ),
    (
        "tracker search-origin",
        &[
            "spec-kitty tracker search-origin WEB-124",
            "spec-kitty tracker search-origin 'waiting list' --limit 5",
            "spec-kitty tracker search-origin --key WEB-124 --json=candidates",
        ],
    ),
    (
        "tracker bind-origin",
        &[
            "spec-kitty tracker bind-origin --mission 60 --key WEB-124 --dry-run",
            "spec-kitty tracker bind-origin --mission 60 --key WEB-124 --yes",
            "spec-kitty tracker bind-origin --mission 60 --candidate ticket.json --yes",
        ],
    ),
    (
        "tracker unbind-origin",
        &[
            "spec-kitty tracker unbind-origin --mission 61 --yes",
            "spec-kitty tracker unbind-origin --mission web-123 --yes --json=commit",
        ],
    ),
    (
        "sync status",
        &[
            "spec-kitty sync status",
            "spec-kitty sync status --json=pending",
        ],
    ),
    (
        "sync now",
        &["spec-kitty sync now", "spec-kitty sync now --all"],
    ),
    (
        "sync list",
        &[
            "spec-kitty sync list",
            "spec-kitty sync list --dead --ndjson",
        ],
    ),
    (
        "sync retry",
        &["spec-kitty sync retry", "spec-kitty sync retry --all"],
    ),
    ("doctor", &["spec-kitty doctor", "spec-kitty doctor --fix"]),
    (
        "agent feature create-feature",
        &[
            "spec-kitty agent feature create-feature user-auth --json",
            "spec-kitty agent feature create-feature guide --mission documentation",
        ],
    ),
    (
        "mcp",
        &["spec-kitty mcp", "spec-kitty -C web-app --timeout 20 mcp"],
    ),
    (
        "serve",
        &[
            "spec-kitty serve --listen 127.0.0.1:0",
            "spec-kitty serve --listen 127.0.0.1:0 --data control-plane",
        ],
    ),
    (
        "admin user add",
        &[
            "spec-kitty admin user add ada --team acme --password-stdin < password.txt",
            "spec-kitty admin user add bo --team acme --link linear --password-stdin < password.txt",
        ],
    ),
    (
        "admin user list",
        &[
            "spec-kitty admin user list",
            "spec-kitty admin user list --ndjson",
        ],
    ),
    (
        "admin user link",
        &[
            "spec-kitty admin user link kit linear",
            "spec-kitty admin user link kit jira",
        ],
    ),
    (
        "admin user unlink",
        &[
            "spec-kitty admin user unlink kit linear",
            "spec-kitty admin user unlink kit jira",
        ],
    ),
    (
        "admin user passwd",
        &[
            "spec-kitty admin user passwd kit --password-stdin < password.txt",
            "spec-kitty admin user passwd kit --password-stdin --data control-plane < password.txt",
        ],
    ),
    (
        "admin user remove",
        &[
            "spec-kitty admin user remove kit --yes",
            "spec-kitty admin user remove kit --yes --data control-plane",
        ],
    ),
    (
        "admin connection add",
        &[
            "spec-kitty admin connection add acme --provider linear --token-file token.txt --no-check",
            "spec-kitty admin connection add acme --provider linear --token-stdin --no-check < token.txt",
        ],
    ),
    (
        "admin connection list",
        &[
            "spec-kitty admin connection list",
            "spec-kitty admin connection list --ndjson",
        ],
    ),
    (
        "admin connection test",
        &[
            "spec-kitty admin connection test work",
            "spec-kitty admin connection test work --json=account",
        ],
    ),
    (
        "admin connection resources",
        &[
            "spec-kitty admin connection resources work",
            "spec-kitty admin connection resources work --json=resources",
        ],
    ),
    (
        "admin connection remove",
        &[
            "spec-kitty admin connection remove work --yes",
            "spec-kitty admin connection remove work --force --yes",
        ],
    ),
    (
        "admin project map",
        &[
            "spec-kitty admin project map docs --provider linear --resource-type linear_team --resource-id T1",
            "spec-kitty admin project map web --connection work --resource WEB",
        ],
    ),
    (
        "admin project list",
        &[
            "spec-kitty admin project list",
            "spec-kitty admin project list --ndjson",
        ],
    ),
    (
        "admin project unmap",
        &[
            "spec-kitty admin project unmap identity --yes",
            "spec-kitty admin project unmap web --force --yes",
        ],
    ),
    (
        "admin tickets import",
        &[
            "spec-kitty admin tickets import tickets.json",
            "spec-kitty admin tickets import - < tickets.json",
        ],
    ),
    (
        "admin origin list",
        &[
            "spec-kitty admin origin list",
            "spec-kitty admin origin list --ndjson",
        ],
    ),
    (
        "admin origin remove",
        &[
            "spec-kitty admin origin remove 5f0c9a52-7f7e-4c0e-9a43-1d2f3b4c5d6e --yes",
            "spec-kitty admin origin remove 5f0c9a52-7f7e-4c0e-9a43-1d2f3b4c5d6e --yes --json=mission_slug",
        ],
    ),
    (
        "admin session list",
        &[
            "spec-kitty admin session list",
            "spec-kitty admin session list --ndjson",
        ],
    ),
    (
        "admin session revoke",
        &[
            "spec-kitty admin session revoke 1 --yes",
            "spec-kitty admin session revoke 1 --yes --json=revoked",
        ],
    ),
    (
        "admin token create",
        &[
            "spec-kitty admin token create --user kit --team harbour --name build --expires 90d",
            "spec-kitty admin token create --user kit --team harbour --name build --json=token",
        ],
    ),
    (
        "admin token list",
        &[
            "spec-kitty admin token list",
            "spec-kitty admin token list --ndjson",
        ],
    ),
    (
        "admin token revoke",
        &[
            "spec-kitty admin token revoke 2 --yes",
            "spec-kitty admin token revoke 2 --yes --json=revoked",
        ],
    ),
    (
        "admin status",
        &[
            "spec-kitty admin status",
            "spec-kitty admin status --data control-plane",
        ],
    ),
    ("demo", &["spec-kitty demo", "spec-kitty demo --keep tour"]),
    (
        "commands",
        &["spec-kitty commands", "spec-kitty commands --json"],
    ),
    (
        "skill",
        &["spec-kitty skill", "spec-kitty skill > SKILL.md"],
    ),
    (
        "schema",
        &["spec-kitty schema", "spec-kitty schema mission-list"],
    ),
    (
        "completions",
        &[
            "spec-kitty completions bash",
            "spec-kitty completions zsh > _spec-kitty",
        ],
    ),
    ("help", &["spec-kitty help", "spec-kitty help tracker bind"]),
    (
        "man",
        &[
            "spec-kitty man",
            "spec-kitty man tracker bind > spec-kitty-tracker-bind.1",
        ],
    ),
];

/// The examples of a command or a group.
pub(super) fn of(path: &str) -> Vec<&'static str> {
    let own = EXAMPLES.iter().find(|(command, _)| *command == path);
    if let Some((_, own)) = own {
        return own.to_vec();
    }
    let below = |command: &str| {
        let rest = command.strip_prefix(path);
        rest.is_some_and(|rest| rest.starts_with(' '))
    };
    let children = EXAMPLES.iter().filter(|(command, _)| below(command));
    children
        .filter_map(|(_, examples)| examples.first().copied())
        .take(MOST)
        .collect()
}

/// Puts the examples before the long help of every command.
pub(super) fn in_help(command: Command) -> Command {
    add(command, "")
}

fn add(command: Command, path: &str) -> Command {
    let examples = of(path);
    let names: Vec<_> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let command = names.into_iter().fold(command, |command, name| {
        let below = format!("{path} {name}").trim_start().to_owned();
        command.mut_subcommand(name, |command| add(command, &below))
    });
    if examples.is_empty() {
        return command;
    }
    let lines = examples.into_iter().map(|example| format!("\n  {example}"));
    command.before_long_help("Examples:".to_owned() + &lines.collect::<String>())
}
