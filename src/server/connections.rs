//! The open connections: how many there are, from which addresses, and which of them has been idle for the longest time.
//!
//! When all slots are in use, those that wait longest for their client are closed, so that idle or slow clients cannot keep others
//! out. A connection costs one lock when it is opened and one when it is closed; a request costs one store.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A connection that waits for a shorter time is not closed: its request may be on the way.
const MIN_IDLE: Duration = Duration::from_secs(1);

/// Most connections that are closed at once, so that not every new connection searches for another.
const MAX_CLOSED: usize = 32;

/// The shortest interval between log lines about too many connections.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// Bits of an IPv6 address that identify a client: a network gets at least a /64.
const CLIENT_BITS_V6: u32 = 64;

/// When a connection began to wait for its client, in milliseconds after the start of the server: for a request, or until a part of a
/// response is read.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    waiting_since: Arc<AtomicU64>,
    started: Instant,
}

impl Activity {
    /// Records that the connection begins to wait.
    pub(super) fn begin_wait(&self, now: Instant) {
        let waiting_since = millis(now.saturating_duration_since(self.started));
        self.waiting_since.store(waiting_since, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            waiting_since: Arc::default(),
            started: Instant::now(),
        }
    }
}

/// The open connections of the server.
#[derive(Debug)]
pub(super) struct Connections {
    started: Instant,
    /// Most connections of one address; none = no limit.
    max_per_address: Option<u32>,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next_id: u64,
    by_id: HashMap<u64, OpenConnection>,
    /// Numbers of connections of the addresses that are limited.
    by_address: HashMap<IpAddr, u32>,
    /// When it was last logged that all slots are in use.
    full_logged: Option<Instant>,
}

#[derive(Debug)]
struct OpenConnection {
    waiting_since: Arc<AtomicU64>,
    task: AbortHandle,
}

/// A connection that counts for its address until this is dropped.
#[derive(Debug)]
pub(super) struct AddressGuard {
    connections: Arc<Connections>,
    /// None if the address is not limited.
    address: Option<IpAddr>,
}

/// A connection in the list until this is dropped.
#[derive(Debug)]
pub(super) struct ConnectionGuard {
    id: u64,
    address: AddressGuard,
}

impl Connections {
    /// `max_per_address` = 0: no limit.
    pub(super) fn new(max_per_address: u32) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            max_per_address: Some(max_per_address).filter(|n| *n > 0),
            open: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection of an address; none if it has too many already. An exempt one is not counted.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, is_exempt: impl FnOnce() -> bool) -> Option<AddressGuard> {
        let mut guard = AddressGuard {
            connections: Arc::clone(self),
            address: None,
        };
        if let Some(limit) = self.max_per_address.filter(|_| !is_exempt()) {
            let address = client_network(peer);
            let mut open = self.lock();
            let count = open.by_address.entry(address).or_default();
            if *count >= limit {
                return None;
            }
            *count += 1;
            guard.address = Some(address);
        }
        Some(guard)
    }

    /// Adds a connection, whose task `spawn` starts.
    pub(super) fn add(&self, address: AddressGuard, spawn: impl FnOnce(Activity, ConnectionGuard) -> AbortHandle) {
        let activity = Activity {
            waiting_since: Arc::default(),
            started: self.started,
        };
        activity.begin_wait(Instant::now());
        // The task may end before it is in the list; its guard waits for this lock then.
        let mut open = self.lock();
        let id = open.next_id;
        open.next_id += 1;
        let connection = OpenConnection {
            waiting_since: Arc::clone(&activity.waiting_since),
            task: spawn(activity, ConnectionGuard { id, address }),
        };
        open.by_id.insert(id, connection);
    }

    /// Closes the connections that have waited for the longest time, at most an eighth of all. Returns their number: 0 if none has
    /// waited long enough.
    pub(super) fn close_idle(&self, now: Instant) -> usize {
        let mut open = self.lock();
        let waited = now
            .saturating_duration_since(self.started)
            .checked_sub(MIN_IDLE)
            .map(millis);
        let is_idle = |waiting_since: u64| waited.is_some_and(|latest| waiting_since <= latest);
        let mut idle: Vec<(u64, u64)> = (open.by_id.iter())
            .map(|(id, connection)| (connection.waiting_since.load(Ordering::Relaxed), *id))
            .filter(|(waiting_since, _)| is_idle(*waiting_since))
            .collect();
        let count = (open.by_id.len() / 8).clamp(1, MAX_CLOSED).min(idle.len());
        if count < idle.len() {
            idle.select_nth_unstable(count);
        }
        idle.truncate(count);
        // Removed at once, so that the next search does not find them again.
        let closed: Vec<OpenConnection> = idle.iter().filter_map(|(_, id)| open.by_id.remove(id)).collect();
        if open.full_logged.is_none_or(|logged| now - logged >= LOG_INTERVAL) {
            open.full_logged = Some(now);
            tracing::warn!(
                "all connections are in use; those that are idle for the longest time are closed: see server.max_connections"
            );
        }
        drop(open);
        for connection in &closed {
            connection.task.abort();
        }
        count
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.address.connections.lock().by_id.remove(&self.id);
    }
}

impl Drop for AddressGuard {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.connections.lock();
        if let Some(count) = open.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// The addresses that count as one client.
fn client_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let host_bits = u128::BITS - CLIENT_BITS_V6;
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> host_bits << host_bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a connection that began to wait some time after the start of the server; returns its task.
    fn add(connections: &Arc<Connections>, peer: &str, waiting_since: Duration) -> Option<tokio::task::JoinHandle<()>> {
        let address = connections.admit(peer.parse().unwrap(), || peer == "10.0.0.9")?;
        let mut task = None;
        connections.add(address, |activity, guard| {
            activity.begin_wait(connections.started + waiting_since);
            let spawned = tokio::spawn(async move {
                std::future::pending::<()>().await;
                drop(guard);
            });
            let abort = spawned.abort_handle();
            task = Some(spawned);
            abort
        });
        task
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_longest_idle_are_closed() {
        let connections = Connections::new(0);
        let second = Duration::from_secs(1);
        let mut tasks = Vec::new();
        for n in [5, 3, 4, 1, 2, 6, 7, 8, 9] {
            tasks.push((n, add(&connections, "10.0.0.1", second * n).unwrap()));
        }
        let at = |seconds| connections.started + second * seconds;
        assert_eq!(connections.close_idle(at(1)), 0, "none has waited for a second");
        assert_eq!(connections.close_idle(at(10)), 1);
        assert_eq!(connections.close_idle(at(10)), 1);
        for (n, task) in tasks {
            if n <= 2 {
                assert!(task.await.unwrap_err().is_cancelled(), "{n}");
            } else {
                assert!(!task.is_finished(), "{n}");
                task.abort();
            }
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn connections_of_an_address_are_limited() {
        let connections = Connections::new(2);
        let add = |peer: &str| add(&connections, peer, Duration::ZERO);
        let first = add("10.0.0.1").unwrap();
        assert!(add("10.0.0.1").is_some() && add("10.0.0.1").is_none());
        assert!(add("10.0.0.2").is_some(), "another address");
        assert!(add("2001:db8::1").is_some() && add("2001:db8::2").is_some());
        assert!(add("2001:db8::3").is_none() && add("2001:db8:0:1::3").is_some());
        for _ in 0..5 {
            assert!(add("10.0.0.9").is_some(), "exempt");
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert!(add("10.0.0.1").is_some() && add("10.0.0.1").is_none());
    }
}
