//! The one query layer: everything the control plane remembers, in SQLite.
//!
//! Callers hand in the time, so that an expiry needs no waiting to be seen. Whoever puts another
//! database in SQLite's place changes this folder and `migrations/` only.

mod counts;
mod events;
mod origins;
mod projects;
mod sessions;
mod tickets;
mod users;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlitePool};

use crate::fs::lock::{self, LockError};
use crate::fs::{FsError, ensure_private_directory};
use crate::world::World;

pub(crate) use counts::Counts;
pub(crate) use events::ReceivedEvent;
pub(crate) use origins::{Answered, BindAttempt, BindOutcome};
pub(crate) use projects::{Mapped, Project, ProjectReference};
pub(crate) use sessions::{ACCESS_LIFETIME, REFRESH_LIFETIME, SessionOwner, TokenHash, TokenPair};
pub(crate) use tickets::Ticket;
pub(crate) use users::Added;

const FILE_NAME: &str = "control-plane.sqlite3";
const LOCK_NAME: &str = "migrate.lock";

/// The open store. A clone shares its connections.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
}

/// A store that could not be opened or asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The folder or file cannot be used.
    #[error(transparent)]
    File(#[from] FsError),
    /// Another process is bringing the store up to date and does not end.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store could not be opened or brought up to date.
    #[error("cannot open the control plane's store {}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// SQLite's reason.
        source: sqlx::migrate::MigrateError,
    },
    /// A ticket has the key of another one in the same tracker resource.
    #[error("tickets[{index}] has the key of another ticket in the same tracker resource")]
    TicketKeyTaken {
        /// Its place in the list.
        index: usize,
    },
    /// A query failed.
    #[error("the control plane's store does not answer")]
    Query(#[from] sqlx::Error),
}

impl Store {
    /// Whether there is one in this folder.
    pub(crate) fn exists(folder: &Path) -> bool {
        folder.join(FILE_NAME).is_file()
    }

    /// Opens the store in a folder and brings it up to date; makes both where there is none.
    pub(crate) async fn open(world: &World, folder: &Path) -> Result<Self, StoreError> {
        // One that is there may hold other things, which others may need to reach: it keeps its mode.
        if !folder.is_dir() {
            ensure_private_directory(folder)?;
        }
        let path = folder.join(FILE_NAME);
        // SQLite would make it, and its journals after it, as readable as the umask lets it.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(FsError::on("open", &path))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            // What was answered with success is on disk: the client forgets it on that word.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        // Two processes that open a new store at once must not both create its tables.
        let migrating = lock::acquire(world, &folder.join(LOCK_NAME), Duration::from_secs(10))?;
        let failed = |source| StoreError::Open {
            path: path.clone(),
            source,
        };
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await
            .map_err(|error| failed(error.into()))?;
        migrations().run(&pool).await.map_err(failed)?;
        drop(migrating);
        Ok(Self { pool })
    }

    /// Closes the connections, which folds the write-ahead log into the database.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../migrations/0001_initial.sql").into_sql_str();
    let initial = Migration::new(1, "initial".into(), MigrationType::Simple, sql, false);
    Migrator::with_migrations(vec![initial])
}

#[cfg(test)]
mod tests;
