//! Notifications on mirrors: the hook and the log of each host. And who decides whether a host is enabled.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use super::servers::{Mirror, TestNetwork};
use super::*;
use crate::support::need;

const DEAD: &str = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";

/// Mirrors of one tree; the hook writes its calls to the file `hook-calls`.
fn mirrors<const N: usize>(crawl: &str, names: [&str; N]) -> (Net, [Mirror; N]) {
    let net = Net::new(&format!("max_inconclusive_percent = 100\n{crawl}"));
    net.copy_to("m");
    let network = TestNetwork::new();
    let mirrors = names.map(|_| Mirror::serve(&network, &net.env.path("m")));
    let urls = mirrors.each_ref().map(Mirror::url);
    let pairs: Vec<(&str, &str)> = names.into_iter().zip(urls.iter().map(String::as_str)).collect();
    net.register(&pairs);
    (net, mirrors)
}

/// The hook calls since the last time: arguments and stdin.
fn hook_calls(net: &Net) -> Vec<(String, serde_json::Value)> {
    let file = net.env.path("hook-calls");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    drop(std::fs::remove_file(file));
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks(2)
        .map(|pair| (pair[0].to_owned(), serde_json::from_str(pair[1]).unwrap()))
        .collect()
}

fn executable(net: &Net, below: &str, text: &str) {
    let path = net.env.write(below, text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

fn state(net: &Net, host: &str) -> String {
    net.sql_rows(&format!(
        "SELECT user_active || ' ' || coalesce(disabled_by, '-') || ' ' || crawl_failures FROM host WHERE name = '{host}'"
    ))
    .remove(0)
}

#[test]
fn hook_runs_once_for_each_event() {
    let hook = "hook = [\"./hook.sh\", \"first\"]\nwarn_after_failures = 2\ndisable_after_failures = 3";
    let (net, [_good, dead, tampered]) = mirrors(hook, ["good.org", "dead.org", "tampered.org"]);
    let calls_file = net.env.path("hook-calls");
    executable(
        &net,
        "hook.sh",
        &format!("#!/bin/sh\n{{ echo \"$*\"; cat; }} >> {}\n", calls_file.display()),
    );
    net.sqlite()
        .execute(
            "UPDATE host SET robot_email = 'admin@dead.org' WHERE name = 'dead.org'",
            [],
        )
        .unwrap();
    net.crawl();
    assert_eq!(hook_calls(&net), []);
    dead.override_response(|_| Some(DEAD.to_owned()));
    net.copy_to("other");
    net.write(
        &format!("other/{REPODATA}/repomd.xml"),
        "<repomd>not the master's</repomd>",
    );
    tampered.root(&net.env.path("other"));

    let mut all = Vec::new();
    for _ in 0..4 {
        net.env.run("mm-crawl", &["--full"]);
        let what: Vec<String> = hook_calls(&net)
            .into_iter()
            .map(|(args, json)| {
                let (event, host) = args.strip_prefix("first ").unwrap().split_once(' ').unwrap();
                assert_eq!((&json["event"], &json["host"]), (&event.into(), &host.into()));
                assert_eq!((&json["site"], &json["categories"][0]), (&"S".into(), &CATEGORY.into()));
                assert!(json["run"].as_i64().unwrap() > 0 && json["at"].as_i64().unwrap() > 1_700_000_000);
                match event {
                    "unknown-hash" => assert!(
                        json["url"].as_str().unwrap().ends_with("/repomd.xml")
                            && json["expected"].as_str().unwrap().len() == 64
                            && json["seen"] != json["expected"],
                        "{json}"
                    ),
                    _ => assert_eq!(json["contact"], "admin@dead.org"),
                }
                format!("{event} {host} {}", json["failures"])
            })
            .collect();
        all.push(what.join(", "));
    }
    assert_eq!(
        all,
        [
            "unknown-hash tampered.org 0",
            "warning dead.org 2",
            "disabled dead.org 3",
            ""
        ]
    );
    dead.override_response(|_| None);
    tampered.root(&net.env.path("m"));
    net.crawl();
    let back: Vec<String> = hook_calls(&net).into_iter().map(|(args, _)| args).collect();
    assert_eq!(back, ["first enabled dead.org"]);
    net.crawl();
    assert_eq!(hook_calls(&net), []);
}

#[test]
fn failing_hook_does_not_stop_the_crawl() {
    let (net, [_good, dead]) = mirrors(
        "hook = [\"./hook.sh\"]\nwarn_after_failures = 1\ndisable_after_failures = 2",
        ["good.org", "dead.org"],
    );
    executable(&net, "hook.sh", "#!/bin/sh\nexit 3\n");
    dead.override_response(|_| Some(DEAD.to_owned()));
    let report = net.crawl();
    assert_eq!(report["result"]["hook_failed"], 1, "{report}");
    assert_eq!(state(&net, "dead.org"), "1 - 1");
    assert!(net.inventory("good.org").has(REPODATA));
    let log = std::fs::read_to_string(net.env.path("log/crawl.log")).unwrap();
    assert!(log.contains("hook call failed") && log.contains("dead.org"), "{log}");
}

/// Everybody could make the crawler run anything.
#[test]
fn hook_that_others_can_change_is_not_run() {
    let (net, [_good, dead]) = mirrors(
        "hook = [\"/bin/sh\", \"bin/hook.sh\"]\nwarn_after_failures = 1\ndisable_after_failures = 9",
        ["good.org", "dead.org"],
    );
    executable(&net, "bin/hook.sh", "#!/bin/sh\ntouch called\n");
    let chmod =
        |below: &str, mode| std::fs::set_permissions(net.env.path(below), PermissionsExt::from_mode(mode)).unwrap();
    dead.override_response(|_| Some(DEAD.to_owned()));
    for open in ["bin/hook.sh", "bin"] {
        chmod(open, 0o777);
        let output = net.env.run("mm-crawl", &["--full"]);
        assert!(!net.env.path("called").exists(), "{output:?}");
        let (_, command) = output
            .stderr
            .split_once("crawl.hook is not run: ")
            .unwrap()
            .1
            .split_once("; run: ")
            .unwrap();
        let fixed = Command::new("sh")
            .args(["-c", command.lines().next().unwrap()])
            .status()
            .unwrap();
        assert!(fixed.success(), "{command}");
        net.sqlite().execute("UPDATE host SET crawl_failures = 0", []).unwrap();
        let output = net.env.run("mm-crawl", &["--full"]);
        assert!(output.stderr.contains("resolved"), "{output:?}");
        assert!(net.env.path("called").exists(), "{output:?}");
        std::fs::remove_file(net.env.path("called")).unwrap();
        net.sqlite().execute("UPDATE host SET crawl_failures = 0", []).unwrap();
    }
}

/// The hook has thirty seconds, and less if the run is stopped.
#[test]
fn hanging_hook_does_not_stop_the_crawl() {
    let (net, [good, dead]) = mirrors(
        "hook = [\"./hook.sh\"]\nwarn_after_failures = 1\ndisable_after_failures = 2",
        ["good.org", "dead.org"],
    );
    executable(
        &net,
        "hook.sh",
        "#!/bin/sh\ntouch began\ntrap '' TERM\nsleep 613\nsleep 613\n",
    );
    dead.override_response(|_| Some(DEAD.to_owned()));
    good.delay(Duration::from_millis(150));
    let mut crawl = run::start(&net, &["--full"]);
    let started = Instant::now();
    while !net.env.path("began").exists() || net.sql_rows("SELECT count(*) FROM crawl_result") != ["2"] {
        assert!(started.elapsed() < Duration::from_secs(20), "the crawl does not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(net.inventory("good.org").has(REPODATA));
    assert_eq!(state(&net, "dead.org"), "1 - 1");
    let requests = Instant::now();
    run::signal(&crawl, "TERM");
    let status = run::wait(&mut crawl, Duration::from_secs(20));
    assert!(requests.elapsed() < Duration::from_secs(5), "{:?}", requests.elapsed());
    assert_eq!(status.code(), Some(0), "all was done");
    let left = Command::new("pgrep").args(["-f", "sleep 613"]).output().unwrap();
    assert_eq!(String::from_utf8(left.stdout).unwrap().trim(), "");
}

#[test]
fn each_host_has_a_log_that_is_rotated_by_size() {
    let (net, [_good, dead]) = mirrors(
        "host_log_max_bytes = 700\ndisable_after_failures = 0",
        ["good.org", "dead.org"],
    );
    let log = |name: &str| std::fs::read_to_string(net.env.path(&format!("log/crawl/{name}"))).unwrap_or_default();
    net.crawl();
    let run = net.sql_rows("SELECT max(id) FROM run").remove(0);
    let log_text = log("good.org.log");
    for expected_text in [&format!("run {run}: "), CATEGORY, "complete", "9 current", "1 staged"] {
        assert!(log_text.contains(expected_text), "no {expected_text:?} in {log_text}");
    }
    dead.override_response(|_| Some(DEAD.to_owned()));
    for _ in 0..8 {
        net.crawl();
    }
    let log_text = log("dead.org.log");
    assert!(
        log_text.contains("inconclusive") && log_text.contains("status 500"),
        "{log_text}"
    );
    for name in ["good.org", "dead.org"] {
        let (now, before) = (log(&format!("{name}.log")), log(&format!("{name}.log.1")));
        assert!(!now.is_empty() && now.len() <= 700, "{name}: {}", now.len());
        assert!(!before.is_empty() && before.len() <= 700, "{name}: {}", before.len());
    }
    let all: Vec<_> = std::fs::read_dir(net.env.path("log/crawl")).unwrap().collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn crawler_does_not_override_an_administrator() {
    let (net, [good, dead]) = mirrors("disable_after_failures = 2", ["good.org", "dead.org"]);
    let sql = |text: &str| net.sqlite().execute_batch(text).unwrap();
    let crawl = |args: &[&str]| {
        let output = net.env.run("mm-crawl", &[&["--full"], args].concat());
        assert!([0, 3].contains(&output.status), "{output:?}");
    };
    net.crawl();
    dead.override_response(|_| Some(DEAD.to_owned()));
    // Disabled by the owner: it is not probed; if it is probed on request, it stays disabled.
    for who in ["owner", "admin"] {
        sql(&format!(
            "UPDATE host SET user_active = 0, disabled_by = '{who}', disable_reason = 'moving' WHERE name = 'dead.org'"
        ));
        dead.forget();
        crawl(&[]);
        assert_eq!(dead.requests().len(), 0, "{who}");
        dead.override_response(|_| None);
        crawl(&["--include-disabled"]);
        assert!(!dead.requests().is_empty());
        assert_eq!(state(&net, "dead.org"), format!("0 {who} 0"));
        dead.override_response(|_| Some(DEAD.to_owned()));
        for _ in 0..3 {
            crawl(&["--include-disabled"]);
        }
        assert!(state(&net, "dead.org").starts_with(&format!("0 {who} ")));
    }
    // An administrator enables it again: its failures are counted from zero.
    net.env.ok("mm-admin", &["host", "set", "dead.org", "user_active=true"]);
    crawl(&[]);
    assert_eq!(state(&net, "dead.org"), "1 - 1");
    crawl(&[]);
    assert_eq!(state(&net, "dead.org"), "0 crawler 2");
    // During its downtime it is not probed, does not fail, and is not re-enabled.
    sql("INSERT INTO host_downtime (host_id, starts_at, ends_at) SELECT id, 1, 99999999999 FROM host");
    dead.override_response(|_| None);
    dead.forget();
    for args in [&[][..], &["--host", "dead.org"], &["--include-disabled"]] {
        crawl_in_downtime(&net, args);
    }
    assert_eq!(
        (dead.requests().len(), state(&net, "dead.org").as_str()),
        (0, "0 crawler 2")
    );
    sql("DELETE FROM host_downtime");
    crawl(&[]);
    assert_eq!(state(&net, "dead.org"), "1 - 0");
    drop(good);
}

fn crawl_in_downtime(net: &Net, args: &[&str]) {
    let output = net.env.run("mm-crawl", &[&["--full"], args].concat());
    assert!([0, 2, 3].contains(&output.status), "{output:?}");
}

/// An administrator changes the host while it is being probed.
#[test]
fn change_by_an_administrator_during_a_crawl_is_kept() {
    let (net, [_good, dead]) = mirrors("disable_after_failures = 1", ["good.org", "dead.org"]);
    net.crawl();
    dead.override_response(|_| Some(DEAD.to_owned()));
    dead.delay(Duration::from_millis(300));
    for (word, after) in [
        (
            "INSERT INTO host_downtime (host_id, starts_at, ends_at) SELECT id, 1, 99999999999 FROM host WHERE name = 'dead.org'",
            "1 - 0",
        ),
        (
            "UPDATE host SET user_active = 0, disabled_by = 'owner' WHERE name = 'dead.org'",
            "0 owner",
        ),
    ] {
        dead.forget();
        let mut crawl = run::start(&net, &["--full"]);
        let started = Instant::now();
        while dead.requests().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
        net.sqlite().execute_batch(word).unwrap();
        run::wait(&mut crawl, Duration::from_secs(30));
        assert!(
            state(&net, "dead.org").starts_with(after),
            "{word}: {}",
            state(&net, "dead.org")
        );
        net.sqlite().execute_batch("DELETE FROM host_downtime").unwrap();
    }
}

/// A mirror that has one category and lost the other is not dead, whichever category is crawled.
#[test]
fn host_with_one_working_category_is_not_disabled() {
    let net = Net::new("");
    net.env.configure(&format!(
        "[crawl]\nallow_private_addresses = true\nmax_inconclusive_percent = 100\ndisable_after_failures = 2\n\
         [[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n[[category]]\nname = \"Fedora EPEL\"\npath = \"tree2\"\n"
    ));
    net.write("tree2/9/x86_64/a.rpm", "package");
    let mirror = Mirror::serve(&TestNetwork::new(), &net.env.path(""));
    net.write(
        "registry.toml",
        &format!(
            "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"{CATEGORY}\"\nproduct = \"Fedora\"\ntopdir = \"pub/fedora/linux\"\n\
             [[category]]\nname = \"Fedora EPEL\"\nproduct = \"Fedora\"\ntopdir = \"pub/epel\"\n\
             [[site]]\nname = \"S\"\n[[site.host]]\nname = \"m.org\"\ncountry = \"DE\"\n\
             [[site.host.category]]\nname = \"{CATEGORY}\"\nurls = [\"{url}/tree\"]\n\
             [[site.host.category]]\nname = \"Fedora EPEL\"\nurls = [\"{url}/tree2\"]\n",
            url = mirror.url()
        ),
    );
    net.env.ok("mm-admin", &["apply", "registry.toml"]);
    net.scan();
    mirror.override_response(|path| path.starts_with("/tree2").then(|| DEAD.to_owned()));
    net.crawl();
    for _ in 0..3 {
        net.crawl_with(&["--full", "--category", "Fedora EPEL"]);
    }
    assert_eq!(state(&net, "m.org"), "1 - 0");
    // If all categories fail, it is dead.
    mirror.override_response(|_| Some(DEAD.to_owned()));
    for _ in 0..2 {
        net.env.ok("mm-crawl", &["--full"]);
    }
    assert_eq!(state(&net, "m.org"), "0 crawler 2");
}

/// An incoming webhook: the bodies of its requests.
fn webhook(status: &'static str) -> (String, Receiver<serde_json::Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks/secret", listener.local_addr().unwrap());
    let (sender, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.get_mut().write_all(response.as_bytes()).unwrap();
            if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, received)
}

fn chat_hook() -> (String, PathBuf) {
    let python = need("python3", "python3").display().to_string();
    (
        python,
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site/chat-hook.py"),
    )
}

#[test]
fn example_hook_writes_to_a_chat() {
    let (url, received) = webhook("200 OK");
    let (python, script) = chat_hook();
    let hook = format!(
        "hook = [\"{python}\", \"{}\", \"chat-url\"]\nwarn_after_failures = 1\ndisable_after_failures = 2",
        script.display()
    );
    let (net, [_good, dead, tampered]) = mirrors(&hook, ["good.org", "dead.org", "tampered.org"]);
    net.write("chat-url", &format!("{url}\n"));
    net.crawl();
    dead.override_response(|_| Some(DEAD.to_owned()));
    net.copy_to("other");
    net.write(
        &format!("other/{REPODATA}/repomd.xml"),
        "<repomd>not the master's</repomd>",
    );
    tampered.root(&net.env.path("other"));
    for _ in 0..2 {
        let report = net.crawl();
        assert_eq!(report["result"]["hook_failed"], 0, "{report}");
    }
    dead.override_response(|_| None);
    net.crawl();
    let mut texts: Vec<String> = received
        .try_iter()
        .map(|body| body["text"].as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    let tampered = format!(
        ":rotating_light: tampered.org serves metadata that the master never had: {}/{REPODATA}/repomd.xml",
        tampered.url()
    );
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[0].starts_with(":no_entry: dead.org is disabled: "), "{texts:?}");
    assert_eq!(texts[1], tampered);
    assert_eq!(texts[2], ":warning: dead.org fails: 1 consecutive crawls failed");
    assert_eq!(texts[3], ":white_check_mark: dead.org is enabled again");
}

/// Text of a mirror mentions nobody, and the secret URL is in no message.
#[test]
fn example_hook_trusts_no_text_and_keeps_its_secret() {
    let call = |url: &str, event: &str, input: &str| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chat-url");
        std::fs::write(&file, format!("{url}\n")).unwrap();
        let (python, script) = chat_hook();
        let mut child = Command::new(python)
            .arg(script)
            .arg(&file)
            .args([event, "m.org"])
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let (url, received) = webhook("200 OK");
    let input = r#"{"host": "m.org", "reason": "x\n@channel <https://evil.example|good> `a` [b](c)", "url": "u"}"#;
    assert!(call(&url, "disabled", input).status.success());
    let text = received.recv().unwrap()["text"].as_str().unwrap().to_owned();
    assert_eq!(
        text,
        ":no_entry: m.org is disabled: x?(at)channel (https://evil.example|good) 'a' (b)(c)"
    );
    let (refused, _received) = webhook("500 Oops");
    for (url, input) in [
        (refused.as_str(), input),
        (url.as_str(), "no JSON"),
        ("http://127.0.0.1:1/secret", input),
    ] {
        let output = call(url, "disabled", input);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && message.starts_with("chat-hook: "),
            "{message}"
        );
        assert!(!message.contains("secret") && message.lines().count() == 1, "{message}");
    }
}
