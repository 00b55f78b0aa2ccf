//! The end of a server that is busy.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{files, home, publish};
use crate::compliance::client::Server;

const PAGE: usize = 24 << 20;

fn with_a_large_page(config: &str) -> Server {
    let home = home(config);
    let mut files = files('a');
    files.insert("public/large.html".to_owned(), vec![b'x'; PAGE]);
    publish(&home.path().join("generations"), &files);
    Server::start_in(home, &[])
}

fn end(server: &mut Server) -> (ExitStatus, Duration) {
    let begun = Instant::now();
    loop {
        if let Some(status) = server.process.0.try_wait().unwrap() {
            return (status, begun.elapsed());
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Asks for the large page and reads only the beginning of the answer.
fn begin(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream
        .write_all(b"GET /large.html HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    stream.read_exact(&mut [0; 8]).unwrap();
    stream
}

#[test]
fn what_was_begun_is_finished() {
    let mut server = with_a_large_page("");
    let mut begun: Vec<TcpStream> = (0..4).map(|_| begin(&server)).collect();
    // One whose question is only half there.
    let mut half = TcpStream::connect(&server.address).unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    // One that wants nothing, and must not hold up the end.
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
        "it waits for its readers"
    );
    for stream in &mut begun {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(
            answer.len() > PAGE && answer.ends_with(b"xxxx"),
            "{} bytes",
            answer.len()
        );
    }
    let (status, _) = end(&mut server);
    assert!(status.success(), "{status:?}");
}

#[test]
fn but_it_does_not_wait_for_ever() {
    let mut server = with_a_large_page("drain_limit = \"1s\"");
    let _unread = begin(&server);
    server.signal(Signal::SIGTERM);
    let (status, took) = end(&mut server);
    assert!(status.success(), "{status:?}");
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(8)).contains(&took),
        "{took:?}"
    );
    assert!(server.stderr().contains("did not end in time"), "{}", server.stderr());
}

/// Asks again and again on one connection, until the server says that an answer is the last (true). False where the machine
/// held this client up for longer than a server waits for more questions: then nobody is to blame.
fn ask(address: &str, answered: &AtomicUsize, stopping: &AtomicBool) -> bool {
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
        let asked = last.elapsed();
        let head = sent.and_then(|()| head(&mut stream));
        let head = match head {
            Ok(head) => head,
            Err(_) if stopping.load(Ordering::Relaxed) && asked > Duration::from_millis(200) => return false,
            Err(error) => panic!("a request without its answer: {error}, asked within {asked:?}"),
        };
        let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        answered.fetch_add(1, Ordering::Relaxed);
        if head.contains("connection: close") {
            assert!(stopping.load(Ordering::Relaxed), "told to go before the end");
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
fn clients_that_ask_all_the_time_lose_no_answer() {
    for _ in 0..3 {
        let mut server = with_a_large_page("");
        let answered: [AtomicUsize; 8] = Default::default();
        let stopping = AtomicBool::new(false);
        let address = server.address.clone();
        let told = std::thread::scope(|scope| {
            let clients: Vec<_> = answered
                .iter()
                .map(|count| scope.spawn(|| ask(&address, count, &stopping)))
                .collect();
            server.wait("answers for each", |_| {
                answered.iter().all(|count| count.load(Ordering::Relaxed) > 20)
            });
            stopping.store(true, Ordering::Relaxed);
            server.signal(Signal::SIGTERM);
            clients
                .into_iter()
                .map(|c| c.join().unwrap())
                .filter(|told| *told)
                .count()
        });
        assert!(told >= 4, "only {told} of 8 clients say anything");
        let (status, took) = end(&mut server);
        assert!(status.success(), "{status:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
