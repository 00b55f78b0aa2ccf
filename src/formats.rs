//! Pure parsers and hashing of what the world writes. Everything here is handed bytes that may be hostile: nothing panics,
//! nothing expands, nothing grows beyond its input.

pub mod checksum_file;
pub mod composeinfo;
pub mod digest;
pub mod directory_index;
pub mod entry;
pub mod file_sample;
pub mod filelist;
pub mod metalink;
pub mod repomd;
pub mod rsync_listing;
pub mod treeinfo;
