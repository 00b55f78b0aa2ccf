use proptest::prelude::*;

use super::*;

/// A snapshot with two categories, four directories and two hosts.
pub(crate) fn small() -> Snapshot {
    let names = ["epel", "epel/9", "pub/linux", "pub/linux/43/repodata"];
    let mut directories: Vec<SnapshotDirectory> = (0..)
        .zip(names)
        .map(|(i, n)| SnapshotDirectory::new(u32::from(i >= 2), n))
        .collect();
    directories[3].known = vec!["comps.xml".into(), "repomd.xml".into()];
    directories[3].complete = true;
    directories[3].files = vec![SnapshotFile {
        name: "repomd.xml".into(),
        versions: vec![
            FileVersion {
                timestamp: 1_700_000_000,
                size: 4_000,
                md5: vec![1; 16],
                sha1: vec![2; 20],
                sha256: vec![3; 32],
                sha512: vec![4; 64],
            },
            FileVersion::default(),
        ],
    }];
    let host = |id, name: &str| SnapshotHost {
        id,
        name: name.parse().unwrap(),
        country: Some("DE".parse().unwrap()),
        bandwidth: 1_000,
        private: false,
        internet2: false,
        max_connections: 4,
        asn: Some(64_500),
        asn_clients: true,
        peer_asns: vec![1, 2],
        netblocks: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        allowed: vec!["DE".parse().unwrap()],
        denied: vec!["FR".parse().unwrap()],
    };
    let host_category = |host, category, listed: &[u32]| HostCategory {
        host,
        category,
        urls: vec!["https://m.example.org/x".parse().unwrap()],
        listed: listed.iter().copied().collect(),
    };
    Snapshot {
        categories: [("EPEL", "epel"), ("Linux", "pub/linux")]
            .map(|(n, t)| SnapshotCategory {
                name: n.parse().unwrap(),
                topdir: t.into(),
            })
            .to_vec(),
        directories,
        repositories: vec![SnapshotRepository {
            prefix: "linux-43".into(),
            arch: "x86_64".into(),
            directory: Some(3),
            disabled: false,
        }],
        redirects: vec![Redirect {
            from: "linux-latest".into(),
            to: "linux-43".into(),
        }],
        hosts: vec![host(1, "a.example.org"), host(7, "b.example.org")],
        host_categories: vec![host_category(0, 0, &[0, 1]), host_category(1, 1, &[3])],
        netblock_countries: vec![("10.0.0.0/8".parse().unwrap(), "FR".parse().unwrap())],
        country_continents: vec![("DE".parse().unwrap(), "EU".into())],
        embargoed: vec!["KP".parse().unwrap()],
    }
}

#[test]
fn decoding_reverses_encoding() {
    let s = small();
    let bytes = s.encode().unwrap();
    assert_eq!(Snapshot::decode(&bytes).unwrap(), s);
    assert_eq!(s.encode().unwrap(), bytes, "the same content gives the same bytes");
    assert_eq!(
        Snapshot::decode(&Snapshot::default().encode().unwrap()).unwrap(),
        Snapshot::default()
    );
}

#[test]
fn every_truncation_is_rejected() {
    let bytes = small().encode().unwrap();
    for end in 0..bytes.len() {
        assert!(Snapshot::decode(&bytes[..end]).is_err(), "truncated at {end}");
    }
    let longer = [bytes.as_slice(), b"\0"].concat();
    assert!(Snapshot::decode(&longer).is_err());
}

#[test]
fn every_flipped_bit_is_rejected() {
    let bytes = small().encode().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Snapshot::decode(&bad).is_err(), "bit {bit}");
    }
}

#[test]
fn error_for_a_newer_format_names_it() {
    let mut bytes = small().encode().unwrap();
    bytes[11] = 9;
    let e = Snapshot::decode(&bytes).unwrap_err().to_string();
    assert!(e.contains("format 9") && e.contains("upgrade"), "{e}");
}

