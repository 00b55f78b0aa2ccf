//! Answering, against a bare server of the same HTTP library that answers a constant body of the same size.

use std::convert::Infallible;
use std::process::{Command, Stdio};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::support::{Process, free_port, need, wait_for_port};
use crate::table::{Bar, Row};
use crate::world::world;
use crate::{REST, in_turn};

pub(crate) fn rows() -> Vec<Row> {
    let (wrk, curl) = (need("wrk", "wrk"), need("curl", "curl"));
    let port = free_port();
    let env = world(&format!("[server]\nlisten = \"127.0.0.1:{port}\"\nthreads = 1\n"));
    env.ok("mm-update-mirrorlist", &[]);
    let _server = Process(
        env.command("mm-mirrorlist-server")
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    wait_for_port(port);
    std::thread::sleep(REST);
    let load = |url: &str| -> f64 {
        let said = Command::new(&wrk).args(["-t1", "-c64", "-d3s", url]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(
            !said.contains("Non-2xx") && !said.contains("Socket errors"),
            "{url}: {said}"
        );
        let rate = said.lines().find_map(|l| l.strip_prefix("Requests/sec:"));
        rate.unwrap_or_else(|| panic!("{url}: {said}")).trim().parse().unwrap()
    };
    let mut rows = Vec::new();
    for (name, request) in [
        ("metalink", "/metalink?repo=updates-released-f35&arch=x86_64"),
        ("mirrorlist", "/mirrorlist?repo=updates-released-f35&arch=x86_64"),
        (
            "path",
            "/mirrorlist?path=pub/linux/updates/35/Everything/x86_64/Packages/07",
        ),
    ] {
        let url = format!("http://127.0.0.1:{port}{request}");
        let body = Command::new(&curl).args(["-sSf", &url]).output().unwrap().stdout;
        assert!(body.len() > 2_000, "{request}: {}", String::from_utf8_lossy(&body));
        let bare = constant(body);
        let bare_url = format!("http://127.0.0.1:{bare}/");
        let (measured, reference) = in_turn(3, || load(&url), || load(&bare_url));
        rows.push(Row {
            area: "mirrorlist",
            name,
            measured,
            reference,
            unit: "/s",
            bar: Bar::AtLeast(0.6),
        });
    }
    rows
}

/// A server of one thread that answers `body` to everything, until this program ends; its port.
fn constant(body: Vec<u8>) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let body = Bytes::from(body);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let body = body.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |_: Request<Incoming>| {
                        std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(body.clone()))))
                    });
                    // A client that goes away in the middle is no failure.
                    drop(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
    });
    port
}
