//! Writes a network of Fedora's size into a directory: a database, a config, and the files a server reads beside a generation.
//!
//! `cargo run --release --example fedora_scale -- DIRECTORY`; then the programs run there with `MM_CONFIG=DIRECTORY/mm.toml`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    reason = "a program for developers: it prints, and what cannot be written ends it"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mirrormanager::model::Timestamp;

#[path = "../benches/bench/scale.rs"]
mod scale;

use scale::Size;

/// Write a network of Fedora's size: hosts, directories, repositories, who holds what, how crawls went and what they found, and the
/// files a server reads.
///
/// The same directory tree, registry, holdings and tables come out each time; times are counted back from --now. What is written:
/// mm.toml (a config), mm.db (the database), country.mmdb, prefixes.txt ("prefix asn" lines), clients.txt (addresses),
/// repositories.txt and paths.txt (queries).
#[derive(Debug, Parser)]
struct Args {
    /// Where; it is made if it is not there, and must hold no mm.db.
    directory: PathBuf,
    /// So many times as many hosts (with their categories, URLs and netblocks) and directories.
    #[arg(long, default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=50))]
    scale: usize,
    /// The moment that times are counted back from, in epoch seconds; the present one when it is not given.
    #[arg(long)]
    now: Option<i64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.directory.join("mm.db").exists() {
        println!(
            "{} holds a database already; name another directory",
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
    let world = scale::write(&args.directory, size, Timestamp(args.now.unwrap_or_else(present)));
    println!(
        "{} hosts, {} host categories, {} URLs, {} directories, {} repositories, {} file details, {} netblocks, {} prefixes, {} \
         clients:",
        size.hosts,
        size.host_categories,
        size.urls,
        size.directories,
        size.repositories,
        size.file_details,
        size.netblocks,
        size.prefixes,
        size.clients
    );
    let files = [
        &world.config,
        &world.database,
        &world.geoip,
        &world.prefixes,
        &world.clients,
        &world.repositories,
        &world.paths,
    ];
    for file in files {
        let bytes = std::fs::metadata(file).unwrap().len();
        println!("{:>12} bytes  {}", bytes, file.display());
    }
    ExitCode::SUCCESS
}
