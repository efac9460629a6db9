//! The macro [`simd!`], which compiles a kernel once for each instruction set; the best one is chosen at run time.
//!
//! ```ignore
//! simd! {
//!     /// `y = exp(x)`.
//!     pub(crate) fn exp_all<S>(x: &[f32], y: &mut [f32]) {
//!         for (x, y) in x.iter().zip(y) {
//!             *y = math::exp::<S>(*x);
//!         }
//!     }
//! }
//! ```
//!
//! This defines `exp_all(x, y)`, whose body is plain Rust that the compiler vectorises for AVX-512, for AVX2 and for
//! the baseline. Inside, `S: Simd` is the instruction set: `S::mul_add(a, b, c)` is a single instruction where there is
//! one (`f32::mul_add` would be a slow call elsewhere), and `S::F32` is a vector register for kernels that use
//! registers explicitly. Functions that the body calls must be `#[inline(always)]`. Bounds of further type parameters
//! go in brackets: `fn map<S, F>(x: &mut [f32], f: F) where [F: Fn(f32) -> f32] { … }`. A sum over a slice does not
//! vectorise by itself, since the compiler may not reorder floating-point additions: use [`sum`]. The environment
//! variable `DL_SIMD` (`avx2`, `baseline`) selects a lower instruction set, for tests.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128")))]
mod four;
pub(crate) mod math;
mod reduce;
mod vector;

pub(crate) use reduce::{largest, sum};
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{Avx2, Avx512};
pub(crate) use vector::{Baseline, Simd, Vector};

use std::sync::atomic::{AtomicU8, Ordering};

/// The instruction set in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    /// The instructions that every processor of this architecture has.
    Baseline = 1,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, VL, BW and DQ.
    Avx512,
}

/// Returns the best instruction set of this processor, which is detected once.
#[inline]
pub(crate) fn level() -> Level {
    static LEVEL: AtomicU8 = AtomicU8::new(0);
    match LEVEL.load(Ordering::Relaxed) {
        3 => Level::Avx512,
        2 => Level::Avx2,
        1 => Level::Baseline,
        _ => {
            let level = detect();
            LEVEL.store(level as u8, Ordering::Relaxed);
            level
        }
    }
}

#[cold]
fn detect() -> Level {
    let limit = match std::env::var("DL_SIMD").as_deref() {
        Ok("baseline") => Level::Baseline,
        Ok("avx2") => Level::Avx2,
        _ => Level::Avx512,
    };
    limit.min(detect_processor())
}

#[cfg(not(target_arch = "x86_64"))]
fn detect_processor() -> Level {
    Level::Baseline
}

#[cfg(target_arch = "x86_64")]
fn detect_processor() -> Level {
    use std::arch::is_x86_feature_detected as has;
    let avx2 = has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2");
    if avx2 && has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx512dq") {
        Level::Avx512
    } else if avx2 {
        Level::Avx2
    } else {
        Level::Baseline
    }
}

/// Asks for the line of memory that `at` is in, where the processor has an instruction for that; any address is allowed.
#[inline(always)]
pub(crate) fn prefetch(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has this instruction, and it never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Does the same as [`prefetch`], for the L2 cache alone.
#[inline(always)]
pub(crate) fn prefetch_l2(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: see `prefetch`.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Compiles functions for every instruction set; see the [module documentation](self).
macro_rules! simd {
    ($(
        $(#[$meta:meta])*
        $vis:vis fn $name:ident<$S:ident $(, $G:ident)*>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?
        $(where [$($bounds:tt)*])? $body:block
    )*) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
        $vis fn $name<$($G),*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? {
            #[allow(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
            #[inline(always)]
            fn body<$S: $crate::device::cpu::simd::Simd $(, $G)*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? $body
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::device::cpu::simd;
                #[allow(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]
                fn avx512<$($G),*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? {
                    body::<simd::Avx512 $(, $G)*>($($arg),*)
                }
                #[allow(clippy::too_many_arguments, reason = "kernels take sizes and slices")]
                #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
                fn avx2<$($G),*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? {
                    body::<simd::Avx2 $(, $G)*>($($arg),*)
                }
                match simd::level() {
                    // SAFETY: the processor has these features (`level`).
                    simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: the processor has these features (`level`).
                    simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    simd::Level::Baseline => {}
                }
            }
            body::<$crate::device::cpu::simd::Baseline $(, $G)*>($($arg),*)
        }
    )*};
}
pub(crate) use simd;
