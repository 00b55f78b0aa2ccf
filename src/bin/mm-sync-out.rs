//! Gets the current generation live on every target.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::sync_out::main()
}
