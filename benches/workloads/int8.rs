//! I8: one prediction of LeNet on int8, beside the same network in float32. Networks on int8 have one thread.

use crate::measure::Report;
use crate::networks::{LeNet, sample};
use dl::int8::{Native, Portable, QuantizedModel, Scratch};
use dl::prelude::*;
use std::hint::black_box;

/// Measures LeNet, and prints how the other ways to predict compare with a session.
pub fn run(report: &Report) {
    let work = "I8_lenet";
    if !report.wants(work) || report.threads() != 1 {
        return;
    }
    let net = LeNet::init(1);
    let samples: Vec<dl::Input<LeNet>> = (0..64).map(sample).collect();
    let quantized = LeNet::quantize(&net, &samples).expect("finite numbers");
    let (input, mut output, mut scratch) = (&samples[0], [0.0; 10], Scratch::new());
    let operations = 2.0 * LeNet::MULTIPLY_ADDS as f64;

    let mut session = Session::on(report.device(), &*net, 1).expect("memory");
    let float = report.measure(work, "float32", operations, || {
        session.predict_one(black_box(input));
    });
    let mut buffers = dl::Scratch::new();
    let without_heap = report.measure(work, "float32, no heap", operations, || {
        net.predict_into(black_box(input), &mut output, &mut buffers);
    });
    let native = report.measure(work, "int8", operations, || {
        quantized.predict_with(Native::default(), black_box(input), &mut output, &mut scratch);
    });
    let portable = report.measure(work, "int8, portable", operations, || {
        quantized.predict_with(Portable, black_box(input), &mut output, &mut scratch);
    });
    if report.peers() {
        let of = |micros: f64| micros / float;
        println!(
            "{work:20} times of float32: {:.2} without a heap, {:.2} on int8, {:.2} on int8 in portable code",
            of(without_heap),
            of(native),
            of(portable)
        );
    }
}
