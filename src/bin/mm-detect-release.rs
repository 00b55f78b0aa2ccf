//! Creates versions and repositories for what is new on the master.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::detect_release::main()
}
