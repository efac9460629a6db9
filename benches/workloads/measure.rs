//! Arguments, timing and output of the workloads.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// What the command line asks for.
pub struct Options {
    /// JSON lines instead of a table.
    pub json: bool,
    /// Threads of our device.
    pub threads: usize,
    only: Option<regex_lite::Regex>,
}

impl Options {
    /// Reads `--json`, `--threads N` and `--only REGEX`; what cargo adds (`--bench`) is ignored.
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let mut options = Options { json: false, threads, only: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--json" => options.json = true,
                "--threads" => options.threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
                "--only" => options.only = Some(regex_lite::Regex::new(&value()?).map_err(|e| e.to_string())?),
                "--bench" => {}
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(options)
    }
}

/// Prints measurements as they come.
pub struct Report {
    options: Options,
}

impl Report {
    /// A report as asked for.
    pub fn new(options: Options) -> Self {
        Report { options }
    }
    /// Threads of our device.
    pub fn threads(&self) -> usize {
        self.options.threads
    }
    /// Whether peers are measured too: in the table only.
    pub fn peers(&self) -> bool {
        !self.options.json
    }
    /// Whether the workload is wanted.
    pub fn wants(&self, work: &str) -> bool {
        self.options.only.as_ref().is_none_or(|only| only.is_match(work))
    }
    /// Measures `call` and prints its line; `operations` (multiplications and additions) give GFLOP/s.
    pub fn measure<R>(&self, work: &str, peer: &str, operations: f64, call: impl FnMut() -> R) {
        let (micros, best) = median_and_best(call);
        if self.options.json {
            println!("{{\"work\": \"{work}\", \"threads\": {}, \"median_us\": {micros:.4}}}", self.threads());
        } else {
            let speed =
                if operations > 0.0 { format!("{:8.1} GFLOP/s", operations / micros * 1e-3) } else { String::new() };
            let threads = self.threads();
            println!("{work:20} {peer:16} {threads:2} threads {micros:12.3} µs, best {best:12.3} µs {speed}");
        }
    }
}

/// The median and the least time of a call after a warm-up; short calls are timed in groups, so that the clock does not count.
fn median_and_best<R>(mut call: impl FnMut() -> R) -> (f64, f64) {
    let (warm, start, mut calls) = (Duration::from_millis(300), Instant::now(), 0_u32);
    while start.elapsed() < warm || calls < 3 {
        black_box(call());
        calls += 1;
    }
    let group =
        (Duration::from_micros(200).as_secs_f64() * f64::from(calls) / start.elapsed().as_secs_f64()) as u32 + 1;
    let (run, begin) = (Duration::from_millis(1000), Instant::now());
    let mut times = Vec::new();
    while begin.elapsed() < run || times.len() < 7 {
        let start = Instant::now();
        for _ in 0..group {
            black_box(call());
        }
        times.push(start.elapsed().as_secs_f64() / f64::from(group));
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2] * 1e6, times[0] * 1e6)
}
