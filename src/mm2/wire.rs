//! Protobuf messages of MirrorManager2's cache (proto2, package `mirrormanager`). Maps are repeated messages of key
//! and value.

macro_rules! row {
    ($(#[$doc:meta])* $name:ident, $key:ident: $key_type:ty, $value:ident: $value_type:ty) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, prost::Message)]
        pub(super) struct $name {
            #[prost($key, optional, tag = "1")]
            pub(super) key: Option<$key_type>,
            #[prost($value, optional, tag = "2")]
            pub(super) value: Option<$value_type>,
        }
    };
}

macro_rules! list_row {
    ($(#[$doc:meta])* $name:ident, $key:ident: $key_type:ty, $value:ident: $value_type:ty) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, prost::Message)]
        pub(super) struct $name {
            #[prost($key, optional, tag = "1")]
            pub(super) key: Option<$key_type>,
            #[prost($value, repeated, packed = "false", tag = "2")]
            pub(super) value: Vec<$value_type>,
        }
    };
}

row!(
    StringByString, string: String, string: String
);
row!(
    StringByInt, int64: i64, string: String
);
row!(
    IntByInt, int64: i64, int64: i64
);
row!(
    BoolByString, string: String, bool: bool
);
list_row!(
    IntsByString, string: String, int64: i64
);
list_row!(
    IntsByInt, int64: i64, int64: i64
);

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct StringsByInt {
    #[prost(int64, optional, tag = "1")]
    pub(super) key: Option<i64>,
    #[prost(string, repeated, tag = "2")]
    pub(super) value: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct MirrorList {
    /// Unix time of its generation.
    #[prost(uint64, optional, tag = "1")]
    pub(super) time: Option<u64>,
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
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    /// IDs of public hosts.
    #[prost(int64, repeated, packed = "false", tag = "2")]
    pub(super) global: Vec<i64>,
    #[prost(string, optional, tag = "3")]
    pub(super) subpath: Option<String>,
    #[prost(message, repeated, tag = "4")]
    pub(super) by_country: Vec<IntsByString>,
    /// IDs of URLs by host, including private hosts.
    #[prost(message, repeated, tag = "6")]
    pub(super) by_host_id: Vec<IntsByInt>,
}

/// Files of a directory with known digests.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct DirectoryFiles {
    #[prost(string, optional, tag = "1")]
    pub(super) directory: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(super) files: Vec<WireFile>,
}

/// A file with its versions, newest first.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct WireFile {
    #[prost(string, optional, tag = "1")]
    pub(super) filename: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(super) details: Vec<FileDetail>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct FileDetail {
    #[prost(uint64, optional, tag = "1")]
    pub(super) timestamp: Option<u64>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) size: Option<u64>,
    #[prost(string, optional, tag = "3")]
    pub(super) sha1: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(super) md5: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(super) sha256: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(super) sha512: Option<String>,
}
