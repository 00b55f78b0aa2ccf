//! In-process rsync daemons that behave as no real one does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Serves every connection with `serve` and returns the port.
pub(super) fn daemon(serve: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), serve) = (stream, Arc::clone(&serve)) else {
                return;
            };
            // The program may have closed the connection.
            std::thread::spawn(move || drop(serve(&mut stream)));
        }
    });
    port
}

pub(super) const GREETING: &[u8] = b"@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n";
const OLD: &[u8] = b"@RSYNCD: 27\n";

/// Sends the greeting, reads the greeting and the module of the client, and answers.
pub(super) fn greet(stream: &mut TcpStream, greeting: &[u8], answer: &[u8]) -> std::io::Result<BufReader<TcpStream>> {
    stream.write_all(greeting)?;
    let mut output = BufReader::new(stream.try_clone()?);
    for _ in 0..2 {
        output.read_line(&mut String::new())?;
    }
    stream.write_all(answer)?;
    Ok(output)
}

/// Sends nothing more.
pub(super) fn wait(stream: &mut TcpStream) -> std::io::Result<()> {
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

/// A file list of rsync protocol 27: the top directory, and `files` files of one byte, beginning with `f00000000`.
pub(super) struct Files<'a> {
    stream: &'a mut TcpStream,
    pending: Vec<u8>,
}

impl<'a> Files<'a> {
    /// Everything before the list.
    pub(super) fn begin(stream: &'a mut TcpStream) -> std::io::Result<(Self, BufReader<TcpStream>)> {
        let mut output = greet(stream, OLD, b"@RSYNCD: OK\n")?;
        let mut argument = String::new();
        while output.read_line(&mut argument)? > 1 {
            argument.clear();
        }
        // The checksum seed, and no filters.
        stream.write_all(&[1, 2, 3, 4])?;
        output.read_exact(&mut [0; 4])?;
        let pending = Vec::new();
        Ok((Self { stream, pending }, output))
    }

    pub(super) fn push(&mut self, parts: &[&[u8]]) -> std::io::Result<()> {
        for part in parts {
            self.pending.extend_from_slice(part);
        }
        if self.pending.len() > 60_000 {
            self.flush()
        } else {
            Ok(())
        }
    }

    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        let head = (7 << 24) | u32::try_from(self.pending.len()).unwrap();
        self.stream.write_all(&head.to_le_bytes())?;
        self.stream.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    /// Flags of an entry: 2 = same mode as the previous entry, 32 = same beginning of the name (its length follows), 128 = same time.
    pub(super) fn list(&mut self, files: u32) -> std::io::Result<()> {
        let int = u32::to_le_bytes;
        self.push(&[&[1, 1], b".", &int(4096), &int(1_700_000_000), &int(0o40_755)])?;
        for n in 0..files {
            let name = format!("f{n:08}");
            let name = name.as_bytes();
            if n == 0 {
                self.push(&[&[1, 9], name, &int(1), &int(1_700_000_000), &int(0o100_644)])?;
            } else {
                self.push(&[&[2 | 32 | 128, 1, 8], &name[1..], &int(1)])?;
            }
        }
        Ok(())
    }
}

/// The bytes of an old daemon from the list to the end.
pub(super) fn old_daemon(files: u32) -> u16 {
    daemon(move |stream| {
        let (mut out, mut output) = Files::begin(stream)?;
        out.list(files)?;
        out.push(&[&[0], &[0; 4]])?;
        out.flush()?;
        for _ in 0..2 {
            output.read_exact(&mut [0; 4])?;
            out.push(&[&[255; 4]])?;
            out.flush()?;
        }
        out.push(&[&[1; 12]])?;
        out.flush()?;
        output.read_exact(&mut [0; 4])
    })
}
