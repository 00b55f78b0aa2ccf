//! Hostile in-process servers. Each takes limited time and memory, gives its
//! finding, and removes nothing without evidence.
//!
//! All mirrors of a table are hosts of one registry, had everything before, and are probed by one crawl.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::support::{Process, RunOutput};

mod http;
mod index;
mod local_errors;
mod retry_after;
mod rsync;
mod tls;
mod urls;

/// A request.
#[derive(Clone, Copy)]
struct Request<'a> {
    method: &'a str,
    /// The path as in the request.
    path: &'a str,
}

impl Request<'_> {
    fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    fn is_page(&self) -> bool {
        self.path.ends_with('/')
    }
}

/// Serves every request with `serve`, which returns true to close the connection. A leading `/at-ANYTHING` is ignored, so that
/// one server has many URLs. TLS handshakes are rejected.
fn faulty(serve: impl Fn(&mut TcpStream, Request<'_>) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, Arc::clone(&serve)) else {
                return;
            };
            std::thread::spawn(move || {
                let mut first = [0];
                if stream
                    .peek(&mut first)
                    .is_ok_and(|n| n == 1 && !first[0].is_ascii_alphabetic())
                {
                    write_bytes(&mut stream, "HTTP/1.1 400 Bad Request\r\n\r\n");
                    return;
                }
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(first)) = lines.next() {
                    while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
                    let mut words = first.split(' ');
                    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
                    let at = path.strip_prefix("/at-");
                    let path = at.and_then(|rest| rest.get(rest.find('/')?..)).unwrap_or(path);
                    if serve(&mut stream, Request { method, path }) {
                        drop(stream.shutdown(Shutdown::Both));
                        return;
                    }
                }
            });
        }
    });
    url
}

/// Writes and returns true if that failed.
fn write_bytes(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).is_err()
}

fn status(stream: &mut TcpStream, status: &str) -> bool {
    write_bytes(stream, &format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
}

fn redirect(stream: &mut TcpStream, to: &str) -> bool {
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    write_bytes(stream, &head)
}

/// Writes until the client stops reading.
fn endless(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> bool {
    while stream.write_all(bytes).is_ok() {
        std::thread::sleep(pause);
    }
    true
}

/// A correct mirror: a copy of the master, with indexes that show exact sizes.
#[derive(Clone)]
struct Good {
    root: PathBuf,
}

impl Good {
    fn file(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Returns the directory index in the format of nginx; `size` gives the size of a file.
    fn page(&self, path: &str, size: impl Fn(u64) -> u64) -> Vec<u8> {
        let mut text = format!("<html><head><title>Index of {path}</title></head><h1>Index of {path}</h1><pre>");
        text.push_str("<a href=\"../\">../</a>\n");
        for entry in std::fs::read_dir(self.file(path)).unwrap() {
            let entry = entry.unwrap();
            let (name, meta) = (entry.file_name().into_string().unwrap(), entry.metadata().unwrap());
            if meta.is_dir() {
                writeln!(text, "<a href=\"{name}/\">{name}/</a>  14-Nov-2023 22:13   -").unwrap();
            } else {
                let size = size(meta.len());
                writeln!(text, "<a href=\"{name}\">{name}</a>  14-Nov-2023 22:13   {size}").unwrap();
            }
        }
        text.push_str("</pre></html>\n");
        text.into_bytes()
    }

    /// The body of the requested path; `None` if it does not exist.
    fn body(&self, path: &str) -> Option<Vec<u8>> {
        let file = self.file(path);
        if path.ends_with('/') && file.is_dir() {
            Some(self.page(path, |size| size))
        } else if path.ends_with('/') {
            None
        } else {
            std::fs::read(file).ok()
        }
    }

    fn serve(&self, stream: &mut TcpStream, request: Request<'_>) -> bool {
        if request.path.starts_with("/closed") {
            return status(stream, "403 Forbidden");
        }
        match self.body(request.path) {
            Some(body) => answer(stream, request, "", &body),
            None => status(stream, "404 Not Found"),
        }
    }
}

/// A 200 with these headers besides the length.
fn answer(stream: &mut TcpStream, request: Request<'_>, headers: &str, body: &[u8]) -> bool {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let body = if request.is_head() { &[] } else { body };
    stream.write_all(&[head.as_bytes(), body].concat()).is_err()
}

/// The longest that one request may take, and one host.
const REQUEST: Duration = Duration::from_secs(2);
const HOST: Duration = Duration::from_secs(20);
/// The additional time that a busy machine may need.
const LOADED: Duration = Duration::from_secs(4);
const QUICK: &str = "connect_timeout = \"2s\"\nrequest_timeout = \"2s\"\nhost_deadline = \"20s\"\nmax_repomd_bytes = 200000\n\
                     mass_loss_min_hosts = 0\nrequests_per_second = 0";
/// The most memory of a crawl of a table.
const MEMORY: u64 = 96 << 20;

/// One mirror and its expected result.
struct Row {
    host: &'static str,
    urls: Vec<String>,
    outcome: &'static str,
    /// The directories that it has no longer.
    lost: &'static [&'static str],
    /// The reasons of its findings, each once, sorted.
    reasons: &'static [&'static str],
    at_most: Duration,
}

/// A mirror that does not answer: the inventory is kept. At most this many requests may time out.
fn silent(host: &'static str, url: String, reason: &'static [&'static str], requests: u32) -> Row {
    Row {
        outcome: "inconclusive",
        ..mirror(host, url, &[], reason, requests)
    }
}

/// A mirror that answers and has all but `lost`.
fn mirror(
    host: &'static str,
    url: String,
    lost: &'static [&'static str],
    reasons: &'static [&'static str],
    requests: u32,
) -> Row {
    Row {
        host,
        urls: vec![url],
        outcome: "complete",
        lost,
        reasons,
        at_most: REQUEST * requests + LOADED,
    }
}

