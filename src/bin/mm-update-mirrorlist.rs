//! Writes a generation of the mirrorlist.

fn main() -> std::process::ExitCode {
    mirrormanager::cli::update_mirrorlist::main()
}
