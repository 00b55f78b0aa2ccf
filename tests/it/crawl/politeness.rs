//! Request rates, connections and budgets, as the servers see them.

use super::servers::{Mirror, Request, TestNetwork};
use super::*;

/// A master with many files, and one mirror of it.
fn one_mirror(crawl: &str) -> (Net, Mirror) {
    let net = Net::new(crawl);
    for n in 0..30 {
        net.write(&format!("tree/pool/{n:02}/a.rpm"), &format!("package {n}"));
    }
    net.copy_to("m");
    let mirror = Mirror::serve(&TestNetwork::new(), &net.env.path("m"));
    net.register(&[("m.org", &mirror.url())]);
    (net, mirror)
}

fn set(net: &Net, sql: &str) {
    net.sqlite().execute_batch(sql).unwrap();
}

/// The most requests within any second.
fn busiest_second(requests: &[Request]) -> usize {
    let within = |from: Instant| {
        let second = requests
            .iter()
            .filter(|a| a.at >= from && a.at - from < Duration::from_secs(1));
        second.count()
    };
    requests.iter().map(|a| within(a.at)).max().unwrap()
}

#[test]
fn request_rate_is_limited_and_can_be_set_per_host() {
    for (crawl, own, limit) in [
        ("requests_per_second = 15", "", 15),
        ("", "UPDATE host SET crawl_rate = 12", 12),
    ] {
        let (net, mirror) = one_mirror(crawl);
        set(&net, own);
        let report = net.crawl();
        let requests = mirror.requests();
        assert!(requests.len() > 40, "{report}");
        let most = busiest_second(&requests);
        // A quarter of a second may be caught up, and the first request has no predecessor.
        assert!(most <= limit + limit / 4 + 2, "{most} in a second, {limit} are allowed");
        let took = requests.last().unwrap().at - requests[0].at;
        let least = Duration::from_millis(u64::try_from((requests.len() - 1) * 1_000 / limit).unwrap());
        assert!(
            took + Duration::from_millis(300) >= least,
            "{took:?} for {}",
            requests.len()
        );
    }
}

#[test]
fn requests_per_day_are_limited_and_the_next_day_continues() {
    let (net, mirror) = one_mirror("requests_per_second = 0");
    set(&net, "UPDATE host SET crawl_budget = 15");
    let mut everything: Vec<String> = open_directories();
    everything.extend((0..30).map(|n| format!("pool/{n:02}")));
    everything.push("pool".to_owned());
    everything.sort();
    let mut files = BTreeMap::new();
    for day in 1.. {
        assert!(
            day < 10,
            "it never comes to an end: {:?}",
            net.inventory("m.org").present
        );
        net.crawl_with(&[]);
        let today = mirror.requests();
        assert!(today.len() <= 15, "day {day}: {}", today.len());
        // A second crawl on the same day sends no requests.
        net.crawl_with(&[]);
        assert!(mirror.requests().len() <= 15, "day {day}: {}", mirror.requests().len());
        let inventory = net.inventory("m.org");
        let is_all = inventory.present == everything;
        assert_eq!(
            net.reasons("m.org").contains(&"request-budget".to_owned()),
            !is_all,
            "day {day}"
        );
        assert!(
            inventory
                .exceptions
                .values()
                .all(|(state, _)| *state != ExceptionState::Inconclusive)
        );
        for a in today.iter().filter(|a| a.path.contains(".rpm")) {
            *files.entry(a.path.clone()).or_insert(0) += 1;
        }
        if is_all {
            assert!(day >= 3, "{day}");
            break;
        }
        mirror.forget();
        set(
            &net,
            "UPDATE crawl_result SET started_at = started_at - 90000, ended_at = ended_at - 90000",
        );
    }
    // The base URL is requested each day, the rest once.
    let twice: Vec<_> = files.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.len() <= 3, "it started again: {twice:?}");
}

/// Several hosts of the registry can be one server.
#[test]
fn connections_per_server_are_limited() {
    let net = Net::new("workers = 12\nmax_connections_per_server = 2\nrequests_per_second = 0");
    net.copy_to("m");
    std::fs::create_dir(net.env.path("many")).unwrap();
    let names: Vec<String> = (0..8).map(|n| format!("m{n}.org")).collect();
    for name in &names {
        std::os::unix::fs::symlink("../m", net.env.path(&format!("many/{name}"))).unwrap();
    }
    let mirror = Mirror::serve(&TestNetwork::new(), &net.env.path("many"));
    mirror.delay(Duration::from_millis(15));
    let urls: Vec<String> = names.iter().map(|n| format!("{}/{n}", mirror.url())).collect();
    let pairs: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(urls.iter().map(String::as_str))
        .collect();
    net.register(&pairs);
    for (own, most) in [("", 2), ("UPDATE host SET crawl_connections = 1", 1)] {
        set(&net, own);
        mirror.forget();
        net.crawl();
        assert_eq!(mirror.most_connections(), most, "{own}");
        assert!(mirror.requests().len() > 8 * 10);
    }
    for name in &names {
        assert_eq!(net.inventory(name).present.len(), open_directories().len(), "{name}");
    }
}

fn busy(retry_after: &str) -> String {
    format!("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n{retry_after}\r\n")
}

