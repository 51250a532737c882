//! The personal control plane: the same routes over the same store, inside the process of one
//! command, for the one user of this machine.

use super::server::{Running, ServeOptions, start};
use super::store::{SessionOwner, Store, TokenHash};
use super::{ControlPlaneError, default_data_directory};
use crate::secret::Secret;
use crate::text::hex;
use crate::world::World;

/// A control plane that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Personal {
    running: Running,
    token: Secret,
}

/// The user of a personal control plane, and the token of the one command that it serves.
#[derive(Debug)]
pub(super) struct PersonalUser {
    pub token: TokenHash,
    pub owner: SessionOwner,
}

impl Personal {
    /// Starts on a free loopback port, with a random token that only this process knows.
    pub(crate) fn start(world: &World) -> Result<Self, ControlPlaneError> {
        let token = Secret::new(hex(&world.try_random::<32>()?));
        let mut options = ServeOptions::on_free_port(default_data_directory(world));
        options.personal_token = Some(token.clone());
        let running = start(world, &options)?;
        Ok(Self { running, token })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        self.running.url()
    }

    pub(crate) fn token(&self) -> &Secret {
        &self.token
    }
}

impl PersonalUser {
    pub(super) async fn load(
        world: &World,
        store: &Store,
        token: &Secret,
    ) -> Result<Self, ControlPlaneError> {
        let (_, name) = world.host_and_user();
        Ok(Self {
            token: TokenHash::of(token),
            owner: store.personal_user(&name, world.now()).await?,
        })
    }
}
