//! Deploys the current generation to all targets.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::sync_out::Args>()
}
