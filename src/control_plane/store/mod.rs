//! The store of the control plane, in SQLite. No other module contains SQL, so another database
//! changes only this folder and `migrations/`.
//!
//! Callers pass the current time, so that tests can check expiry without waiting.

/// `sql!(execute(pool): "…"; a, b)` runs a statement with the values `a` and `b`. The methods that
/// fetch return rows as tuples.
macro_rules! sql {
    (execute($executor:expr): $sql:expr $(; $($value:expr),+)?) => {
        sqlx::query($sql)$($(.bind($value))+)?.execute($executor).await
    };
    ($fetch:ident($executor:expr): $sql:expr $(; $($value:expr),+)?) => {
        sqlx::query_as($sql)$($(.bind($value))+)?.$fetch($executor).await
    };
}

mod accounts;
mod connections;
mod counts;
mod events;
mod idempotency;
mod missions;
mod origins;
mod projects;
mod sessions;
mod ticket_list;
mod tickets;
mod tokens;
mod transaction;
mod users;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlitePool};

use crate::fs::lock::{self, LockError};
use crate::fs::{FsError, ensure_private_directory, require_private};
use crate::world::World;

pub(crate) use accounts::{Removal, UserRow};
pub(crate) use connections::{ConnectionRow, ConnectionValues};
pub(crate) use events::{Receipt, ReceivedEvent};
pub(crate) use idempotency::{KeyedRequest, StoredAnswer};
pub(crate) use missions::Mission;
pub(crate) use origins::{BindAttempt, BindOutcome, OriginRow, UnbindOutcome};
pub(crate) use projects::{LiveResource, NewMapping, ProjectMapping, ProjectName, ProjectRow};
pub(crate) use sessions::{ACCESS_LIFETIME, REFRESH_LIFETIME, SessionOwner, TokenHash, TokenPair};
pub(crate) use ticket_list::{Cursor, TicketPage};
pub(crate) use tickets::{FoundTickets, ImportedTicket, TextQuery};
pub(crate) use tokens::{NewToken, SessionKind, SessionRow, TokenCreation, TokenRow};
use transaction::Transaction;

const FILE_NAME: &str = "control-plane.sqlite3";
const LOCK_NAME: &str = "migrate.lock";

const CONNECTIONS: u32 = 4;
/// Text searches have connections of their own, so that everything else does not wait for them.
const PARALLEL_SEARCHES: u32 = CONNECTIONS / 2;
/// After so many steps of a query SQLite asks whether to go on. This takes less than a millisecond.
const STEPS: i32 = 1_000;

/// An open store. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
    /// For text searches.
    searches: SqlitePool,
    /// Ends all running queries.
    interrupted: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    File(#[from] FsError),
    /// Another process keeps the lock for migrations.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database could not be opened or migrated.
    #[error("cannot open the store {}", path.display())]
    Open {
        path: PathBuf,
        source: sqlx::migrate::MigrateError,
    },
    #[error("tickets[{index}] has the same key as another ticket of its tracker resource")]
    TicketKeyTaken { index: usize },
    #[error("a query of the store failed")]
    Query(#[from] sqlx::Error),
    #[error("a search of the store took too long")]
    SearchTooSlow,
    #[error("cannot serialise an answer")]
    Serialise(#[from] serde_json::Error),
}

impl Store {
    pub(crate) fn exists(folder: &Path) -> bool {
        folder.join(FILE_NAME).is_file()
    }

    /// Opens and migrates the store in a folder. Creates both if they do not exist.
    pub(crate) async fn open(world: &World, folder: &Path) -> Result<Self, StoreError> {
        // An existing folder keeps its mode: it can contain other files that others need.
        if !folder.is_dir() {
            ensure_private_directory(folder)?;
        }
        let path = folder.join(FILE_NAME);
        // SQLite would create it with the mode of the umask, and its journals with the mode of it.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(FsError::on("open", &path))?;
        // A restored copy can have the mode of the umask.
        for suffix in ["", "-wal", "-shm"] {
            let file = folder.join(format!("{FILE_NAME}{suffix}"));
            if let Ok(found) = file.metadata() {
                require_private(&file, &found, 0o600)?;
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            // A client deletes its events once the response reports success: sync before that.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        // Two processes that open a new store must not both create its tables.
        let migrating = lock::acquire(world, &folder.join(LOCK_NAME), Duration::from_secs(10))?;
        let failed = |source| StoreError::Open {
            path: path.clone(),
            source,
        };
        let interrupted = Arc::new(AtomicBool::new(false));
        let pool = pool_of(CONNECTIONS, &interrupted)
            .connect_with(options.clone())
            .await
            .map_err(|error| failed(error.into()))?;
        migrations().run(&pool).await.map_err(failed)?;
        drop(migrating);
        let searches = pool_of(PARALLEL_SEARCHES, &interrupted).connect_lazy_with(options);
        Ok(Self {
            pool,
            searches,
            interrupted,
        })
    }

    /// Ends the running queries. Later ones fail too.
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Closes the connections, which merges the write-ahead log into the database.
    pub(crate) async fn close(&self) {
        self.searches.close().await;
        self.pool.close().await;
    }
}

/// The queries of its connections end when this flag is set.
fn pool_of(connections: u32, interrupted: &Arc<AtomicBool>) -> SqlitePoolOptions {
    let interrupted = Arc::clone(interrupted);
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .after_connect(move |connection, _| {
            let interrupted = Arc::clone(&interrupted);
            Box::pin(async move {
                let go_on = move || !interrupted.load(Ordering::Relaxed);
                let mut handle = connection.lock_handle().await?;
                handle.set_progress_handler(STEPS, go_on);
                Ok(())
            })
        })
}

/// RFC 3339; `None` for a time that has no date, such as that of a token that does not expire.
fn time(seconds: i64) -> Option<String> {
    let time = DateTime::from_timestamp(seconds, 0)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Each migration, in order. A file never changes after its release.
const MIGRATIONS: [(&str, &str); 5] = [
    (
        "initial",
        include_str!("../../../migrations/0001_initial.sql"),
    ),
    (
        "repositories and tokens",
        include_str!("../../../migrations/0002_repositories_and_tokens.sql"),
    ),
    (
        "refresh again",
        include_str!("../../../migrations/0003_refresh_again.sql"),
    ),
    (
        "ticket updates",
        include_str!("../../../migrations/0004_ticket_updates.sql"),
    ),
    (
        "connections",
        include_str!("../../../migrations/0005_connections.sql"),
    ),
];

fn migrations() -> Migrator {
    let migration = |(version, (description, sql)): (i64, (&'static str, &'static str))| {
        let sql = sql.into_sql_str();
        Migration::new(
            version,
            description.into(),
            MigrationType::Simple,
            sql,
            false,
        )
    };
    Migrator::with_migrations((1..).zip(MIGRATIONS).map(migration).collect())
}

#[cfg(test)]
mod tests;
