//! The server as a program: `cargo run --release -p dl-serve -- --model digits.safetensors`.

use clap::Parser;
use serve::batcher::Batching;
use serve::model::Current;
use serve::server::{Settings, serve};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serves the network of the example `digits` over HTTP
#[derive(Parser)]
struct Options {
    /// The file that the example `digits` writes
    #[arg(long, default_value = "digits.safetensors")]
    model: PathBuf,
    /// Where to listen; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    address: SocketAddr,
    /// The threads that predict
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,
    /// The most images of a batch, and of a request
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    max_batch: u16,
    /// How long a batch waits for requests that are on their way
    #[arg(long, default_value_t = 1000)]
    max_wait_us: u64,
    /// The requests that may wait for a thread; more are answered with 503
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
    /// The connections at a time; more wait
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// How long a client may take to send a request
    #[arg(long, default_value_t = 10)]
    patience_s: u64,
    /// Measure how long clients wait, and end
    #[arg(long)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let settings = Settings {
        batching: Batching {
            workers: options.workers.into(),
            max_batch: options.max_batch.into(),
            max_wait: Duration::from_micros(options.max_wait_us),
            queue: options.queue.into(),
        },
        connections: options.connections.into(),
        patience: Duration::from_secs(options.patience_s),
        end_within: Duration::from_secs(30),
    };
    let current = Arc::new(Current::load(options.model)?);
    let address = if options.bench { SocketAddr::from(([127, 0, 0, 1], 0)) } else { options.address };
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    if options.bench {
        let measured = tokio::task::spawn_blocking(move || serve::bench::print_table(address, Duration::from_secs(5)));
        let end = async { measured.await.expect("no panic").expect("answers") };
        serve(listener, current, settings, end).await?;
        return Ok(());
    }
    reload_on_hangup(current.clone())?;
    let answered = serve(listener, current, settings, end_requested()?).await?;
    println!("ended after {answered} predictions");
    Ok(())
}

/// Reads the weights again at each SIGHUP.
#[cfg(unix)]
fn reload_on_hangup(current: Arc<Current>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let current = current.clone();
            match tokio::task::spawn_blocking(move || current.reload()).await {
                Ok(Ok(())) => println!("reloaded"),
                Ok(Err(error)) => eprintln!("the weights stay as they were: {error}"),
                Err(panic) => eprintln!("the weights stay as they were: {panic}"),
            }
        }
    });
    Ok(())
}
#[cfg(not(unix))]
fn reload_on_hangup(_: Arc<Current>) -> std::io::Result<()> {
    Ok(())
}

/// Is ready at SIGTERM and Ctrl-C.
#[cfg(unix)]
fn end_requested() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let [mut terminate, mut interrupt] = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
#[cfg(not(unix))]
fn end_requested() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