#[test]
fn inconsistent_snapshots_are_neither_written_nor_read() {
    let break_it: [fn(&mut Snapshot); 9] = [
        |s| s.directories.swap(0, 1),
        |s| s.directories[2].category = 0,
        |s| s.directories[2].category = 9,
        |s| s.repositories[0].directory = Some(4),
        |s| s.repositories[0].directory = None,
        |s| s.host_categories[0].host = 5,
        |s| assert!(s.host_categories[0].listed.insert(3)),
        |s| s.directories[3].known.clear(),
        |s| s.directories[3].files[0].versions[0].sha256.truncate(31),
    ];
    for (i, f) in break_it.into_iter().enumerate() {
        let mut s = small();
        f(&mut s);
        assert!(s.encode().is_err(), "case {i}");
        let body = wire::encode(&s).unwrap();
        assert!(
            wire::decode(&body, &mut MemoryBudget::default()).map_or(true, |d| d.check().is_err()),
            "case {i}"
        );
    }
}

#[test]
fn snapshot_of_60_000_directories_is_small() {
    let mut s = small();
    s.directories = (0..60_000)
        .map(|i| {
            let name = format!(
                "pub/linux/updates/{:02}/Everything/{}/Packages/{:04}",
                i / 4_000,
                ["aarch64", "x86_64"][i / 2_000 % 2],
                i % 2_000
            );
            SnapshotDirectory::new(1, name)
        })
        .collect();
    s.repositories.clear();
    s.host_categories = vec![HostCategory {
        host: 0,
        category: 1,
        urls: Vec::new(),
        listed: (0..60_000).collect(),
    }];
    let bytes = s.encode().unwrap();
    assert!(bytes.len() < 2_000_000, "{} bytes", bytes.len());
}

/// Adds the header. Its SHA-256 only detects damage: whoever crafts a file computes it, too.
fn in_envelope(body: &[u8]) -> Vec<u8> {
    let mut out = [
        MAGIC.as_slice(),
        &FORMAT.to_be_bytes(),
        &u64::try_from(body.len()).unwrap().to_be_bytes(),
    ]
    .concat();
    let digest = Sha256::new().chain_update(&out).chain_update(body).finalize();
    out.extend_from_slice(&digest);
    out.extend_from_slice(body);
    out
}

#[test]
fn small_files_do_not_decode_to_large_structures() {
    // Field 5 (known files) with directory 0 and a packed list of steps of 0: the same long name a million times.
    let mut s = small();
    s.directories[3].files.clear();
    s.directories[3].known = vec!["x".repeat(8_000)];
    let steps = 1_000_000;
    let mut list = vec![0x12];
    prost::encoding::encode_varint(steps, &mut list);
    list.resize(list.len() + usize::try_from(steps).unwrap(), 0);
    let mut names = wire::encode(&s).unwrap();
    names.push(0x2a);
    prost::encoding::encode_varint(u64::try_from(list.len()).unwrap(), &mut names);
    names.extend_from_slice(&list);
    // Empty hosts (field 8) and versions of files (field 5, 4, 2), of two bytes each.
    let hosts = b"\x42\0".repeat(500_000);
    let mut file = vec![0x22];
    prost::encoding::encode_varint(1_400_000, &mut file);
    file.extend(b"\x12\0".repeat(700_000));
    let mut versions = vec![0x2a];
    prost::encoding::encode_varint(u64::try_from(file.len()).unwrap(), &mut versions);
    versions.extend(file);
    for (name, body) in [("names", names), ("hosts", hosts), ("versions", versions)] {
        assert!(body.len() < 1_500_000, "{name}: {}", body.len());
        let e = Snapshot::decode(&in_envelope(&body)).unwrap_err();
        assert!(
            matches!(e, SnapshotError::Decode(FieldError::OverBudget(_))),
            "{name}: {e}"
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bodies_do_not_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(wire::decode(&body, &mut MemoryBudget::default()));
    }

    #[test]
    fn modified_bodies_do_not_panic(at in 0_usize..2_000, bit in 0_u8..8) {
        let mut body = wire::encode(&small()).unwrap();
        let at = at % body.len();
        body[at] ^= 1 << bit;
        if let Ok(s) = wire::decode(&body, &mut MemoryBudget::default()) {
            drop(s.check());
        }
    }
}
