//! R1: passes over 2048 rows of 768 numbers, as transformers have them, and how fast memory is read.

use crate::measure::Report;
use dl::Cpu;
use dl::ops::activation::{Activation, ActivationKernel};
use dl::ops::layer_norm::{LayerNormKernel, Norm};
use dl::ops::softmax::{SoftmaxKernel, SoftmaxOp};
use dl::tensor::{Storage, Write};

const ROWS: usize = 2048;
const WIDTH: usize = 768;
/// Bytes that are read to measure the bandwidth: more than any cache has.
const READ: usize = 512 << 20;

/// Measures the passes that are wanted.
pub fn run(report: &Report) {
    let cpu = report.device();
    let numbers = |seed: usize, len: usize| -> Vec<f32> {
        (0..len).map(|i| ((i * 7 + seed) % 251) as f32 / 62.5 - 2.0).collect()
    };
    let memory = |seed: usize| {
        let mut memory = cpu.zeros(ROWS * WIDTH).expect("memory");
        memory.copy_from_slice(&numbers(seed, ROWS * WIDTH));
        memory
    };
    let (x, dy, mut y, mut probabilities) = (memory(1), memory(2), memory(5), memory(1));
    let (weight, bias): (Vec<f32>, Vec<f32>) = (numbers(3, WIDTH), numbers(4, WIDTH));
    let mut d_weights = vec![0.0; 2 * WIDTH];

    let norm = Norm { epsilon: 1e-5, centred: true };
    measure(report, "R1_layer_norm", || cpu.layer_norm_forward(norm, &weight, &bias, &x, &mut y));
    measure(report, "R1_layer_norm_backward", || {
        let (to_weights, to_input) = ((&mut d_weights[..], Write::Set), Some((&mut y[..], Write::Set)));
        cpu.layer_norm_backward(norm, &weight, &x, &dy, to_weights, to_input);
    });
    measure(report, "R1_gelu", || cpu.activation_forward(Activation::Gelu, &x, &mut y));
    measure(report, "R1_gelu_backward", || cpu.activation_backward(Activation::Gelu, &x, &dy, &mut y, Write::Set));
    let softmax = SoftmaxOp { classes: WIDTH, positions: 1, log: false };
    measure(report, "R1_softmax", || cpu.softmax_forward(softmax, &x, &mut y));
    cpu.softmax_forward_in_place(softmax, &mut probabilities);
    measure(report, "R1_softmax_backward", || {
        cpu.softmax_backward(softmax, &probabilities, &dy, &mut y, Write::Set);
    });
    read(report, &cpu);
}

fn measure(report: &Report, work: &str, call: impl FnMut()) {
    if report.wants(work) {
        report.measure(work, "dl", 0.0, call);
    }
}

/// Sums 512 MiB: microseconds for that are the bandwidth.
fn read(report: &Report, cpu: &Cpu) {
    if !report.wants("B1_read") {
        return;
    }
    let data = vec![1.0_f32; READ / 4];
    let sums: Vec<std::sync::atomic::AtomicU32> = (0..64).map(|_| 0.into()).collect();
    report.measure("B1_read", "dl", 0.0, || {
        cpu.threads().run(sums.len(), &|task| {
            let part = &data[task * data.len() / sums.len()..(task + 1) * data.len() / sums.len()];
            let mut lanes = [0.0_f32; 64];
            for numbers in part.chunks_exact(64) {
                lanes.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += x);
            }
            sums[task].store(lanes.iter().sum::<f32>() as u32, std::sync::atomic::Ordering::Relaxed);
        });
    });
}
