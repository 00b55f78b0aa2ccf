//! Unexpected bodies: compressed ones, and those of error pages.

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// Counts the received bytes.
#[derive(Default)]
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += u64::try_from(bytes.len()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn packed(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// Sends `body` as packed with this status to every GET.
fn sends_packed(status: &'static str, body: Vec<u8>) -> String {
    let (url, _) = server(move |s, line| {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        say(s, &head);
        if line.starts_with("GET") {
            drop(s.write_all(&body));
        }
        false
    });
    url
}

#[test]
fn a_bomb_is_unpacked_as_far_as_the_cap() {
    // A thousand times as long as on the wire.
    let bomb = packed(64);
    assert!(bomb.len() < 1 << 17);
    let url = sends_packed("200 OK", bomb.clone());
    let mut got = Count::default();
    let ended = agent(true).get_into(&url, 10_000, None, &mut got);
    assert_eq!(ended, Err(FetchError::TooLarge(10_000)));
    assert_eq!(got.0, 10_001);
    assert_eq!(agent(true).get(&url, 10_000, None), Err(FetchError::TooLarge(10_000)));

    let begun = Instant::now();
    let refused = agent(true)
        .get(&sends_packed("404 Not Found", bomb), 1 << 40, None)
        .unwrap();
    assert_eq!((refused.status, refused.body.len()), (404, 0));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_body_that_is_packed_all_the_same_is_the_file() {
    let url = sends_packed("200 OK", packed(1));
    let got = agent(true).get(&url, 2 << 20, None).unwrap();
    assert_eq!((got.body.len(), got.content_length), (1 << 20, None));
    let head = agent(true).head(&url, None).unwrap();
    assert_eq!((head.status, head.content_length), (200, None));
}

#[test]
fn corrupt_compression_is_an_error() {
    let mut broken = packed(1);
    let middle = broken.len() / 2;
    broken.truncate(middle);
    let got = agent(true).get(&sends_packed("200 OK", broken), 2 << 20, None);
    assert!(
        matches!(got, Err(FetchError::Refused(_) | FetchError::Protocol(_))),
        "{got:?}"
    );
}

#[test]
fn error_pages_are_not_read_to_their_end() {
    let (url, connections) = server(|s, line| {
        if line.contains("/endless") {
            say(s, "HTTP/1.1 503 Busy\r\nRetry-After: 17\r\n\r\n");
            while s.write_all(&[b'x'; 4096]).is_ok() {}
            return true;
        }
        if line.contains("/huge") {
            // Nothing of the announced body is sent.
            say(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 1000000\r\n\r\n");
            std::thread::sleep(Duration::from_mins(1));
            return true;
        }
        say(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot there");
        false
    });
    let agent = Agent::new(&HttpLimits {
        user_agent: String::new(),
        connections: 4,
        connect: Duration::from_secs(30),
        total: Duration::from_secs(30),
        allow_private: true,
    });
    let begun = Instant::now();
    let busy = agent.get(&format!("{url}/endless"), 1 << 40, None).unwrap();
    assert_eq!(
        (busy.status, busy.retry_after, busy.body.len()),
        (503, Some(Duration::from_secs(17)), 0)
    );
    assert_eq!(agent.get(&format!("{url}/huge"), 1 << 40, None).unwrap().status, 404);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let before = connections.load(Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(agent.get(&url, 10, None).unwrap().status, 404);
    }
    assert_eq!(
        connections.load(Ordering::SeqCst),
        before + 1,
        "short pages keep the connection"
    );
}

#[test]
fn response_headers_are_returned() {
    let (url, _) = server(|s, line| {
        let tells = if line.contains("/tag") {
            "ETag: \"5\"\r\nRetry-After: nonsense"
        } else {
            "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nETag: \"5\"\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT"
        };
        say(s, &format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{tells}\r\n\r\n"));
        false
    });
    let agent = agent(true);
    let dated = agent.head(&url, None).unwrap();
    assert_eq!(dated.last_modified.as_deref(), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
    assert_eq!(
        (&dated.validator, dated.retry_after),
        (&dated.last_modified, Some(Duration::ZERO))
    );
    let tagged = agent.head(&format!("{url}/tag"), None).unwrap();
    assert_eq!(
        (tagged.last_modified, tagged.validator.as_deref(), tagged.retry_after),
        (None, Some("\"5\""), None)
    );
}
