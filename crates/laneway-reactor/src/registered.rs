//! A source that is registered with a reactor: waiting for it, and operations that wait.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use laneway_loom::sync::Arc;
use laneway_waker::budget;
use mio::{Interest, Token, event};

use crate::direction::{Direction, Directions};
use crate::handle::Handle;
use crate::source::{Snapshot, Source};
use crate::wait::Wait;

/// What a source is ready for, from [`Registered::ready`].
///
/// It may be out of date by the time it is looked at, and it may be a false alarm: an operation that is
/// tried must be able to say that it would have blocked.
#[derive(Debug, Clone, Copy)]
pub struct Ready(Snapshot);

/// A mio source registered with a [`Reactor`](crate::Reactor).
///
/// It is edge-triggered: the system says once that the source has become ready, and it counts as ready
/// until an operation inside [`try_io`](Self::try_io), [`io`](Self::io) or [`poll_io`](Self::poll_io) finds that
/// it would have blocked. An operation outside them leaves that unknown, and nobody is woken any more.
///
/// Any number of futures may wait for each direction; an event wakes all of them. Of the `poll_*`
/// methods, only the last caller is woken in each direction.
///
/// Dropping it deregisters and drops the source.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> std::io::Result<()> {
/// use std::io::{Read, Write};
/// use laneway_reactor::{Interest, Reactor};
///
/// let (mut sender, receiver) = mio::unix::pipe::new()?;
/// sender.write_all(b"hello")?;
///
/// let mut reactor = Reactor::new()?;
/// let receiver = reactor.handle().register(receiver, Interest::READABLE)?;
/// let mut buffer = [0; 16];
/// let read = receiver.io(Interest::READABLE, |mut pipe| pipe.read(&mut buffer));
/// assert_eq!(reactor.run_until(read)??, 5);
/// assert_eq!(&buffer[..5], b"hello");
/// # Ok(())
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
pub struct Registered<S: event::Source> {
    /// `None` only after [`into_inner`](Self::into_inner).
    io: Option<S>,
    source: Arc<Source>,
    token: Token,
    handle: Handle,
}

impl<S: event::Source> Registered<S> {
    /// As [`Handle::register`].
    ///
    /// # Errors
    ///
    /// What the system said; [`Closed`](crate::Closed) if the reactor is closed.
    pub fn new(handle: &Handle, io: S, interest: Interest) -> io::Result<Self> {
        Self::known(handle, io, interest, Directions::NONE)
    }

