//! `bare_loop.rs` with the importer's allocator, to separate the allocator's savings from the
//! importer's cost.

#[path = "bare_loop.rs"]
mod bare_loop;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    bare_loop::main();
}
