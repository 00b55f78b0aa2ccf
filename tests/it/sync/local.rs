//! Targets that are directories of this host.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{SYNC, Site, current, directory, names, target};
use crate::compliance::client::Server;
use crate::support::free_port;

#[test]
fn generation_is_published_and_a_second_run_transfers_nothing() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    assert_eq!(site.sync(&[]).stderr, "", "cron hears nothing of what went well");
    assert_eq!(current(&app), Some(site.id()));
    let inode = |id: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(app.join(id)).unwrap());
    let first = site.id();
    let before = inode(first.as_str());
    assert_eq!(site.state(0).0, "current");
    assert_eq!(inode(first.as_str()), before);
    let second = site.change();
    assert_ne!(second, first);
    let output = site.sync(&["-v"]);
    assert!(
        output.stdout.contains("updated") && output.stdout.contains(first.as_str()),
        "{output:?}"
    );
    assert_eq!(current(&app), Some(second));
}

#[test]
fn a_dry_run_changes_nothing() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "would-update");
    assert_eq!(names(&app), [""; 0]);
}

#[test]
fn server_health_confirms_the_generation() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    let port = free_port();
    let healthz = format!("http://127.0.0.1:{port}/healthz");
    let with = |site: &Site| site.targets("verify_timeout = \"1s\"", &[target("app", "app", &healthz)]);
    with(&site);
    // No server listens: the files are in place, and the failure is reported.
    let (state, message) = site.state(3);
    assert_eq!(state, "unverified");
    assert!(
        message.contains("does not answer") && message.contains("--only app"),
        "{message}"
    );
    assert_eq!(current(&app), Some(site.id()));
    // The files are there already, with the same manifest and with a later one: the server is verified nevertheless.
    assert_eq!(site.state(3).0, "unverified");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    site.env().ok("mm-update-mirrorlist", &[]);
    assert_eq!(site.state(3).0, "unverified");

    // A server that answers from this target.
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("mm.toml"),
        format!(
            "user = \"daemon\"\n[server]\ngenerations_dir = \"{}\"\nreload_interval = \"1s\"\n",
            app.display()
        ),
    )
    .unwrap();
    let server = Server::start_in(home, &["--port", &port.to_string()]);
    site.targets("verify_timeout = \"20s\"", &[target("app", "app", &healthz)]);
    assert_eq!(site.state(0).0, "current", "now it is proven");
    let second = site.change();
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(second.clone()));
    drop(server);

    // A server that answers from another directory: the previous generation becomes current again.
    let elsewhere = directory(&site, "elsewhere");
    site.targets("", &[target("elsewhere", "elsewhere", "")]);
    site.sync(&[]);
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("mm.toml"),
        format!(
            "user = \"daemon\"\n[server]\ngenerations_dir = \"{}\"\n",
            elsewhere.display()
        ),
    )
    .unwrap();
    let _server = Server::start_in(home, &["--port", &port.to_string()]);
    with(&site);
    let third = site.change();
    let (state, message) = site.state(3);
    assert_eq!(state, "rolled-back");
    assert!(message.contains("still answers from"), "{message}");
    assert_eq!(current(&app), Some(second.clone()));
    assert_ne!(second, third);
}

/// The new content; none = the file is removed.
type Content<'a> = Option<&'a [u8]>;

#[test]
fn damaged_generation_is_not_pushed_and_is_regenerated() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    let (place, _) = site.backend.published_generation();
    let (page, manifest) = (place.join("public/index.html"), place.join("MANIFEST"));
    let good = (fs::read(&page).unwrap(), fs::read_to_string(&manifest).unwrap());
    let mut bad_page = good.0.clone();
    bad_page[0] ^= 1;
    let shorter = {
        let lines: Vec<&str> = good.1.lines().collect();
        lines[..lines.len() - 1].join("\n") + "\n"
    };
    let other = good.1.replacen("generation ", "generation 0", 1);
    // The new content of the page and of the manifest; none = the file is removed.
    let (page_as_it_was, manifest_as_it_was) = (Some(good.0.as_slice()), Some(good.1.as_bytes()));
    let damages: [(&str, Content<'_>, Content<'_>); 5] = [
        ("a byte changed", Some(&bad_page), manifest_as_it_was),
        ("a file is missing", None, manifest_as_it_was),
        (
            "a line of the manifest is missing",
            page_as_it_was,
            Some(shorter.as_bytes()),
        ),
        (
            "a manifest of another generation",
            page_as_it_was,
            Some(other.as_bytes()),
        ),
        ("no manifest", page_as_it_was, None),
    ];
    let put = |path: &Path, content: Content<'_>| match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => fs::remove_file(path).unwrap(),
    };
    for (what, bad_page, bad_manifest) in damages {
        put(&page, bad_page);
        put(&manifest, bad_manifest);
        let output = site.sync(&[]);
        assert_eq!(output.status, 1, "{what}: {output:?}");
        assert!(output.stderr.contains("mm-update-mirrorlist"), "{what}: {output:?}");
        assert_eq!(names(&app), [""; 0], "{what}");
        // The advised command helps.
        let output = site.env().run("mm-update-mirrorlist", &[]);
        assert_eq!(output.status, 0, "{what}: {output:?}");
        assert_eq!(site.state(0).0, "updated", "{what}");
        fs::remove_dir_all(&app).unwrap();
        fs::create_dir(&app).unwrap();
    }
}

