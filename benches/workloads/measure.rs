//! Arguments, timing and output of the workloads.

use dl::Cpu;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The options of the command line.
pub struct Options {
    /// JSON lines instead of a table.
    pub json: bool,
    /// Threads of our device.
    pub threads: usize,
    /// Whose threads they are, in turn.
    pub pools: Vec<Pool>,
    only: Option<regex_lite::Regex>,
    onnx: Option<PathBuf>,
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "read by what the feature `cuda` brings"))]
    cuda: Asked,
}

/// Whose threads our device computes on.
#[derive(Clone, Copy, PartialEq)]
pub enum Pool {
    /// The device's own.
    Own,
    /// The threads of a rayon pool, called from outside of it.
    Rayon,
    /// The threads of a rayon pool, called from one of them.
    RayonInside,
}

impl Pool {
    const NAMES: [(&str, Pool); 3] = [("own", Pool::Own), ("rayon", Pool::Rayon), ("rayon-inside", Pool::RayonInside)];

    fn from_name(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.into_iter().find(|known| known.0 == name);
        found.map(|known| known.1).ok_or(format!("--pool: own, rayon or rayon-inside, not {name}"))
    }
    fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|known| known.1 == self).expect("all have names").0
    }
}

/// The options of measurements on a GPU.
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "read by what the feature `cuda` brings"))]
pub struct Asked {
    /// `true` if there is to be one at all.
    pub wanted: bool,
    /// `f32`, `tf32` or `bf16`.
    pub precision: String,
    /// Names the kernels of a step instead of measuring it.
    pub kernels: bool,
    /// Computes all convolutions by own kernels, as where cuDNN is not installed.
    pub own: bool,
    /// Does little, to see that it works.
    pub quick: bool,
    /// For how long a figure is measured.
    pub seconds: f64,
}

impl Options {
    /// Reads `--json`, `--threads N`, `--pool own,rayon,rayon-inside`, `--only REGEX`, `--seconds N`, `--onnx DIR`,
    /// `--device cpu|cuda`, and for a GPU `--precision f32|tf32|bf16`, `--kernels`, `--own-convolutions` and `--quick`;
    /// what cargo adds (`--bench`) is ignored.
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let cuda =
            Asked { wanted: false, precision: "f32".into(), kernels: false, own: false, quick: false, seconds: 1.0 };
        let mut options = Options { json: false, threads, pools: vec![Pool::Own], only: None, onnx: None, cuda };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                "--json" => options.json = true,
                "--threads" => options.threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
                "--pool" => options.pools = value()?.split(',').map(Pool::from_name).collect::<Result<_, _>>()?,
                "--only" => options.only = Some(regex_lite::Regex::new(&value()?).map_err(|e| e.to_string())?),
                "--onnx" => options.onnx = Some(value()?.into()),
                "--device" => match value()?.as_str() {
                    "cpu" => options.cuda.wanted = false,
                    "cuda" if cfg!(feature = "cuda") => options.cuda.wanted = true,
                    "cuda" => return Err("--device cuda: this was built without the feature `cuda`".into()),
                    other => return Err(format!("--device: cpu or cuda, not {other}")),
                },
                "--precision" => options.cuda.precision = value()?,
                "--kernels" => options.cuda.kernels = true,
                "--own-convolutions" => options.cuda.own = true,
                "--quick" => options.cuda.quick = true,
                "--seconds" => options.cuda.seconds = value()?.parse().map_err(|e| format!("--seconds: {e}"))?,
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
    pool: Pool,
}

impl Report {
    /// A report as asked for.
    pub fn new(options: Options) -> Self {
        let pool = options.pools[0];
        Report { options, pool }
    }
    /// Runs `work` on a device with threads of each pool that is asked for.
    pub fn in_each_pool(&mut self, mut work: impl FnMut(&Report) + Send) {
        for pool in self.options.pools.clone() {
            self.pool = pool;
            match pool {
                Pool::Own | Pool::Rayon => work(self),
                Pool::RayonInside => self.rayon_pool().install(|| work(self)),
            }
        }
    }
    /// Our device.
    pub fn device(&self) -> Cpu {
        match self.pool {
            Pool::Own => Cpu::with_threads(self.threads()),
            Pool::Rayon => Cpu::in_pool(self.rayon_pool()),
            Pool::RayonInside => Cpu::in_global_pool(),
        }
    }
    fn rayon_pool(&self) -> Arc<rayon::ThreadPool> {
        Arc::new(rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build().expect("threads"))
    }
    /// Threads of our device.
    pub fn threads(&self) -> usize {
        self.options.threads
    }
    /// Returns the options of measurements on a GPU, where one is wanted.
    #[cfg(feature = "cuda")]
    pub fn cuda(&self) -> Option<&Asked> {
        Some(&self.options.cuda).filter(|asked| asked.wanted)
    }
    /// Returns `true` if peers are measured too, which is so in the table only.
    pub fn peers(&self) -> bool {
        !self.options.json
    }
    /// Returns the folder for ONNX files, where they are asked for.
    pub fn onnx(&self) -> Option<&Path> {
        self.options.onnx.as_deref()
    }
    /// Returns `true` if the workload is wanted.
    pub fn wants(&self, work: &str) -> bool {
        self.options.only.as_ref().is_none_or(|only| only.is_match(work))
    }
    /// Measures `call`, prints its line, and returns the median in microseconds; `operations` (multiplications and additions) give GFLOP/s.
    pub fn measure<R>(&self, work: &str, peer: &str, operations: f64, call: impl FnMut() -> R) -> f64 {
        let Times { median: micros, best, mean } = times(self.options.cuda.seconds, call);
        if self.options.json {
            println!(
                "{{\"work\": \"{work}\", \"threads\": {}, \"pool\": \"{}\", \"median_us\": {micros:.4}, \"best_us\": {best:.4}, \"mean_us\": {mean:.4}, \"peak_mb\": {:.1}}}",
                self.threads(),
                self.pool.name(),
                peak_mb(),
            );
        } else {
            let speed =
                if operations > 0.0 { format!("{:8.1} GFLOP/s", operations / micros * 1e-3) } else { String::new() };
            let (threads, pool) = (self.threads(), self.pool.name());
            println!(
                "{work:20} {peer:16} {threads:2} threads, {pool:12} {micros:12.3} µs, best {best:12.3} µs {speed}"
            );
        }
        micros
    }
}

