//! Compares concatenation, and its gradients, which are exact, with copies by index.

use super::ConcatOp;
use crate::testing::{TestDevice, numbers, on_every_device};
use crate::{Context, Cpu, Pod};

/// Joins `parts` element by element; each has the layout [samples·outer, part, inner].
fn reference(op: ConcatOp, parts: &[Vec<f32>]) -> Vec<f32> {
    let rows = parts[0].len() / (op.parts[0] * op.inner);
    let mut y = Vec::new();
    for row in 0..rows {
        for (part, size) in parts.iter().zip(op.parts) {
            y.extend((0..size * op.inner).map(|i| part[row * size * op.inner + i]));
        }
    }
    y
}

/// Joins two inputs of shapes `A` and `B` to `Y`.
fn case<A: Pod<Element = f32>, B: Pod<Element = f32>, Y: Pod<Element = f32>>(op: ConcatOp, samples: usize) {
    let (a, b) = (numbers(1, samples * A::LEN), numbers(2, samples * B::LEN));
    let [y, da, db] = on_every_device!(|device| {
        let (context, mut y) = (Context::new(device, 0), device.output(samples * Y::LEN));
        op.forward(&context, 0, device.tensor(&a).view::<A>(), y.view_mut::<Y>());
        op.forward(&context, 1, device.tensor(&b).view::<B>(), y.view_mut::<Y>());
        let da = device.set_and_add(a.len(), |d, write| op.backward(&context, 0, y.view::<Y>(), d.grad::<A>(write)));
        let db = device.set_and_add(b.len(), |d, write| op.backward(&context, 1, y.view::<Y>(), d.grad::<B>(write)));
        [y.read(), da, db]
    });
    assert_eq!(y, reference(op, &[a.clone(), b.clone()]), "{op:?}");
    // The gradient of a copy is a copy back to where it came from.
    assert_eq!((da, db), (a, b), "{op:?}");
}

#[test]
fn values_and_gradients() {
    case::<[f32; 1], [f32; 1], [f32; 2]>(ConcatOp { outer: 1, parts: &[1, 1], inner: 1 }, 1);
    case::<[f32; 3], [f32; 5], [f32; 8]>(ConcatOp { outer: 1, parts: &[3, 5], inner: 1 }, 4);
    case::<[[f32; 7]; 2], [[f32; 7]; 3], [[f32; 7]; 5]>(ConcatOp { outer: 1, parts: &[2, 3], inner: 7 }, 3);
    case::<[[f32; 1]; 3], [[f32; 4]; 3], [[f32; 5]; 3]>(ConcatOp { outer: 3, parts: &[1, 4], inner: 1 }, 1);
    type Image<const C: usize, const H: usize> = [[[f32; 3]; H]; C];
    case::<Image<5, 2>, Image<5, 4>, Image<5, 6>>(ConcatOp { outer: 5, parts: &[2, 4], inner: 3 }, 2);
}

#[test]
#[should_panic(expected = "elements of input 1")]
fn other_sizes_are_refused() {
    let cpu = &Cpu::with_threads(1);
    let op = ConcatOp { outer: 1, parts: &[1, 3], inner: 1 };
    let (x, mut y) = (cpu.tensor(&[0.0; 2]), cpu.output(4));
    op.forward(&Context::new(cpu, 0), 1, x.view::<[f32; 2]>(), y.view_mut::<[f32; 4]>());
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 40 * 7 * 301);
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&x), device.tensor(&vec![0.0; 40 * 9 * 301]));
        let op = ConcatOp { outer: 1, parts: &[7, 2], inner: 301 };
        op.forward(&Context::new(device, 0), 0, x.view::<[[f32; 301]; 7]>(), y.view_mut::<[[f32; 301]; 9]>());
        y.read()
    });
}
