//! Mail by SMTP: to administrators at once and as a daily digest, and to the owners of mirrors.
//!
//! Mails are rendered by [`template`], stored in the database by [`queue`] in the transaction of what they report, and delivered by
//! it over [`smtp`]. A server that cannot be reached delays them: they stay in the queue, and no delivery takes longer than
//! `mail.timeout`. [`owners`] decides which mails owners get.

pub(crate) mod alerts;
pub(crate) mod digest;
pub(crate) mod owners;
pub(crate) mod queue;
mod smtp;
pub(crate) mod template;

pub(crate) use smtp::{OutgoingMail, send_now, source};
