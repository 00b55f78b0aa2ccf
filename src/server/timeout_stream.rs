//! A stream whose other end must do its part: a client that asks for nothing, asks too slowly, or takes nothing of its answer, holds its
//! connection only for a while.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A stream that fails when its other end takes too long.
///
/// A request must be there within `patience` after the connection was made or the last answer was written, however many pieces it
/// comes in; and a write must get on by a byte within `patience`. What is done at once costs nothing: the clock is asked only where
/// one must wait, and its alarm is not set anew for each request, but when it rings too early.
#[derive(Debug)]
pub(super) struct TimeoutStream<S> {
    stream: S,
    patience: Duration,
    /// By when the request must be there; none = what was asked before is being answered.
    asked_by: Option<Instant>,
    /// Rings at that time or before it, in the task in which the stream is read.
    alarm: Option<Pin<Box<Sleep>>>,
    /// When the write that waits now has waited too long; none = no write waits.
    written_by: Option<Pin<Box<Sleep>>>,
}

impl<S> TimeoutStream<S> {
    /// A client may take as long as `patience`.
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            asked_by: None,
            alarm: None,
            written_by: None,
        }
    }

    /// When the patience ends that begins now.
    fn end(&self) -> Instant {
        let now = Instant::now();
        // A time too long for the clock is as good as a day.
        now.checked_add(self.patience).unwrap_or(now + Duration::from_hours(24))
    }

    /// Nothing can be read now: waits for it no longer than there is patience.
    fn nothing_yet(&mut self, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let end = self.end();
        let asked_by = *self.asked_by.get_or_insert(end);
        if let Some(alarm) = &self.alarm
            && !alarm.is_elapsed()
        {
            // It was polled when it was set, by the task that polls now.
            return Poll::Pending;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(asked_by)));
        if alarm.is_elapsed() {
            if asked_by <= Instant::now() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            alarm.as_mut().reset(asked_by);
        }
        match alarm.as_mut().poll(ctx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    /// What came of a write.
    fn written<T>(&mut self, ctx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.asked_by = None;
            self.written_by = None;
            return result;
        }
        let end = self.end();
        let deadline = self.written_by.get_or_insert_with(|| Box::pin(sleep_until(end)));
        match deadline.as_mut().poll(ctx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(ctx, buf);
        if result.is_pending() {
            return self.nothing_yet(ctx);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(ctx, buf);
        self.written(ctx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(ctx, bufs);
        self.written(ctx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(ctx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read;
    use std::thread;

    use tokio::net::UnixStream;

    use super::*;

    /// Writes `bytes` bytes to a socket whose other end is read by `reader` in a thread.
    fn write(
        bytes: usize,
        patience: Duration,
        reader: impl FnOnce(std::os::unix::net::UnixStream) + Send + 'static,
    ) -> io::Result<usize> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (here, there) = std::os::unix::net::UnixStream::pair()?;
            here.set_nonblocking(true)?;
            let reader = thread::spawn(move || reader(there));
            let mut stream = TimeoutStream::new(UnixStream::from_std(here)?, patience);
            let block = [b'x'; 4_096];
            let mut done = 0;
            while done < bytes {
                done += poll_fn(|ctx| Pin::new(&mut stream).poll_write(ctx, &block)).await?;
            }
            drop(stream);
            reader.join().unwrap();
            Ok(done)
        })
    }

    #[test]
    fn who_reads_nothing_is_given_up() {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let error = write(usize::MAX, Duration::from_millis(50), move |stream| {
            // Open until the writer has given up.
            assert!(ended.recv().is_err());
            drop(stream);
        });
        drop(end);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn who_reads_slowly_is_served() {
        // Longer in all than the patience, but never without a byte for so long.
        let all = 2 << 20;
        let done = write(all, Duration::from_millis(400), |mut stream| {
            let mut buffer = vec![0; 128 << 10];
            while stream.read(&mut buffer).unwrap() > 0 {
                thread::sleep(Duration::from_millis(40));
            }
        });
        assert!(done.unwrap() >= all);
    }
}
