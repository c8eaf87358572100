//! The live connections: how many, whose, and what each is waited for.
//!
//! A connection's clock:
//!
//! - from the accept, and from the first byte after an answer, a complete request head
//!   must arrive within [`ConnectionLimits::head`];
//! - while a request is being answered no clock runs (its body has its own);
//! - after an answer the connection may idle, or take the answer, for
//!   [`ConnectionLimits::idle`] without progress.
//!
//! The head is complete when the outermost endpoint is called: it says so with
//! [`Connections::busy`], by the peer's address and port, which no two live connections
//! share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poem::Addr;
use tokio::time::Instant;

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections together.
    pub total: usize,
    /// Connections of one peer: an IPv4 address, or an IPv6 network of 64 bits.
    pub per_peer: usize,
    /// Time to send a complete request head.
    pub head: Duration,
    /// Time without progress between requests.
    pub idle: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: 10_000,
            per_peer: 256,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
        }
    }
}

/// The live connections.
#[derive(Debug)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    total: usize,
    by_peer: HashMap<IpAddr, usize>,
    deadlines: HashMap<SocketAddr, Arc<Deadline>>,
}

impl Connections {
    /// None yet.
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            live: Mutex::default(),
        })
    }

    /// Notes a request of this peer, until the result is dropped.
    pub(super) fn busy(&self, peer: &Addr) -> Option<Busy> {
        let deadline = match peer {
            Addr::SocketAddr(address) => lock(&self.live).deadlines.get(address).cloned(),
            _ => None,
        };
        deadline.map(Busy::begin)
    }

    /// A place for a connection from this address, unless there is none left.
    pub(super) fn admit(self: &Arc<Self>, address: SocketAddr) -> Option<Slot> {
        let mut live = lock(&self.live);
        let of_peer = live.by_peer.get(&peer_of(address)).copied().unwrap_or(0);
        if live.total >= self.limits.total || of_peer >= self.limits.per_peer {
            return None;
        }
        let deadline = Arc::new(Deadline::started(self.limits));
        live.total += 1;
        live.by_peer.insert(peer_of(address), of_peer + 1);
        live.deadlines.insert(address, Arc::clone(&deadline));
        Some(Slot {
            connections: Arc::clone(self),
            address,
            deadline,
        })
    }

    fn release(&self, slot: &Slot) {
        let mut live = lock(&self.live);
        live.total -= 1;
        // After a reset the same address may be back before the old connection is gone.
        let ours = |deadline: &Arc<Deadline>| Arc::ptr_eq(deadline, &slot.deadline);
        if live.deadlines.get(&slot.address).is_some_and(ours) {
            live.deadlines.remove(&slot.address);
        }
        let peer = peer_of(slot.address);
        if let Some(count) = live.by_peer.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                live.by_peer.remove(&peer);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One site usually holds a whole /64 of IPv6: counting its addresses would count nothing.
fn peer_of(address: SocketAddr) -> IpAddr {
    match address.ip().to_canonical() {
        IpAddr::V6(ip) => {
            let network = ip.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A connection's place among the live ones.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    address: SocketAddr,
    deadline: Arc<Deadline>,
}

impl Slot {
    /// When the connection has been silent for too long; never while it is busy.
    pub(super) fn until(&self) -> Option<Instant> {
        let state = lock(&self.deadline.state);
        (state.busy == 0).then_some(state.until)
    }

    /// Notes that bytes have come.
    pub(super) fn received(&self) {
        let mut state = lock(&self.deadline.state);
        if state.idle {
            state.idle = false;
            state.until = Instant::now() + self.deadline.limits.head;
        }
    }

    /// Notes that bytes have gone.
    pub(super) fn sent(&self) {
        let mut state = lock(&self.deadline.state);
        if state.idle {
            state.until = Instant::now() + self.deadline.limits.idle;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.release(self);
    }
}

/// What a connection is waited for, and until when.
#[derive(Debug)]
struct Deadline {
    limits: ConnectionLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests being answered; more than one on HTTP/2.
    busy: usize,
    /// True between requests, until a byte arrives.
    idle: bool,
    until: Instant,
}

impl Deadline {
    fn started(limits: ConnectionLimits) -> Self {
        let state = State {
            busy: 0,
            idle: false,
            until: Instant::now() + limits.head,
        };
        Self {
            limits,
            state: Mutex::new(state),
        }
    }
}

/// A request being answered: its connection's clock stands still.
#[derive(Debug)]
pub(super) struct Busy(Arc<Deadline>);

impl Busy {
    fn begin(deadline: Arc<Deadline>) -> Self {
        lock(&deadline.state).busy += 1;
        Self(deadline)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.busy -= 1;
        state.idle = true;
        state.until = Instant::now() + self.0.limits.idle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let mapped: SocketAddr = "[::ffff:1.2.3.4]:1".parse().unwrap();
        assert_eq!(peer_of(mapped), "1.2.3.4".parse::<IpAddr>().unwrap());
    }
}
