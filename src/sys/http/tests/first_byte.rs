//! The size of a file whose server does not return it for HEAD.

use super::*;

#[test]
fn the_length_of_all_comes_with_the_first_byte() {
    for (answer, status, length) in [
        (
            "206 Partial Content\r\nContent-Range: bytes 0-0/7777\r\nContent-Length: 1\r\n\r\nx",
            206,
            Some(7777),
        ),
        (
            "206 Partial Content\r\nContent-Range: bytes 0-0/*\r\nContent-Length: 1\r\n\r\nx",
            206,
            None,
        ),
        (
            "416 Range Not Satisfiable\r\nContent-Range: bytes */0\r\nContent-Length: 3\r\n\r\nno\n",
            416,
            Some(0),
        ),
        // Servers without ranges send the complete file.
        ("200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, Some(5)),
        (
            "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            200,
            None,
        ),
        ("404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, Some(0)),
    ] {
        let (url, _) = server(move |s, _| {
            say(s, &format!("HTTP/1.1 {answer}"));
            false
        });
        let output = agent(true).first_byte(&url, None).unwrap();
        assert_eq!(
            (output.status, output.content_length, output.body.len()),
            (status, length, 0),
            "{answer}"
        );
    }
}

#[test]
fn all_the_rest_is_not_read() {
    let (url, connections) = server(|s, _| {
        say(s, "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n");
        while s.write_all(&[b'x'; 8192]).is_ok() {}
        true
    });
    let agent = agent(true);
    let begun = Instant::now();
    for n in 1..=2 {
        let output = agent.first_byte(&url, None).unwrap();
        assert_eq!(
            (output.content_length, connections.load(Ordering::SeqCst)),
            (Some(9_999_999_999), n)
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Of a part the connection is kept.
    let (url, connections) = server(|s, _| {
        say(
            s,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/7\r\nContent-Length: 1\r\n\r\nx",
        );
        false
    });
    for _ in 0..3 {
        agent.first_byte(&url, None).unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
