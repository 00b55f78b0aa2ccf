//! Shutdown of a busy server.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{files, home, publish};
use crate::compliance::client::Server;

const PAGE: usize = 24 << 20;

fn server_with_large_page(config: &str) -> Server {
    let home = home(config);
    let mut files = files('a');
    files.insert("public/large.html".to_owned(), vec![b'x'; PAGE]);
    publish(&home.path().join("generations"), &files);
    Server::start_in(home, &[])
}

fn wait_for_exit(server: &mut Server) -> (ExitStatus, Duration) {
    let started = Instant::now();
    loop {
        if let Some(status) = server.process.0.try_wait().unwrap() {
            return (status, started.elapsed());
        }
        assert!(started.elapsed() < Duration::from_mins(1), "the server does not exit");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Requests the large page and reads only the start of the response.
fn start_download(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream
        .write_all(b"GET /large.html HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    stream.read_exact(&mut [0; 8]).unwrap();
    stream
}

#[test]
fn open_requests_are_finished() {
    let mut server = server_with_large_page("");
    let mut downloads: Vec<TcpStream> = (0..4).map(|_| start_download(&server)).collect();
    // An incomplete request.
    let mut half = TcpStream::connect(&server.address).unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    // An idle connection, which must not delay the exit.
    let mut idle = TcpStream::connect(&server.address).unwrap();
    server.get("/healthz");
    server.signal(Signal::SIGTERM);
    half.write_all(b"st: a\r\n\r\n").unwrap();
    let mut text = String::new();
    half.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert_eq!(idle.read(&mut [0; 8]).unwrap(), 0);
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        server.process.0.try_wait().unwrap().is_none(),
        "the server waits for its readers"
    );
    for stream in &mut downloads {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(
            answer.len() > PAGE && answer.ends_with(b"xxxx"),
            "{} bytes",
            answer.len()
        );
    }
    let (status, _) = wait_for_exit(&mut server);
    assert!(status.success(), "{status:?}");
}

#[test]
fn shutdown_timeout_limits_the_wait() {
    let mut server = server_with_large_page("shutdown_timeout = \"1s\"");
    let _unread = start_download(&server);
    server.signal(Signal::SIGTERM);
    let (status, took) = wait_for_exit(&mut server);
    assert!(status.success(), "{status:?}");
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(8)).contains(&took),
        "{took:?}"
    );
    assert!(
        server
            .stderr()
            .contains("were not closed within server.shutdown_timeout"),
        "{}",
        server.stderr()
    );
}

/// Sends requests on one connection until the server closes it with `Connection: close` (true). False if this client
/// was delayed by the machine for longer than the server keeps idle connections open.
fn send_requests(address: &str, answered: &AtomicUsize, stopping: &AtomicBool) -> bool {
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    stream
        .get_ref()
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    loop {
        let last = Instant::now();
        let sent = stream
            .get_mut()
            .write_all(b"GET /mirrorlist?repo=linux-43&arch=x86_64 HTTP/1.1\r\nHost: a\r\n\r\n");
        let sent_after = last.elapsed();
        let head = sent.and_then(|()| head(&mut stream));
        let head = match head {
            Ok(head) => head,
            Err(_) if stopping.load(Ordering::Relaxed) && sent_after > Duration::from_millis(200) => return false,
            Err(error) => panic!("a request without a response: {error}, sent after {sent_after:?}"),
        };
        let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        answered.fetch_add(1, Ordering::Relaxed);
        if head.contains("connection: close") {
            assert!(stopping.load(Ordering::Relaxed), "closed before the shutdown");
            return true;
        }
    }
}

fn head(stream: &mut impl Read) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8(head).unwrap().to_ascii_lowercase())
}

#[test]
fn busy_connections_lose_no_response() {
    for _ in 0..3 {
        let mut server = server_with_large_page("");
        let answered: [AtomicUsize; 8] = Default::default();
        let stopping = AtomicBool::new(false);
        let address = server.address.clone();
        let closed = std::thread::scope(|scope| {
            let clients: Vec<_> = answered
                .iter()
                .map(|count| scope.spawn(|| send_requests(&address, count, &stopping)))
                .collect();
            server.wait("responses for each", |_| {
                answered.iter().all(|count| count.load(Ordering::Relaxed) > 20)
            });
            stopping.store(true, Ordering::Relaxed);
            server.signal(Signal::SIGTERM);
            clients
                .into_iter()
                .map(|c| c.join().unwrap())
                .filter(|closed| *closed)
                .count()
        });
        assert!(closed >= 4, "only {closed} of 8 clients are conclusive");
        let (status, took) = wait_for_exit(&mut server);
        assert!(status.success(), "{status:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
