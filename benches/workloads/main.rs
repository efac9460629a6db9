//! The workloads of `benches/compare.py`, one line each with the median time.
//!
//! ```text
//! cargo bench -p dl-benches                                     everything, with all threads
//! cargo bench -p dl-benches -- --threads 1 --only 'T1|I1'
//! cargo bench -p dl-benches -- --threads 1 --only I8           int8 beside float32
//! cargo bench -p dl-benches -- --threads 2 --pool own,rayon --only 'T2'     on threads of the device and of rayon
//! cargo bench -p dl-benches -- --json                           one JSON object a line
//! cargo bench -p dl-benches -- --onnx DIR --only 'I2'           writes the networks of these predictions as ONNX files
//! cargo bench -p dl-benches --features cuda -- --device cuda --precision bf16
//! cargo bench -p dl-benches --features cuda -- --device cuda --kernels      what a step consists of
//! ```

mod convolutions;
#[cfg(feature = "cuda")]
mod cuda;
mod images;
mod int8;
mod measure;
mod networks;
mod products;
mod rows;
mod sequences;

use measure::{Options, Report};

fn main() {
    let options = match Options::from_arguments(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    };
    let mut report = Report::new(options);
    #[cfg(feature = "cuda")]
    if let Some(asked) = report.cuda() {
        if let Err(error) = cuda::run(&report, asked) {
            eprintln!("{error}");
            std::process::exit(1);
        }
        return;
    }
    products::run(&report);
    report.in_each_pool(networks::run);
    report.in_each_pool(images::run);
    int8::run(&report);
    report.in_each_pool(rows::run);
    report.in_each_pool(sequences::run);
    if report.peers() {
        convolutions::run(&report);
    }
}
