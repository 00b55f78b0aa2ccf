//! A server with the same HTTP library that sends a constant body in response to any request.

use std::convert::Infallible;
use std::process::Stdio;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::support::{Process, free_port, wait_for_port};

/// The first argument with which the benchmark program runs as this server.
pub(crate) const AREA: &str = "minimal-server";

/// Starts the server as a separate process on the first core, like `mm-mirrorlist-server`. Returns the process and the port.
pub(super) fn start(bytes: usize) -> (Process, u16) {
    let port = free_port();
    let program = std::env::current_exe().unwrap();
    let child = super::pinned(0, program.to_str().unwrap())
        .args([AREA, &port.to_string(), &bytes.to_string()])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let process = Process(child);
    wait_for_port(port);
    (process, port)
}

/// Serves until the process is killed.
pub(crate) fn serve(args: &[String]) {
    let [_, port, bytes] = args else {
        panic!("{args:?}");
    };
    let body = Bytes::from(vec![b'x'; bytes.parse().unwrap()]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let address = format!("127.0.0.1:{port}");
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let body = body.clone();
            tokio::spawn(async move {
                let service = service_fn(move |_: Request<Incoming>| {
                    std::future::ready(Ok::<_, Infallible>(Response::new(Full::new(body.clone()))))
                });
                let result = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
                // A client may disconnect at any time.
                drop(result);
            });
        }
    });
}
