//! The memory that a snapshot takes once it is decoded, with the index that is built from it: generous estimates for each message of
//! `proto/snapshot.proto`, which are taken from a budget before anything is decoded.
//!
//! What is not proportional to the encoded size is not here: names, which are decoded from differences and referred to by their
//! number, and the sets of mirrors of the index.

use crate::formats::protobuf::{FieldShape, MessageShape};

use FieldShape::{Message, Number, Text};

/// A directory, its entry in the index, and its places in lists and sets.
const DIRECTORY: usize = 512;

pub(super) static SNAPSHOT: MessageShape = MessageShape {
    memory: 4_096,
    fields: &[
        (1, Message(&PAIR)),
        (2, Message(&STRING_TABLE)),
        (3, Number(DIRECTORY)),
        (4, Message(&STRING_TABLE)),
        (5, Message(&KNOWN_FILES)),
        (6, Message(&REPOSITORY)),
        (7, Message(&PAIR)),
        (8, Message(&HOST)),
        (9, Message(&HOST_CATEGORY)),
        (10, Message(&PAIR)),
        (11, Message(&PAIR)),
        (12, Text(128, 4)),
    ],
};

/// A category, redirect, or override of a table.
static PAIR: MessageShape = MessageShape {
    memory: 1_024,
    fields: &[(1, Text(64, 4)), (2, Text(64, 4))],
};

static STRING_TABLE: MessageShape = MessageShape {
    memory: 128,
    fields: &[(1, Number(8)), (2, Number(8)), (3, Text(64, 1))],
};

static KNOWN_FILES: MessageShape = MessageShape {
    memory: 256,
    fields: &[(2, Number(8)), (4, Message(&FILE))],
};

static FILE: MessageShape = MessageShape {
    memory: 384,
    fields: &[(2, Message(&FILE_VERSION))],
};

/// Digests of a file, rendered as XML with hexadecimal digits; MirrorManager2's caches have the same message.
pub(crate) static FILE_VERSION: MessageShape = MessageShape {
    memory: 1_024,
    fields: &[
        (3, Text(64, 16)),
        (4, Text(64, 16)),
        (5, Text(64, 16)),
        (6, Text(64, 16)),
    ],
};

static REPOSITORY: MessageShape = MessageShape {
    memory: 1_024,
    fields: &[(1, Text(64, 16)), (2, Text(64, 16))],
};

static HOST: MessageShape = MessageShape {
    memory: 1_536,
    fields: &[
        (2, Text(64, 4)),
        (3, Text(64, 4)),
        (10, Number(192)),
        (11, Text(640, 4)),
        (12, Text(128, 4)),
        (13, Text(128, 4)),
    ],
};

/// A mirror; its URLs are rendered for responses.
static HOST_CATEGORY: MessageShape = MessageShape {
    memory: 1_024,
    fields: &[(3, Text(768, 24)), (4, Text(64, 24))],
};
