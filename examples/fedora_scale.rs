//! Writes a network of Fedora's size into a directory: a database, a config, and the input files of a server.
//!
//! `cargo run --release --example fedora_scale -- DIRECTORY`; then the programs run there with `MM_CONFIG=DIRECTORY/mm.toml`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a program for developers: it prints, and panics on errors"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mirrormanager::model::Timestamp;

#[path = "../benches/bench/scale.rs"]
mod scale;

use scale::Size;

/// Write a network of Fedora's size: hosts, directories, repositories, inventories, crawl results and findings, and the input files
/// of a server.
///
/// The same directory tree, registry, inventories and tables are written each time; times are relative to --now. Files:
/// mm.toml (a config), mm.db (the database), country.mmdb, prefixes.txt (routing table: "prefix asn" lines), clients.txt (addresses),
/// repositories.txt and paths.txt (queries).
#[derive(Debug, Parser)]
struct Args {
    /// Output directory; created if it does not exist, must not contain mm.db
    directory: PathBuf,
    /// Factor for the number of hosts (with their categories, URLs and netblocks) and directories
    #[arg(long, default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=50))]
    scale: usize,
    /// Reference time in Unix seconds [default: now]
    #[arg(long)]
    now: Option<i64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.directory.join("mm.db").exists() {
        println!(
            "{} already contains a database; choose another directory",
            args.directory.display()
        );
        return ExitCode::FAILURE;
    }
    std::fs::create_dir_all(&args.directory).unwrap();
    let present = || {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        i64::try_from(since.as_secs()).unwrap()
    };
    let size = Size::new(args.scale);
    let written = scale::write(&args.directory, size, Timestamp(args.now.unwrap_or_else(present)));
    println!(
        "{} hosts, {} host categories, {} URLs, {} directories, {} repositories, {} file details, {} netblocks, {} routes, {} \
         clients:",
        size.hosts,
        size.host_categories,
        size.urls,
        size.directories,
        size.repositories,
        size.file_details,
        size.netblocks,
        size.routes,
        size.clients
    );
    let files = [
        &written.config,
        &written.database,
        &written.geoip,
        &written.routing_table,
        &written.clients,
        &written.repositories,
        &written.paths,
    ];
    for file in files {
        let bytes = std::fs::metadata(file).unwrap().len();
        println!("{:>12} bytes  {}", bytes, file.display());
    }
    ExitCode::SUCCESS
}