/// The names of the directories of the pool.
const POOL: [&str; 3] = ["pool/1", "pool/2", "pool/3"];

/// A master with some more directories, and a correct mirror.
fn net(crawl: &str) -> (Net, Good) {
    let net = Net::new(crawl);
    for directory in POOL {
        for file in 0..4 {
            let text = format!("package {directory} {file}");
            net.write(&format!("tree/{directory}/{file}.rpm"), &text);
        }
    }
    net.copy_to("m");
    let good = Good {
        root: net.env.path("m"),
    };
    (net, good)
}

fn all_directories() -> Vec<String> {
    let mut all = open_directories();
    all.extend(POOL.map(str::to_owned));
    all.push("pool".to_owned());
    all.sort();
    all
}

/// A crawl with its duration and memory.
struct Crawled {
    output: RunOutput,
    /// The peak memory of the program, and of one of its children.
    peak: u64,
    child_peak: u64,
    took: Duration,
}

/// Runs `mm-crawl` and measures its memory. No child process may be left.
fn crawl(net: &Net, args: &[&str]) -> Crawled {
    crawl_by(net, args, |command| command)
}

fn crawl_by(net: &Net, args: &[&str], set: impl Fn(&mut Command) -> &mut Command) -> Crawled {
    let [out, err] = ["out", "err"].map(|name| net.env.write(name, ""));
    let file = |path| std::fs::File::create(path).unwrap();
    let start_time = Instant::now();
    let mut command = net.env.command("mm-crawl");
    command.args(args).stdout(file(&out)).stderr(file(&err));
    let mut process = Process(set(&mut command).spawn().unwrap());
    let (mut peak, mut child_peak) = (0, 0);
    let mut rounds = 0_u32;
    let exit = loop {
        if let Some(exit) = process.0.try_wait().unwrap() {
            break exit;
        }
        peak = peak.max(peak_memory(process.0.id()));
        if rounds.is_multiple_of(10) {
            let children = program_pids(net);
            let others = children.into_iter().filter(|pid| *pid != process.0.id());
            child_peak = others.map(peak_memory).max().unwrap_or(0).max(child_peak);
        }
        rounds += 1;
        std::thread::sleep(Duration::from_millis(10));
    };
    let took = start_time.elapsed();
    assert_eq!(program_pids(net), [0_u32; 0], "something that it started is left");
    let output = std::process::Output {
        status: exit,
        stdout: std::fs::read(out).unwrap(),
        stderr: std::fs::read(err).unwrap(),
    };
    Crawled {
        output: RunOutput::new("mm-crawl", args, &output),
        peak,
        child_peak,
        took,
    }
}

