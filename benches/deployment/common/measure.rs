//! The parts that all programs share: the input, and how a prediction is measured and reported.

use std::hint::black_box;
use std::time::Instant;

/// The 784 pixels of the input, each between -1 and 1.
pub fn pixels() -> Vec<f32> {
    (0..784).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect()
}

/// Prints the scores of one prediction. With the argument `time` it then prints the median time of a prediction in microseconds.
pub fn report(mut predict: impl FnMut() -> Vec<f32>) {
    let scores = predict();
    println!("{}", scores.iter().map(|score| format!("{score:.5}")).collect::<Vec<_>>().join(" "));
    if std::env::args().any(|argument| argument == "time") {
        println!("{:.2}", median_time(&mut predict));
    }
}

/// Returns the median over 31 rounds of the mean time of a prediction in microseconds. A round takes some 20 ms.
fn median_time(predict: &mut impl FnMut() -> Vec<f32>) -> f64 {
    let mut round = |predictions: u32| {
        let start = Instant::now();
        for _ in 0..predictions {
            black_box(predict());
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(predictions)
    };
    round(200);
    let predictions = (20_000.0 / round(200)).clamp(1.0, 1e6) as u32;
    let mut times: Vec<f64> = (0..31).map(|_| round(predictions)).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
