//! Compares broadcast arithmetic with values by index in `f64`, and gradients with central differences.

use crate::ops::Activation;
use crate::ops::arithmetic::{Add, Broadcast, Div, Mul, Shapes};
use crate::tensor::Write;
use crate::testing::{TestDevice, assert_close, gradient, numbers, on_every_device, wide};
use crate::{Context, Pod};

/// Returns, for every element of `output`, its index in a value of `shape`.
fn indices(shape: &[usize], output: &[usize]) -> Vec<usize> {
    let shape: Vec<usize> = std::iter::repeat_n(1, output.len() - shape.len()).chain(shape.iter().copied()).collect();
    let index = |mut i: usize| {
        let (mut at, mut stride) = (0, 1);
        for (&own, &size) in shape.iter().zip(output).rev() {
            at += if own == 1 { 0 } else { i % size * stride };
            (i, stride) = (i / size, stride * own);
        }
        at
    };
    (0..output.iter().product()).map(index).collect()
}

/// `f(a, b)` by index.
fn reference(s: Broadcast, a: &[f64], b: &[f64], f: fn(f64, f64) -> f64) -> Vec<f64> {
    let (left, right) = (indices(s.left, s.output), indices(s.right, s.output));
    let samples = a.chunks(s.left.iter().product()).zip(b.chunks(s.right.iter().product()));
    samples.flat_map(|(a, b)| left.iter().zip(&right).map(move |(&i, &j)| f(a[i], b[j]))).collect()
}

/// Compares `$op`, whose backward passes read `$kept`, with `$reference`.
macro_rules! check {
    ($samples:expr, $shapes:expr, $op:expr, |$a:ident, $b:ident| $reference:expr, reads($($kept:ident as $kind:ty),*)) => {{
        let (x, dy) = (numbers(1, $samples * A::LEN), numbers(3, $samples * O::LEN));
        // Divisors stay away from 0.
        let z: Vec<f32> = numbers(2, $samples * B::LEN).into_iter().map(|x| x + x.signum()).collect();
        let [y, da, db] = on_every_device!(|device| {
            let (context, mut y, dy) = (Context::new(device, 0), device.output(dy.len()), device.tensor(&dy));
            let ($a, $b) = (device.tensor(&x), device.tensor(&z));
            $op.forward(&context, $a.view::<A>(), $b.view::<B>(), y.view_mut::<O>());
            let da = device.set_and_add(x.len(), |d, write| {
                $op.backward(&context, 0, $($kept.view::<$kind>(),)* dy.view::<O>(), d.grad::<A>(write));
            });
            let db = device.set_and_add(z.len(), |d, write| {
                $op.backward(&context, 1, $($kept.view::<$kind>(),)* dy.view::<O>(), d.grad::<B>(write));
            });
            [y.read(), da, db]
        });
        let what = format!("{:?}", $op);
        let all = |a: &[f64], b: &[f64]| reference($shapes, a, b, |$a, $b| $reference);
        let (a, b) = (wide(&x), wide(&z));
        assert_close(&what, &y, &all(&a, &b), 1e-7);
        assert_close(&what, &da, &gradient(|a| all(a, &b), &a, &dy), 5e-7);
        assert_close(&what, &db, &gradient(|b| all(&a, b), &b, &dy), 5e-7);
    }};
}

fn case<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, s: Broadcast) {
    let (shapes, activation) = (Shapes::Broadcast(s), Activation::Identity);
    check!(samples, s, Add { shapes, sign: 1.0, activation }, |a, b| a + b, reads());
    check!(samples, s, Add { shapes, sign: -1.0, activation }, |a, b| a - b, reads());
    check!(samples, s, Mul { shapes }, |a, b| a * b, reads(a as A, b as B));
    check!(samples, s, Div { shapes }, |a, b| a / b, reads(a as A, b as B));
}

#[test]
fn values_and_gradients() {
    type Image<const C: usize, const H: usize, const W: usize> = [[[f32; W]; H]; C];
    case::<[f32; 1], [f32; 1], [f32; 1]>(1, Broadcast { left: &[1], right: &[1], output: &[1] });
    case::<[f32; 5], f32, [f32; 5]>(3, Broadcast { left: &[5], right: &[], output: &[5] });
    case::<[f32; 1], [f32; 37], [f32; 37]>(3, Broadcast { left: &[1], right: &[37], output: &[37] });
    case::<[[f32; 5]; 3], [f32; 5], [[f32; 5]; 3]>(2, Broadcast { left: &[3, 5], right: &[5], output: &[3, 5] });
    case::<[[f32; 1]; 3], [f32; 5], [[f32; 5]; 3]>(2, Broadcast { left: &[3, 1], right: &[5], output: &[3, 5] });
    case::<Image<3, 4, 5>, Image<3, 1, 1>, Image<3, 4, 5>>(
        2,
        Broadcast { left: &[3, 4, 5], right: &[3, 1, 1], output: &[3, 4, 5] },
    );
    case::<Image<1, 4, 1>, Image<3, 4, 5>, Image<3, 4, 5>>(
        1,
        Broadcast { left: &[1, 4, 1], right: &[3, 4, 5], output: &[3, 4, 5] },
    );
    case::<Image<1, 4, 1>, Image<3, 1, 5>, Image<3, 4, 5>>(
        2,
        Broadcast { left: &[1, 4, 1], right: &[3, 1, 5], output: &[3, 4, 5] },
    );
}

#[test]
fn any_number_of_threads() {
    let (a, b) = (numbers(1, 90 * 21 * 40), numbers(2, 90 * 21));
    on_every_device!(|device| {
        let s = Broadcast { left: &[21, 40], right: &[21, 1], output: &[21, 40] };
        let op = Mul { shapes: Shapes::Broadcast(s) };
        let (context, mut y, mut db) = (Context::new(device, 0), device.output(a.len()), device.output(b.len()));
        let (a, b) = (device.tensor(&a), device.tensor(&b));
        let (a, b) = (a.view::<[[f32; 40]; 21]>(), b.view::<[[f32; 1]; 21]>());
        op.forward(&context, a, b, y.view_mut::<[[f32; 40]; 21]>());
        op.backward(&context, 1, a, b, y.view::<[[f32; 40]; 21]>(), db.grad::<[[f32; 1]; 21]>(Write::Set));
        [y.read(), db.read()]
    });
}

#[test]
fn an_activation_behind_a_repeated_value() {
    let s = Broadcast { left: &[2], right: &[], output: &[2] };
    let op = Add { shapes: Shapes::Broadcast(s), sign: 1.0, activation: Activation::Relu };
    let y = on_every_device!(|device| {
        let (a, b, mut y) = (device.tensor(&[1.0, -2.0]), device.tensor(&[0.5]), device.output(2));
        op.forward(&Context::new(device, 0), a.view::<[f32; 2]>(), b.view::<f32>(), y.view_mut::<[f32; 2]>());
        y.read()
    });
    assert_eq!(y, [1.5, 0.0]);
}
