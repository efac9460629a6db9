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

/// What a kernel can also do. The last of its arguments for it is a range, which is empty where it is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Multiplies a gradient by the slope of ReLU, or of leaky ReLU with the slope `below`, whose output is `kept`: `Slope` of
    /// `extension.cuh`.
    Slope,
    /// Stops the training at `step` where a loss is not finite, or where the step before `overflowed`: `FiniteCheck` of `extension.cuh`.
    FiniteCheck,
    /// Also writes the numbers rounded to bf16, two to a word, as far as they come in fours. All ranges begin at multiples of 16 bytes.
    Round,
}

impl Extension {
    /// Returns the names of its parameters.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Extension::Slope => &["below", "kept"],
            Extension::FiniteCheck => &["step", "check"],
            Extension::Round => &["halves"],
        }
    }
    /// Appends its arguments where it is not used.
    pub(super) fn pack_unused(self, to: &mut Packed) {
        match self {
            Extension::Slope => (0.0_f32, None::<Ref<'_, f32>>).pack(to),
            Extension::FiniteCheck => (0_u32, None::<Mut<'_, u32>>).pack(to),
            Extension::Round => None::<Mut<'_, f32>>.pack(to),
        }
    }
}

impl Cuda {
    /// Lets the kernel that was queued last also do this with `range`, which it writes. If it returns `false`, nothing was changed, and a
    /// launch of its own has to do it.
    pub(crate) fn extend(&self, extension: Extension, range: (u64, usize), arguments: impl Argument) -> bool {
        self.state().extend(extension, range, arguments)
    }
}

impl State {
    /// [`Cuda::extend`] under the lock.
    pub(super) fn extend(
        &mut self,
        extension: Extension,
        (address, len): (u64, usize),
        arguments: impl Argument,
    ) -> bool {
        let State { queue, casts, error, .. } = self;
        error.is_none() && len > 0 && queue.extend(extension, [address, len as u64], arguments, casts)
    }
}

impl Queue {
    fn extend(
        &mut self,
        extension: Extension,
        range: [u64; 2],
        arguments: impl Argument,
        casts: &mut CastCache,
    ) -> bool {
        let Some(Work::Kernel { kernel, first, count, .. }) = self.work.last() else { return false };
        let (of, arguments_of) = (&kernel.parameters, |(extension, _): &(Extension, _)| extension.parameters().len());
        let Some(number) = of.extensions.iter().position(|(with, _)| *with == extension) else { return false };
        let parameter =
            of.names.iter().position(|name| *name == of.extensions[number].1).expect("a parameter of the kernel");
        let at = first + of.extensions[..number].iter().map(arguments_of).sum::<usize>();
        let written = first + of.extensions.iter().map(arguments_of).sum::<usize>() + parameter;
        let old = *first..first + count;
        let last = at + extension.parameters().len() - 1;
        let (words, packings) = (self.packed.words.len(), self.packed.arguments.len());
        // They are packed behind all others, and go from there to their places.
        arguments.pack(&mut self.packed);
        let Packed { words: all, arguments } = &mut self.packed;
        let with = arguments[arguments.len() - 1];
        // No other thread of the kernel writes what it reads, or reads what it writes.
        let apart = |other: &Packing| {
            !(other.is_span() && (with.is_written() || other.is_written())) || !overlap(other.span(all), with.span(all))
        };
        let aligned = |argument: &Packing| !argument.is_span() || argument.span(all)[0].is_multiple_of(16);
        let taken = arguments[last].kind == Kind::Nothing
            && arguments[written].is_written()
            && arguments[written].span(all) == range
            && arguments[old.clone()].iter().all(apart)
            && (extension != Extension::Round || arguments[old].iter().chain([&with]).all(aligned));
        if taken {
            for (to, from) in (at..=last).zip(packings..) {
                let (to, from) = (arguments[to].word as usize, arguments[from].word as usize);
                let len = if from == with.word as usize { 2 } else { 1 };
                all.copy_within(from..from + len, to);
            }
            arguments[last].kind = with.kind;
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
