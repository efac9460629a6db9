//! Compares records with ranges written out by hand.

use super::*;
use crate::Cpu;

#[test]
fn parts_are_joined_and_taken_apart() {
    let cpu = Cpu::with_threads(1);
    let context = Context::new(&cpu, 0);
    const LENS: &[usize] = &[2, 1];
    let (a, b, mut record) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0], [0.0; 6]);
    let pack = Pack { lens: LENS };
    pack.forward(&context, 0, View::<Cpu, [f32; 2]>::new(&a[..], 2), ViewMut::<Cpu, [f32; 3]>::new(&mut record[..], 2));
    pack.forward(&context, 1, View::<Cpu, [f32; 1]>::new(&b[..], 2), ViewMut::<Cpu, [f32; 3]>::new(&mut record[..], 2));
    assert_eq!(record, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);

    let mut second = [0.0; 2];
    let unpack = Unpack { lens: LENS, part: 1 };
    let view = View::<Cpu, [f32; 3]>::new(&record[..], 2);
    unpack.forward(&context, view, ViewMut::<Cpu, [f32; 1]>::new(&mut second[..], 2));
    assert_eq!(second, b);

    // In the backward pass with `Add`, the part is added and the others stay as they are.
    let (mut d_a, mut d_record) = ([1.0; 4], [9.0; 6]);
    pack.backward(&context, 0, view, Grad::add(ViewMut::<Cpu, [f32; 2]>::new(&mut d_a[..], 2)));
    assert_eq!(d_a, [2.0, 3.0, 4.0, 5.0]);
    let d = View::<Cpu, [f32; 1]>::new(&b[..], 2);
    unpack.backward(&context, d, Grad::set(ViewMut::<Cpu, [f32; 3]>::new(&mut d_record[..], 2)));
    assert_eq!(d_record, [0.0, 0.0, 0.0, 0.0, 5.0, 6.0]);
    unpack.backward(&context, d, Grad::add(ViewMut::<Cpu, [f32; 3]>::new(&mut d_record[..], 2)));
    assert_eq!(d_record, [0.0, 0.0, 0.0, 0.0, 10.0, 12.0]);
}
