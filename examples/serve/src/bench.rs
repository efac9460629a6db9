//! Measures how long clients wait, over loopback on the machine of the server: `serve --bench`.

use crate::client::{Client, question};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Sends requests of one image from a number of connections at once, and returns how long each took, shortest first.
///
/// # Errors
/// A connection failed, or a request was not answered with predictions.
pub fn latencies(address: SocketAddr, clients: usize, time: Duration) -> std::io::Result<Vec<Duration>> {
    let images = dl::data::digits().test.inputs;
    let ask = |number: usize| {
        let questions: Vec<String> =
            images.iter().skip(number % 16).step_by(16).map(|image| question(&[*image])).collect();
        let (mut client, start, mut taken) = (Client::connect(address)?, Instant::now(), Vec::new());
        for question in questions.iter().cycle() {
            let sent = Instant::now();
            let answer = client.post("/predict", question)?;
            if answer.status != 200 {
                return Err(std::io::Error::other(answer.body));
            }
            taken.push(sent.elapsed());
            if start.elapsed() > time {
                break;
            }
        }
        Ok(taken)
    };
    let ask = &ask;
    let mut all = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|number| scope.spawn(move || ask(number))).collect();
        let taken = clients.into_iter().map(|client| client.join().expect("no panic"));
        taken.collect::<std::io::Result<Vec<_>>>()
    })?
    .concat();
    all.sort();
    Ok(all)
}

/// Prints a row of the table in `README.md` for each number of clients.
///
/// # Errors
/// As [`latencies`].
pub fn print_table(address: SocketAddr, time: Duration) -> std::io::Result<()> {
    println!("| clients | requests/s | p50 ms | p99 ms |\n|---:|---:|---:|---:|");
    for clients in [1, 64] {
        latencies(address, clients, time / 10)?;
        let taken = latencies(address, clients, time)?;
        let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let rate = taken.len() as f64 / time.as_secs_f64();
        println!("| {clients} | {rate:.0} | {:.3} | {:.3} |", at(0.5), at(0.99));
    }
    Ok(())
}
