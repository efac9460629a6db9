//! Compares argmax with the definition.

use super::ArgmaxOp;
use crate::testing::{TestDevice, numbers, on_every_device};
use crate::{Context, Pod};

fn run<S: Pod<Element = f32>, O: Pod<Element = u32>>(classes: usize, x: &[f32]) -> Vec<u32> {
    let indices = on_every_device!(|device| {
        let (x, mut y) = (device.tensor(x), device.tensor(&vec![u32::MAX; x.len() / classes]));
        ArgmaxOp { classes }.forward(&Context::new(device, 0), x.view::<S>(), y.view_mut::<O>());
        y.read().iter().map(|&index| index as f32).collect::<Vec<_>>()
    });
    indices.iter().map(|&index| index as u32).collect()
}

#[test]
fn the_first_of_the_largest() {
    for classes in [1, 2, 3, 8, 9, 31, 32, 33, 300] {
        // Rounding makes many numbers equal.
        let x: Vec<f32> = numbers(classes as u64, 7 * classes).iter().map(|x| (x * 2.0).round()).collect();
        let first = |row: &[f32]| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter().position(|&x| x == most).unwrap() as u32
        };
        let expected: Vec<u32> = x.chunks(classes).map(first).collect();
        // The operation reads the number of classes from its settings; the types need only fit in size.
        match classes {
            3 => assert_eq!(run::<[f32; 3], u32>(3, &x), expected),
            300 => assert_eq!(run::<[f32; 300], u32>(300, &x), expected),
            _ => assert_eq!(run_flat(classes, &x), expected, "{classes} classes"),
        }
    }
    assert_eq!(run::<[[f32; 2]; 3], [u32; 3]>(2, &[1.0, 2.0, 3.0, 3.0, 0.0, -0.0]), [1, 0, 0]);
}

/// Runs the kernel alone, for any number of classes.
fn run_flat(classes: usize, x: &[f32]) -> Vec<u32> {
    use super::ArgmaxKernel;
    let indices = on_every_device!(|device| {
        let (x, mut y) = (device.tensor(x), device.tensor(&vec![u32::MAX; x.len() / classes]));
        device.argmax(classes, x.data(), y.data_mut());
        y.read().iter().map(|&index| index as f32).collect::<Vec<_>>()
    });
    indices.iter().map(|&index| index as u32).collect()
}

#[test]
fn numbers_that_are_none() {
    let nan = f32::NAN;
    assert_eq!(run::<[f32; 3], u32>(3, &[1.0, nan, 2.0, nan, 5.0, nan]), [1, 0]);
    let mut x = vec![f32::NEG_INFINITY; 300];
    assert_eq!(run::<[f32; 300], u32>(300, &x), [0]);
    x[299] = f32::INFINITY;
    assert_eq!(run::<[f32; 300], u32>(300, &x), [299]);
}
