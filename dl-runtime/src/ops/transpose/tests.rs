//! Compares transpositions with copies by index, in both directions.

use super::TransposeOp;
use crate::testing::{TestDevice, numbers, on_every_device};
use crate::{Context, Pod};

/// Returns, for every element of the output, its index in the input.
fn indices(op: TransposeOp) -> Vec<usize> {
    let sizes: Vec<usize> = op.axes.iter().map(|&axis| op.shape[axis]).collect();
    let index = |mut i: usize| {
        let mut from = 0;
        for (&size, &axis) in sizes.iter().zip(op.axes).rev() {
            from += i % size * op.shape[axis + 1..].iter().product::<usize>();
            i /= size;
        }
        from
    };
    (0..op.shape.iter().product()).map(index).collect()
}

/// The output, and the result of the backward pass on it.
fn passes<S: Pod<Element = f32>, O: Pod<Element = f32>>(op: TransposeOp, x: &[f32]) -> [Vec<f32>; 2] {
    on_every_device!(|device| {
        let (context, x, mut y) = (Context::new(device, 0), device.tensor(x), device.output(x.len()));
        op.forward(&context, x.view::<S>(), y.view_mut::<O>());
        let dx = device.set_and_add(x.len(), |d, write| op.backward(&context, y.view::<O>(), d.grad::<S>(write)));
        [y.read(), dx]
    })
}

fn case<S: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, op: TransposeOp) {
    let x = numbers(1, samples * S::LEN);
    let indices = indices(op);
    let expected: Vec<f32> = x.chunks(S::LEN).flat_map(|x| indices.iter().map(|&i| x[i])).collect();
    assert_eq!(passes::<S, O>(op, &x), [expected, x], "{op:?}");
}

#[test]
fn values_and_gradients() {
    case::<[[f32; 1]; 1], [[f32; 1]; 1]>(1, TransposeOp { shape: &[1, 1], axes: &[1, 0] });
    case::<[[f32; 5]; 3], [[f32; 3]; 5]>(4, TransposeOp { shape: &[3, 5], axes: &[1, 0] });
    case::<[[f32; 5]; 1], [[f32; 1]; 5]>(2, TransposeOp { shape: &[1, 5], axes: &[1, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 3]; 5]; 2]>(3, TransposeOp { shape: &[2, 3, 5], axes: &[0, 2, 1] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 5]; 2]; 3]>(1, TransposeOp { shape: &[2, 3, 5], axes: &[1, 0, 2] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 2]; 3]; 5]>(2, TransposeOp { shape: &[2, 3, 5], axes: &[2, 1, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 3]; 2]; 5]>(2, TransposeOp { shape: &[2, 3, 5], axes: &[2, 0, 1] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 2]; 5]; 3]>(2, TransposeOp { shape: &[2, 3, 5], axes: &[1, 2, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 5]; 3]; 2]>(2, TransposeOp { shape: &[2, 3, 5], axes: &[0, 1, 2] });
    // Matrices of several blocks, and what is left beside them.
    case::<[[f32; 33]; 50], [[f32; 50]; 33]>(2, TransposeOp { shape: &[50, 33], axes: &[1, 0] });
    case::<[[[[f32; 20]; 3]; 17]; 2], [[[[f32; 17]; 2]; 3]; 20]>(
        2,
        TransposeOp { shape: &[2, 17, 3, 20], axes: &[3, 2, 0, 1] },
    );
    case::<[[[[f32; 16]; 3]; 32]; 2], [[[[f32; 32]; 16]; 2]; 3]>(
        1,
        TransposeOp { shape: &[2, 32, 3, 16], axes: &[2, 0, 3, 1] },
    );
    case::<[[[[f32; 4]; 3]; 2]; 5], [[[[f32; 2]; 4]; 5]; 3]>(
        2,
        TransposeOp { shape: &[5, 2, 3, 4], axes: &[2, 0, 3, 1] },
    );
}

#[test]
fn any_number_of_threads() {
    let op = TransposeOp { shape: &[33, 65], axes: &[1, 0] };
    passes::<[[f32; 65]; 33], [[f32; 33]; 65]>(op, &numbers(1, 60 * 33 * 65));
}
