//! Functions of one number as tables: one result for each of the 256 inputs, computed when a network is quantized.

use super::parameters::{Parameters, tensors};
use super::{Kernels, Quantization};

/// The results of a function; that of `x` is entry `x + 128`.
pub type Table = [i8; 256];

/// The parameters of an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Lookup {
    /// The results.
    pub table: Table,
}

// SAFETY: integers alone.
unsafe impl Parameters for Lookup {
    tensors! { table: I8 [256] }
}

/// An activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupOp;

impl LookupOp {
    /// Applies the activation to each element.
    pub fn infer(self, _: impl Kernels, parameters: &Lookup, x: &[i8], y: &mut [i8]) {
        lookup(&parameters.table, x, y);
    }
    /// Replaces each element by its result.
    pub fn infer_in_place(self, _: impl Kernels, parameters: &Lookup, y: &mut [i8]) {
        lookup_in_place(&parameters.table, y);
    }
}

/// Returns the table of `f` between values of the given scales, rounded to the nearest number.
pub fn table(input: Quantization, output: Quantization, f: impl Fn(f32) -> f32) -> Table {
    core::array::from_fn(|i| output.quantize(f(input.dequantize((i as i32 - 128) as i8))))
}

/// Looks up each element of `x`.
pub fn lookup(table: &Table, x: &[i8], y: &mut [i8]) {
    x.iter().zip(y).for_each(|(&x, y)| *y = table[entry(x)]);
}

/// Replaces each element by its result.
pub fn lookup_in_place(table: &Table, y: &mut [i8]) {
    y.iter_mut().for_each(|y| *y = table[entry(*y)]);
}

#[inline]
fn entry(x: i8) -> usize {
    usize::from((x as u8) ^ 0x80)
}
