//! Titles of findings, and advice for the administrators of mirrors.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct FindingText {
    title: &'static str,
    advice: &'static str,
    #[serde(skip)]
    pub(super) severity: Severity,
}

/// The effect of a finding on the state of a host category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// The state does not change.
    Note,
    /// The state is outdated-allowed or worse.
    Warning,
    /// The state is outdated.
    Error,
}

const RETRY_ADVICE: &str = "No action needed: the next crawl tries again.";

impl FindingText {
    /// Returns the text of a finding code. Unknown codes of a newer crawler get a general text.
    pub(super) fn new(code: &str) -> Self {
        let severity = match code {
            "outdated-allowed" => Severity::Warning,
            "forbidden" | "size" | "repomd-outdated" | "unknown-hash" | "category-missing" => Severity::Error,
            _ => Severity::Note,
        };
        let (title, advice) = conclusive_text(code).unwrap_or_else(|| inconclusive_text(code));
        Self {
            title,
            advice,
            severity,
        }
    }
}

/// Returns title and advice of a code that is a fact about the mirror.
fn conclusive_text(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "missing" => (
            "Missing directories",
            "No action needed if the mirror carries only a part on purpose: it is listed for what it has. Otherwise complete the \
             next sync, and check its exclude rules.",
        ),
        "outdated-allowed" => (
            "Older version that is still offered",
            "No action needed if the next sync brings the new version; the mirror stays listed meanwhile. Sync more often if this \
             persists for days.",
        ),
        "forbidden" => (
            "Access denied (403)",
            "Make these directories and files readable for the web server.",
        ),
        "size" => (
            "File size differs from the master",
            "A sync was interrupted or is in progress. Complete it, and check for a full disk.",
        ),
        "truncated" => ("Truncated file", "Complete the sync, and check for a full disk."),
        "repomd-outdated" => (
            "Metadata too old to be offered",
            "Check whether the last syncs failed, and sync more often.",
        ),
        "refused-version" => (
            "Metadata that the master has withdrawn or not completed",
            "No action needed: the mirror is listed for this repository again after the master has corrected it and the next sync.",
        ),
        "unknown-hash" => (
            "Metadata that the master never had",
            "Sync these directories again, from the master or a mirror close to it. Check for a caching proxy or local changes.",
        ),
        "category-missing" => (
            "Category not found",
            "Check that the registered URL is correct and the disk is mounted.",
        ),
        "index-mismatch" | "rsync-mismatch" => (
            "Listing differs from the served files",
            "Check that all servers and disks behind the URL have the same content.",
        ),
        "urls-inconsistent" => (
            "URLs with different content",
            "Make all URLs serve the same content, or remove the wrong URL from the registry.",
        ),
        "soft-404" => (
            "Status 200 for files that do not exist",
            "Configure the server to answer 404 for missing files.",
        ),
        "redirect" | "redirected" => (
            "Redirect to another location",
            "Register the URL that it redirects to, if that is the mirror.",
        ),
        "certificate" => ("TLS certificate expires soon", "Renew the certificate."),
        _ => return None,
    })
}

/// Returns title and advice of a code that means that a probe was inconclusive.
fn inconclusive_text(code: &str) -> (&'static str, &'static str) {
    match code {
        "connection" => (
            "Connection failed",
            "Check that the server is running and that no firewall blocks the crawler.",
        ),
        "timeout" => ("Timeout", "Check the load of the server and its disks."),
        "dns" => ("Name resolution failed", "Check the name servers of the domain."),
        "tls" => (
            "TLS connection failed",
            "Check the certificate: its expiry date, its names, and the chain to the authority.",
        ),
        "private-address" => (
            "Name resolves to private IP addresses",
            "Publish a public IP address for the name.",
        ),
        "protocol" => (
            "Invalid HTTP response",
            "Check the server and the proxies in front of it.",
        ),
        "status" => ("Server error", "Check the error log of the server."),
        "rsync" | "rsync-failed" => ("rsync listing failed", "Check the rsync module and its limits."),
        "unreadable-directory" | "symlink" => (
            "Not visible through rsync",
            "No action needed: the crawler uses HTTP instead.",
        ),
        "no-usable-url" => ("No URL that can be crawled", "Register an https or http URL."),
        "rate-limited" | "server-busy" => (
            "Server overloaded",
            "No action needed if rare. Otherwise raise the server's limits for the crawler or lower the crawl limits in the registry.",
        ),
        "deadline" | "request-budget" => (
            "Crawl not completed in time",
            "Offer rsync or directory indexes, which need fewer requests.",
        ),
        "interrupted" | "not-probed" => ("Not probed before the crawl ended", RETRY_ADVICE),
        "master-unreadable" | "unverifiable" => ("Comparison with the master failed", RETRY_ADVICE),
        _ => ("Inconclusive response", RETRY_ADVICE),
    }
}

/// Returns true if expected and observed values of a finding may appear on a page: sizes and dates. Other values may contain URLs.
pub(super) fn detail_is_public(code: &str) -> bool {
    matches!(code, "size" | "certificate")
}
