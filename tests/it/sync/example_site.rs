//! supervisord and nginx with the example configs.

use std::fs;
use std::process::{Command, Stdio};

use super::proxies::{example, get, wait, with};
use super::rollout::serve;
use super::{Site, directory, target};
use crate::support::{Process, free_port, need, wait_for_port};

#[test]
fn supervisord_runs_a_server_that_loads_new_generations() {
    let supervisord = need("supervisord", "supervisor");
    let mut site = Site::new();
    let app = directory(&site, "app");
    let port = free_port();
    let healthz = format!("http://127.0.0.1:{port}/healthz");
    site.targets("", &[target("app", "app", "")]);
    site.states(&[], 0);
    let home = site.env().path(".");
    let config = format!(
        "user = \"daemon\"\n[server]\nlisten = [\"127.0.0.1:{port}\"]\ngenerations_dir = \"{}\"\n",
        app.display()
    );
    let server = site.env().write("server.toml", config);
    let program = assert_cmd::cargo::cargo_bin("mm-mirrorlist-server");
    let mut kept = example("supervisord.conf");
    let own = nix::unistd::User::from_uid(nix::unistd::Uid::effective())
        .unwrap()
        .unwrap()
        .name;
    let log = home.join("server.log").display().to_string();
    for (old, new) in [
        ("/usr/local/bin/mm-mirrorlist-server", program.to_str().unwrap()),
        ("user=mirrormanager", &format!("user={own}")),
        ("/var/log/mirrormanager/server.log", &log),
    ] {
        kept = with(&kept, old, new);
    }
    let h = home.display();
    let text = format!(
        "[supervisord]\nnodaemon=true\nlogfile={h}/supervisord.log\npidfile={h}/supervisord.pid\nuser={own}\n\n{kept}"
    );
    let file = site.env().write("supervisord.conf", text);
    let mut run = Process(
        Command::new(supervisord)
            .arg("-c")
            .arg(file)
            .env("MM_CONFIG", server)
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    );
    wait("the server is not started", || get(&healthz).0 == 200);
    let answers = |id: &str| get(&healthz).1.contains(id);
    assert!(answers(site.id().as_str()));

    site.targets("verify_timeout = \"20s\"", &[target("app", "app", &healthz)]);
    site.change();
    assert_eq!(site.states(&[], 0)[0].1, "updated");

    // A killed server is restarted.
    let children = format!("/proc/{0}/task/{0}/children", run.0.id());
    let child = || fs::read_to_string(&children).unwrap().trim().parse::<i32>();
    let first = child().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(first), nix::sys::signal::Signal::SIGKILL).unwrap();
    wait("no other server is started", || {
        child().is_ok_and(|pid| pid != first) && get(&healthz).0 == 200
    });
    assert!(answers(site.id().as_str()));

    // The server drains and exits with supervisord.
    let last = child().unwrap();
    let pid = nix::unistd::Pid::from_raw(run.0.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(run.0.wait().unwrap().success());
    assert!(!std::path::Path::new(&format!("/proc/{last}")).exists());
    let noted = fs::read_to_string(home.join("supervisord.log")).unwrap();
    assert!(
        noted.contains("(exit status 0)") && !noted.contains("killing"),
        "{noted}"
    );
}

#[test]
fn nginx_fails_over_and_caches_pages() {
    let nginx = need("nginx", "nginx-light");
    let site = Site::new();
    let dirs = ["one", "two", "three"].map(|n| directory(&site, n));
    let all = ["one", "two", "three"].map(|n| target(n, n, ""));
    site.targets("", &all);
    site.states(&[], 0);
    let mut servers: Vec<_> = dirs.iter().map(|d| serve(d)).collect();
    let port = free_port();
    let home = site.env().path(".");
    let h = home.display();
    let mut front = with(&example("nginx.conf"), "127.0.0.1:8080", &format!("127.0.0.1:{port}"));
    front = with(&front, "/var/cache/nginx", &format!("{h}/cache"));
    for (n, (server, _)) in servers.iter().enumerate() {
        front = with(&front, &format!("127.0.0.1:300{}", n + 1), &server.address);
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {h}/{kind};\n"))
        .concat();
    fs::create_dir(home.join("cache")).unwrap();
    let own = if nix::unistd::Uid::effective().is_root() {
        "user root;\n"
    } else {
        ""
    };
    let text = format!(
        "{own}daemon off;\npid {h}/nginx.pid;\nerror_log {h}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{front}}}\n"
    );
    let file = site.env().write("nginx.conf", text);
    let mut run = Process(Command::new(nginx).arg("-c").arg(file).spawn().unwrap());
    wait_for_port(port);
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let list = url("/metalink?repo=fedora-43&arch=x86_64");
    let page = get(&url("/"));
    assert_eq!((get(&list).0, page.0, get(&url("/healthz")).0), (200, 200, 404));
    while servers.len() > 1 {
        drop(servers.pop());
        for _ in 0..12 {
            assert_eq!(get(&list).0, 200, "a client saw that a server is dead");
        }
    }
    // Without servers there are no mirrorlists, but the cached page.
    servers.clear();
    assert_eq!(get(&list).0, 502);
    assert_eq!(get(&url("/")), page);
    let pid = nix::unistd::Pid::from_raw(run.0.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).unwrap();
    run.0.wait().unwrap();
}
