//! Answers clients from a generation.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::mirrorlist_server::Args>()
}
