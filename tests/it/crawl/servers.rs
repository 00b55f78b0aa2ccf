//! In-process mirrors that change their behavior during a crawl and count requests.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The reaction to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkState {
    /// Requests are answered.
    Good,
    /// Packets are dropped: connections are established, and no response comes.
    Silent,
    /// Connections are refused, and established ones are reset.
    Refused,
    /// A captive portal answers 404 to everything.
    Missing,
    /// A captive portal answers every request with its page.
    Portal,
}

/// The network that the servers share; it can fail for all at once.
#[derive(Clone)]
pub(super) struct TestNetwork(Arc<TestNetworkState>);

struct TestNetworkState {
    network_state: Mutex<NetworkState>,
    servers: Mutex<Vec<SocketAddr>>,
    /// All connections that were accepted.
    open: Mutex<Vec<TcpStream>>,
}

impl TestNetwork {
    pub(super) fn new() -> Self {
        Self(Arc::new(TestNetworkState {
            network_state: Mutex::new(NetworkState::Good),
            servers: Mutex::default(),
            open: Mutex::default(),
        }))
    }

    pub(super) fn network_state(&self) -> NetworkState {
        *self.0.network_state.lock().unwrap()
    }

    /// Sets the reaction of all servers.
    pub(super) fn set(&self, network_state: NetworkState) {
        *self.0.network_state.lock().unwrap() = network_state;
        if network_state == NetworkState::Refused {
            for stream in self.0.open.lock().unwrap().drain(..) {
                drop(stream.shutdown(Shutdown::Both));
            }
            // Wakes the threads that accept connections, so that they close their ports.
            for server in self.0.servers.lock().unwrap().iter() {
                drop(TcpStream::connect(server));
            }
        }
        if network_state == NetworkState::Good {
            for server in self.0.servers.lock().unwrap().iter() {
                crate::support::wait_for_port(server.port());
            }
        }
    }
}

/// A request to a mirror.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) at: Instant,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) agent: String,
}

/// Returns another response than the file, for some paths.
type Instead = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A mirror: files, and directory indexes as nginx makes them.
pub(super) struct Mirror {
    pub(super) port: u16,
    state: Arc<MirrorState>,
}

