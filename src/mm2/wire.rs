//! Protobuf messages of MirrorManager2's cache (proto2, package `mirrormanager`). Maps are repeated messages of key
//! and value.

use crate::answer::index::FileVersion;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringByString(
    #[prost(string, required, tag = "1")] pub(super) String,
    #[prost(string, required, tag = "2")] pub(super) String,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringByInt(
    #[prost(int64, required, tag = "1")] pub(super) i64,
    #[prost(string, required, tag = "2")] pub(super) String,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct IntByInt(
    #[prost(int64, required, tag = "1")] pub(super) i64,
    #[prost(int64, required, tag = "2")] pub(super) i64,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct BoolByString(
    #[prost(string, required, tag = "1")] pub(super) String,
    #[prost(bool, required, tag = "2")] pub(super) bool,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct IntsByString(
    #[prost(string, required, tag = "1")] pub(super) String,
    #[prost(int64, repeated, packed = "false", tag = "2")] pub(super) Vec<i64>,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct IntsByInt(
    #[prost(int64, required, tag = "1")] pub(super) i64,
    #[prost(int64, repeated, packed = "false", tag = "2")] pub(super) Vec<i64>,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringsByInt(
    #[prost(int64, required, tag = "1")] pub(super) i64,
    #[prost(string, repeated, tag = "2")] pub(super) Vec<String>,
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct MirrorList {
    /// Unix time of its generation.
    #[prost(uint64, required, tag = "1")]
    pub(super) time: u64,
    #[prost(message, repeated, tag = "2")]
    pub(super) netblock_country: Vec<StringByString>,
    #[prost(message, repeated, tag = "4")]
    pub(super) hc_url: Vec<StringByInt>,
    #[prost(message, repeated, tag = "5")]
    pub(super) file_details: Vec<DirectoryFiles>,
    #[prost(message, repeated, tag = "6")]
    pub(super) disabled_repository: Vec<BoolByString>,
    #[prost(message, repeated, tag = "7")]
    pub(super) country_continent_redirect: Vec<StringByString>,
    #[prost(message, repeated, tag = "8")]
    pub(super) repository_redirect: Vec<StringByString>,
    #[prost(message, repeated, tag = "9")]
    pub(super) repo_arch_to_directory: Vec<StringByString>,
    #[prost(message, repeated, tag = "10")]
    pub(super) host_asn: Vec<IntsByInt>,
    /// Not used by the server.
    #[prost(message, repeated, tag = "11")]
    pub(super) host_max_connections: Vec<IntByInt>,
    #[prost(message, repeated, tag = "12")]
    pub(super) host_country: Vec<StringByInt>,
    #[prost(message, repeated, tag = "13")]
    pub(super) host_bandwidth: Vec<IntByInt>,
    #[prost(message, repeated, tag = "14")]
    pub(super) host_country_allowed: Vec<StringsByInt>,
    #[prost(message, repeated, tag = "15")]
    pub(super) host_netblock: Vec<IntsByString>,
    /// Each an encoded [`WireDirectory`]: all of them decoded at once would be ten times as large.
    #[prost(bytes = "bytes", repeated, tag = "16")]
    pub(super) directories: Vec<bytes::Bytes>,
}

/// Tags of [`WireDirectory`] and of its rows, for decoding field by field.
pub(super) const NAME: u32 = 1;
pub(super) const GLOBAL: u32 = 2;
pub(super) const SUBPATH: u32 = 3;
pub(super) const BY_COUNTRY: u32 = 4;
pub(super) const BY_HOST_ID: u32 = 6;
pub(super) const KEY: u32 = 1;
pub(super) const VALUE: u32 = 2;

/// A directory and its mirrors.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WireDirectory {
    #[prost(string, required, tag = "1")]
    pub(super) name: String,
    /// IDs of public hosts.
    #[prost(int64, repeated, packed = "false", tag = "2")]
    pub(super) global: Vec<i64>,
    #[prost(string, required, tag = "3")]
    pub(super) subpath: String,
    #[prost(message, repeated, tag = "4")]
    pub(super) by_country: Vec<IntsByString>,
    /// IDs of URLs by host, including private hosts.
    #[prost(message, repeated, tag = "6")]
    pub(super) by_host_id: Vec<IntsByInt>,
}

/// Files of a directory with known digests.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct DirectoryFiles {
    #[prost(string, required, tag = "1")]
    pub(super) directory: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) files: Vec<WireFile>,
}

/// A file with its versions, newest first.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WireFile {
    #[prost(string, required, tag = "1")]
    pub(super) filename: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) details: Vec<FileVersion>,
}
