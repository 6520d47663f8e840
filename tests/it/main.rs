//! The one integration binary.
mod disk;
mod kill;
