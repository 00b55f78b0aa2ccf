//! Creates versions and repositories for new directories on the master.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::detect_release::Args>()
}
