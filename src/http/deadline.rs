//! The end of the whole command's time.

use std::time::{Duration, Instant};

use crate::world::World;

/// A moment on the monotonic clock that nothing waits beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(world: &World, duration: Duration) -> Self {
        Self(world.instant() + duration)
    }

    /// What is left; zero once it is over.
    pub fn remaining(&self, world: &World) -> Duration {
        self.0.saturating_duration_since(world.instant())
    }

    /// Whether nothing is left.
    pub fn is_over(&self, world: &World) -> bool {
        self.remaining(world).is_zero()
    }

    /// This deadline, or one so long from now where that is sooner.
    #[must_use]
    pub fn at_most(&self, world: &World, duration: Duration) -> Self {
        Self(self.0.min(world.instant() + duration))
    }
}
