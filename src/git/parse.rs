//! Reads what git prints: pure functions over bytes.
