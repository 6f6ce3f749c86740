//! Serves until it is told to stop, and then ends in order.
//!
//! Order: first nobody new is let in; then those who wait are answered, background work ends what
//! it holds, and deletions under way have a little time. What is not at its end then is left where
//! it is: its state is stored, and whoever settles goes on with it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::router::router;
use crate::service::Service;
use crate::tidying::tidy;
use crate::working::work;

/// So long those who wait have to be answered, once it is told to stop.
const ANSWERING: Duration = Duration::from_secs(10);

/// How it is served.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether this process also does the background work of its systems.
    pub works: bool,
    /// So long deletions under way have to end, once it is told to stop.
    pub grace: Duration,
}

/// Serves on this listener until `stop` ends.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut workers = JoinSet::new();
    if settings.works {
        for (_, system) in service.systems() {
            workers.spawn(work(system.clone(), service.stopping()));
        }
    }
    if let Some(state) = service.state() {
        let clock = service.surroundings.clock.clone();
        workers.spawn(tidy(state.clone(), clock, service.stopping()));
    }
    let told = {
        let service = service.clone();
        async move {
            stop.await;
            tracing::info!(event = "stopping");
            service.stop();
        }
    };
    let serving = axum::serve(
        listener,
        router(service.clone()).into_make_service_with_connect_info::<SocketAddr>(),
    );
    let mut stopping = service.stopping();
    let over = async move {
        // Whoever could tell to stop is still there.
        drop(stopping.wait_for(|is_stopped| *is_stopped).await);
        tokio::time::sleep(ANSWERING).await;
    };
    let served = tokio::select! {
        served = serving.with_graceful_shutdown(told) => served,
        () = over => Ok(()),
    };
    service.stop();
    service.running.end(settings.grace).await;
    while workers.join_next().await.is_some() {}
    tracing::info!(event = "stopped");
    served
}
