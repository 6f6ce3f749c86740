//! Shows a person that something is still running, once it takes longer than a moment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sexton_engine::Waiting;
use tokio::sync::watch;

use crate::screen::Screen;
use crate::text;

/// Work that ends before this shows nothing.
const MOMENT: Duration = Duration::from_millis(800);
const TICK: Duration = Duration::from_millis(120);

/// Waits for the work, with a line on the terminal where somebody watches.
pub async fn watched<T>(screen: &Screen, what: &str, work: impl Future<Output = T>) -> T {
    let (_never, waits) = watch::channel(None);
    watched_waiting(screen, what, waits, work).await
}

/// The same for work that may have to wait for others, and then says for whom.
pub async fn watched_waiting<T>(
    screen: &Screen,
    what: &str,
    mut waits: watch::Receiver<Option<Waiting>>,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    if !screen.is_watched() {
        return work.await;
    }
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(MOMENT) => {}
    }
    let line = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}");
    line.set_style(style.expect("the template is well formed"));
    line.enable_steady_tick(TICK);
    let mut waits_since = None;
    let done = loop {
        let waiting = waits.borrow_and_update().clone();
        let now = line.elapsed();
        let passed = match &waiting {
            Some(_) => now.saturating_sub(*waits_since.get_or_insert(now)),
            None => Duration::ZERO,
        };
        line.set_message(match waiting {
            Some(waiting) => text::waiting(&waiting, passed.as_secs()),
            None => format!("{what} ({} s)", (line.elapsed() + MOMENT).as_secs()),
        });
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(TICK) => {}
        }
    };
    line.finish_and_clear();
    done
}
