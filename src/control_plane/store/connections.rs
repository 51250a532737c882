//! Accounts at trackers, without their credentials.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Store, StoreError};

/// A stored connection. Its texts were checked when it was added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ConnectionRow {
    pub id: i64,
    pub name: String,
    pub provider: String,
    pub url: String,
    /// The user of a Jira API token.
    pub user: Option<String>,
    /// Where the credential is, if it is not in the data folder.
    pub token_file: Option<String>,
    /// `cloud` or `data_center`; `None` for Linear and for a Jira site of unknown kind.
    pub deployment: Option<String>,
    /// Grows with each change, the credential included.
    #[serde(skip)]
    pub revision: i64,
    /// How many projects use it.
    pub projects: i64,
}

/// A connection to add, or the new values of an existing one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionValues<'a> {
    pub name: &'a str,
    pub provider: &'a str,
    pub url: &'a str,
    pub user: Option<&'a str>,
    pub token_file: Option<&'a str>,
    pub deployment: Option<&'a str>,
}

type Row = (
    i64,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    i64,
);

impl From<Row> for ConnectionRow {
    fn from(row: Row) -> Self {
        let (id, name, provider, url, user, token_file, deployment, revision, projects) = row;
        Self {
            id,
            name,
            provider,
            url,
            user,
            token_file,
            deployment,
            revision,
            projects,
        }
    }
}

impl Store {
    /// All connections, by name.
    pub(crate) async fn connections(&self) -> Result<Vec<ConnectionRow>, StoreError> {
        self.matching_connections(None, None).await
    }

    pub(crate) async fn connection(&self, id: i64) -> Result<Option<ConnectionRow>, StoreError> {
        Ok(self.matching_connections(Some(id), None).await?.pop())
    }

    pub(crate) async fn connection_by_name(
        &self,
        name: &str,
    ) -> Result<Option<ConnectionRow>, StoreError> {
        Ok(self.matching_connections(None, Some(name)).await?.pop())
    }

    async fn matching_connections(
        &self,
        id: Option<i64>,
        name: Option<&str>,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        let rows: Vec<Row> = sql!(fetch_all(&self.pool):
            "SELECT id, name, provider, url, user, token_file, deployment, revision,
                 (SELECT count(*) FROM projects WHERE connection_id = connections.id)
             FROM connections WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR name = ?2)
             ORDER BY name";
            id, name
        )?;
        Ok(rows.into_iter().map(ConnectionRow::from).collect())
    }

    /// Adds a connection, or changes the one with this name. Returns whether it is new.
    pub(crate) async fn set_connection(
        &self,
        values: ConnectionValues<'_>,
    ) -> Result<bool, StoreError> {
        let ConnectionValues {
            name,
            provider,
            url,
            user,
            token_file,
            deployment,
        } = values;
        let (revision,): (i64,) = sql!(fetch_one(&self.pool):
            "INSERT INTO connections (name, provider, url, user, token_file, deployment, revision)
             VALUES (?, ?, ?, ?, ?, ?, 1)
             ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, url = excluded.url,
                 user = excluded.user, token_file = excluded.token_file,
                 deployment = excluded.deployment, revision = revision + 1
             RETURNING revision";
            name, provider, url, user, token_file, deployment
        )?;
        Ok(revision == 1)
    }

    /// Stores what kind of Jira site a connection leads to.
    pub(crate) async fn set_deployment(
        &self,
        connection: i64,
        deployment: &str,
    ) -> Result<(), StoreError> {
        sql!(execute(&self.pool): "UPDATE connections SET deployment = ? WHERE id = ?";
            deployment, connection)?;
        Ok(())
    }

    /// Removes a connection, unless more than `most` projects use it. They have imported tickets
    /// afterwards. Returns how many they are, or `None` if there is no such connection.
    pub(crate) async fn remove_connection(
        &self,
        name: &str,
        most: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.begin().await?;
        let row: Option<(i64, i64)> = sql!(fetch_optional(&mut *transaction):
            "SELECT id, (SELECT count(*) FROM projects WHERE connection_id = connections.id)
             FROM connections WHERE name = ?";
            name
        )?;
        if let Some((connection, projects)) = row
            && projects <= most
        {
            sql!(execute(&mut *transaction):
                "UPDATE projects SET connection_id = NULL, resource_key = NULL
                 WHERE connection_id = ?";
                connection
            )?;
            sql!(execute(&mut *transaction): "DELETE FROM connections WHERE id = ?"; connection)?;
        }
        transaction.commit().await?;
        Ok(row.map(|(_, projects)| projects))
    }
}
