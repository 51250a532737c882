//! The time limit of a whole command.

use std::time::{Duration, Instant};

use crate::world::World;

/// The moment at which the command gives up. It moves on while the user answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(world: &World, duration: Duration) -> Self {
        Self(world.working_instant() + duration)
    }

    /// This deadline, or an earlier one after `limit`.
    pub(crate) fn at_most(self, world: &World, limit: Duration) -> Self {
        self.min(Self::after(world, limit))
    }

    /// The time left; zero if it has passed.
    pub fn remaining(&self, world: &World) -> Duration {
        self.0.saturating_duration_since(world.working_instant())
    }

    pub fn is_over(&self, world: &World) -> bool {
        self.remaining(world).is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_does_not_use_up_the_time() {
        let world = World::with_variables::<&str, &str>("/".into(), []);
        let deadline = Deadline::after(&world, Duration::from_millis(50));
        world.ask(|| world.sleep(Duration::from_millis(60)));
        assert!(!deadline.is_over(&world));
        world.sleep(Duration::from_millis(60));
        assert!(deadline.is_over(&world));
    }
}
