//! Answers that are framed in ways that no honest server uses: each ends in time, and none is taken for the answer to another request.

use std::sync::Mutex;

use super::*;

fn quick() -> Agent {
    Agent::new(&HttpLimits {
        user_agent: String::new(),
        connections: 4,
        connect: Duration::from_secs(1),
        total: Duration::from_secs(1),
        allow_private: true,
    })
}

/// The results of a HEAD and of a GET; each within its timeout.
fn ask(url: &str) -> [Result<HttpResponse, FetchError>; 2] {
    let agent = quick();
    let begun = Instant::now();
    let out = [agent.head(url, None), agent.get(url, 100_000, None)];
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    out
}

#[test]
fn hints_before_an_answer_are_passed_over() {
    let (url, _) = server(|s, line| {
        for _ in 0..20 {
            say(
                s,
                "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
            );
        }
        say(
            s,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        );
        if line.starts_with("GET") {
            say(s, "hi");
        }
        false
    });
    for got in ask(&url) {
        let got = got.unwrap();
        assert_eq!((got.status, got.content_length), (200, Some(2)));
    }
}

#[test]
fn hints_without_end_end_in_time() {
    for pause in [Duration::ZERO, Duration::from_millis(50)] {
        let (url, _) = server(move |s, _| {
            while s
                .write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
                .is_ok()
            {
                std::thread::sleep(pause);
            }
            true
        });
        for got in ask(&url) {
            assert!(matches!(got, Err(FetchError::Timeout(_))), "{got:?}");
        }
    }
}

#[test]
fn heads_without_measure_are_no_http() {
    let heads: [fn(&mut TcpStream); 6] = [
        |s| {
            for n in 0..10_000 {
                say(s, &format!("X-{n}: y\r\n"));
            }
        },
        |s| say(s, &format!("X: {}\r\n", "y".repeat(1 << 20))),
        |s| say(s, "Content-Length: 5\r\nContent-Length: 6\r\n"),
        |s| say(s, "Content-Length: 99999999999999999999999\r\n"),
        |s| say(s, "Content-Length: -1\r\n"),
        |s| say(s, "X: \0\r\n"),
    ];
    for (n, head) in heads.into_iter().enumerate() {
        let (url, _) = server(move |s, _| {
            say(s, "HTTP/1.1 200 OK\r\n");
            head(s);
            say(s, "\r\n");
            true
        });
        for got in ask(&url) {
            // One line that fills the whole buffer is cut off.
            let known =
                matches!(got, Err(FetchError::Protocol(_))) || (n == 1 && matches!(got, Err(FetchError::Refused(_))));
            assert!(known, "{n}: {got:?}");
        }
    }
}

#[test]
fn chunks_without_measure_end_in_time() {
    let bodies: [fn(&mut TcpStream); 5] = [
        // A size line, an end of the body, and trailers, without end.
        |s| while s.write_all(&[b'0'; 4096]).is_ok() {},
        |s| while s.write_all(b"1;extension=").is_ok() {},
        |s| {
            say(s, "0\r\n");
            while s.write_all(b"Trailer: x\r\n").is_ok() {}
        },
        // Cut off in the middle, and before the last chunk.
        |s| say(s, "ff\r\nhello"),
        |s| say(s, "5\r\nhello\r\n"),
    ];
    for (n, body) in bodies.into_iter().enumerate() {
        let (url, _) = server(move |s, line| {
            say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            if line.starts_with("GET") {
                body(s);
            }
            drop(s.shutdown(std::net::Shutdown::Both));
            true
        });
        let [head, get] = ask(&url);
        assert_eq!(head.unwrap().content_length, None, "{n}");
        assert!(get.is_err(), "{n}: {get:?}");
    }
}

/// A server that sends the body with a HEAD too. What is left of it must not be taken for the next answer.
#[test]
fn body_after_a_head_request_is_not_the_next_response() {
    let (url, _) = server(|s, _| {
        let body = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        say(
            s,
            &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        );
        false
    });
    let agent = agent(true);
    for n in 0..20 {
        let got = agent.head(&format!("{url}/{n}"), None).unwrap();
        assert_eq!((got.status, got.content_length), (200, Some(45)), "{n}");
    }
}

/// A server that keeps a connection open and closes it, without a word, at the next request.
#[test]
fn server_without_keep_alive_is_supported() {
    let first = Mutex::new(std::collections::HashSet::new());
    let (url, connections) = server(move |s, _| {
        if !first.lock().unwrap().insert(s.peer_addr().unwrap()) {
            return true;
        }
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
        false
    });
    let agent = agent(true);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(agent.head(&url, None).map(|a| a.content_length), Ok(Some(7)));
                }
            });
        }
    });
    assert!(connections.load(Ordering::SeqCst) >= 40);
}
