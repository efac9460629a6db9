//! Compares one-hot vectors with the definition.

use super::OneHotOp;
use crate::testing::{TestDevice, on_every_device};
use crate::{Context, Pod};

fn run<S: Pod<Element = u32>, O: Pod<Element = f32>>(classes: usize, indices: &[u32]) -> Vec<f32> {
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(indices), device.output(indices.len() * classes));
        OneHotOp { classes }.forward(&Context::new(device, 0), x.view::<S>(), y.view_mut::<O>());
        y.read()
    })
}

fn case<S: Pod<Element = u32>, O: Pod<Element = f32>>(classes: usize, samples: usize) {
    let indices: Vec<u32> = (0..samples * S::LEN).map(|i| (i * 7 + 1) as u32 % classes as u32).collect();
    let one = |i: usize| if indices[i / classes] as usize == i % classes { 1.0 } else { 0.0 };
    let expected: Vec<f32> = (0..indices.len() * classes).map(one).collect();
    assert_eq!(run::<S, O>(classes, &indices), expected, "{classes} classes");
}

#[test]
fn values() {
    case::<u32, [f32; 1]>(1, 3);
    case::<u32, [f32; 10]>(10, 7);
    case::<[u32; 5], [[f32; 3]; 5]>(3, 2);
    case::<[[u32; 3]; 2], [[[f32; 300]; 3]; 2]>(300, 20);
}

/// As for tokens of an embedding: a wrong number is not hidden, and others are as they would be without it.
#[test]
fn an_index_beyond_the_classes_gives_nan() {
    on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&[1, 3, u32::MAX, 2]), device.output(12));
        OneHotOp { classes: 3 }.forward(&Context::new(device, 0), x.view::<u32>(), y.view_mut::<[f32; 3]>());
        let y = y.read();
        assert_eq!((&y[..3], &y[9..]), (&[0.0, 1.0, 0.0][..], &[0.0, 0.0, 1.0][..]));
        assert!(y[3..9].iter().all(|y| y.is_nan()));
        [y[..3].to_vec(), y[9..].to_vec()]
    });
}
