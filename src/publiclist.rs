//! Stage 4b: the public pages.
use crate::config::UpdateConfig;
use crate::mirrorlist::build::Listing;
use crate::mirrorlist::generation::Files;
/// Stub.
pub fn render(_l: &Listing<'_>, _c: &UpdateConfig, _s: &[u8]) -> Result<Files, std::io::Error> {
    Ok(Files::new())
}
