//! `bare_loop.rs` with the importer's allocator, to tell what the allocator saves from what the importer costs.

#[path = "bare_loop.rs"]
mod bare_loop;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    bare_loop::main();
}
