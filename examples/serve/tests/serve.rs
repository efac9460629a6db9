//! The server as a program, over loopback: many clients, mistakes, floods, an exchange of weights, and its end.
#![cfg(unix)]

use dl::pod::flat;
use dl::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use serve::api::Answer;
use serve::client::{Client, question};
use serve::model::{Image, LeNet, Scores};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running server, which ends with the test.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts a server of a network with random weights.
    fn start(net: &LeNet, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        net.save(folder.path().join("net.safetensors")).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_serve"))
            .current_dir(folder.path())
            .args(["--model", "net.safetensors", "--address", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Server { process, output, address, folder }
    }
    fn client(&self) -> Client {
        Client::connect(self.address).unwrap()
    }
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
    /// Waits for the end that was requested; returns how many requests the server says it answered with predictions.
    fn ended(mut self) -> usize {
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert!(self.process.wait().unwrap().success());
        let last = text.lines().last().unwrap();
        let count = last.strip_prefix("ended after ").and_then(|rest| rest.strip_suffix(" predictions"));
        count.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `ended` there is no process any more, and this says so.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn scores(body: &str) -> Vec<Scores> {
    let answer: Answer = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    let best = |scores: &Scores| (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
    answer.predictions.iter().for_each(|one| assert_eq!(one.class, best(&one.scores)));
    answer.predictions.iter().map(|one| one.scores).collect()
}

/// The last bits depend on which requests are computed together.
fn same(found: &[Scores], expected: &[Scores]) -> bool {
    found.len() == expected.len() && flat(found).iter().zip(flat(expected)).all(|(a, b)| (a - b).abs() < 1e-5)
}

fn images() -> Vec<Image> {
    dl::data::digits().test.inputs
}

#[test]
fn hundreds_of_clients_get_the_answers_of_the_network() {
    let (net, images) = (LeNet::init(1), images());
    let expected = net.predict(&images);
    let server = Server::start(&net, &[]);
    let (clients, requests) = (300, 4);
    std::thread::scope(|scope| {
        for number in 0..clients {
            let (server, images, expected) = (&server, &images, &expected);
            let ask = move || {
                let mut client = server.client();
                for request in 0..requests {
                    let from = (number * 7 + request * 31) % (images.len() - 3);
                    let range = from..from + 1 + number % 3;
                    let answer = client.post("/predict", &question(&images[range.clone()])).unwrap();
                    assert_eq!(answer.status, 200, "{answer:?}");
                    assert!(same(&scores(&answer.body), &expected[range]), "{answer:?}");
                }
            };
            std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, ask).unwrap();
        }
    });
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), clients * requests);
}

#[test]
fn the_answer_to_one_image_has_the_bits_of_the_network() {
    let net = LeNet::init(2);
    let server = Server::start(&net, &[]);
    let mut client = server.client();
    for image in &images()[..20] {
        let answer = client.post("/predict", &question(from_ref(image))).unwrap();
        let bits = |scores: &Scores| scores.map(f32::to_bits);
        assert_eq!(bits(&scores(&answer.body)[0]), bits(&net.predict_one(image)));
    }
    let pixels: Vec<String> = images()[0].as_flattened().as_flattened().iter().map(f32::to_string).collect();
    let one = client.post("/predict", &format!("{{ \"image\": [{}] }}", pixels.join(", "))).unwrap();
    assert!(same(&scores(&one.body), &net.predict(&images()[..1])));
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let server = Server::start(&LeNet::init(1), &["--max-batch", "4"]);
    let mut client = server.client();
    let numbers = |count: usize, number: &str| format!("[{}]", vec![number; count].join(","));
    let image = |count, number| format!("{{\"image\":{}}}", numbers(count, number));
    let cases = [
        (String::new(), 400, "no JSON"),
        ("{\"image\":[1,".into(), 400, "no JSON"),
        ("\u{0}\u{1}".into(), 400, "no JSON"),
        (image(64, "NaN"), 400, "no JSON"),
        (image(64, "1e999"), 400, "number out of range"),
        (image(64, "null"), 422, "invalid type: null"),
        (image(64, "\\\"1\\\"").replace('\\', ""), 422, "invalid type: string"),
        (image(64, "-1e39"), 400, "number out of range"),
        (image(63, "0.5"), 422, "image 0 has 63 numbers; expected 64, 8 rows of 8"),
        (image(65, "0.5"), 422, "image 0 has 65 numbers"),
        (image(0, "0.5"), 422, "image 0 has 0 numbers"),
        ("{\"images\":[]}".into(), 422, "expected from 1 to 4 images, found 0"),
        (format!("{{\"images\":[{}]}}", vec![numbers(64, "0"); 5].join(",")), 422, "1 to 4 images, found 5"),
        (format!("{{\"images\":[{},{}]}}", numbers(64, "0"), numbers(8, "0")), 422, "image 1 has 8 numbers"),
        ("{}".into(), 422, "expected either `image` or `images`"),
        (format!("{{\"image\":{0},\"images\":[{0}]}}", numbers(64, "0")), 422, "expected either"),
        ("{\"img\":[]}".into(), 422, "unknown field `img`"),
        ("7".into(), 422, "not what `POST /predict` takes"),
        ("[".repeat(5000), 422, "not what `POST /predict` takes"),
    ];
    for (body, status, text) in &cases {
        let answer = client.post("/predict", body).unwrap();
        let shown: String = body.chars().take(80).collect();
        assert_eq!(answer.status, *status, "{shown}: {answer:?}");
        assert!(answer.body.starts_with("{\"error\":") && answer.body.contains(text), "{shown}: {answer:?}");
    }
    assert_eq!(client.get("/predict").unwrap().status, 405);
    assert_eq!(client.get("/nothing").unwrap().status, 404);
    // A body without end: the server stops to read it.
    let mut client = server.client();
    client.send("POST /predict HTTP/1.1\r\nhost: dl\r\ncontent-length: 1000000000\r\n\r\n").unwrap();
    let mut sent = 0;
    while sent < 100_000_000 && client.send(&" ".repeat(10_000)).is_ok() {
        sent += 10_000;
    }
    assert!(sent < 100_000_000, "the server reads {sent} bytes");
    // Text that is no HTTP ends its own connection only.
    let mut client = server.client();
    client.send("hello\r\n\r\n").unwrap();
    assert!(client.answer().map_or(true, |answer| answer.status == 400));
    let answer = server.client().get("/healthz").unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), 0);
}