/// The peak memory of a process in bytes; 0 if it has exited.
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// Processes of the program and its children, found by the config in their environment.
fn program_pids(net: &Net) -> Vec<u32> {
    let mark = format!("MM_CONFIG={}", net.env.path("mm.toml").display());
    let is_ours = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|b| *b == 0).any(|var| var == mark.as_bytes())
    };
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    numbers
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter(is_ours)
        .collect()
}

fn set_urls(net: &Net, host: &str, urls: &[String]) {
    let of = "(SELECT hc.id FROM host_category hc JOIN host h ON h.id = hc.host_id WHERE h.name = ?1)";
    let db = net.sqlite();
    db.execute(
        &format!("DELETE FROM host_category_url WHERE host_category_id = {of}"),
        [host],
    )
    .unwrap();
    for url in urls {
        let insert = format!("INSERT INTO host_category_url (host_category_id, url, private) SELECT {of}, ?2, 0");
        db.execute(&insert, [host, url.as_str()]).unwrap();
    }
}

/// Registers mirrors that have everything, and crawls them.
fn crawl_until_current(net: &Net, good: &Good, hosts: &[&str]) {
    let good = good.clone();
    // No two mirrors have the same URL.
    let well = faulty(move |s, request| good.serve(s, request));
    let urls: Vec<String> = hosts.iter().map(|host| format!("{well}/at-{host}")).collect();
    let both: Vec<(&str, &str)> = hosts.iter().copied().zip(urls.iter().map(String::as_str)).collect();
    net.register(&both);
    net.crawl();
    for host in hosts {
        assert_eq!(net.inventory(host).present, all_directories(), "{host}");
    }
}

/// Crawls all mirrors of a table, which were current before, and compares the result with the table.
fn crawl_and_compare(net: &Net, good: &Good, rows: &[Row]) -> Crawled {
    // A mirror that answers shows that the local network works.
    let hosts: Vec<&str> = rows.iter().map(|row| row.host).chain(["witness.org"]).collect();
    crawl_until_current(net, good, &hosts);
    for row in rows {
        set_urls(net, row.host, &row.urls);
    }
    let crawled = crawl(net, &["--full", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&crawled.output.stdout).unwrap();
    let lines = report["result"]["lines"].as_array().unwrap();
    let mut wrong = Vec::new();
    for row in rows {
        let line = lines.iter().find(|l| l["host"] == row.host).unwrap();
        let inventory = net.inventory(row.host);
        let expected: Vec<String> = all_directories()
            .into_iter()
            .filter(|d| !row.lost.contains(&d.as_str()))
            .collect();
        let mut reasons = net.reasons(row.host);
        reasons.dedup();
        let seconds = line["seconds"].as_f64().unwrap();
        let tries = u32::from(row.outcome == "inconclusive");
        if line["outcome"] != row.outcome
            || inventory.present != expected
            || reasons != row.reasons
            || seconds > row.at_most.as_secs_f64()
            || inventory.row.inconclusive_tries != tries
        {
            let lost: Vec<_> = all_directories()
                .into_iter()
                .filter(|d| !inventory.present.contains(d))
                .collect();
            wrong.push(format!(
                "{}: lost {lost:?}, {reasons:?}, within {:?}: {line}",
                row.host, row.at_most
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n{:?}", wrong.join("\n"), crawled.output);
    assert_eq!(report["result"]["unknown_hash"], serde_json::json!([]));
    let longest = rows.iter().map(|row| row.at_most).max().unwrap();
    assert!(crawled.took < longest + LOADED, "{:?}", crawled.took);
    assert!(crawled.peak > 0 && crawled.peak < MEMORY, "{} bytes", crawled.peak);
    crawled
}

/// The evidence of the findings of a host with this reason.
fn finding_evidence(net: &Net, host: &str, reason: &str) -> Vec<String> {
    net.sql_rows(&format!(
        "SELECT f.seen FROM finding f JOIN host_category hc ON hc.id = f.host_category_id \
         JOIN host h ON h.id = hc.host_id WHERE h.name = '{host}' AND f.reason = '{reason}'"
    ))
}
