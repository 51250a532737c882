//! The file: what is stored, what is rejected, and its permissions.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;

fn home() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let world = World::with_variables(folder.path().to_owned(), [("SPEC_KITTY_HOME", &home)]);
    (folder, world)
}

fn session() -> Credentials {
    Credentials {
        server: ServerUrl::parse("https://control.example.com/x").unwrap(),
        access: Secret::new("aaa"),
        refresh: Some(Secret::new("rrr")),
        access_expires_at: DateTime::from_timestamp(1_800_000_000, 0),
        refresh_expires_at: None,
        username: Some("ada".to_owned()),
        team_slug: Some("wéb \"1\"".to_owned()),
    }
}

fn write(world: &World, text: &str) {
    replace(&path(world), text.as_bytes(), Mode::Private).unwrap();
}

fn store_now(world: &World, session: &Credentials) {
    let lock = lock(world, Duration::from_secs(1)).unwrap();
    store(world, session, &lock).unwrap();
}

fn remove_now(world: &World) -> bool {
    let lock = lock(world, Duration::from_secs(1)).unwrap();
    remove(world, &lock).unwrap()
}

#[test]
fn what_is_stored_is_loaded_from_a_private_file() {
    let (_folder, world) = home();
    assert_eq!(load(&world).unwrap(), None);
    store_now(&world, &session());
    assert_eq!(load(&world).unwrap(), Some(session()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(&world)), 0o600);
    assert_eq!(mode(&world.state_directory()), 0o700);
}

#[test]
fn a_login_of_the_older_program_is_read() {
    let (_folder, world) = home();
    drop(lock(&world, Duration::from_secs(1)).unwrap());
    write(
        &world,
        "[tokens]\naccess = \"aaa\"\nrefresh = \"rrr\"\n\
         access_expires_at = \"2027-01-15T08:00:00.123456+00:00\"\n\
         refresh_expires_at = 2027-01-22T08:00:00Z\n\
         [user]\nusername = \"ada\"\nteam_slug = \"web\"\n[server]\nurl = \"https://a.example/\"\n",
    );
    let session = load(&world).unwrap().unwrap();
    assert_eq!(session.server.to_string(), "https://a.example");
    assert_eq!(session.refresh, Some(Secret::new("rrr")));
    let time = |time: Option<DateTime<Utc>>| time.unwrap().timestamp();
    assert_eq!(time(session.access_expires_at), 1_800_000_000);
    assert_eq!(time(session.refresh_expires_at), 1_800_604_800);
    assert_eq!(session.team_slug.as_deref(), Some("web"));
}

#[test]
fn foreign_keys_survive_a_login_and_a_logout() {
    let (_folder, world) = home();
    store_now(&world, &session());
    let text = fs::read_to_string(path(&world)).unwrap();
    write(
        &world,
        &format!("top = 1\n{text}extra = true\n[other]\nx = 2\n"),
    );
    let next = Credentials {
        refresh: None,
        ..session()
    };
    store_now(&world, &next);
    assert_eq!(load(&world).unwrap(), Some(next));
    assert!(remove_now(&world));
    assert_eq!(load(&world).unwrap(), None);
    let rest = fs::read_to_string(path(&world)).unwrap().parse::<Table>();
    let expected = "top = 1\n[user]\nextra = true\n[other]\nx = 2\n".parse::<Table>();
    assert_eq!(rest, expected);
}

#[test]
fn a_logout_removes_the_file_and_may_be_repeated() {
    let (_folder, world) = home();
    store_now(&world, &session());
    assert!(remove_now(&world));
    assert!(!exists(&world).unwrap());
    assert!(!remove_now(&world));
}

#[test]
fn a_file_that_others_may_read_is_tightened_before_it_is_read() {
    let (_folder, world) = home();
    store_now(&world, &session());
    fs::set_permissions(path(&world), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(load(&world).unwrap(), Some(session()));
    let mode = fs::metadata(path(&world)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_broken_file_is_reported_by_field_and_never_by_text() {
    let (_folder, world) = home();
    drop(lock(&world, Duration::from_secs(1)).unwrap());
    let cases = [
        ("hunter2", "line 1 is not TOML"),
        ("tokens = 'hunter2'", "`tokens` is not a section"),
        ("[tokens]\naccess = 2", "`tokens.access` is not a string"),
        (
            "[tokens]\naccess = 'hunter2\\n'\n[server]\nurl=''",
            "`server.url` is missing",
        ),
        (
            "[tokens]\naccess = 'hunter 2'",
            "`tokens.access` is not a token",
        ),
        ("[tokens]\naccess = 'hunter2'", "`server.url` is missing"),
        (
            "[tokens]\naccess = 'hunter2'\n[server]\nurl = 'hunter2'",
            "`server.url` is not a URL like https://control.example.com",
        ),
        (
            "[tokens]\naccess = 'hunter2'\nrefresh_expires_at = 'hunter2'\n\
             [server]\nurl = 'https://a.example'",
            "`tokens.refresh_expires_at` is not a time",
        ),
    ];
    for (text, expected) in cases {
        write(&world, text);
        match load(&world) {
            Err(CredentialsError::Broken { problem, .. }) => assert_eq!(problem, expected),
            other => panic!("{text}: {other:?}"),
        }
    }
    store_now(&world, &session());
    assert_eq!(load(&world).unwrap(), Some(session()), "a login fixes it");
}

#[test]
fn no_tokens_is_not_logged_in() {
    let (_folder, world) = home();
    drop(lock(&world, Duration::from_secs(1)).unwrap());
    for text in [
        "",
        "[tokens]\naccess = ''\n",
        "[server]\nurl = 'https://a.example'\n",
    ] {
        write(&world, text);
        assert_eq!(load(&world).unwrap(), None, "{text:?}");
    }
}
