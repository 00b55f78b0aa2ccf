//! Checks which content each mirror has.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::run::main::<mirrormanager::cli::crawl::Args>()
}
