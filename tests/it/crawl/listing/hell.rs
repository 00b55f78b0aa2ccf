//! Daemons that say what no real one does: each costs a bounded time and gives no listing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::*;

/// Serves every connection by `serve`.
fn daemon(serve: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, Arc::clone(&serve)) else {
                return;
            };
            // What the program does not wait for cannot be sent.
            std::thread::spawn(move || drop(serve(&mut stream)));
        }
    });
    port
}

const GREETING: &[u8] = b"@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n";
const OLD: &[u8] = b"@RSYNCD: 27\n";

/// Greets, reads the program's greeting and the module it wants, and answers.
fn greet(stream: &mut TcpStream, greeting: &[u8], answer: &[u8]) -> std::io::Result<BufReader<TcpStream>> {
    stream.write_all(greeting)?;
    let mut said = BufReader::new(stream.try_clone()?);
    for _ in 0..2 {
        said.read_line(&mut String::new())?;
    }
    stream.write_all(answer)?;
    Ok(said)
}

fn wait(stream: &mut TcpStream) -> std::io::Result<()> {
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

struct Hell {
    silence: u64,
    deadline: u64,
}

const IN_HELL: Hell = Hell {
    silence: 20,
    deadline: 60,
};

/// What comes of it; within `most` seconds.
fn outcome(port: u16, hell: &Hell, most: u64) -> NoListing {
    let tree = tree(Vec::new());
    let stop = Stop::default();
    let begun = Instant::now();
    let limits = Limits {
        deadline: begun + Duration::from_secs(hell.deadline),
        stop: &stop,
        connect: Duration::from_secs(20),
        silence: Duration::from_secs(hell.silence),
        allow_private: true,
    };
    let url = format!("rsync://127.0.0.1:{port}/module").parse().unwrap();
    let why = list(&tree, &url, &limits).unwrap_err();
    assert!(
        begun.elapsed() < Duration::from_secs(most),
        "{:?} for {why:?}",
        begun.elapsed()
    );
    why
}

#[test]
fn a_daemon_that_refuses_is_quoted() {
    for (answer, says) in [
        (
            &b"@ERROR: max connections (4) reached -- try again later\n"[..],
            "max connections (4) reached",
        ),
        (b"@ERROR: access denied to module from unknown\n", "access denied"),
        // Nobody is asked for a password.
        (
            b"@RSYNCD: AUTHREQD c2FsdA\n@ERROR: auth failed on module\n",
            "auth failed",
        ),
    ] {
        let port = daemon(move |stream| greet(stream, GREETING, answer).map(drop));
        let why = outcome(port, &IN_HELL, 20);
        assert!(
            why.trouble.word == "rsync" && why.trouble.text.contains(says),
            "{why:?}"
        );
        assert!(why.heard && !why.gone && !why.may_be_ours(), "{why:?}");
    }
}

#[test]
fn what_is_no_daemon_gives_no_listing() {
    for greeting in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.9\r\n",
        &[0; 4000],
        b"",
    ] {
        let port = daemon(move |stream| stream.write_all(greeting));
        let why = outcome(port, &IN_HELL, 20);
        assert_eq!(why.trouble.word, "rsync", "{why:?}");
    }
    let garbage: Vec<u8> = (0..200_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let port = daemon(move |stream| {
        greet(stream, GREETING, b"@RSYNCD: OK\n")?;
        stream.write_all(&garbage)
    });
    assert_eq!(outcome(port, &IN_HELL, 40).trouble.word, "rsync");
}

#[test]
fn a_daemon_that_says_nothing_is_waited_for_no_longer_than_allowed() {
    let mute = daemon(wait);
    let mute_later = daemon(|stream| {
        greet(stream, GREETING, b"@RSYNCD: OK\n")?;
        wait(stream)
    });
    let hasty = Hell { silence: 1, ..IN_HELL };
    for port in [mute, mute_later] {
        let why = outcome(port, &hasty, 15);
        assert!(why.trouble.word == "timeout" && why.may_be_ours(), "{why:?}");
    }
    let hasty = Hell { deadline: 1, ..IN_HELL };
    for port in [mute, mute_later] {
        assert_eq!(outcome(port, &hasty, 15).trouble.word, "timeout");
    }
    // A text for visitors that never ends.
    let chatty = daemon(|stream| {
        greet(stream, GREETING, b"")?;
        loop {
            stream.write_all(b"welcome\n")?;
        }
    });
    assert_eq!(outcome(chatty, &hasty, 15).trouble.word, "timeout");
}

#[test]
fn a_run_that_is_stopped_waits_for_no_daemon() {
    let port = daemon(wait);
    let stop = Stop::default();
    let asked = stop.clone();
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        asked.ask();
    });
    let url = format!("rsync://127.0.0.1:{port}/module").parse().unwrap();
    let begun = Instant::now();
    let why = list(&tree(Vec::new()), &url, &patient(&stop)).unwrap_err();
    later.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert!(why.trouble.word == "stopped" && !why.may_be_ours(), "{why:?}");
}

