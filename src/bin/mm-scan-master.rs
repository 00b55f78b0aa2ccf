//! Records what mirrors should have.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::scan_master::main()
}