#[test]
fn exchanged_weights_are_the_old_or_the_new_ones_for_each_request() {
    let (nets, images) = ([LeNet::init(1), LeNet::init(2)], images());
    let expected = nets.each_ref().map(|net| net.predict(&images[..12]));
    let server = Server::start(&nets[0], &["--max-batch", "32"]);
    let (done, seen) = (AtomicBool::new(false), [const { AtomicUsize::new(0) }; 2]);
    let body = question(&images[..12]);
    let file = server.folder.path().join("net.safetensors");
    std::thread::scope(|scope| {
        let clients = [(); 8].map(|()| {
            scope.spawn(|| {
                let mut client = server.client();
                while !done.load(Relaxed) {
                    let answer = client.post("/predict", &body).unwrap();
                    let scores = scores(&answer.body);
                    let which = expected.iter().position(|expected| same(&scores, expected));
                    seen[which.expect("all of a request is of one network")].fetch_add(1, Relaxed);
                }
            })
        });
        let mut client = server.client();
        for exchange in 1.. {
            nets[exchange % 2].save(&file).unwrap();
            match exchange % 3 {
                0 => server.signal(Signal::HUP),
                _ => assert_eq!(client.post("/reload", "").unwrap().status, 200),
            }
            let enough = exchange > 20 && seen.iter().all(|seen| seen.load(Relaxed) > 20);
            if enough || clients.iter().any(|client| client.is_finished()) {
                break;
            }
        }
        done.store(true, Relaxed);
    });
    nets[1].save(&file).unwrap();
    assert_eq!(server.client().post("/reload", "").unwrap().status, 200);
    // A broken file changes nothing.
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let answer = server.client().post("/reload", "").unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("the weights stay as they were: net.safetensors"), "{answer:?}");
    let answer = server.client().post("/predict", &body).unwrap();
    assert!(same(&scores(&answer.body), &expected[1]));
}

