//! Manages the registry and the installation.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::admin::Args>()
}
