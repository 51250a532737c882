//! The end of the whole command's time.

use std::time::{Duration, Instant};

use crate::world::World;

/// A moment that nothing waits beyond. It moves away while a person is asked something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(world: &World, duration: Duration) -> Self {
        Self(world.working_instant() + duration)
    }

    /// What is left; zero once it is over.
    pub fn remaining(&self, world: &World) -> Duration {
        self.0.saturating_duration_since(world.working_instant())
    }

    /// Whether nothing is left.
    pub fn is_over(&self, world: &World) -> bool {
        self.remaining(world).is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_takes_none_of_the_time() {
        let world = World::with_variables::<&str, &str>("/".into(), []);
        let deadline = Deadline::after(&world, Duration::from_millis(50));
        world.ask(|| world.sleep(Duration::from_millis(60)));
        assert!(!deadline.is_over(&world));
        world.sleep(Duration::from_millis(60));
        assert!(deadline.is_over(&world));
    }
}
