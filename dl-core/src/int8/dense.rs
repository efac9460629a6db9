//! The dense (fully connected) layer.

use super::Channels;
use super::dot::products;

/// Computes `y[o] = f(Σᵢ weight[o, i]·x[i])`, where `f` is the bias, the factor and the range of channel `o`.
pub fn dense(weight: &[i8], channels: Channels<'_>, x: &[i8], y: &mut [i8]) {
    let row = |o: usize| &weight[o * x.len()..][..x.len()];
    for (pair, y) in y.chunks_mut(2).enumerate() {
        let (first, last) = (2 * pair, 2 * pair + y.len() - 1);
        let sums = products([row(first), row(last)], [x]);
        y.iter_mut().zip(sums).enumerate().for_each(|(i, (y, [sum]))| *y = channels.output(first + i, sum));
    }
}