/// Returns the most memory that the process has had, in MB; 0 where the system does not tell.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// The measurements on a GPU.
#[cfg(feature = "cuda")]
impl Report {
    /// Prints which GPU it is, and how long its kernels took to load.
    pub fn gpu(&self, name: &str, loading: Duration) {
        let seconds = loading.as_secs_f64();
        match self.options.json {
            true => println!("{{\"gpu\": {name:?}, \"kernels_s\": {seconds:.2}}}"),
            false => println!("{name}; kernels were ready after {seconds:.2} s"),
        }
    }
    /// Prints which CUDA libraries the process has loaded from where, for machines: PyTorch should have used the same.
    pub fn libraries(&self) {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let mut loaded = std::collections::BTreeMap::new();
        for path in maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..])) {
            let name = path.rsplit('/').next().and_then(|file| file.strip_prefix("lib")?.split_once(".so"));
            if let Some((name @ ("cuda" | "nvrtc" | "cublasLt" | "cudnn"), _)) = name {
                loaded.insert(name, path);
            }
        }
        if self.options.json {
            let loaded: Vec<_> = loaded.iter().map(|(name, path)| format!("{name:?}: {path:?}")).collect();
            println!("{{\"libraries\": {{{}}}}}", loaded.join(", "));
        } else {
            loaded.values().for_each(|path| println!("loaded {path}"));
        }
    }
    /// Prints what a step consists of, in order.
    pub fn pieces(&self, work: &str, pieces: &[String]) {
        if self.options.json {
            return println!("{{\"work\": \"{work}\", \"pieces\": {}, \"kernels\": {pieces:?}}}", pieces.len());
        }
        println!("{work}: {} kernels and calls of libraries", pieces.len());
        pieces.iter().for_each(|piece| println!("    {piece}"));
    }
    /// Prints the median and the least microseconds of a step of so many pieces.
    pub fn steps(&self, work: &str, precision: &str, feed: &str, pieces: usize, (median, best): (f64, f64)) {
        if self.options.json {
            let step = format!("\"work\": \"{work}\", \"precision\": \"{precision}\", \"feed\": \"{feed}\"");
            println!("{{{step}, \"pieces\": {pieces}, \"median_us\": {median:.3}, \"best_us\": {best:.3}}}");
        } else {
            println!("{work:10} {precision:4} from the {feed} {pieces:4} pieces {median:12.2} µs, best {best:12.2} µs");
        }
    }
}

/// The median and the least microseconds of a step: `run` takes so many and waits for them, so that many are timed at once.
#[cfg(feature = "cuda")]
pub fn groups(asked: &Asked, mut run: impl FnMut(usize) -> dl::Result<()>) -> dl::Result<(f64, f64)> {
    let (group, long) = if asked.quick { (0.0, 0.0) } else { (0.02, asked.seconds) };
    // The first step goes piece by piece, the second is recorded.
    run(3)?;
    let mut seconds = |steps: usize| {
        let start = Instant::now();
        run(steps).map(|()| start.elapsed().as_secs_f64())
    };
    let (mut steps, mut one) = (2, seconds(2)? / 2.0);
    while one * (steps as f64) < long / 3.0 {
        steps *= 2;
        one = seconds(steps)? / steps as f64;
    }
    let (steps, begin, mut times) = (((group / one) as usize).clamp(2, 10_000), Instant::now(), Vec::new());
    while begin.elapsed().as_secs_f64() < long || times.len() < if asked.quick { 1 } else { 7 } {
        times.push(seconds(steps)? / steps as f64 * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[0]))
}

/// Microseconds of a call. The mean has in it what a busy machine costs: a call in ten that waits a hundred times as long.
struct Times {
    median: f64,
    best: f64,
    mean: f64,
}

/// The times of a call after a warm-up; short calls are timed in groups, so that the clock does not count.
fn times<R>(seconds: f64, mut call: impl FnMut() -> R) -> Times {
    let (warm, start, mut calls) = (Duration::from_secs_f64(0.3 * seconds), Instant::now(), 0_u32);
    while start.elapsed() < warm || calls < 3 {
        black_box(call());
        calls += 1;
    }
    let group =
        (Duration::from_micros(200).as_secs_f64() * f64::from(calls) / start.elapsed().as_secs_f64()) as u32 + 1;
    let (run, begin) = (Duration::from_secs_f64(seconds), Instant::now());
    let mut times = Vec::new();
    while begin.elapsed() < run || times.len() < 7 {
        let start = Instant::now();
        for _ in 0..group {
            black_box(call());
        }
        times.push(start.elapsed().as_secs_f64() / f64::from(group));
    }
    times.sort_by(f64::total_cmp);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    Times { median: times[times.len() / 2] * 1e6, best: times[0] * 1e6, mean: mean * 1e6 }
}
