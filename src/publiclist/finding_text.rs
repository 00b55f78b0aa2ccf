//! What the words of findings mean, and what the admin of a mirror can do.

/// A reason as pages tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FindingText {
    /// What is so.
    pub(super) what: &'static str,
    /// What to do about it.
    pub(super) advice: &'static str,
    /// How bad it is for the state of a category.
    pub(super) weight: Severity,
}

/// What a reason says of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Nothing is wrong with what it is listed for.
    Remark,
    /// It holds an older version that is still offered.
    Lagging,
    /// Something in it is not as it must be.
    Wrong,
}

const RETRY_ADVICE: &str = "Nothing: the next crawl asks again.";

/// The reason of directories that are not there.
pub(super) const MISSING: &str = "missing";
/// The reason of directories whose answer is missing, where no finding says more.
pub(super) const UNANSWERED: &str = "unanswered";
/// The reason of directories in an older version.
pub(super) const LAGGING: &str = "outdated-allowed";
/// The reason of directories with content that is not the master's.
pub(super) const FOREIGN: &str = "unknown-hash";

/// What a word means. Words that a later crawler may add are told as they are.
pub(super) fn words(reason: &str) -> FindingText {
    use Severity::{Lagging, Remark, Wrong};
    let (weight, what, advice) = match reason {
        MISSING => (
            Remark,
            "Not there",
            "If the mirror carries only a part on purpose, nothing: it is listed for what it has. Else let the next transfer run to its \
             end, and look at its excludes.",
        ),
        LAGGING => (
            Lagging,
            "An older version that is still good",
            "Nothing, if the next transfer brings the new one: the mirror stays listed meanwhile. Transfer more often if it is so for days.",
        ),
        "forbidden" => (
            Wrong,
            "Closed: the mirror answers 403",
            "Make these directories and files readable for the web server.",
        ),
        "size" => (
            Wrong,
            "A file of another size than on the master",
            "A transfer was cut off, or is under way. Run it to its end; look for a full disk.",
        ),
        "truncated" => (
            Remark,
            "A file that breaks off",
            "Run the transfer to its end; look for a full disk.",
        ),
        "repomd-outdated" => (
            Wrong,
            "Metadata so old that it is no longer offered",
            "Look whether the last transfers failed, and transfer more often.",
        ),
        FOREIGN => (
            Wrong,
            "Metadata that the master never had",
            "Transfer these directories anew, from the master or a mirror near it. Look for a proxy or a local change.",
        ),
        "category-missing" => (
            Wrong,
            "The whole category is not there",
            "Look whether the address is right and the disk is mounted.",
        ),
        "index-mismatch" | "rsync-mismatch" => (
            Remark,
            "What it lists is not what it serves",
            "Look whether all its servers and disks have the same content.",
        ),
        "urls-inconsistent" => (
            Remark,
            "Its addresses do not serve the same",
            "Let all addresses lead to the same content, or take the wrong one out of the registry.",
        ),
        "soft-404" => (
            Remark,
            "It answers 200 for names that it cannot have",
            "Let the server answer 404 for what is not there.",
        ),
        "redirect" | "redirected" => (
            Remark,
            "It redirects to another place",
            "Register the address that it leads to, if that is the mirror.",
        ),
        "certificate" => (Remark, "Its certificate", "Renew it."),
        _ => return inconclusive_text(reason),
    };
    FindingText { what, advice, weight }
}

/// Words for what could not be found out.
fn inconclusive_text(reason: &str) -> FindingText {
    let (what, advice) = match reason {
        "connection" => (
            "No connection",
            "Look whether the server runs, and whether a firewall keeps the crawler out.",
        ),
        "timeout" => ("No answer in time", "Look at the load of the server and its disks."),
        "dns" => (
            "Its name cannot be looked up",
            "Look at the name servers of its domain.",
        ),
        "tls" => (
            "No secure connection",
            "Look at the certificate: its end, its names, and the chain to the authority.",
        ),
        "private-address" => (
            "Its name leads to addresses that only its own network has",
            "Give the name a public address.",
        ),
        "protocol" => (
            "An answer that is no proper HTTP",
            "Look at the server and at proxies before it.",
        ),
        "status" => (
            "The server answers with an error",
            "Look at the error log of the server.",
        ),
        "rsync" | "rsync-failed" => (
            "Its rsync server gives no listing",
            "Look at the module and its limits.",
        ),
        "unreadable-directory" | "symlink" => (
            "Its rsync server cannot tell it",
            "Nothing: the web server is asked instead.",
        ),
        "no-usable-url" => (
            "It has no address that can be asked",
            "Register an https or http address.",
        ),
        "rate-limited" | "server-busy" => (
            "It had too much to do",
            "Nothing, if it comes seldom. Else allow the crawler more requests, or register lower limits.",
        ),
        "deadline" | "request-budget" => (
            "The crawl did not come to its end in time",
            "Offer rsync or directory pages, so that it takes fewer requests.",
        ),
        "interrupted" | "not-probed" => ("The crawl ended before it came to these", RETRY_ADVICE),
        "master-unreadable" | "unverifiable" => ("Could not be compared with the master", RETRY_ADVICE),
        _ => ("No clear answer", RETRY_ADVICE),
    };
    FindingText {
        what,
        advice,
        weight: Severity::Remark,
    }
}

/// Whether what was expected and seen may stand on a page: sizes and dates that we wrote. Other texts may name addresses.
pub(super) fn is_shown(reason: &str) -> bool {
    matches!(reason, "size" | "certificate")
}
