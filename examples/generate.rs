//! Writes the generated files that are committed: man pages and shell completions. `make generate` runs it; a test compares them.

use std::path::Path;
use std::{fs, io};

#[path = "generate/pages.rs"]
mod pages;

fn main() -> io::Result<()> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    for dir in ["man", "completions"] {
        match fs::remove_dir_all(home.join(dir)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    for (path, text) in pages::files()? {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap_or(home))?;
        fs::write(path, text)?;
    }
    Ok(())
}
