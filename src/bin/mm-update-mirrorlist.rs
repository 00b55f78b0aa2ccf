//! Writes a generation.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::update_mirrorlist::Args>()
}
