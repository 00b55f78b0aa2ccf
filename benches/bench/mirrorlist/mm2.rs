//! Start and responses of the server with a cache of MirrorManager2.

use super::Fedora;
use super::answers::compare_with_minimal_server;
use super::load::Load;
use crate::table::{Bar, Row};
use crate::{SETTLE_TIME, measure_alternately};

/// Limit of the start time in seconds.
const MAX_START: f64 = 1.5;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::new(1);
    let cache = fedora.env.path("cache.pb");
    let cache = cache.to_str().unwrap();
    fedora.env.ok("mm-update-mirrorlist", &["--mm2-cache", cache]);
    let bytes = std::fs::metadata(cache).unwrap().len();
    eprintln!("a cache of {} MB", bytes / 1_000_000);
    let port = fedora.port.to_string();
    let (prefixes, geoip) = (
        fedora.files.routing_table.to_str().unwrap(),
        fedora.files.geoip.to_str().unwrap(),
    );
    let args = [
        "--listen",
        "127.0.0.1",
        "--port",
        &port,
        "-c",
        cache,
        "-g",
        prefixes,
        "--geoip",
        geoip,
    ];
    let (start, _) = measure_alternately(3, || fedora.serve(&args).1, || MAX_START);
    let (_server, _) = fedora.serve(&args);
    std::thread::sleep(SETTLE_TIME);
    let load = Load::new(&fedora, "metalink", &fedora.files.repositories);
    let mut rows = vec![Row {
        area: "mirrorlist",
        name: "mm2-load",
        measured: start,
        reference: MAX_START,
        unit: "s",
        bar: Bar::AtMost(1.0),
    }];
    rows.extend(compare_with_minimal_server(
        &load,
        fedora.port,
        "mm2-metalink-46k",
        "mm2-metalink-46k-p99",
    ));
    rows
}
