//! Passwords, as Argon2id hashes.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

use crate::secret::Secret;
use crate::world::World;

/// A password that cannot be hashed: longer than four gigabytes, or no memory for it.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash the password")]
pub(crate) struct PasswordError(#[from] argon2::password_hash::Error);

/// The hash to keep of a password.
pub(super) fn hash(world: &World, password: &Secret) -> Result<String, PasswordError> {
    let salt: [u8; 16] = world.random();
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt)?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Without a hash the same work is done for
/// nothing, so that the time taken does not tell which user names exist.
pub(super) fn verify(world: &World, password: &Secret, hash: Option<&str>) -> bool {
    let Some(hash) = hash else {
        drop(self::hash(world, password));
        return false;
    };
    Argon2::default()
        .verify_password(password.expose().as_bytes(), hash)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_verifies() {
        let world = World::with_variables("/".into(), [] as [(&str, &str); 0]);
        let hashed = hash(&world, &Secret::new("correct horse")).unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify(&world, &Secret::new("correct horse"), Some(&hashed)));
        assert!(!verify(
            &world,
            &Secret::new("Correct horse"),
            Some(&hashed)
        ));
        assert!(!verify(&world, &Secret::new(""), Some(&hashed)));
        assert!(!verify(&world, &Secret::new("x"), Some("not a hash")));
        assert!(!verify(&world, &Secret::new("x"), None));
    }
}