/// The time between the response with `Retry-After` and the next request.
fn pauses(requests: &[Request], path: &str) -> Vec<Duration> {
    let positions = requests
        .iter()
        .enumerate()
        .filter(|(_, a)| a.path == path)
        .map(|(n, _)| n);
    positions
        .filter_map(|n| Some(requests.get(n + 1)?.at - requests[n].at))
        .collect()
}

#[test]
fn retry_after_is_honored() {
    let (net, mirror) = one_mirror("requests_per_second = 0");
    let output = std::sync::atomic::AtomicBool::new(false);
    mirror.override_response(move |path| {
        let first = path == "/pool/05/a.rpm" && !output.swap(true, std::sync::atomic::Ordering::SeqCst);
        first.then(|| busy("Retry-After: 2\r\n"))
    });
    net.crawl();
    let paused = pauses(&mirror.requests(), "/pool/05/a.rpm");
    assert!(paused[0] >= Duration::from_secs(2), "{paused:?}");
    let inventory = net.inventory("m.org");
    assert!(
        inventory.has("pool/05") && inventory.has("pool/29"),
        "it was asked again"
    );
    assert!(net.reasons("m.org").is_empty());
}

/// Two categories of one host, and a server with `Retry-After: 3600`: both wait.
#[test]
fn long_retry_after_ends_the_crawl_of_the_host() {
    let net = Net::new("");
    net.env.configure(&format!(
        "[crawl]\nallow_private_addresses = true\nmax_inconclusive_percent = 100\n\
         [[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n[[category]]\nname = \"Fedora EPEL\"\npath = \"tree2\"\n"
    ));
    net.write("tree2/9/x86_64/a.rpm", "package");
    let mirror = Mirror::serve(&TestNetwork::new(), &net.env.path("tree"));
    net.write(
        "registry.toml",
        &format!(
            "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"{CATEGORY}\"\nproduct = \"Fedora\"\ntopdir = \"pub/fedora/linux\"\n\
             [[category]]\nname = \"Fedora EPEL\"\nproduct = \"Fedora\"\ntopdir = \"pub/epel\"\n\
             [[site]]\nname = \"S\"\n[[site.host]]\nname = \"m.org\"\ncountry = \"DE\"\n\
             [[site.host.category]]\nname = \"{CATEGORY}\"\nurls = [\"{url}/a\"]\n\
             [[site.host.category]]\nname = \"Fedora EPEL\"\nurls = [\"{url}/b\"]\n",
            url = mirror.url()
        ),
    );
    net.env.ok("mm-admin", &["apply", "registry.toml"]);
    net.scan();
    // Four consecutive requests with pauses, and three more in case only these files are affected.
    for (header, expected) in [("Retry-After: 3600\r\n", 1), ("", 7)] {
        mirror.forget();
        mirror.override_response(move |_| Some(busy(header)));
        net.env.ok("mm-crawl", &[]);
        let requests = mirror.requests();
        assert!(
            requests.len() == expected,
            "{header:?}: {:?}",
            requests.iter().map(|a| &a.path).collect::<Vec<_>>()
        );
        assert!(net.reasons("m.org").contains(&"too-many-requests".to_owned()));
    }
}

#[test]
fn hosts_are_not_probed_outside_their_crawl_window() {
    let (net, mirror) = one_mirror("");
    let now = mirrormanager::sys::clock::now().0.rem_euclid(86_400) / 60;
    let at = |minutes: i64| {
        let m = (now + minutes).rem_euclid(1_440);
        format!("{:02}:{:02}", m / 60, m % 60)
    };
    let closed = format!("{}-{}", at(120), at(240));
    set(&net, &format!("UPDATE host SET crawl_window = '{closed}'"));
    let report = net.crawl_with(&[]);
    assert_eq!(report["skipped"][0][1], "outside its crawl window", "{report}");
    assert_eq!(mirror.requests().len(), 0);
    // A host named on the command line is probed anyway.
    net.crawl_with(&["--host", "m.org"]);
    assert!(mirror.requests().len() > 30);
    let open = format!("{}-{}", at(-120), at(120));
    set(&net, &format!("UPDATE host SET crawl_window = '{open}'"));
    mirror.forget();
    net.crawl();
    assert!(mirror.requests().len() > 30);
}

#[test]
fn user_agent_is_sent_and_requests_are_counted() {
    let (net, mirror) = one_mirror("");
    net.env.configure(&format!(
        "contact = \"https://mirrors.example.org/crawler\"\n[crawl]\nallow_private_addresses = true\n\
         [[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n"
    ));
    let report = net.crawl();
    let requests = mirror.requests();
    for a in &requests {
        assert!(
            a.agent.starts_with("mirrormanager/") && a.agent.ends_with("(+https://mirrors.example.org/crawler)"),
            "{}",
            a.agent
        );
    }
    assert_eq!(report["result"]["totals"]["requests"], requests.len());
    assert_eq!(
        net.sql_rows("SELECT requests FROM crawl_result"),
        [requests.len().to_string()]
    );
    let why = net.env.ok("mm-admin", &["why", "m.org"]);
    let today = format!("requests in the last 24 hours: {} of", requests.len());
    assert!(why.contains(&today), "{why}");
    let runs = net.env.ok("mm-admin", &["runs", "--job", "crawl", "--format", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
    assert_eq!(runs[0]["stats"]["totals"]["requests"], requests.len());
    assert_eq!(
        requests
            .iter()
            .filter(|a| a.method != "HEAD" && a.method != "GET")
            .count(),
        0
    );
}
