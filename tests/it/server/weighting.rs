//! The order of mirrors under load.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use super::{Files, home, host, publish, snapshot};
use crate::compliance::client::Server;

const HOSTS: usize = 20;
const CONNECTIONS: usize = 8;
/// Responses per connection: 100,000 in total.
const RESPONSES: usize = 12_500;
/// Pipelined requests per connection.
const PIPELINE: usize = 25;

/// The bandwidth of host `i`: from 100 to 100,000, all different.
fn bandwidth(i: usize) -> u32 {
    [100, 300, 1_000, 2_500, 10_000][i % 5] * [1, 3, 5, 10][i / 5]
}

fn published_files() -> Files {
    let mut snapshot_a = snapshot('a');
    let template = snapshot_a.host_categories[0].clone();
    snapshot_a.hosts = (0..HOSTS)
        .map(|i| {
            let mut host = host(i64::try_from(i).unwrap() + 1, &format!("m{i}.example.org"));
            host.bandwidth = i64::from(bandwidth(i)).try_into().unwrap();
            host.country = Some("FR".parse().unwrap());
            host
        })
        .collect();
    snapshot_a.host_categories = (0..)
        .zip(&snapshot_a.hosts)
        .map(|(place, host)| {
            let mut held = template.clone();
            held.host = place;
            held.urls = vec![format!("https://{}/linux", host.name).parse().unwrap()];
            held
        })
        .collect();
    Files::from([("snapshot".to_owned(), snapshot_a.encode().unwrap())])
}

/// Reads one response; returns the lines with mirrors.
fn read_mirrors(stream: &mut BufReader<TcpStream>) -> Vec<u8> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the connection was closed");
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = Some(value.trim().parse::<usize>().unwrap());
        }
    }
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).unwrap();
    let first = body.windows(5).position(|w| w == b"\nhttp").unwrap();
    body.split_off(first + 1)
}

/// Counts how often each line comes first; panics if two consecutive responses have the same order.
fn count_first_lines(address: &str, client: usize) -> BTreeMap<Vec<u8>, u32> {
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    stream.get_ref().set_nodelay(true).unwrap();
    // Each client is in France according to the snapshot.
    let request = format!(
        "GET /mirrorlist?repo=linux-43&arch=x86_64&ip=198.51.100.{client} HTTP/1.1\r\nHost: mirrors.example.org\r\n\r\n"
    );
    let requests = request.repeat(PIPELINE);
    let mut first: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    let mut before = Vec::new();
    for _ in 0..RESPONSES / PIPELINE {
        stream.get_mut().write_all(requests.as_bytes()).unwrap();
        for _ in 0..PIPELINE {
            let order = read_mirrors(&mut stream);
            assert_eq!(order.split_inclusive(|b| *b == b'\n').count(), HOSTS);
            assert_ne!(order, before, "two in a row");
            let line = order.split(|b| *b == b'\n').next().unwrap();
            match first.get_mut(line) {
                Some(count) => *count += 1,
                None => drop(first.insert(line.to_vec(), 1)),
            }
            before = order;
        }
    }
    first
}

/// The share of responses in which a host comes first is its share of the total bandwidth.
///
/// The probability of a false alarm is below 1 in 10,000: chi-square over all hosts (19 degrees of freedom) exceeds
/// 52.81 in 5 of 100,000 runs; of twenty hosts, each outside 3 sigma in 27 of 10,000 runs, three or more are outside
/// at once in 2.2 of 100,000; and two independent orders of twenty hosts are practically never the same (with these
/// bandwidths less than once in 10^13).
#[test]
fn first_places_follow_bandwidth_and_consecutive_orders_differ() {
    let home = home("");
    publish(&home.path().join("generations"), &published_files());
    let server = Server::start_in(home, &[]);
    let started = Instant::now();
    let counted: Vec<BTreeMap<Vec<u8>, u32>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (1..=CONNECTIONS)
            .map(|n| {
                scope.spawn({
                    let address = &server.address;
                    move || count_first_lines(address, n)
                })
            })
            .collect();
        clients.into_iter().map(|c| c.join().unwrap()).collect()
    });
    let took = started.elapsed();
    let all = f64::from(u32::try_from(CONNECTIONS * RESPONSES).unwrap());
    let bandwidths: f64 = (0..HOSTS).map(|i| f64::from(bandwidth(i))).sum();
    let (mut chi, mut outside) = (0.0, Vec::new());
    for i in 0..HOSTS {
        let line = format!("https://m{i}.example.org/linux/43/os");
        let times: u32 = counted
            .iter()
            .flatten()
            .filter(|(l, _)| l.starts_with(format!("{line}/").as_bytes()) || **l == line.as_bytes())
            .map(|(_, n)| n)
            .sum();
        let share = f64::from(bandwidth(i)) / bandwidths;
        let expected = all * share;
        assert!(expected > 20.0, "too few for a chi-square");
        let off = f64::from(times) - expected;
        chi += off * off / expected;
        let sigmas = off / (all * share * (1.0 - share)).sqrt();
        if sigmas.abs() > 3.0 {
            outside.push((line, times, sigmas));
        }
    }
    eprintln!(
        "{all} answers in {took:?}: chi-square {chi:.1}, {} of {HOSTS} outside of 3 sigma",
        outside.len()
    );
    assert!(chi < 52.81, "chi-square {chi}: {outside:?}");
    assert!(outside.len() <= 2, "{outside:?}");
}
