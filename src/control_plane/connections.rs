//! The places for connections. If they are all taken, the client that has kept the server waiting
//! longest loses its place to the next one.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The turn of a connection that waits for the server and not for its client.
const NOT_WAITING: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Connections {
    places: usize,
    /// How many of the places one address can have.
    share: usize,
    open: Mutex<Vec<Arc<Connection>>>,
    /// Counts how often any connection began to wait for its client.
    turns: AtomicU64,
    /// A place can be free now.
    changed: Notify,
}

#[derive(Debug)]
struct Connection {
    /// `None` for a proxy, which can have all places.
    address: Option<IpAddr>,
    /// When it began to wait for its client, or [`NOT_WAITING`].
    turn: AtomicU64,
    asked: AtomicBool,
    lost: Notify,
}

/// The place of one connection, which dropping it frees.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

/// The address has all of its share, and each of its connections waits for the server.
#[derive(Debug)]
pub(super) struct ShareTaken;

impl Connections {
    pub(super) fn new(places: usize, share: usize) -> Arc<Self> {
        Arc::new(Self {
            places,
            share,
            open: Mutex::default(),
            turns: AtomicU64::new(0),
            changed: Notify::new(),
        })
    }

    /// A place for a new connection. Waits if every connection waits for the server.
    pub(super) async fn place(
        self: &Arc<Self>,
        address: Option<IpAddr>,
    ) -> Result<Place, ShareTaken> {
        loop {
            if let Some(place) = self.free_place(address)? {
                return Ok(place);
            }
            self.changed.notified().await;
        }
    }

    fn free_place(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Option<Place>, ShareTaken> {
        let mut open = self.open();
        let is_sibling = |other: &Connection| address.is_some() && other.address == address;
        let siblings = open.iter().filter(|other| is_sibling(other)).count();
        if siblings >= self.share {
            if !close_longest_waiting(&mut open, is_sibling) {
                return Err(ShareTaken);
            }
        } else if open.len() >= self.places && !close_longest_waiting(&mut open, |_| true) {
            return Ok(None);
        }
        let connection = Arc::new(Connection {
            address,
            turn: AtomicU64::new(self.next_turn()),
            asked: AtomicBool::new(false),
            lost: Notify::new(),
        });
        open.push(Arc::clone(&connection));
        Ok(Some(Place {
            connections: Arc::clone(self),
            connection,
        }))
    }

    /// Closes the connection that has waited longest for its client. `false` if none waits.
    pub(super) fn close_one(&self) -> bool {
        close_longest_waiting(&mut self.open(), |_| true)
    }

    fn next_turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// A thread that panics cannot leave the list half-updated, so a poisoned lock is usable.
    fn open(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the place from one of these connections. `false` if none of them waits for its client.
fn close_longest_waiting(
    open: &mut Vec<Arc<Connection>>,
    may_close: impl Fn(&Connection) -> bool,
) -> bool {
    let turn = |connection: &Connection| connection.turn.load(Ordering::Relaxed);
    let waiting = open
        .iter()
        .enumerate()
        .filter(|(_, connection)| turn(connection) != NOT_WAITING && may_close(connection));
    let longest = waiting.min_by_key(|(_, connection)| turn(connection));
    let Some((index, _)) = longest else {
        return false;
    };
    open.swap_remove(index).lost.notify_one();
    true
}

impl Place {
    /// The server works on a request now.
    pub(super) fn works(&self) {
        self.connection.asked.store(true, Ordering::Relaxed);
        self.connection.turn.store(NOT_WAITING, Ordering::Relaxed);
    }

    /// The client is to send or to read now.
    pub(super) fn waits(&self) {
        let turn = self.connections.next_turn();
        let before = self.connection.turn.fetch_min(turn, Ordering::Relaxed);
        if before == NOT_WAITING {
            self.connections.changed.notify_one();
        }
    }

    /// Whether a request has begun.
    pub(super) fn has_asked(&self) -> bool {
        self.connection.asked.load(Ordering::Relaxed)
    }

    /// Waits until another connection gets the place.
    pub(super) async fn lost(&self) {
        self.connection.lost.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let own = |other: &Arc<Connection>| Arc::ptr_eq(other, &self.connection);
        let mut open = self.connections.open();
        if let Some(index) = open.iter().position(own) {
            open.swap_remove(index);
            self.connections.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn take(connections: &Arc<Connections>, address: Option<IpAddr>) -> Place {
        connections.free_place(address).unwrap().unwrap()
    }

    async fn is_lost(place: &Place) -> bool {
        let lost = tokio::time::timeout(Duration::ZERO, place.lost());
        lost.await.is_ok()
    }

    #[tokio::test]
    async fn the_connection_that_waits_longest_loses_its_place() {
        let connections = Connections::new(3, 3);
        let [a, b, c] = [1, 2, 3].map(|n| take(&connections, Some(address(n))));
        // Waiting for more of a body does not begin anew.
        b.waits();
        a.works();
        a.waits();
        let _d = take(&connections, Some(address(4)));
        assert!(is_lost(&b).await && !is_lost(&a).await && !is_lost(&c).await);
        let _e = take(&connections, Some(address(5)));
        assert!(is_lost(&c).await && !is_lost(&a).await);
        // Its place is counted once.
        drop(b);
        assert_eq!(connections.open().len(), 3);
        assert!(connections.close_one());
        assert!(is_lost(&a).await);
    }

    #[tokio::test]
    async fn without_a_waiting_client_the_next_one_waits() {
        let connections = Connections::new(2, 2);
        let [a, b] = [1, 2].map(|n| take(&connections, Some(address(n))));
        a.works();
        b.works();
        assert!(connections.free_place(Some(address(3))).unwrap().is_none());
        let next = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.place(Some(address(3))).await.unwrap() }
        });
        tokio::task::yield_now().await;
        drop(a);
        next.await.unwrap().works();
        assert!(!is_lost(&b).await);
        let next = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.place(Some(address(4))).await.unwrap() }
        });
        tokio::task::yield_now().await;
        b.waits();
        next.await.unwrap();
    }

    #[tokio::test]
    async fn an_address_has_its_share_and_a_proxy_all_places() {
        let connections = Connections::new(6, 2);
        let own: Vec<_> = (0..2)
            .map(|_| take(&connections, Some(address(1))))
            .collect();
        let other = take(&connections, Some(address(2)));
        let third = take(&connections, Some(address(1)));
        assert!(is_lost(&own[0]).await && !is_lost(&other).await);
        own[1].works();
        third.works();
        assert!(connections.free_place(Some(address(1))).is_err());
        let proxied: Vec<_> = (0..3).map(|_| take(&connections, None)).collect();
        assert_eq!(connections.open().len(), 6);
        let _next = take(&connections, None);
        assert!(is_lost(&other).await && !is_lost(&proxied[0]).await);
    }
}
