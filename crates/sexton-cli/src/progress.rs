//! Shows a person that something is still running, once it takes longer than a moment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::screen::Screen;

/// Work that ends before this shows nothing.
const MOMENT: Duration = Duration::from_millis(800);
const TICK: Duration = Duration::from_millis(120);

/// Waits for the work, with a line on the terminal where somebody watches.
pub async fn watched<T>(screen: &Screen, what: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    if !screen.is_watched() {
        return work.await;
    }
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(MOMENT) => {}
    }
    let line = ProgressBar::new_spinner().with_message(what.to_owned());
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    line.set_style(style.expect("the template is well formed"));
    line.enable_steady_tick(TICK);
    let done = work.await;
    line.finish_and_clear();
    done
}
