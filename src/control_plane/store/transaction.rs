//! Transactions that leave nothing behind.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};

use super::Store;

/// A transaction that excludes all other writers from its start. Unless it is committed, its
/// connection is closed: after an error only SQLite knows whether a transaction is still open.
#[derive(Debug)]
pub(super) struct Transaction {
    connection: PoolConnection<Sqlite>,
    committed: bool,
}

impl Store {
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let mut transaction = Transaction {
            connection: self.pool.acquire().await?,
            committed: false,
        };
        sql!(execute(&mut *transaction): "BEGIN IMMEDIATE")?;
        Ok(transaction)
    }
}

impl Transaction {
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        sql!(execute(&mut *self): "COMMIT")?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Transaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
