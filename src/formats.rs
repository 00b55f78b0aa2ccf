//! Pure parsers and hashing of what the world writes. Everything here is handed bytes that may be hostile: nothing panics,
//! nothing expands, nothing grows beyond its input.

pub mod composeinfo;
pub mod digest;
pub mod repomd;
pub mod short_list;
pub mod treeinfo;
