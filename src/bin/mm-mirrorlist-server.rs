//! Answers clients from a generation.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::mirrorlist_server::main()
}