struct MirrorState {
    root: Mutex<PathBuf>,
    delay: Mutex<Duration>,
    override_response: Mutex<Option<Instead>>,
    requests: Mutex<Vec<Request>>,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Mirror {
    /// Starts a mirror that serves `root`.
    pub(super) fn serve(network: &TestNetwork, root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        network.0.servers.lock().unwrap().push(address);
        let state = Arc::new(MirrorState {
            root: Mutex::new(root.to_owned()),
            delay: Mutex::default(),
            override_response: Mutex::default(),
            requests: Mutex::default(),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let (network, mine) = (network.clone(), Arc::clone(&state));
        std::thread::spawn(move || listen(&network, &mine, listener, address));
        Self {
            port: address.port(),
            state,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Serves another directory from now on.
    pub(super) fn root(&self, root: &Path) {
        root.clone_into(&mut self.state.root.lock().unwrap());
    }

    /// Delays each response from now on.
    pub(super) fn delay(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    /// Answers with the complete response that `instead` returns for a path, if any.
    pub(super) fn override_response(&self, override_response: impl Fn(&str) -> Option<String> + Send + Sync + 'static) {
        *self.state.override_response.lock().unwrap() = Some(Box::new(override_response));
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Clears the requests.
    pub(super) fn forget(&self) {
        self.state.requests.lock().unwrap().clear();
        self.state.most.store(0, Ordering::SeqCst);
    }

    /// The largest number of concurrent connections.
    pub(super) fn most_connections(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }
}

fn listen(network: &TestNetwork, state: &Arc<MirrorState>, first: TcpListener, address: SocketAddr) {
    let mut listener = Some(first);
    loop {
        if network.network_state() == NetworkState::Refused {
            listener = None;
        }
        let Some(open) = &listener else {
            std::thread::sleep(Duration::from_millis(10));
            if network.network_state() != NetworkState::Refused {
                listener = TcpListener::bind(address).ok();
            }
            continue;
        };
        let Ok((stream, _)) = open.accept() else { return };
        if network.network_state() == NetworkState::Refused {
            continue;
        }
        network.0.open.lock().unwrap().push(stream.try_clone().unwrap());
        let (network, state) = (network.clone(), Arc::clone(state));
        std::thread::spawn(move || {
            let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
            state.most.fetch_max(open, Ordering::SeqCst);
            talk(&network, &state, stream);
            state.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// One connection, until it is closed.
fn talk(network: &TestNetwork, state: &MirrorState, mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(first)) = lines.next() {
        let mut agent = String::new();
        for line in lines.by_ref().map_while(Result::ok).take_while(|l| !l.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap_or_default();
            if name.eq_ignore_ascii_case("user-agent") {
                value.clone_into(&mut agent);
            }
        }
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap_or_default());
        state.requests.lock().unwrap().push(Request {
            at: Instant::now(),
            method: method.clone(),
            path: path.clone(),
            agent,
        });
        std::thread::sleep(*state.delay.lock().unwrap());
        let answer = match network.network_state() {
            NetworkState::Good => state.answer(&method, &path),
            NetworkState::Silent => {
                // Until the client closes the connection.
                drop(stream.read(&mut [0]));
                return;
            }
            NetworkState::Refused => return,
            NetworkState::Missing => plain("404 Not Found", b"no such page", &method),
            NetworkState::Portal => plain("200 OK", b"<html>Please log in to use this network.</html>", &method),
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

fn plain(status: &str, body: &[u8], method: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    let body = if method == "HEAD" { b"" } else { body };
    [head.as_bytes(), body].concat()
}

impl MirrorState {
    fn answer(&self, method: &str, path: &str) -> Vec<u8> {
        let override_response = self.override_response.lock().unwrap();
        if let Some(answer) = override_response.as_ref().and_then(|f| f(path)) {
            return answer.into_bytes();
        }
        drop(override_response);
        let below = path.trim_start_matches('/');
        let file = self.root.lock().unwrap().join(below);
        if below.starts_with("closed") {
            plain("403 Forbidden", b"closed", method)
        } else if file.is_dir() && (below.is_empty() || below.ends_with('/')) {
            plain("200 OK", page(&file, path).as_bytes(), method)
        } else if let Ok(body) = std::fs::read(&file) {
            plain("200 OK", &body, method)
        } else {
            plain("404 Not Found", b"no such page", method)
        }
    }
}

/// A directory index as nginx makes it.
fn page(dir: &Path, at: &str) -> String {
    let mut out =
        format!("<html><head><title>Index of {at}</title></head>\r\n<body>\r\n<h1>Index of {at}</h1><hr><pre>");
    out.push_str("<a href=\"../\">../</a>\r\n");
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        // The file may be replaced at this moment.
        let Ok(meta) = entry.metadata() else { continue };
        let name = entry.file_name().into_string().unwrap();
        let (slash, size) = if meta.is_dir() {
            ("/", "-".to_owned())
        } else {
            ("", meta.len().to_string())
        };
        write!(
            out,
            "<a href=\"{name}{slash}\">{name}{slash}</a>   14-Nov-2023 22:13   {size:>19}\r\n"
        )
        .unwrap();
    }
    out + "</pre><hr></body>\r\n</html>\r\n"
}

/// A server that accepts connections, sends `greeting`, and then nothing more. Returns `rsync://127.0.0.1:PORT/m`, or `http`.
pub(super) fn hanging(scheme: &str, greeting: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            drop(stream.write_all(greeting.as_bytes()));
            kept.push(stream);
        }
    });
    format!("{scheme}://127.0.0.1:{port}/m")
}
