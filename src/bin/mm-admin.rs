//! Keeps the registry and looks after the installation.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::admin::main()
}