    /// As `new`, for a stream that has just been connected: it can be written to without waiting for
    /// an event that says so.
    pub(crate) fn connected(handle: &Handle, io: S) -> io::Result<Self> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Self::known(handle, io, interest, Directions::WRITE)
    }

    fn known(
        handle: &Handle,
        mut io: S,
        interest: Interest,
        ready: Directions,
    ) -> io::Result<Self> {
        let shared = &handle.shared;
        let is_plain = ready == Directions::NONE;
        let (token, source) = match is_plain.then(|| shared.sources.reuse()).flatten() {
            Some(spare) => spare,
            None => {
                let source = Arc::new(Source::new(ready));
                (shared.sources.insert(source.clone())?, source)
            }
        };
        if let Err(error) = shared.registry.register(&mut io, token, interest) {
            if is_plain {
                shared.sources.spare(token, source);
            } else {
                shared.remove(token);
            }
            return Err(error);
        }
        Ok(Self {
            io: Some(io),
            source,
            token,
            handle: handle.clone(),
        })
    }

    /// The source. Operations that may block belong into [`try_io`](Self::try_io) and its like.
    #[inline]
    pub fn get_ref(&self) -> &S {
        self.io.as_ref().expect("it is there until `into_inner`")
    }

    /// The source. Operations that may block belong into [`try_io`](Self::try_io) and its like.
    #[inline]
    pub fn get_mut(&mut self) -> &mut S {
        self.io.as_mut().expect("it is there until `into_inner`")
    }

    /// Deregisters the source and gives it back.
    ///
    /// # Errors
    ///
    /// What the system said; the source is dropped then.
    pub fn into_inner(mut self) -> io::Result<S> {
        let mut io = self.io.take().expect("it is there until `into_inner`");
        self.deregister(&mut io)?;
        Ok(io)
    }

    /// The reactor it is registered with.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until the source is ready for any of `interest`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped: what is ready stays so.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        let mut wait = Wait::new(&self.source, interest.into());
        poll_fn(|cx| {
            let unit = ready!(budget::poll_proceed(cx));
            let seen = ready!(wait.poll(cx));
            unit.spend();
            Poll::Ready(seen.map(Ready))
        })
        .await
    }

    /// Waits until the source may be read.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped: what is ready stays so.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until the source may be written.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped: what is ready stays so.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// As [`readable`](Self::readable), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx, Directions::READ)
    }

    /// As [`writable`](Self::writable), for a future written by hand. Only the last caller is woken.
    ///
    /// # Errors
    ///
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx, Directions::WRITE)
    }

    /// Tries `op` if the source is ready for any of `interest`.
    ///
    /// `op` says [`WouldBlock`](io::ErrorKind::WouldBlock) when it must wait; the source then counts as not
    /// ready until the system's next event.
    ///
    /// # Errors
    ///
    /// Those of `op`; [`WouldBlock`](io::ErrorKind::WouldBlock) also if the source is not ready;
    /// [`Closed`](crate::Closed) once the reactor is closed.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        self.try_op(interest.into(), op, |_| false)
    }

    /// Does `op` as soon as it does not say [`WouldBlock`](io::ErrorKind::WouldBlock), and waits in between
    /// for any of `interest`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if it is dropped: `op` runs only in a poll that ends with its result.
    ///
    /// # Errors
    ///
    /// Those of `op`; [`Closed`](crate::Closed) once the reactor is closed.
    pub async fn io<R>(
        &self,
        interest: Interest,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        self.op(interest.into(), op, |_| false).await
    }

    /// As [`io`](Self::io), for a future written by hand. Only the last caller in each direction of
    /// `interest` is woken.
    ///
    /// # Errors
    ///
    /// Those of `op`; [`Closed`](crate::Closed) once the reactor is closed.
    pub fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_op(cx, interest.into(), op, |_| false)
    }

    /// Lets the waker go that the `poll_*` methods keep for `direction`.
    pub(crate) fn forget_polled(&self, direction: Direction) {
        self.source.forget_polled(direction);
    }

    /// [`try_io`](Self::try_io); `drained` says whether a result means that the next `op` would block.
    #[inline]
    pub(crate) fn try_op<R>(
        &self,
        directions: Directions,
        op: impl FnOnce(&S) -> io::Result<R>,
        drained: impl FnOnce(&R) -> bool,
    ) -> io::Result<R> {
        let would_block = || Err(io::ErrorKind::WouldBlock.into());
        match self.source.check(directions) {
            Poll::Pending => would_block(),
            Poll::Ready(seen) => self.attempt(seen?, op, drained).unwrap_or_else(would_block),
        }
    }

    /// [`io`](Self::io); `drained` says whether a result means that the next `op` would block.
    #[inline]
    pub(crate) async fn op<R>(
        &self,
        directions: Directions,
        mut op: impl FnMut(&S) -> io::Result<R>,
        drained: impl Fn(&R) -> bool,
    ) -> io::Result<R> {
        let mut wait = Wait::new(&self.source, directions);
        poll_fn(|cx| self.drive(cx, |cx| wait.poll(cx), &mut op, &drained)).await
    }

    /// [`poll_io`](Self::poll_io); `drained` says whether a result means that the next `op` would block.
    #[inline]
    pub(crate) fn poll_op<R>(
        &self,
        cx: &mut Context<'_>,
        directions: Directions,
        op: impl FnMut(&S) -> io::Result<R>,
        drained: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        self.drive(cx, |cx| self.source.poll_ready(cx, directions), op, drained)
    }

    /// Waits and tries, until it is done or out of budget.
    #[inline]
    fn drive<R>(
        &self,
        cx: &mut Context<'_>,
        mut wait: impl FnMut(&mut Context<'_>) -> Poll<io::Result<Snapshot>>,
        mut op: impl FnMut(&S) -> io::Result<R>,
        drained: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        let unit = ready!(budget::poll_proceed(cx));
        loop {
            let seen = ready!(wait(cx))?;
            if let Some(result) = self.attempt(seen, &mut op, &drained) {
                unit.spend();
                return Poll::Ready(result);
            }
        }
    }

    /// Does `op`; `None` if it would have blocked, which is remembered.
    #[inline]
    fn attempt<R>(
        &self,
        seen: Snapshot,
        op: impl FnOnce(&S) -> io::Result<R>,
        drained: impl FnOnce(&R) -> bool,
    ) -> Option<io::Result<R>> {
        let result = op(self.get_ref());
        match &result {
            Ok(done) if drained(done) => self.source.clear_ready(seen),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.source.clear(seen);
                return None;
            }
            _ => {}
        }
        Some(result)
    }

    fn poll_ready(&self, cx: &mut Context<'_>, directions: Directions) -> Poll<io::Result<()>> {
        let unit = ready!(budget::poll_proceed(cx));
        let seen = ready!(self.source.poll_ready(cx, directions));
        unit.spend();
        Poll::Ready(seen.map(drop))
    }

    /// No event of the source will find anyone.
    fn deregister(&self, io: &mut S) -> io::Result<()> {
        let shared = &self.handle.shared;
        let result = shared.registry.deregister(io);
        shared.remove(self.token);
        // Nobody can poll any more; the reactor may still have hold of the source.
        self.forget_polled(Direction::Read);
        self.forget_polled(Direction::Write);
        result
    }
}

impl<S: event::Source> Drop for Registered<S> {
    fn drop(&mut self) {
        if let Some(mut io) = self.io.take() {
            // What the system says about a source that is to be closed does not matter.
            let _ = self.deregister(&mut io);
        }
    }
}

impl Ready {
    /// A read may succeed, or tell that there will be nothing more, or an error.
    pub fn is_readable(&self) -> bool {
        self.0.read.is_ready()
    }

    /// A write may succeed, or tell that nobody will read it, or an error.
    pub fn is_writable(&self) -> bool {
        self.0.write.is_ready()
    }

    /// Nothing more will come after what is there.
    pub fn is_read_closed(&self) -> bool {
        self.0.read.is_closed()
    }

    /// Nothing more can be written.
    pub fn is_write_closed(&self) -> bool {
        self.0.write.is_closed()
    }

    /// The source is in error.
    pub fn is_error(&self) -> bool {
        self.0.read.is_error() || self.0.write.is_error()
    }
}

impl<S: event::Source + fmt::Debug> fmt::Debug for Registered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("io", &self.io)
            .field("read", &self.source.side(Direction::Read))
            .field("write", &self.source.side(Direction::Write))
            .finish_non_exhaustive()
    }
}
