//! Extensions: what a kernel can also do with a range that it writes, so that another launch right behind it is not needed.
//!
//! Whoever would launch that kernel asks with [`Cuda::extend`] first. If the work that was queued last is a kernel that writes the very
//! range and has the extension, then its arguments are changed in place, and nothing else is queued. Nothing lies between the two then, so
//! nobody sees the range as it was before. A launch has the extension unused until then. The kernels that have one are named in `kernels!`,
//! and compute the same bits as the launch that they replace.

use super::cast_cache::CastCache;
use super::kernel::{Argument, Kind, Packed, Packing};
use super::queue::{Queue, Work};
use super::storage::{Mut, Ref};
use super::{Cuda, State};

/// What a kernel can also do. It takes two arguments for it, a number and a range, which is empty where it is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Multiplies a gradient by the slope of ReLU, or of leaky ReLU with the slope `below`, whose output is `kept`: `Slope` of
    /// `extension.cuh`.
    Slope,
    /// Stops the training at `step` where a loss is not finite, or where the step before `overflowed`: `FiniteCheck` of `extension.cuh`.
    FiniteCheck,
}

impl Extension {
    /// Returns the names of its parameters.
    pub fn parameters(self) -> [&'static str; 2] {
        match self {
            Extension::Slope => ["below", "kept"],
            Extension::FiniteCheck => ["step", "check"],
        }
    }
    /// Appends its arguments where it is not used.
    pub(super) fn pack_unused(self, to: &mut Packed) {
        match self {
            Extension::Slope => (0.0_f32, None::<Ref<'_, f32>>).pack(to),
            Extension::FiniteCheck => (0_u32, None::<Mut<'_, u32>>).pack(to),
        }
    }
}

impl Cuda {
    /// Lets the kernel that was queued last also do this with `range`, which it writes. If it returns `false`, nothing was changed, and a
    /// launch of its own has to do it.
    pub(crate) fn extend(
        &self,
        extension: Extension,
        (address, len): (u64, usize),
        arguments: (impl Argument, impl Argument),
    ) -> bool {
        let State { queue, casts, error, .. } = &mut *self.state();
        error.is_none() && len > 0 && queue.extend(extension, [address, len as u64], arguments, casts)
    }
}

impl Queue {
    fn extend(
        &mut self,
        extension: Extension,
        range: [u64; 2],
        arguments: (impl Argument, impl Argument),
        casts: &mut CastCache,
    ) -> bool {
        let Some(Work::Kernel { kernel, first, count, .. }) = self.work.last() else { return false };
        let of = &kernel.parameters;
        let Some(number) = of.extensions.iter().position(|(with, _)| *with == extension) else { return false };
        let parameter =
            of.names.iter().position(|name| *name == of.extensions[number].1).expect("a parameter of the kernel");
        let (own, end) = (first + 2 * of.extensions.len(), first + count);
        let (words, packings) = (self.packed.words.len(), self.packed.arguments.len());
        // They are packed behind all others, and go from there to their places.
        arguments.pack(&mut self.packed);
        let Packed { words: all, arguments } = &mut self.packed;
        let ([number, with], at) = ([packings, packings + 1].map(|at| arguments[at]), first + 2 * number);
        let unused = arguments[at + 1].kind == Kind::Nothing;
        let taken = unused && {
            let old = &arguments[*first..end];
            // No other thread of the kernel writes what it reads, or reads what it writes.
            let apart = |other: &Packing| {
                !(other.is_span() && (with.is_written() || other.is_written()))
                    || !overlap(other.span(all), with.span(all))
            };
            let written = &arguments[own + parameter];
            written.is_written() && written.span(all) == range && old.iter().all(apart)
        };
        if taken {
            let places = [at, at + 1].map(|at| arguments[at].word as usize);
            all[places[0]] = all[number.word as usize];
            [all[places[1]], all[places[1] + 1]] = with.span(all);
            arguments[at + 1].kind = with.kind;
            if with.is_written() {
                let [begin, len] = with.span(all);
                casts.written(begin, begin + 4 * len);
            }
        }
        all.truncate(words);
        arguments.truncate(packings);
        taken
    }
}

impl Packing {
    /// Returns the address and the length of a span.
    fn span(&self, words: &[u64]) -> [u64; 2] {
        [words[self.word as usize], words[self.word as usize + 1]]
    }
}

/// Returns whether two ranges share elements, which have four bytes each.
fn overlap([a, a_len]: [u64; 2], [b, b_len]: [u64; 2]) -> bool {
    a < b + 4 * b_len && b < a + 4 * a_len
}
