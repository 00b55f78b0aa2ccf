//! Files of an administrator that replace built-in ones.

use std::io;
use std::path::{Path, PathBuf};

use super::regular_file;

/// Reads the file `name` in `dir`; `None` if it is missing, or if `dir` is empty. A missing directory is a mistake, and an
/// error. An error comes with the path that cannot be read.
pub(crate) fn read(dir: &Path, name: &str) -> Result<Option<String>, (PathBuf, io::Error)> {
    if dir.as_os_str().is_empty() {
        return Ok(None);
    }
    if let Err(e) = std::fs::metadata(dir) {
        return Err((dir.to_owned(), e));
    }
    let path = dir.join(name);
    match regular_file::read_to_string(&path, regular_file::MAX_TEXT) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err((path, e)),
    }
}
