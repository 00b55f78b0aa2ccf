use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn lock_dir() -> tempfile::TempDir {
    let private = std::fs::Permissions::from_mode(DIRECTORY_MODE);
    tempfile::Builder::new().permissions(private).tempdir().unwrap()
}

fn request(job: &str) -> Request {
    Request {
        job: job.into(),
        scope: Some("Fedora Linux".into()),
        user: "root".into(),
        command: "mm-crawl".into(),
        now: Timestamp(100),
        limit: Some(Duration::from_mins(1)),
    }
}

fn take(dir: &Path) -> Result<Lock, LockError> {
    acquire(dir, &request("crawl"), Duration::ZERO, &ShutdownFlag::default())
}

#[test]
fn the_error_names_the_owner() {
    let dir = lock_dir();
    let first = take(dir.path()).unwrap();
    let Err(LockError::Held { job, owner, .. }) = take(dir.path()) else {
        panic!("two owners")
    };
    assert_eq!(job, "crawl.Fedora_Linux");
    let owner = owner.unwrap();
    assert_eq!(
        (owner.process.pid, owner.deadline),
        (std::process::id(), Some(Timestamp(160)))
    );
    drop(first);
    drop(take(dir.path()).unwrap());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn only_contention_is_reported_as_a_held_lock() {
    let check = |errno: rustix::io::Errno| is_locked(Err(io::Error::from_raw_os_error(errno.raw_os_error())));
    assert!(!check(rustix::io::Errno::WOULDBLOCK).unwrap());
    for other in [
        rustix::io::Errno::NOLCK,
        rustix::io::Errno::NOSYS,
        rustix::io::Errno::IO,
    ] {
        assert!(check(other).is_err());
    }
    let why = io::Error::from_raw_os_error(rustix::io::Errno::NOLCK.raw_os_error());
    let e = LockError::NoFlock("/x/crawl.lock".into(), why);
    let text = e.to_string();
    assert!(text.contains("/x/crawl.lock") && text.contains("lock_dir"), "{text}");
}

#[test]
fn similar_scopes_have_different_locks() {
    let dir = lock_dir();
    let scopes = ["EPEL 8", "EPEL_8", "Größe", "Grösse", "日本", "中国"];
    let held: Vec<Lock> = scopes
        .iter()
        .map(|scope| {
            let mut request = request("crawl");
            request.scope = Some((*scope).to_owned());
            acquire(dir.path(), &request, Duration::ZERO, &ShutdownFlag::default()).unwrap()
        })
        .collect();
    let mut listed: Vec<String> = list(dir.path(), Timestamp(100))
        .unwrap()
        .into_iter()
        .map(|e| e.scope)
        .collect();
    listed.sort();
    let mut scopes = scopes.map(str::to_owned);
    scopes.sort();
    assert_eq!(listed, scopes);
    drop(held);
}

#[test]
fn stale_files_do_not_block() {
    let dir = lock_dir();
    for junk in [&b""[..], b"\0\xff garbage", b"{}"] {
        std::fs::write(dir.path().join("crawl.Fedora_Linux.lock"), junk).unwrap();
        drop(take(dir.path()).unwrap());
    }
}

#[test]
fn symbolic_links_are_not_followed() {
    let dir = lock_dir();
    let victim = dir.path().join("victim");
    std::fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
    assert!(matches!(take(dir.path()), Err(LockError::Io { .. })));
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn lock_is_reacquired_after_its_file_was_removed() {
    let dir = lock_dir();
    let mut lock = take(dir.path()).unwrap();
    std::fs::remove_file(dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
    lock.ensure_file().unwrap();
    assert!(matches!(take(dir.path()), Err(LockError::Held { .. })));
    std::fs::remove_file(dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
    let other = take(dir.path()).unwrap();
    assert!(matches!(lock.ensure_file(), Err(LockError::Held { .. })));
    drop(lock);
    drop(other);
}

#[test]
fn one_owner_while_files_are_created_and_removed() {
    let dir = lock_dir();
    let inside = std::sync::atomic::AtomicU32::new(0);
    let taken = std::sync::atomic::AtomicU32::new(0);
    let order = std::sync::atomic::Ordering::SeqCst;
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..300 {
                    if let Ok(lock) = take(dir.path()) {
                        assert_eq!(inside.fetch_add(1, order), 0, "two owners");
                        std::thread::yield_now();
                        inside.fetch_sub(1, order);
                        taken.fetch_add(1, order);
                        drop(lock);
                    }
                }
            });
        }
        s.spawn(|| {
            for _ in 0..300 {
                clean(dir.path(), Timestamp(0), false).unwrap();
            }
        });
    });
    assert!(taken.load(order) > 0);
}

#[test]
fn lock_directory_that_others_can_open_is_refused() {
    let dir = lock_dir();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let Err(LockError::UnsafeDirectory(problem)) = take(dir.path()) else {
        panic!("accepted")
    };
    assert_eq!(problem.fix, format!("chmod 0700 {}", dir.path().display()));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn files_are_private_and_those_of_a_killed_run_are_replaced() {
    let dir = lock_dir();
    let path = |name: &str| dir.path().join(format!("crawl.Fedora_Linux.{name}"));
    for name in ["lock.new", "status.new"] {
        std::fs::write(path(name), "half").unwrap();
    }
    let lock = take(dir.path()).unwrap();
    lock.write_status(&Status::default()).unwrap();
    for name in ["lock", "status"] {
        let mode = path(name).metadata().unwrap().mode() & 0o7777;
        assert_eq!(mode, FILE_MODE, "{name}");
    }
    assert!(!path("lock.new").exists() && !path("status.new").exists());
    drop(lock);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
