//! Pure parsers of remote data, and hashing. The input may be hostile: nothing panics, entities are not expanded, and memory does not
//! grow beyond the size of the input. (`protobuf` measures messages, which do grow, before they are decoded.)

pub mod checksum_file;
pub(crate) mod composeinfo;
pub mod digest;
pub mod directory_index;
pub(crate) mod entry;
pub(crate) mod file_sample;
pub mod filelist;
pub mod metalink;
pub(crate) mod protobuf;
pub mod repomd;
pub mod rsync_listing;
pub(crate) mod treeinfo;