#[test]
fn unexpected_files_at_a_target_are_replaced() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.sync(&[]);
    // A page was edited, and a killed run left its temporary directory.
    let id = site.id();
    fs::write(app.join(id.as_str()).join("public/index.html"), "edited").unwrap();
    fs::remove_file(app.join("current")).unwrap();
    fs::create_dir(app.join(".new-0123456789abcdef")).unwrap();
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(id.clone()));
    assert_eq!(names(&app), [id.as_str(), "current"]);
}

/// The size of files is limited in the place of a full disk; the signal is ignored, so that the write fails as on a full
/// disk.
#[test]
fn full_disk_leaves_the_target_unchanged() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    fs::create_dir(site.env().path("templates")).unwrap();
    let config = format!("[publish]\ntemplates_dir = \"templates\"\n{}", target("app", "app", ""));
    site.env().configure(&config);
    site.sync(&[]);
    let before = site.id();
    site.env().write("templates/style.css", vec![b' '; 12_000_000]);
    let id = site.change();
    let program = site.env().command(SYNC);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\""])
        .arg(program.get_program())
        .env("MM_CONFIG", site.env().path("mm.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("style.css") && text.contains("--only app"), "{text}");
    assert_eq!(current(&app), Some(before.clone()));
    assert_eq!(names(&app), [before.as_str(), "current"]);
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(id));
}

#[test]
fn old_generations_are_removed_but_never_the_current_one() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("keep_generations = 2", &[target("app", "app", "")]);
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(site.change());
        assert_eq!(site.state(0).0, "updated");
    }
    let mut stay = vec![all[2].to_string(), all[3].to_string(), "current".to_owned()];
    stay.sort();
    assert_eq!(names(&app), stay);
    assert_eq!(current(&app), Some(all[3].clone()));
}

