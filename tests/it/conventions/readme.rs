//! The commands of the README work as written, and links of the documents have targets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{files_below, home};
use crate::support::{free_port, need, nobody};

/// The shell commands of a document, in order.
fn shell_of(text: &str) -> String {
    text.split("```sh\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .collect()
}

#[test]
fn commands_of_the_readme_work_as_written() {
    need("python3", "python3");
    let (curl, bash) = (need("curl", "curl"), need("bash", "bash"));
    assert!(curl.exists());
    let readme = fs::read_to_string(home().join("README.md")).unwrap();
    let (mirror, server) = (free_port(), free_port());
    let tour = shell_of(&readme)
        .replace("8008", &mirror.to_string())
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{server}"))
        .replace(
            "mm-mirrorlist-server &",
            &format!("mm-mirrorlist-server --port {server} &"),
        );
    assert!(
        tour.contains("mm-crawl") && tour.contains(&format!(":{server}/metalink")),
        "{tour}"
    );

    assert!(!tour.contains("user ="), "an ordinary user needs no user in the config");
    let (dir, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = format!("{}:/usr/bin:/bin", bin.path().display());
    let script = format!("set -euo pipefail\n{tour}\n");
    let mut command = Command::new(bash);
    link_programs(bin.path());
    if let Some(nobody) = nobody() {
        std::os::unix::fs::chown(dir.path(), Some(nobody), Some(nobody)).unwrap();
        fs::set_permissions(bin.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(nobody).gid(nobody);
    }
    let child = command
        .args(["-c", &script])
        .current_dir(dir.path())
        .env("PATH", path)
        .env_remove("MM_CONFIG")
        .stdin(Stdio::null())
        .stdout(fs::File::create(dir.path().join("said")).unwrap())
        .stderr(fs::File::create(dir.path().join("complained")).unwrap())
        .process_group(0)
        .spawn()
        .unwrap();
    let group = Group(child.id());
    let status = { child }.wait().unwrap();
    drop(group);

    let output = fs::read_to_string(dir.path().join("said")).unwrap();
    let complained = fs::read_to_string(dir.path().join("complained")).unwrap();
    assert!(status.success(), "{output}\n{complained}");
    let url = format!(">http://127.0.0.1:{mirror}/releases/43/Everything/x86_64/os/repodata/repomd.xml</url>");
    for words in [
        &url,
        "new    fedora-43",
        "published generation",
        "has 7 of 7 directories",
        "no job is running",
    ] {
        assert!(output.contains(words), "no {words:?} in\n{output}\n{complained}");
    }
    assert!(!output.contains(" critical "), "doctor is not content:\n{output}");
}

/// Links the programs into `dir`: an ordinary user may be unable to reach where they were built.
fn link_programs(dir: &Path) {
    for entry in fs::read_dir(home().join("src/bin")).unwrap() {
        let program = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let (from, to) = (assert_cmd::cargo::cargo_bin(&program), dir.join(&program));
        if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// The programs that the tour leaves in the background; they are terminated with it.
struct Group(u32);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0);
        let kill = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(kill.is_ok(), "{kill:?}");
    }
}

#[test]
fn links_of_the_documents_have_targets() {
    let mut documents = files_below(&home().join("docs"), ".md");
    documents.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|f| home().join(f)));
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let at = document.parent().unwrap_or(Path::new("/")).join(target);
            assert!(at.exists(), "{}: {link}", document.display());
        }
    }
}
