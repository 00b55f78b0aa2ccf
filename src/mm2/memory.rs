//! The memory that a cache takes once it is decoded, with the index that is built from it: generous estimates for each message, which
//! are taken from a budget before anything is decoded. Directories are decoded one after the other, and take theirs then.

use crate::formats::protobuf::{FieldShape, MessageShape};
use crate::snapshot::memory::FILE_VERSION;

use FieldShape::{Message, Number, Text};

/// A directory: its encoded form, its entry in the index, and its places in lists.
const DIRECTORY: usize = 640;

/// A host, and its places in tables.
pub(super) const HOST: usize = 1_024;

/// A mirror without its URLs.
pub(super) const MIRROR: usize = 1_024;

/// A URL of a mirror, rendered for responses, and a factor for its length.
pub(super) const URL: (usize, usize) = (768, 24);

pub(super) static CACHE: MessageShape = MessageShape {
    // Includes the table of small host IDs.
    memory: 1 << 20,
    fields: &[
        (2, Message(&PAIR)),
        (4, Message(&ROW)),
        (5, Message(&DIRECTORY_FILES)),
        (6, Message(&PAIR)),
        (7, Message(&PAIR)),
        (8, Message(&PAIR)),
        (9, Message(&PAIR)),
        (10, Message(&HOSTS)),
        (11, Message(&ROW)),
        (12, Message(&HOST_ROW)),
        (13, Message(&HOST_ROW)),
        (14, Message(&HOST_ROW)),
        (15, Message(&HOSTS)),
        (16, Text(DIRECTORY, 0)),
    ],
};

/// Two texts, or a text and a boolean.
static PAIR: MessageShape = MessageShape {
    memory: 1_024,
    fields: &[(1, Text(64, 8)), (2, Text(64, 8))],
};

/// A URL, or the limit of connections of a host.
static ROW: MessageShape = MessageShape {
    memory: 512,
    fields: &[(2, Text(64, 4))],
};

/// The hosts of a netblock or ASN.
static HOSTS: MessageShape = MessageShape {
    memory: 768,
    fields: &[(1, Text(64, 4)), (2, Number(128))],
};

/// An attribute of a host.
static HOST_ROW: MessageShape = MessageShape {
    memory: HOST,
    fields: &[(2, Text(128, 4))],
};

static DIRECTORY_FILES: MessageShape = MessageShape {
    memory: 256,
    fields: &[(1, Text(64, 2)), (2, Message(&FILE))],
};

static FILE: MessageShape = MessageShape {
    memory: 384,
    fields: &[(1, Text(64, 4)), (2, Message(&FILE_VERSION))],
};
