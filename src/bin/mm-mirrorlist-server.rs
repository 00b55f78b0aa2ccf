//! Answers clients from a generation.

/// It gives memory back that a reload has let go of; that of the C library holds on to twice as much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    mirrormanager::cli::mirrorlist_server::main()
}
