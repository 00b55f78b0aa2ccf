//! Finds out which mirrors hold what.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::crawl::main()
}
