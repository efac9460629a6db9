//! Broadcast arithmetic against values by index in `f64`, gradients against central differences.

use crate::ops::Activation;
use crate::ops::arithmetic::{Add, Broadcast, Div, Mul, Shapes};
use crate::tensor::Grad;
use crate::testing::{assert_close, gradient, numbers, same_on_any_threads, set_and_add, view, view_mut, wide};
use crate::{Context, Pod, testing::Device};

/// For every element of `output`, its index in a value of `shape`.
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

/// Checks `$op`, whose backward passes read `$kept`, against `$reference`.
macro_rules! check {
    ($samples:expr, $shapes:expr, $op:expr, |$a:ident, $b:ident| $reference:expr, reads($($kept:ident),*)) => {{
        let cpu = Device::with_threads(1);
        let context = Context { device: &cpu, seed: 0 };
        let ($a, dy) = (numbers(1, $samples * A::LEN), numbers(3, $samples * O::LEN));
        // Away from 0, to divide by.
        let $b: Vec<f32> = numbers(2, $samples * B::LEN).into_iter().map(|x| x + x.signum()).collect();
        let what = format!("{:?}", $op);
        let all = |a: &[f64], b: &[f64]| reference($shapes, a, b, |$a, $b| $reference);
        let mut y = vec![f32::NAN; dy.len()];
        $op.forward(&context, view::<A>(&$a), view::<B>(&$b), view_mut::<O>(&mut y));
        assert_close(&what, &y, &all(&wide(&$a), &wide(&$b)), 1e-7);
        let da = set_and_add($a.len(), |d, write| {
            $op.backward(&context, 0, $($kept!($a, $b),)* view::<O>(&dy), Grad { to: view_mut::<A>(d), write });
        });
        assert_close(&what, &da, &gradient(|a| all(a, &wide(&$b)), &wide(&$a), &dy), 5e-7);
        let db = set_and_add($b.len(), |d, write| {
            $op.backward(&context, 1, $($kept!($a, $b),)* view::<O>(&dy), Grad { to: view_mut::<B>(d), write });
        });
        assert_close(&what, &db, &gradient(|b| all(&wide(&$a), b), &wide(&$b), &dy), 5e-7);
    }};
}
macro_rules! left {
    ($a:ident, $b:ident) => {
        view::<A>(&$a)
    };
}
macro_rules! right {
    ($a:ident, $b:ident) => {
        view::<B>(&$b)
    };
}

fn case<A: Pod<Element = f32>, B: Pod<Element = f32>, O: Pod<Element = f32>>(samples: usize, shapes: Broadcast) {
    let (shapes, activation) = (Shapes::Broadcast(s), Activation::Identity);
    check!(samples, s, Add { shapes, sign: 1.0, activation }, |a, b| a + b, reads());
    check!(samples, s, Add { shapes, sign: -1.0, activation }, |a, b| a - b, reads());
    check!(samples, s, Mul { shapes }, |a, b| a * b, reads(left, right));
    check!(samples, s, Div { shapes }, |a, b| a / b, reads(left, right));
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
    same_on_any_threads(|cpu| {
        let mut y = vec![0.0; a.len()];
        let op = Mul { shapes: Shapes::Broadcast(Broadcast { left: &[21, 40], right: &[21, 1], output: &[21, 40] }) };
        let context = Context { device: cpu, seed: 0 };
        let (a, b) = (view::<[[f32; 40]; 21]>(&a), view::<[[f32; 1]; 21]>(&b));
        op.forward(&context, a, b, view_mut::<[[f32; 40]; 21]>(&mut y));
        let mut db = vec![0.0; 90 * 21];
        op.backward(&context, 1, a, b, view::<[[f32; 40]; 21]>(&y), Grad::set(view_mut::<[[f32; 1]; 21]>(&mut db)));
        [y, db].concat()
    });
}