#[test]
fn a_flood_is_refused_and_nothing_is_lost() {
    let (net, images) = (LeNet::init(1), images());
    let expected = net.predict(&images[..8]);
    let server = Server::start(&net, &["--workers", "1", "--queue", "1", "--max-batch", "8", "--max-wait-us", "0"]);
    let (good, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..200 {
            let ask = || {
                let (mut client, body) = (server.client(), question(&images[..8]));
                for _ in 0..5 {
                    let answer = client.post("/predict", &body).unwrap();
                    match answer.status {
                        200 => {
                            assert!(same(&scores(&answer.body), &expected));
                            good.fetch_add(1, Relaxed);
                        }
                        503 => {
                            assert!(answer.head.contains(&"retry-after: 1".into()), "{answer:?}");
                            assert!(answer.body.contains("too many requests are waiting"), "{answer:?}");
                            refused.fetch_add(1, Relaxed);
                        }
                        _ => panic!("{answer:?}"),
                    }
                }
            };
            std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, ask).unwrap();
        }
    });
    let (good, refused) = (good.into_inner(), refused.into_inner());
    assert_eq!(good + refused, 1000);
    assert!(good > 0 && refused > 0, "{good} answered, {refused} refused");
    assert_eq!(server.client().get("/healthz").unwrap().status, 200);
    server.signal(Signal::INT);
    assert_eq!(server.ended(), good);
}

#[test]
fn slow_clients_do_not_keep_others_out() {
    let net = LeNet::init(1);
    let server = Server::start(&net, &["--connections", "4", "--patience-s", "1"]);
    let mut slow: Vec<Client> = (0..8).map(|_| server.client()).collect();
    slow[0].send("POST /predict HTTP/1.1\r\n").unwrap();
    slow[1].send("POST /predict HTTP/1.1\r\nhost: dl\r\ncontent-length: 100\r\n\r\n{").unwrap();
    let begun = Instant::now();
    let answer = server.client().post("/predict", &question(&images()[..1])).unwrap();
    assert_eq!(answer.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(30));
    let answer = slow[1].answer().unwrap();
    assert_eq!((answer.status, answer.body.contains("did not arrive in 1 s")), (408, true), "{answer:?}");
}

#[test]
fn the_end_answers_what_has_begun() {
    let (net, images) = (LeNet::init(1), images());
    let expected = net.predict(&images);
    let server = Server::start(&net, &[]);
    let answered = AtomicUsize::new(0);
    // One request is half sent when the end is requested.
    let (mut half, body) = (server.client(), question(&images[..2]));
    let (first, second) = body.split_at(body.len() / 2);
    half.send(&format!("POST /predict HTTP/1.1\r\nhost: dl\r\ncontent-length: {}\r\n\r\n{first}", body.len())).unwrap();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = server.client();
                    for image in (0..images.len()).cycle() {
                        // Between two requests the server may close the connection; an answer that began is whole.
                        let Ok(answer) = client.post("/predict", &question(&images[image..=image])) else { return };
                        assert!(same(&scores(&answer.body), &expected[image..=image]), "{answer:?}");
                        answered.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        while answered.load(Relaxed) < 200 && !clients.iter().any(|client| client.is_finished()) {
            std::thread::yield_now();
        }
        server.signal(Signal::TERM);
        clients.into_iter().for_each(|client| client.join().unwrap());
        assert!(Client::connect(server.address).is_err(), "nobody listens any more");
        half.send(second).unwrap();
        assert!(same(&scores(&half.answer().unwrap().body), &expected[..2]));
    });
    assert_eq!(server.ended(), answered.into_inner() + 1);
}
