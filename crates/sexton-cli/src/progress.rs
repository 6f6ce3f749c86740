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

/// The same for work that counts what it has seen.
pub async fn watched_counting<T>(
    screen: &Screen,
    counts: watch::Receiver<(String, u64)>,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    if !screen.is_watched() {
        return work.await;
    }
    let line = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}");
    line.set_style(style.expect("the template is well formed"));
    line.enable_steady_tick(TICK);
    let mut seen = (String::new(), Duration::ZERO);
    let done = loop {
        let (store, count) = counts.borrow().clone();
        if seen.0 != store {
            seen = (store.clone(), line.elapsed());
        }
        let millis = line.elapsed().saturating_sub(seen.1).as_millis().max(1);
        let rate = u128::from(count) * 1_000 / millis;
        let rate = text::counted(u64::try_from(rate).unwrap_or(u64::MAX), "object", "objects");
        let count = text::counted(count, "object", "objects");
        line.set_message(format!("Sweeping {store}: {count} listed, {rate} a second"));
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(TICK) => {}
        }
    };
    line.finish_and_clear();
    done
}
