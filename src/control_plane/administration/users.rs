//! Users, their passwords and their links.

use super::{Administration, check_name};
use crate::control_plane::store::{Removal, UserRow};
use crate::control_plane::{ControlPlaneError, password};
use crate::secret::Secret;
use crate::wire::Provider;

impl Administration<'_> {
    /// Adds a user to a team and links them to providers, or updates an existing user. Returns
    /// whether the user is new.
    pub(crate) fn add_user(
        &self,
        name: &str,
        team: &str,
        password: &Secret,
        links: &[Provider],
    ) -> Result<bool, ControlPlaneError> {
        check_name("the user name", name)?;
        check_name("the team", team)?;
        let (hash, now) = (self.hash(password)?, self.world.now());
        self.wait(self.store.add_user(name, &hash, team, links, now))
    }

    /// Sets a user's password and ends their sessions; their tokens stay.
    pub(crate) fn set_password(
        &self,
        name: &str,
        password: &Secret,
    ) -> Result<(), ControlPlaneError> {
        let hash = self.hash(password)?;
        let set = self.wait(self.store.set_password(name, &hash))?;
        set.ok_or_else(|| unknown(name))
    }

    /// Links a user to a provider, or ends the link. Returns whether that changed anything.
    pub(crate) fn set_link(
        &self,
        name: &str,
        provider: Provider,
        linked: bool,
    ) -> Result<bool, ControlPlaneError> {
        let changed = self.wait(self.store.set_link(name, provider, linked))?;
        changed.ok_or_else(|| unknown(name))
    }

    /// Removes a user, but not what they bound and sent. Returns false if that was done before.
    pub(crate) fn remove_user(&self, name: &str) -> Result<bool, ControlPlaneError> {
        match self.wait(self.store.remove_user(name, self.world.now()))? {
            Removal::Removed => Ok(true),
            Removal::Already => Ok(false),
            Removal::Unknown => Err(unknown(name)),
        }
    }

    pub(crate) fn users(&self) -> Result<Vec<UserRow>, ControlPlaneError> {
        self.wait(self.store.users())
    }

    /// The providers that a user is linked to.
    pub(crate) fn links_of(&self, name: &str) -> Result<Vec<String>, ControlPlaneError> {
        self.wait(self.store.links_of(name))
    }

    fn hash(&self, password: &Secret) -> Result<String, ControlPlaneError> {
        if password.is_empty() {
            return Err(ControlPlaneError::BadName("the password"));
        }
        Ok(password::hash(password, self.world.try_random()?)?)
    }
}

fn unknown(name: &str) -> ControlPlaneError {
    ControlPlaneError::UnknownUser(name.to_owned())
}
