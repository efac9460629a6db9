//! Compares connectionist temporal classification with the sum over all alignments, which are enumerated.

use super::log_softmax;
use crate::Context;
use crate::ops::loss::Ctc;
use crate::testing::{Lengths, Tensor, TestDevice, assert_close, gradient, numbers, on_every_device, wide};

/// Returns what an alignment spells: repeated classes are merged, and blanks removed.
fn spelled(alignment: &[u32], blank: u32) -> Vec<u32> {
    let mut merged = alignment.to_vec();
    merged.dedup();
    merged.retain(|&class| class != blank);
    merged
}

/// Returns the loss of a sample: the sum over all `C^T` alignments.
fn loss(op: Ctc, x: &[f64], targets: &[u32]) -> f64 {
    let labels: Vec<u32> = targets.iter().copied().filter(|&label| label != op.blank).collect();
    let rows: Vec<Vec<f64>> = x.chunks(op.classes).map(log_softmax).collect();
    let mut sum = 0.0;
    for mut code in 0..op.classes.pow(rows.len() as u32) {
        let mut alignment = Vec::new();
        for _ in &rows {
            alignment.push((code % op.classes) as u32);
            code /= op.classes;
        }
        if spelled(&alignment, op.blank) == labels {
            sum += rows.iter().zip(&alignment).map(|(row, &class)| row[class as usize]).sum::<f64>().exp();
        }
    }
    if sum == 0.0 && op.zero_infinity { 0.0 } else { -sum.ln() / labels.len().max(1) as f64 }
}

fn case(op: Ctc, rows: &Lengths, labels: &Lengths, t: &[u32]) -> Vec<f32> {
    let (x, d_losses) = (numbers(1, rows.rows() * op.classes), numbers(2, rows.ranges().len()));
    let [losses, dx] = on_every_device!(|device| {
        let (context, mut losses) = (Context::new(device, 0), device.output(d_losses.len()));
        let (x, t, d) = (device.tensor(&x), device.tensor(t), device.tensor(&d_losses));
        let (row_ends, label_ends) = (rows.ends_on(device), labels.ends_on(device));
        let (rows, labels) = (rows.sequences(&row_ends), labels.sequences(&label_ends));
        // The classes are those of the settings, whatever the type of a row.
        let (y, target) = (x.view::<[f32; 1]>(), t.view::<u32>());
        op.forward(&context, rows, labels, y, target, losses.view_mut());
        let backward = |d_output: &mut Tensor<_>, write| {
            op.backward(&context, rows, labels, y, target, d.view(), d_output.grad::<[f32; 1]>(write));
        };
        [losses.read(), device.set_and_add(x.len(), backward)]
    });
    let reference = |x: &[f64]| {
        let ranges = rows.ranges().into_iter().zip(labels.ranges());
        ranges
            .map(|(rows, labels)| loss(op, &x[rows.start * op.classes..rows.end * op.classes], &t[labels]))
            .collect::<Vec<f64>>()
    };
    let what = format!("{op:?} {rows:?} {t:?}");
    assert_close(&what, &losses, &reference(&wide(&x)), 1e-6);
    assert_close(&what, &dx, &gradient(reference, &wide(&x), &d_losses), 3e-6);
    losses
}

const PLAIN: Ctc = Ctc { classes: 3, blank: 0, zero_infinity: false };

#[test]
fn all_alignments() {
    case(PLAIN, &Lengths::equal(3, 5), &Lengths::equal(3, 3), &[1, 2, 1, 1, 1, 0, 2, 0, 0]);
    // A blank in the middle is skipped, too, and without labels every row is blank.
    case(PLAIN, &Lengths::equal(3, 4), &Lengths::equal(3, 3), &[1, 0, 2, 0, 0, 0, 0, 2, 2]);
    case(Ctc { blank: 2, ..PLAIN }, &Lengths::equal(2, 4), &Lengths::equal(2, 2), &[0, 1, 1, 2]);
    case(PLAIN, &Lengths::equal(1, 1), &Lengths::equal(1, 1), &[2]);
    case(Ctc { classes: 40, ..PLAIN }, &Lengths::equal(2, 2), &Lengths::equal(2, 1), &[39, 7]);
}

#[test]
fn ragged_sequences() {
    let (rows, labels) = (Lengths::ragged(&[5, 1, 4, 3]), Lengths::ragged(&[2, 1, 0, 3]));
    case(PLAIN, &rows, &labels, &[1, 1, 2, 1, 2, 1]);
    let zero = Ctc { zero_infinity: true, ..PLAIN };
    // The second has no rows, and the third too few.
    let losses = case(zero, &Lengths::ragged(&[3, 0, 2]), &Lengths::ragged(&[1, 1, 2]), &[1, 2, 2, 2]);
    assert_eq!(losses[1..], [0.0, 0.0]);
}

#[test]
fn sequences_that_are_too_short() {
    on_every_device!(|device| {
        let (context, rows, labels) = (Context::new(device, 0), Lengths::equal(2, 2), Lengths::equal(2, 2));
        let (row_ends, label_ends) = (rows.ends_on(device), labels.ends_on(device));
        let (rows, labels) = (rows.sequences(&row_ends), labels.sequences(&label_ends));
        // Two equal labels need a blank between them; 3 is no class.
        let (x, t, d) = (device.tensor(&numbers(1, 12)), device.tensor(&[1, 1, 1, 3]), device.tensor(&[1.0, 1.0]));
        let (mut losses, mut dx) = (device.output(2), device.output(12));
        let (y, target) = (x.view::<[[f32; 3]; 2]>(), t.view::<[u32; 2]>());
        PLAIN.forward(&context, rows, labels, y, target, losses.view_mut());
        PLAIN.backward(&context, rows, labels, y, target, d.view(), dx.grad(crate::tensor::Write::Set));
        let losses = losses.read();
        assert!(losses[0] == f32::INFINITY && losses[1].is_nan(), "{losses:?}");
        assert!(dx.read().iter().all(|dx| dx.is_nan()));
        Vec::<f32>::new()
    });
}
