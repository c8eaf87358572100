//! The door: how many connections there may be, and how long one may say nothing.
//!
//! poem neither counts connections nor times a request's head, and it spins when
//! `accept` fails. [`Guarded`] stands before its acceptor and does all three, by the book
//! that [`Connections`] keeps.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use poem::Addr;
use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connections::{Connections, Slot};

/// How long the acceptor rests after a failure that is not one connection's own, such as
/// no file descriptor being left.
const REST: Duration = Duration::from_millis(50);

/// An acceptor within the limits.
pub(super) struct Guarded<A> {
    inner: A,
    connections: Arc<Connections>,
}

impl<A> Guarded<A> {
    /// Stands before this acceptor.
    pub(super) const fn new(inner: A, connections: Arc<Connections>) -> Self {
        Self { inner, connections }
    }
}

impl<A: Acceptor> Acceptor for Guarded<A> {
    type Io = Timed<A::Io>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            let (io, local, remote, scheme) = match self.inner.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    rest_after(&error).await;
                    continue;
                }
            };
            let slot = match remote.0 {
                Addr::SocketAddr(address) => self.connections.admit(address),
                _ => None,
            };
            // Without a place the connection is closed by being dropped here.
            if let Some(slot) = slot {
                return Ok((Timed::new(io, slot), local, remote, scheme));
            }
            tracing::debug!(peer = %remote, "too many connections");
        }
    }
}

async fn rest_after(error: &io::Error) {
    let its_own = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    );
    if !its_own {
        tracing::warn!(%error, "no connection can be accepted");
        sleep(REST).await;
    }
}

/// A connection with a clock.
pub(super) struct Timed<Io> {
    io: Io,
    slot: Slot,
    sleep: Pin<Box<Sleep>>,
}

impl<Io> Timed<Io> {
    fn new(io: Io, slot: Slot) -> Self {
        Self {
            io,
            slot,
            sleep: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// Fails once the clock has run out; until then the task is woken when it does.
    fn in_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let Some(until) = self.slot.until() else {
            return Ok(());
        };
        if self.sleep.deadline() != until {
            self.sleep.as_mut().reset(until);
        }
        match self.sleep.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Timed<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.slot.received();
        }
        read
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Timed<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?;
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.slot.sent();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::pending;

    use std::net::SocketAddr;

    use futures_util::FutureExt;

    use super::super::connections::ConnectionLimits;
    use super::*;

    /// Accepts nothing but what it is given.
    struct Script(VecDeque<io::Result<&'static str>>);

    impl Acceptor for Script {
        type Io = tokio::io::Empty;

        fn local_addr(&self) -> Vec<LocalAddr> {
            Vec::new()
        }

        async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
            let Some(next) = self.0.pop_front() else {
                return pending().await;
            };
            let peer = next?.parse::<SocketAddr>().unwrap();
            let local = LocalAddr(Addr::default());
            Ok((
                tokio::io::empty(),
                local,
                RemoteAddr(peer.into()),
                Scheme::HTTP,
            ))
        }
    }

    fn guarded(limits: ConnectionLimits, script: Vec<io::Result<&'static str>>) -> Guarded<Script> {
        Guarded::new(Script(script.into()), Connections::new(limits))
    }

    async fn accept(guarded: &mut Guarded<Script>) -> (Timed<tokio::io::Empty>, String) {
        let (io, _, remote, _) = guarded.accept().await.unwrap();
        (io, remote.to_string())
    }

    #[tokio::test]
    async fn without_file_descriptors_the_acceptor_rests() {
        const EMFILE: i32 = 24;
        let exhausted = || Err(io::Error::from_raw_os_error(EMFILE));
        let aborted = Err(io::ErrorKind::ConnectionAborted.into());
        let script = vec![aborted, exhausted(), exhausted(), Ok("1.2.3.4:5")];
        let begun = Instant::now();
        let (_, peer) = accept(&mut guarded(ConnectionLimits::default(), script)).await;
        assert!(peer.contains("1.2.3.4:5"));
        assert!(begun.elapsed() >= 2 * REST);
    }

    #[tokio::test]
    async fn places_are_counted_and_given_back() {
        let limits = ConnectionLimits {
            total: 3,
            per_peer: 2,
            ..ConnectionLimits::default()
        };
        let script = vec![
            Ok("[2001:db8::1]:1"),
            Ok("[2001:db8::2]:2"),
            Ok("[2001:db8::3]:3"), // the third of its network
            Ok("1.1.1.1:1"),
            Ok("2.2.2.2:1"), // the fourth of all
        ];
        let mut guarded = guarded(limits, script);
        let (first, _) = accept(&mut guarded).await;
        let _second = accept(&mut guarded).await;
        let third = accept(&mut guarded).await;
        assert!(third.1.contains("1.1.1.1"));
        assert!(guarded.accept().now_or_never().is_none());
        drop(first);
        guarded.inner.0.push_back(Ok("[2001:db8::4]:4"));
        assert!(accept(&mut guarded).await.1.contains("2001:db8::4"));
    }
}
