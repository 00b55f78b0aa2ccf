//! A master tree that looks like Fedora's, and copies of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The architectures of the tree.
pub(crate) const ARCHES: [&str; 2] = ["x86_64", "aarch64"];

/// Writes `releases/N` and `updates/N` with their first push.
pub(crate) fn add_release(master: &Path, version: u32) -> Result<()> {
    for arch in ARCHES {
        repository(&os_dir(master, version, arch), 1, 6)?;
    }
    push_updates(master, version, 1)
}

/// Writes push number `push` of the updates of a release: new packages, new metadata.
pub(crate) fn push_updates(master: &Path, version: u32, push: u32) -> Result<()> {
    for arch in ARCHES {
        repository(&updates_dir(master, version, arch), push, 2 + push)?;
    }
    Ok(())
}

/// The install repository of a release.
pub(crate) fn os_dir(master: &Path, version: u32, arch: &str) -> PathBuf {
    master.join(format!("releases/{version}/Everything/{arch}/os"))
}

/// The updates repository of a release.
pub(crate) fn updates_dir(master: &Path, version: u32, arch: &str) -> PathBuf {
    master.join(format!("updates/{version}/Everything/{arch}"))
}

/// A repository with some packages and a `repomd.xml` that says which push it is.
fn repository(dir: &Path, push: u32, packages: u32) -> Result<()> {
    for n in 0..packages {
        let name = format!("package-{n}-{push}.rpm");
        write(
            &dir.join("Packages").join(name),
            &format!("package {n} of push {push}\n").repeat(20),
        )?;
    }
    let primary = format!("{push:064x}-primary.xml.gz");
    write(
        &dir.join("repodata").join(&primary),
        &format!("packages of push {push}\n"),
    )?;
    let repomd = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n  <revision>{push}</revision>\n  \
         <data type=\"primary\">\n    <location href=\"repodata/{primary}\"/>\n    <timestamp>{}</timestamp>\n  </data>\n</repomd>\n",
        1_700_000_000 + i64::from(push)
    );
    write(&dir.join("repodata/repomd.xml"), &repomd)
}

fn write(path: &Path, content: &str) -> Result<()> {
    let dir = path.parent().context("a file lies in a directory")?;
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}

/// Makes `to` what `from` is, as a mirror's rsync would: new files are added, changed ones replaced, gone ones deleted.
pub(crate) fn mirror(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("emptying {}", to.display()))?;
    }
    copy(from, to)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
