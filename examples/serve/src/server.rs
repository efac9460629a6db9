//! Connections: their number is bounded, slow ones end, and at the end of the server all requests that began are answered.

use crate::api::{App, router};
use crate::batcher::{Batcher, Batching};
use crate::model::Current;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The settings of a server.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The limits by which requests become batches.
    pub batching: Batching,
    /// The most connections at a time; others wait until one ends.
    pub connections: usize,
    /// How long a client may take to send the head of a request, or its body, and to begin the next one.
    pub patience: Duration,
    /// How long requests may take to end after the end was requested.
    pub end_within: Duration,
}

/// Serves until `end` is ready, and answers the requests that have begun. Returns how many requests got predictions.
///
/// # Errors
/// There is no memory for the sessions.
pub async fn serve(
    listener: TcpListener,
    current: Arc<Current>,
    settings: Settings,
    end: impl Future<Output = ()>,
) -> dl::Result<u64> {
    let (batcher, workers) = Batcher::start(&current, settings.batching)?;
    let app = Arc::new(App {
        current,
        batcher,
        max_images: settings.batching.max_batch,
        body_time: settings.patience,
        answered: AtomicU64::new(0),
    });
    accept(listener, &app, settings, end).await;
    let answered = app.answered.load(Relaxed);
    // With the last sender the queue ends, and with it the threads.
    drop(app);
    let join = move || workers.into_iter().for_each(|worker| drop(worker.join()));
    let _ = tokio::task::spawn_blocking(join).await;
    Ok(answered)
}

async fn accept(listener: TcpListener, app: &Arc<App>, settings: Settings, end: impl Future<Output = ()>) {
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(settings.connections)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.patience).half_close(true);
    let service = TowerToHyperService::new(router(app.clone()));
    let mut end = std::pin::pin!(end);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut end => break,
        };
        let Ok((stream, _)) = accepted else {
            // Mostly for want of file handles, which others give back.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            // A client that goes away, or speaks no HTTP, ends its own connection only.
            let _ = connection.await;
            drop(place);
        });
    }
    drop((listener, service));
    if tokio::time::timeout(settings.end_within, graceful.shutdown()).await.is_err() {
        eprintln!("some requests did not end within {} s", settings.end_within.as_secs_f32());
    }
}
