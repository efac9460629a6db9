//! Compares slices, and their gradients, which are exact, with copies by index.

use super::SliceOp;
use crate::testing::{TestDevice, numbers, on_every_device};
use crate::{Context, Cpu, Pod};

/// Returns, for every element of the slice, its index in the input.
fn indices(op: SliceOp, len: usize) -> Vec<usize> {
    let kept = |i: &usize| (op.from..op.to).contains(&(i / op.inner % op.size));
    (0..len).filter(kept).collect()
}

fn case<S: Pod<Element = f32>, O: Pod<Element = f32>>(op: SliceOp, samples: usize) {
    let (x, dy) = (numbers(1, samples * S::LEN), numbers(2, samples * O::LEN));
    let indices = indices(op, x.len());
    let [y, dx] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(dy.len()));
        let (x, dy) = (device.tensor(&x), device.tensor(&dy));
        op.forward(&context, x.view::<S>(), y.view_mut::<O>());
        let dx = device.set_and_add(x.len(), |d, write| op.backward(&context, dy.view::<O>(), d.grad::<S>(write)));
        [y.read(), dx]
    });
    assert_eq!(y, indices.iter().map(|&i| x[i]).collect::<Vec<_>>(), "{op:?}");
    let mut expected = vec![0.0; x.len()];
    indices.iter().zip(dy).for_each(|(&i, d)| expected[i] = d);
    assert_eq!(dx, expected, "{op:?}");
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], [f32; 1]>(SliceOp { size: 1, from: 0, to: 1, inner: 1 }, 1);
    case::<[f32; 9], [f32; 4]>(SliceOp { size: 9, from: 3, to: 7, inner: 1 }, 3);
    case::<[[f32; 5]; 4], [[f32; 5]; 1]>(SliceOp { size: 4, from: 3, to: 4, inner: 5 }, 2);
    case::<[[f32; 5]; 4], [[f32; 2]; 4]>(SliceOp { size: 5, from: 0, to: 2, inner: 1 }, 1);
    case::<[[[f32; 3]; 7]; 2], [[[f32; 3]; 5]; 2]>(SliceOp { size: 7, from: 1, to: 6, inner: 3 }, 3);
}

#[test]
#[should_panic(expected = "sizes of a slice")]
fn other_sizes_are_refused() {
    let cpu = &Cpu::with_threads(1);
    let (op, x, mut y) = (SliceOp { size: 9, from: 3, to: 6, inner: 1 }, cpu.tensor(&[0.0; 9]), cpu.output(4));
    op.forward(&Context::new(cpu, 0), x.view::<[f32; 9]>(), y.view_mut::<[f32; 4]>());
}
