//! Bounds on how much of something one key uses at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Each key has at most this many shares at once.
#[derive(Debug)]
pub(super) struct Shares<K: Hash + Eq> {
    most: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// Dropping it gives the share back.
#[derive(Debug)]
pub(super) struct Share<K: Hash + Eq + Copy> {
    shares: Arc<Shares<K>>,
    key: K,
}

impl<K: Hash + Eq + Copy> Shares<K> {
    pub(super) fn of_each(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// `None` if the key has all its shares.
    pub(super) fn take(self: &Arc<Self>, key: K) -> Option<Share<K>> {
        let mut taken = self.taken();
        let count = taken.entry(key).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            Share {
                shares: Arc::clone(self),
                key,
            }
        })
    }

    /// A thread that panics cannot leave a count half-updated, so a poisoned lock is usable.
    fn taken(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Copy> Drop for Share<K> {
    fn drop(&mut self) {
        let mut taken = self.shares.taken();
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_share() {
        let shares = Shares::of_each(2);
        let first = shares.take("a").unwrap();
        let _second = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(first);
        let _third = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        drop(other);
        assert_eq!(shares.taken().len(), 1);
    }
}
