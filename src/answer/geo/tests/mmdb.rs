//! Writes small databases in the `mmdb` format for tests (format 2.0, <https://maxmind.github.io/MaxMind-DB/>).

use std::collections::HashMap;

use ipnet::IpNet;

/// Value of a network.
#[derive(Debug, Clone)]
pub(crate) enum MmdbValue {
    Text(String),
    Number(u32),
    Map(Vec<(String, MmdbValue)>),
}

impl MmdbValue {
    /// Value of a network in a country database.
    pub(crate) fn country(code: &str) -> Self {
        let inner = Self::Map(vec![("iso_code".into(), Self::Text(code.into()))]);
        Self::Map(vec![("country".into(), inner)])
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                assert!(text.len() < 29);
                out.push(2 << 5 | u8::try_from(text.len()).unwrap());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Number(n) => {
                out.push(6 << 5 | 4);
                out.extend_from_slice(&n.to_be_bytes());
            }
            Self::Map(entries) => {
                out.push(7 << 5 | u8::try_from(entries.len()).unwrap());
                for (key, value) in entries {
                    Self::Text(key.clone()).write(out);
                    value.write(out);
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Empty,
    Node(usize),
    Data(usize),
}

/// Writer of a database; IPv4 networks are below `::/96`.
#[derive(Debug)]
pub(crate) struct Mmdb {
    kind: &'static str,
    built: u64,
    nodes: Vec<[Slot; 2]>,
    data: Vec<u8>,
    /// Offset of each value in the data, by its encoding.
    offsets: HashMap<Vec<u8>, usize>,
}

impl Mmdb {
    pub(crate) fn new(kind: &'static str, built: u64) -> Self {
        Self {
            kind,
            built,
            nodes: vec![[Slot::Empty; 2]],
            data: Vec::new(),
            offsets: HashMap::new(),
        }
    }

    /// Sets the value of a network; networks within others must be inserted after them.
    pub(crate) fn insert(&mut self, net: &str, value: &MmdbValue) {
        let net: IpNet = net.parse().unwrap();
        let (bits, length) = match net {
            IpNet::V4(n) => (u128::from(n.network().to_bits()), 96 + n.prefix_len()),
            IpNet::V6(n) => (n.network().to_bits(), n.prefix_len()),
        };
        let mut written = Vec::new();
        value.write(&mut written);
        // Equal values are written once.
        let place = *self.offsets.entry(written).or_insert_with_key(|bytes| {
            self.data.extend_from_slice(bytes);
            self.data.len() - bytes.len()
        });
        let mut at = 0;
        for depth in 0..length {
            let side = usize::try_from((bits >> (127 - depth)) & 1).unwrap();
            if depth + 1 == length {
                self.nodes[at][side] = Slot::Data(place);
                return;
            }
            at = match self.nodes[at][side] {
                Slot::Node(below) => below,
                other @ (Slot::Empty | Slot::Data(_)) => {
                    self.nodes.push([other; 2]);
                    self.nodes[at][side] = Slot::Node(self.nodes.len() - 1);
                    self.nodes.len() - 1
                }
            };
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let count = self.nodes.len();
        let mut out = Vec::new();
        for slot in self.nodes.iter().flatten() {
            let number = match slot {
                Slot::Empty => count,
                Slot::Node(n) => *n,
                Slot::Data(place) => count + 16 + place,
            };
            out.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
        }
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&self.data);
        out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        let text = |out: &mut Vec<u8>, s: &str| MmdbValue::Text(s.into()).write(out);
        let short = |out: &mut Vec<u8>, n: u16| {
            out.push(5 << 5 | 2);
            out.extend_from_slice(&n.to_be_bytes());
        };
        out.push(7 << 5 | 9);
        text(&mut out, "node_count");
        MmdbValue::Number(u32::try_from(count).unwrap()).write(&mut out);
        for (key, n) in [
            ("record_size", 24),
            ("ip_version", 6),
            ("binary_format_major_version", 2),
            ("binary_format_minor_version", 0),
        ] {
            text(&mut out, key);
            short(&mut out, n);
        }
        text(&mut out, "database_type");
        text(&mut out, self.kind);
        text(&mut out, "languages");
        // An array of one element, and below a 64-bit unsigned number: types above 7 are in a second byte.
        out.extend_from_slice(&[1, 11 - 7]);
        text(&mut out, "en");
        text(&mut out, "build_epoch");
        out.extend_from_slice(&[8, 9 - 7]);
        out.extend_from_slice(&self.built.to_be_bytes());
        text(&mut out, "description");
        MmdbValue::Map(vec![("en".into(), MmdbValue::Text("for tests".into()))]).write(&mut out);
        out
    }
}
