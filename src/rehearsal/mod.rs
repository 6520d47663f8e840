//! A simulated user pool on loopback.
