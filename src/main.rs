//! The `cognito-import` program.
fn main() {}
