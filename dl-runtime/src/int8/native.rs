//! The kernels that models on int8 run with in programs with `std`: those that this processor does best.

#[cfg(target_arch = "x86_64")]
use super::x86;
use super::{Kernels, Portable};
use crate::device::cpu::simd;
use std::fmt::{Debug, Formatter};

/// The fastest kernels of this processor; the environment variable `DL_SIMD` (`avx2`, `baseline`) selects lesser ones, for tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Native(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl Default for Native {
    #[inline]
    fn default() -> Self {
        Native(match simd::level() {
            #[cfg(target_arch = "x86_64")]
            simd::Level::Avx512 if x86::has_vnni() => Set::Vnni,
            #[cfg(target_arch = "x86_64")]
            simd::Level::Avx2 | simd::Level::Avx512 => Set::Avx2,
            _ => Set::Portable,
        })
    }
}

impl Debug for Native {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Native {
    /// Returns all sets that this processor has, the fastest last.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Set::Portable,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2,
            #[cfg(target_arch = "x86_64")]
            Set::Vnni,
        ];
        all.retain(|set| *set <= Native::default().0);
        all.into_iter().map(Native).collect()
    }
}

impl Kernels for Native {
    #[inline]
    fn products(self, rows: [&[i8]; 2], column: &[i8]) -> [i32; 2] {
        let rows = rows.map(|row| &row[..column.len()]);
        match self.0 {
            Set::Portable => Portable.products(rows, column),
            // SAFETY: a value of this set is only made on a processor that has the instructions; all slices have the same length.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::avx2(rows, [column]) }.map(|[sum]| sum),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Vnni => unsafe { x86::vnni(rows, [column]) }.map(|[sum]| sum),
        }
    }
    #[inline]
    fn pack(self, column: &[u32], position: usize, columns: &mut [u32]) {
        Portable.pack(column, position, columns);
    }
    #[inline]
    fn packed_products(self, rows: [&[i8]; 2], n: usize, columns: &[u32]) -> [[i32; 2]; 2] {
        #[cfg(target_arch = "x86_64")]
        {
            let (rows, bytes) = (rows.map(|row| &row[..n]), super::dot::bytes(columns));
            let columns = [&bytes[..n], &bytes[4 * n.div_ceil(4)..][..n]];
            match self.0 {
                Set::Portable => {}
                // SAFETY: as above.
                Set::Avx2 => return unsafe { x86::avx2(rows, columns) },
                // SAFETY: as above.
                Set::Vnni => return unsafe { x86::vnni(rows, columns) },
            }
        }
        Portable.packed_products(rows, n, columns)
    }
}
