//! Shows that something is still running, once it takes longer than a moment: to a person by a line
//! on the terminal, to a program by events.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sexton_engine::{Gone, Waiting};
use tokio::sync::watch;

use crate::screen::Screen;
use crate::text;

/// Work that ends before this shows nothing.
const MOMENT: Duration = Duration::from_millis(800);
const TICK: Duration = Duration::from_millis(120);
/// So often a program is told how many objects are gone, while some go.
const EVENT_EVERY: Duration = Duration::from_secs(1);

/// How many objects a deletion has removed, and how many it is thought to remove.
#[derive(Debug, Clone)]
pub struct Removing {
    pub gone: watch::Receiver<Gone>,
    /// None where nobody counted them.
    pub total: Option<u64>,
}

/// Waits for the work, with a line on the terminal where somebody watches.
pub async fn watched<T>(screen: &Screen, what: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    if !screen.is_watched() {
        return work.await;
    }
    shown(&mut work, |passed| format!("{what} ({} s)", passed.as_secs())).await
}

/// The same for work that may have to wait for others and then says for whom, and that removes
/// objects and says how many.
pub async fn watched_removing<T>(
    screen: &mut Screen,
    what: &str,
    mut waits: watch::Receiver<Option<Waiting>>,
    removing: Removing,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    if !screen.is_text() {
        return told(screen, &mut work, removing).await;
    }
    if !screen.is_watched() {
        return work.await;
    }
    let (mut waits_since, mut goes_since) = (None, None);
    shown(&mut work, move |passed| {
        let gone = *removing.gone.borrow();
        if let Some(waiting) = waits.borrow_and_update().clone() {
            let since = *waits_since.get_or_insert(passed);
            return text::waiting(&waiting, passed.saturating_sub(since).as_secs());
        }
        if gone.objects > 0 {
            let since = *goes_since.get_or_insert(passed);
            return text::removing(gone, removing.total, passed.saturating_sub(since));
        }
        format!("{what} ({} s)", passed.as_secs())
    })
    .await
}

/// Shows a line until the work is done, if it takes longer than a moment.
async fn shown<T>(
    work: &mut (impl Future<Output = T> + Unpin),
    mut said: impl FnMut(Duration) -> String,
) -> T {
    tokio::select! {
        done = &mut *work => return done,
        () = tokio::time::sleep(MOMENT) => {}
    }
    let line = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}");
    line.set_style(style.expect("the template is well formed"));
    line.enable_steady_tick(TICK);
    let done = loop {
        line.set_message(said(line.elapsed() + MOMENT));
        tokio::select! {
            done = &mut *work => break done,
            () = tokio::time::sleep(TICK) => {}
        }
    };
    line.finish_and_clear();
    done
}

/// Tells a program how many objects are gone until the work is done.
async fn told<T>(
    screen: &mut Screen,
    work: &mut (impl Future<Output = T> + Unpin),
    mut removing: Removing,
) -> T {
    loop {
        tokio::select! {
            done = &mut *work => {
                tell(screen, &mut removing);
                return done;
            }
            () = tokio::time::sleep(EVENT_EVERY) => tell(screen, &mut removing),
        }
    }
}

fn tell(screen: &mut Screen, removing: &mut Removing) {
    if removing.gone.has_changed().unwrap_or(false) {
        let gone = *removing.gone.borrow_and_update();
        screen.event(&json!({
            "event": "removing",
            "objects": gone.objects,
            "bytes": gone.bytes,
            "total": removing.total,
        }));
    }
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