#[test]
fn failed_target_does_not_stop_the_others_and_one_can_be_selected() {
    let site = Site::new();
    let (good, other) = (directory(&site, "good"), directory(&site, "other"));
    site.env().write("file", "no directory");
    let all = [
        target("bad", "file/below", ""),
        target("good", "good", ""),
        target("other", "other", ""),
    ];
    site.targets("concurrency = 1", &all);
    let output = site.sync(&["--only", "other"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!((current(&good), current(&other)), (None, Some(site.id())));
    let output = site.sync(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("target bad (") && output.stderr.contains("mm-sync-out --only bad"),
        "{output:?}"
    );
    assert_eq!(current(&good), Some(site.id()));
    let output = site.sync(&["--only", "bad"]);
    assert_eq!(output.status, 1, "all targets that were meant failed: {output:?}");
}

#[test]
fn run_of_some_targets_resolves_no_problems_of_others() {
    let site = Site::new();
    directory(&site, "good");
    site.env().write("file", "no directory");
    site.targets("", &[target("bad", "file/below", ""), target("good", "good", "")]);
    assert!(site.sync(&[]).stderr.contains("target bad ("));
    let output = site.sync(&["--only", "good"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    let output = site.sync(&[]);
    assert_eq!((output.status, output.stderr.as_str()), (3, ""), "said already");
    fs::remove_file(site.env().path("file")).unwrap();
    let output = site.sync(&["--only", "bad"]);
    assert!(
        output.stderr.contains("resolved, open since") && output.stderr.contains("target bad ("),
        "{output:?}"
    );
}

#[test]
fn usage_errors_name_their_cause() {
    let site = Site::new();
    let wrong = |targets: &[String], args: &[&str], words: &str| {
        site.targets("", targets);
        let output = site.sync(args);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    };
    wrong(&[], &[], "[[sync.target]]");
    wrong(&[target("app", "app", "")], &["--only", "nope"], "known: app");
    wrong(
        &[target("app", "rsync+ssh://host/a/../../etc", "")],
        &[],
        "sync.target app",
    );
    wrong(
        &[target("app", "rsync+ssh://-oProxyCommand=x/srv", "")],
        &[],
        "sync.target app",
    );
    wrong(
        &[target("app", "a", ""), target("app", "b", "")],
        &[],
        "duplicate sync.target",
    );
    wrong(&[target("", "a", "")], &[], "needs a name");
}

#[test]
fn missing_generation_error_names_the_command_that_creates_one() {
    let site = Site::new();
    fs::remove_file(site.env().path("generations/current")).unwrap();
    site.targets("", &[target("app", "app", "")]);
    let output = site.sync(&[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(
        output.stderr.contains("create one with: mm-update-mirrorlist"),
        "{output:?}"
    );
}

#[test]
fn two_runs_exclude_each_other() {
    let site = Site::new();
    directory(&site, "app");
    // The first run waits for a server that accepts connections and does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let healthz = format!("http://{}/healthz", silent.local_addr().unwrap());
    site.targets("verify_timeout = \"60s\"", &[target("app", "app", &healthz)]);
    let first = crate::support::Process(site.env().command(SYNC).spawn().unwrap());
    drop(silent.accept().unwrap());
    let output = site.sync(&[]);
    assert_eq!(output.status, 75, "{output:?}");
    assert!(output.stderr.contains(&first.0.id().to_string()), "{output:?}");
    drop(first);
    site.targets("verify_timeout = \"1s\"", &[target("app", "app", &healthz)]);
    let output = site.sync(&[]);
    assert_eq!(
        output.status, 3,
        "killed, nothing is left to clean; nobody answers: {output:?}"
    );
    assert!(output.stderr.contains("does not answer"), "{output:?}");
}

/// A server that keeps answering from another generation. It is requested before anything is changed; `first` runs before its first
/// response after that.
pub(super) fn stubborn(first: impl FnOnce() + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/healthz", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut first = Some(first);
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 4096];
            drop(stream.read(&mut request));
            if number > 0
                && let Some(first) = first.take()
            {
                first();
            }
            let body = r#"{"generation":"0123456789abcdef"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    url
}

#[test]
fn run_stopped_while_verifying_reports_no_failed_target() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.sync(&[]);
    let (requests, was_asked) = std::sync::mpsc::channel();
    let healthz = stubborn(move || requests.send(()).unwrap());
    site.targets("verify_timeout = \"60s\"", &[target("app", "app", &healthz)]);
    let id = site.change();
    let mut command = site.env().command(SYNC);
    command.args(["--format", "json"]).stdout(Stdio::piped());
    let mut run = crate::support::Process(command.spawn().unwrap());
    was_asked.recv().unwrap();
    let pid = nix::unistd::Pid::from_raw(run.0.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(run.0.wait().unwrap().code(), Some(3));
    let mut text = String::new();
    run.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(
        text.contains("unverified") && text.contains("stopped while it waited") && text.contains("run again"),
        "{text}"
    );
    assert_eq!(current(&app), Some(id), "the new one stays");

    // The same if the deadline of the target is before that of the verification.
    site.targets(
        "verify_timeout = \"60s\"\ntarget_deadline = \"1s\"",
        &[target("app", "app", &healthz)],
    );
    let id = site.change();
    let (state, message) = site.state(3);
    assert_eq!(state, "unverified", "{message}");
    assert!(message.contains("target_deadline"), "{message}");
    assert_eq!(current(&app), Some(id));
}

#[test]
fn failed_rollback_is_reported() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.sync(&[]);
    let first = site.id();
    // A file cannot be renamed over a directory.
    let link = app.join("current");
    let healthz = stubborn(move || {
        fs::remove_file(&link).unwrap();
        fs::create_dir(&link).unwrap();
    });
    site.targets("verify_timeout = \"1s\"", &[target("app", "app", &healthz)]);
    let second = site.change();
    let (state, message) = site.state(3);
    assert_eq!(state, "rollback-failed", "{message}");
    for words in [
        &format!("{first} could not be made current again"),
        &format!("{second} is current there"),
    ] {
        assert!(message.contains(words), "no {words:?} in {message}");
    }
}

#[test]
fn target_with_a_damaged_snapshot_is_not_current() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.sync(&[]);
    fs::write(app.join("current/snapshot"), "damaged").unwrap();
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "would-update");
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(site.id()));
    assert_eq!(names(&app), [site.id().as_str(), "current"]);
}
