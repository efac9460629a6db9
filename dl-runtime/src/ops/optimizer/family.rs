//! The kernel of an optimizer that treats every weight alike, and the macro `formulas!`, which generates it for the CPU
//! from an entry of the table.

use super::segments::{BLOCK, parts};
use super::{DecayStep, FiniteCheck, OptimizerStep};
use crate::device::Cpu;
use crate::device::cpu::threads::{chunks, chunks_mut};
use crate::tensor::Storage;
use std::sync::atomic::{AtomicBool, Ordering};

/// Formulas run on the CPU without further methods.
#[cfg(not(feature = "cuda"))]
pub(crate) trait OnDevices {}
/// Formulas run on every device: a GPU needs their kernel.
#[cfg(feature = "cuda")]
pub(crate) trait OnDevices: crate::device::cuda::Argument {
    /// Returns the kernel of `optimizer.cu` that computes the formula.
    fn kernel() -> &'static crate::device::cuda::Kernel;
}

/// The formula of an optimizer, with the factors of one step: how far a weight moves, and how the `KEPT` numbers change
/// that the optimizer keeps for it.
#[allow(private_bounds, reason = "only the table has formulas")]
pub trait Formula<const KEPT: usize>: Copy + Send + Sync + OnDevices {
    /// Performs one step on weights of one role, with their gradients and the kept numbers. Returns `true` if a new weight
    /// is not finite.
    fn step(self, decay: (f32, f32), weights: &mut [f32], gradients: &[f32], kept: [&mut [f32]; KEPT]) -> bool;
}

/// The kernel of the optimizers that treat every weight alike.
pub trait StepKernel: Storage {
    /// Performs one step on all weights, in one pass over memory.
    fn optimizer_step<F: Formula<KEPT>, const KEPT: usize>(
        &self,
        formula: F,
        decay: DecayStep,
        weights: OptimizerStep<'_, Self>,
        kept: [Self::Mut<'_, f32>; KEPT],
    );
}

impl StepKernel for Cpu {
    fn optimizer_step<F: Formula<KEPT>, const KEPT: usize>(
        &self,
        formula: F,
        decay: DecayStep,
        weights: OptimizerStep<'_, Cpu>,
        kept: [&mut [f32]; KEPT],
    ) {
        let OptimizerStep { segments, weights, gradients, finite_check, .. } = weights;
        if FiniteCheck::has_stopped(finite_check) {
            return;
        }
        let finite = AtomicBool::new(true);
        let kept = kept.map(|kept| chunks_mut(kept, BLOCK));
        let data = ((chunks_mut(weights, BLOCK), chunks(gradients, BLOCK)), kept);
        self.threads().split(data, &|block, ((w, g), mut kept)| {
            for (part, role) in parts(segments, block) {
                let kept = kept.each_mut().map(|kept| &mut kept[part.clone()]);
                if formula.step(decay.of(role), &mut w[part.clone()], &g[part], kept) {
                    finite.store(false, Ordering::Relaxed);
                }
            }
        });
        FiniteCheck::note_step(finite_check, finite.into_inner(), gradients);
    }
}

/// Generates from a table of optimizers the struct with the factors of a step, and its [`Formula`]. The formula is a
/// function of the gradient after decay, and names the numbers that it keeps. It returns what is subtracted from the
/// weight.
macro_rules! formulas {
    ($(
        $(#[$doc:meta])*
        $name:ident by $kernel:ident { $($(#[$field_doc:meta])* $field:ident: f32),* $(,)? }
        keeps [$($kept:ident),*]: |$g:ident| $step:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: f32,)*
        }

        simd! {
            fn $kernel<S>(s: $name, decay: (f32, f32), w: &mut [f32], g: &[f32] $(, $kept: &mut [f32])*) -> bool {
                let $name { $($field),* } = s;
                let n = w.len();
                // Slices of one length need no checks in the loop.
                $(let $kept = &mut $kept[..n];)*
                let mut bad = false;
                for (i, (w, g)) in w.iter_mut().zip(&g[..n]).enumerate() {
                    // Not every formula keeps numbers.
                    _ = i;
                    let $g = *g + decay.0 * *w;
                    $(let $kept = &mut $kept[i];)*
                    *w = *w * decay.1 - $step;
                    bad |= not_finite(*w);
                }
                bad
            }
        }

        impl Formula<{ <[&str]>::len(&[$(stringify!($kept)),*]) }> for $name {
            fn step(
                self,
                decay: (f32, f32),
                w: &mut [f32],
                g: &[f32],
                [$($kept),*]: [&mut [f32]; <[&str]>::len(&[$(stringify!($kept)),*])],
            ) -> bool {
                $kernel(self, decay, w, g $(, $kept)*)
            }
        }

        #[cfg(not(feature = "cuda"))]
        impl OnDevices for $name {}
        #[cfg(feature = "cuda")]
        impl OnDevices for $name {
            fn kernel() -> &'static Kernel {
                static KERNEL: Kernel =
                    Kernel::new(&super::cuda::SOURCE, stringify!($kernel), super::cuda::optim_step);
                &KERNEL
            }
        }
        #[cfg(feature = "cuda")]
        impl Argument for $name {
            fn pack(self, to: &mut Packed) {
                to.words(&[$(self.$field.to_bits()),*]);
            }
        }
    )*};
}
pub(super) use formulas;
