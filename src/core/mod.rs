//! Missions on disk: where they are, their numbers and slugs, their creation.

pub mod feature_creation;
pub mod feature_number;
pub mod hidden_missions;
pub mod mission_commit;
mod mission_folder;
pub mod missions;
pub mod paths;
pub mod project;
pub mod slug;