/// A list of files in the old form of rsync's protocol (27): the top, and so many files of one byte, `f00000000` and on.
struct Files<'a> {
    stream: &'a mut TcpStream,
    pending: Vec<u8>,
}

impl<'a> Files<'a> {
    /// Up to the list.
    fn begin(stream: &'a mut TcpStream) -> std::io::Result<(Self, BufReader<TcpStream>)> {
        let mut said = greet(stream, OLD, b"@RSYNCD: OK\n")?;
        let mut argument = String::new();
        while said.read_line(&mut argument)? > 1 {
            argument.clear();
        }
        // A seed, and no filters.
        stream.write_all(&[1, 2, 3, 4])?;
        said.read_exact(&mut [0; 4])?;
        let pending = Vec::new();
        Ok((Self { stream, pending }, said))
    }

    fn push(&mut self, parts: &[&[u8]]) -> std::io::Result<()> {
        for part in parts {
            self.pending.extend_from_slice(part);
        }
        if self.pending.len() > 60_000 {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let head = (7 << 24) | u32::try_from(self.pending.len()).unwrap();
        self.stream.write_all(&head.to_le_bytes())?;
        self.stream.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    /// Bits of an entry: as the one before are 2 the mode, 32 the beginning of the name (how many bytes of it follows), 128 the time.
    fn list(&mut self, files: u32) -> std::io::Result<()> {
        let int = u32::to_le_bytes;
        self.push(&[&[1, 1], b".", &int(4096), &int(1_700_000_000), &int(0o40_755)])?;
        for n in 0..files {
            let name = format!("f{n:08}");
            let name = name.as_bytes();
            if n == 0 {
                self.push(&[&[1, 9], name, &int(1), &int(1_700_000_000), &int(0o100_644)])?;
            } else {
                self.push(&[&[2 | 32 | 128, 1, 8], &name[1..], &int(1)])?;
            }
        }
        Ok(())
    }
}

/// What a daemon of the old kind says, from its list to its end.
fn old_daemon(files: u32) -> u16 {
    daemon(move |stream| {
        let (mut out, mut said) = Files::begin(stream)?;
        out.list(files)?;
        out.push(&[&[0], &[0; 4]])?;
        out.flush()?;
        for _ in 0..2 {
            said.read_exact(&mut [0; 4])?;
            out.push(&[&[255; 4]])?;
            out.flush()?;
        }
        out.push(&[&[1; 12]])?;
        out.flush()?;
        said.read_exact(&mut [0; 4])
    })
}

/// The top, with the first and the last of so many files.
fn expecting(files: u32) -> Tree {
    let names = [0, files - 1].map(|n| format!("f{n:08}"));
    let file = |name: String| ShortFile {
        name,
        size: Some(1),
        timestamp: 0,
    };
    tree(vec![PlannedDirectory {
        id: DirectoryId(1),
        path: "".parse().unwrap(),
        readable: true,
        changed: ScanGeneration(1),
        files: names.into_iter().map(file).collect(),
        repomd: Vec::new(),
    }])
}

#[test]
fn a_daemon_that_dies_in_the_middle_has_listed_nothing() {
    const FILES: u32 = 50_000;
    let tree = expecting(FILES);
    let whole = listed(&tree, old_daemon(FILES), "module").unwrap();
    assert_eq!(
        (whole.end(), whole.entries()),
        (&ListingEnd::Whole, u64::from(FILES) + 1)
    );
    assert_eq!(lacking(&whole, &tree), [""; 0]);
    let dying = daemon(|stream| {
        let (mut out, _said) = Files::begin(stream)?;
        out.list(FILES)?;
        out.flush()
    });
    let why = listed(&tree, dying, "module").unwrap_err();
    assert_eq!(why.trouble.word, "rsync", "{why:?}");
    // After all was listed, before it was said to be all.
    let dying = daemon(|stream| {
        let (mut out, mut said) = Files::begin(stream)?;
        out.list(FILES)?;
        out.push(&[&[0], &[0; 4]])?;
        out.flush()?;
        said.read_exact(&mut [0; 4])
    });
    let why = listed(&tree, dying, "module").unwrap_err();
    assert_eq!(why.trouble.word, "rsync", "{why:?}");
}

/// An old daemon's whole tree is kept by the rsync program, so its memory has a bound.
#[test]
fn ten_million_files_cost_a_bounded_time_and_memory() {
    let port = old_daemon(10_000_000);
    let begun = Instant::now();
    let why = listed(&expecting(10_000_000), port, "module").unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
    assert!(
        why.trouble.word == "rsync" && why.trouble.text.contains("out of memory"),
        "{why:?}"
    );
}
