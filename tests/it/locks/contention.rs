//! Many processes with one lock.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mirrormanager::locks::{LockError, Request, acquire, clean};
use mirrormanager::model::Timestamp;
use mirrormanager::sys::signals::ShutdownFlag;

use crate::support::{Process, create_lock_dir};

/// The environment variable with the directory for the processes.
const DIR: &str = "MM_TEST_CROWD";
const PROCESSES: usize = 8;
/// How often each process takes the lock: 10,000 times in total.
const TIMES: usize = 1_250;

/// Takes and releases the lock; returns how often it was held by others. The holder creates a file that must not exist.
fn take(dir: &Path, times: usize) -> usize {
    let request = Request {
        job: "crawl".into(),
        scope: None,
        user: "u".into(),
        command: "c".into(),
        now: Timestamp(1),
        limit: None,
    };
    let inside = dir.join("inside");
    let (mut had, mut refused) = (0, 0);
    while had < times {
        match acquire(dir, &request, Duration::ZERO, &ShutdownFlag::default()) {
            Ok(lock) => {
                assert!(fs::File::create_new(&inside).is_ok(), "two holders");
                // Others run while the lock is held, however many cores there are.
                std::thread::yield_now();
                fs::remove_file(&inside).unwrap();
                had += 1;
                drop(lock);
            }
            Err(LockError::Held { .. }) => {
                refused += 1;
                std::thread::yield_now();
            }
            Err(e) => panic!("{e}"),
        }
    }
    refused
}

/// One of the processes that the other test starts; alone it gets the lock each time.
#[test]
fn one_of_many_processes_gets_the_lock() {
    let dir = std::env::var_os(DIR);
    if let Some(dir) = dir {
        let dir = Path::new(&dir);
        let refused = take(dir, TIMES);
        fs::write(dir.join(format!("refused-{}", std::process::id())), refused.to_string()).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    create_lock_dir(&dir.path().join("locks"));
    assert_eq!(take(&dir.path().join("locks"), 100), 0);
}

#[test]
fn eight_processes_with_concurrent_cleaning_never_share_a_lock() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("locks");
    create_lock_dir(&dir);
    let name = format!(
        "{}::one_of_many_processes_gets_the_lock",
        module_path!().split_once("::").unwrap().1
    );
    let mut crowd: Vec<Process> = (0..PROCESSES)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", &name]).env(DIR, &dir);
            Process(command.stdout(std::process::Stdio::null()).spawn().unwrap())
        })
        .collect();
    let mut cleaned = 0;
    while crowd.iter_mut().any(|p| p.0.try_wait().unwrap().is_none()) {
        clean(&dir, Timestamp(0), false).unwrap();
        cleaned += 1;
    }
    let mut refused = 0;
    for process in &mut crowd {
        assert!(process.0.wait().unwrap().success(), "two held the lock at once");
        let count = fs::read_to_string(dir.join(format!("refused-{}", process.0.id()))).unwrap();
        refused += count.parse::<usize>().unwrap();
    }
    assert!(
        cleaned >= 1000 && refused >= 1000,
        "cleaned {cleaned} times, refused {refused} times"
    );
    let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), PROCESSES, "{left:?}");
}
