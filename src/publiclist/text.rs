//! Text of values on pages.

use std::borrow::Cow;

use crate::model::Timestamp;
use crate::model::country;
use crate::model::names::MirrorUrl;

/// Returns the UTC day. Pages with the time of each crawl would change at every run.
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Returns the UTC minute, such as `2026-11-24 18:00`.
pub(super) fn format_minute(at: Timestamp) -> String {
    let text = at.to_string();
    let shown = text.get(..16).unwrap_or(&text);
    shown.replace('T', " ")
}

pub(super) fn country_name(code: Option<&str>) -> Cow<'_, str> {
    match code {
        None => "Country not known".into(),
        Some(code) if country::is_assigned(code) => country::name(code).into(),
        Some(code) => format!("{code} (no country has this code)").into(),
    }
}

/// Returns the URL with a slash at the end, to which the path of a directory can be appended.
pub(super) fn base_url(url: &MirrorUrl) -> String {
    format!("{url}/")
}

/// Returns a URL from the registry if it is safe as a link: http or https, without a password.
pub(super) fn web_page(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty());
    (web && url.password().is_none()).then(|| url.to_string())
}

/// Template filter: `100 Mbit/s`, `2.5 Gbit/s`.
pub(super) fn bandwidth(mbit: u32) -> String {
    let (whole, tenth) = (mbit / 1_000, mbit % 1_000 / 100);
    match (whole, tenth) {
        (0, _) => format!("{mbit} Mbit/s"),
        (_, 0) => format!("{whole} Gbit/s"),
        (_, _) => format!("{whole}.{tenth} Gbit/s"),
    }
}

/// Template filter: the protocol of a URL.
pub(super) fn protocol(url: &str) -> String {
    url.split(':').next().unwrap_or_default().to_owned()
}

/// Template filter: the label of a [`MirrorState`](crate::model::status::MirrorState).
pub(super) fn state_label(state: &str) -> &'static str {
    match state {
        "current" => "current",
        "always-current" => "always current",
        "outdated-allowed" => "behind the newest push",
        "outdated" => "outdated",
        "inconclusive" => "check inconclusive",
        "never-crawled" => "not crawled yet",
        "downtime" => "downtime",
        _ => "no public URL",
    }
}
