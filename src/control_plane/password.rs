//! Password hashes (Argon2id).

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};

use crate::secret::Secret;

pub(super) fn hash(password: &Secret, salt: [u8; 16]) -> Result<String, Error> {
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt)?;
    Ok(hash.to_string())
}

/// Compares a password with a hash. Without a hash it does the same work, so that the response time
/// does not reveal which user names exist.
pub(super) fn verify(password: &Secret, hash: Option<&str>) -> bool {
    let Some(hash) = hash else {
        drop(self::hash(password, [0; 16]));
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
    fn only_the_same_password_verifies() {
        let hashed = hash(&Secret::new("correct horse"), [7; 16]).unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify(&Secret::new("correct horse"), Some(&hashed)));
        assert!(!verify(&Secret::new("Correct horse"), Some(&hashed)));
        assert!(!verify(&Secret::new(""), Some(&hashed)));
        assert!(!verify(&Secret::new("x"), Some("not a hash")));
        assert!(!verify(&Secret::new("x"), None));
    }
}
