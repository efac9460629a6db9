//! Transpositions against copies by index, there and back.

use super::Op;
use crate::tensor::Grad;
use crate::testing::{numbers, same_on_any_threads, set_and_add, view, view_mut};
use crate::{Context, Pod, testing::Device};

/// For every element of the output, its index in the input.
fn indices(op: Op) -> Vec<usize> {
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

fn case<S: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, op: Op) {
    let cpu = Device::with_threads(1);
    let context = Context { device: &cpu, seed: 0 };
    let x = numbers(1, samples * S::LEN);
    let indices = indices(op);
    let expected: Vec<f32> = x.chunks(S::LEN).flat_map(|x| indices.iter().map(|&i| x[i])).collect();
    let mut y = vec![f32::NAN; x.len()];
    op.forward(&context, view::<S>(&x), view_mut::<O>(&mut y));
    assert_eq!(y, expected, "{op:?}");
    let back =
        set_and_add(x.len(), |d, write| op.backward(&context, view::<O>(&y), Grad { to: view_mut::<S>(d), write }));
    assert_eq!(back, x, "{op:?}");
}

#[test]
fn values_and_gradients() {
    case::<[[f32; 1]; 1], [[f32; 1]; 1]>(1, Op { shape: &[1, 1], axes: &[1, 0] });
    case::<[[f32; 5]; 3], [[f32; 3]; 5]>(4, Op { shape: &[3, 5], axes: &[1, 0] });
    case::<[[f32; 5]; 1], [[f32; 1]; 5]>(2, Op { shape: &[1, 5], axes: &[1, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 3]; 5]; 2]>(3, Op { shape: &[2, 3, 5], axes: &[0, 2, 1] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 5]; 2]; 3]>(1, Op { shape: &[2, 3, 5], axes: &[1, 0, 2] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 2]; 3]; 5]>(2, Op { shape: &[2, 3, 5], axes: &[2, 1, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 3]; 2]; 5]>(2, Op { shape: &[2, 3, 5], axes: &[2, 0, 1] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 2]; 5]; 3]>(2, Op { shape: &[2, 3, 5], axes: &[1, 2, 0] });
    case::<[[[f32; 5]; 3]; 2], [[[f32; 5]; 3]; 2]>(2, Op { shape: &[2, 3, 5], axes: &[0, 1, 2] });
    case::<[[[[f32; 4]; 3]; 2]; 5], [[[[f32; 2]; 4]; 5]; 3]>(2, Op { shape: &[5, 2, 3, 4], axes: &[2, 0, 3, 1] });
}

#[test]
fn any_number_of_threads() {
    let x = numbers(1, 60 * 33 * 65);
    same_on_any_threads(|cpu| {
        let mut y = vec![0.0; x.len()];
        let op = Op { shape: &[33, 65], axes: &[1, 0] };
        op.forward(&Context { device: cpu, seed: 0 }, view::<[[f32; 65]; 33]>(&x), view_mut::<[[f32; 33]; 65]>(&mut y));
        y
    });
}
