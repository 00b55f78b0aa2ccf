//! Records the master tree.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::scan_master::Args>()
}
