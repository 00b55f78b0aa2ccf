//! Notifications of systemd (`sd_notify(3)`); without `NOTIFY_SOCKET` nothing is sent.

use sd_notify::NotifyState;

pub(super) fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}
