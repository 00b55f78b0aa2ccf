//! Shows running, overdue and stale jobs.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::locks::Args>()
}
