//! feature_metadata
