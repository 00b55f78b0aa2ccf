//! Mirrors that carry the master's full time list.

use super::*;
use crate::scan::sources::full_list;

const LIST: &str = "fullfiletimelist-test";

/// Writes the list of the master's tree, a second later than the one before.
fn write_list(net: &Net, seconds: i64) {
    let path = net.env.path(LIST);
    std::fs::write(&path, full_list(&net.env.path("tree"), "")).unwrap();
    let time = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(1_790_000_000 + seconds).unwrap());
    std::fs::File::open(&path).unwrap().set_modified(time).unwrap();
}

/// Copies the tree and the list to a mirror and keeps the times.
fn follow(net: &Net, tree: bool) {
    if tree {
        std::fs::remove_dir_all(net.env.path("m/tree")).unwrap_or_default();
        net.copy_to("m/tree");
    }
    let done = Command::new("cp")
        .arg("-p")
        .arg(net.env.path(LIST))
        .arg(net.env.path("m"))
        .status()
        .unwrap();
    assert!(done.success());
}

fn push(net: &Net, second: i64) {
    net.push(u32::try_from(second).unwrap());
    for n in 0..40 {
        net.write(&format!("tree/pool/{n:02}/{second}.rpm"), "a package");
    }
    write_list(net, second);
    net.scan();
}

/// The list of the master confirms present directories only; a tenth of it is probed, and every repomd.xml.
#[test]
fn file_list_confirms_only_listed_directories() {
    let net = Net::new("");
    net.env.configure(&format!(
        "[crawl]\nallow_private_addresses = true\n[[category]]\nname = \"{CATEGORY}\"\nsource = \"filelist\"\npath = \"tree\"\n\
         file_list = \"{LIST}\"\nmirror_file_list = \"../{LIST}\"\n"
    ));
    std::fs::create_dir(net.env.path("m")).unwrap();
    for n in 0..40 {
        net.write(&format!("tree/pool/{n:02}/0.rpm"), "a package");
    }
    write_list(&net, 0);
    follow(&net, true);
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ ^/tree/closed/ { return 403; }");
    net.register(&[("m.org", &format!("{}/tree", nginx.url()))]);
    net.crawl_with(&[]);
    assert!(net.inventory("m.org").has("pool/39") && net.inventory("m.org").has(REPODATA));

    push(&net, 1);
    net.write("tree/new/1.rpm", "a package");
    write_list(&net, 2);
    net.scan();
    follow(&net, true);
    std::fs::remove_dir_all(net.env.path("m/tree/new")).unwrap();
    let before = nginx.log().lines().count();
    let report = net.crawl_with(&[]);
    let line = &report["result"]["lines"][0];
    let log: Vec<String> = nginx.log().lines().skip(before).map(str::to_owned).collect();
    assert_eq!(line["method"], "list", "{log:?}");
    assert!(log.len() < 30, "{}: {log:?}", log.len());
    assert!(log.iter().any(|l| l.contains(LIST)) && log.iter().any(|l| l.contains("repomd.xml")));
    let inventory = net.inventory("m.org");
    assert!(inventory.has("pool/39") && inventory.has(REPODATA));
    assert!(!inventory.has("new"), "a list proves freshness, never possession");
    assert!(
        !inventory.exceptions.contains_key(REPODATA),
        "{:?}",
        inventory.exceptions
    );

    // The list of the previous day does not count as evidence for today.
    push(&net, 3);
    let report = net.crawl_with(&[]);
    assert_ne!(report["result"]["lines"][0]["method"], "list");
    assert!(!net.inventory("m.org").has("pool/39"));
    // A mirror with the new list but without the files is detected by the samples.
    follow(&net, true);
    net.crawl_with(&[]);
    assert!(net.inventory("m.org").has("pool/39"));
    push(&net, 4);
    follow(&net, false);
    net.crawl_with(&[]);
    let inventory = net.inventory("m.org");
    assert!(
        !inventory.has("pool/39") && !inventory.has("pool/00"),
        "{:?}",
        inventory.present
    );
}
