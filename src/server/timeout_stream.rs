//! A stream with timeouts: a client that sends nothing, sends too slowly, or does not read its response keeps its
//! connection only for a limited time.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Activity;

/// A stream that fails with `TimedOut` if the client is too slow.
///
/// A request must be complete within `timeout` after the connection was made or the last response was written, in
/// however many pieces it arrives; and a write must make progress within `timeout`. Operations that complete at once
/// cost nothing: the clock is read only before waiting, and the timer is not reset for each request, but when it fires
/// too early.
#[derive(Debug)]
pub(super) struct TimeoutStream<S> {
    stream: S,
    timeout: Duration,
    /// Deadline of the request; none while a response is being written.
    request_deadline: Option<Instant>,
    /// Fires at that time or before it, in the task that reads the stream.
    timer: Option<Pin<Box<Sleep>>>,
    /// Deadline of the write in progress; none if no write waits.
    write_deadline: Option<Pin<Box<Sleep>>>,
    activity: Activity,
}

impl<S> TimeoutStream<S> {
    pub(super) fn new(stream: S, timeout: Duration, activity: Activity) -> Self {
        Self {
            stream,
            timeout,
            activity,
            request_deadline: None,
            timer: None,
            write_deadline: None,
        }
    }

    /// Begins to wait for the client; returns the deadline.
    fn begin_wait(&self) -> Instant {
        let now = Instant::now();
        self.activity.begin_wait(now);
        // A timeout that overflows the clock is shortened to a day.
        now.checked_add(self.timeout).unwrap_or(now + Duration::from_hours(24))
    }

    /// Called if nothing can be read now: waits until the deadline of the request.
    fn poll_request_timeout(&mut self, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let request_deadline = match self.request_deadline {
            Some(deadline) => deadline,
            None => *self.request_deadline.insert(self.begin_wait()),
        };
        if let Some(timer) = &self.timer
            && !timer.is_elapsed()
        {
            // The timer was polled when it was set, by the task that polls now.
            return Poll::Pending;
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(request_deadline)));
        if timer.is_elapsed() {
            if request_deadline <= Instant::now() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(request_deadline);
        }
        timer.as_mut().poll(ctx).map(|()| Err(ErrorKind::TimedOut.into()))
    }

    /// Updates the deadlines after an attempt to write.
    fn after_write<T>(&mut self, ctx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.request_deadline = None;
            self.write_deadline = None;
            return result;
        }
        if !has_budget_remaining() {
            return Poll::Pending;
        }
        let timer = match &mut self.write_deadline {
            Some(timer) => timer,
            None => self.write_deadline.insert(Box::pin(sleep_until(self.begin_wait()))),
        };
        timer.as_mut().poll(ctx).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(ctx, buf);
        // Without budget the task is polled again soon, and a timer polled now would not be registered.
        if result.is_pending() && has_budget_remaining() {
            return self.poll_request_timeout(ctx);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, ctx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(ctx, buf);
        self.after_write(ctx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(ctx, bufs);
        self.after_write(ctx, result)
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
    use std::io::{Read, Write};
    use std::thread;

    use tokio::net::UnixStream;

    use super::*;

    /// Writes `bytes` bytes to a socket that `reader` reads in a thread.
    fn write(
        bytes: usize,
        timeout: Duration,
        reader: impl FnOnce(std::os::unix::net::UnixStream) + Send + 'static,
    ) -> io::Result<usize> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (here, there) = std::os::unix::net::UnixStream::pair()?;
            here.set_nonblocking(true)?;
            let reader = thread::spawn(move || reader(there));
            let mut stream = TimeoutStream::new(UnixStream::from_std(here)?, timeout, Activity::default());
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
    fn a_client_that_does_not_read_times_out() {
        let (deadline, ended) = std::sync::mpsc::channel::<()>();
        let error = write(usize::MAX, Duration::from_millis(50), move |stream| {
            // Keep the socket open until the writer has failed.
            assert!(ended.recv().is_err());
            drop(stream);
        });
        drop(deadline);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    /// Answers each byte until the stream fails.
    async fn echo(mut stream: TimeoutStream<UnixStream>) -> ErrorKind {
        loop {
            let mut byte = [0];
            let mut buffer = ReadBuf::new(&mut byte);
            if let Err(error) = poll_fn(|ctx| Pin::new(&mut stream).poll_read(ctx, &mut buffer)).await {
                return error.kind();
            }
            poll_fn(|ctx| Pin::new(&mut stream).poll_write(ctx, &[0]))
                .await
                .unwrap();
        }
    }

    /// Tokio lets a task do 128 operations before others have their turn; a timer that is polled then is not registered.
    #[test]
    fn a_client_that_uses_up_the_budget_of_the_task_times_out() {
        let timeout = Duration::from_millis(100);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for bytes in 60..68 {
            let kind = runtime.block_on(async {
                let (here, mut there) = std::os::unix::net::UnixStream::pair().unwrap();
                here.set_nonblocking(true).unwrap();
                let echo = tokio::spawn(echo(TimeoutStream::new(
                    UnixStream::from_std(here).unwrap(),
                    timeout,
                    Activity::default(),
                )));
                tokio::time::sleep(timeout / 2).await;
                // The answer moves the deadline, the timer stays as it is.
                there.write_all(b"x").unwrap();
                tokio::time::sleep(timeout / 4).await;
                // When the task is polled next, the timer has fired and there is data for the whole budget.
                thread::sleep(timeout / 2);
                there.write_all(&vec![b'x'; bytes]).unwrap();
                tokio::time::timeout(Duration::from_secs(10), echo).await
            });
            assert_eq!(
                kind.expect("the stream fails").unwrap(),
                ErrorKind::TimedOut,
                "{bytes} bytes"
            );
        }
    }

    #[test]
    fn a_slow_reader_does_not_time_out() {
        // Takes longer than the timeout in total, but each read comes in time.
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
