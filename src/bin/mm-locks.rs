//! Shows and clears locks.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::locks::main()
}
