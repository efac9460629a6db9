//! Elementwise loops of the CPU: every operation that computes number by number goes through here.

use crate::ops::Write;

/// `output[i] = f([inputs[0][i], inputs[1][i], …], output[i])`, where all slices have one length.
pub(crate) fn each<const N: usize>(inputs: [&[f32]; N], output: &mut [f32], f: impl Fn([f32; N], f32) -> f32) {
    let n = output.len();
    let inputs = inputs.map(|input| &input[..n]);
    for i in 0..n {
        output[i] = f(inputs.map(|input| input[i]), output[i]);
    }
}

/// `output = f(inputs)`, set or added.
pub(crate) fn write<const N: usize>(
    write: Write,
    inputs: [&[f32]; N],
    output: &mut [f32],
    f: impl Fn([f32; N]) -> f32,
) {
    match write {
        Write::Set => each(inputs, output, |x, _| f(x)),
        Write::Add => each(inputs, output, |x, sum| sum + f(x)),
    }
}
