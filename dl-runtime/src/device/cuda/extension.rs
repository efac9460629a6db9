//! Extensions: what a kernel can also do with a range that it writes, so that another launch right behind it is not needed.
//!
//! Whoever would launch that kernel asks with [`Cuda::extend`] first. If the work that was queued last is a kernel that writes the very
//! range and has the extension, then its arguments are changed in place, and nothing else is queued. Nothing lies between the two then, so
//! nobody sees the range as it was before. A launch has the extension unused until then. The kernels that have one are named in `kernels!`,
//! and compute the same bits as the launch that they replace.

use super::cast_cache::CastCache;
use super::kernel::{Argument, Kernel, Kind, Packed, Packing};
use super::queue::{Queue, Work};
use super::storage::{Mut, Ref};
use super::{Cuda, State};

/// A further operation of a kernel. The kernel takes arguments for it, among them ranges, which are empty where it is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Multiplies a gradient by the slope of ReLU, or of leaky ReLU with the slope `below`, whose output is `kept`: `Slope` of
    /// `extension.cuh`.
    Slope,
    /// Stops the training at `step` where a loss is not finite, or where the step before `overflowed`: `FiniteCheck` of `extension.cuh`.
    FiniteCheck,
    /// Also writes the numbers rounded to bf16, two to a word, as far as they come in fours. All ranges begin at multiples of 16 bytes.
    Round,
    /// Writes the sum with `summand` to `sum`, after ReLU if `relu`.
    Sum,
}

impl Extension {
    /// Returns the names of its parameters.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Extension::Slope => &["below", "kept"],
            Extension::FiniteCheck => &["step", "check"],
            Extension::Round => &["halves"],
            Extension::Sum => &["relu", "summand", "sum"],
        }
    }
    /// Appends its arguments where it is not used.
    pub(super) fn pack_unused(self, to: &mut Packed) {
        match self {
            Extension::Slope => (0.0_f32, None::<Ref<'_, f32>>).pack(to),
            Extension::FiniteCheck => (0_u32, None::<Mut<'_, u32>>).pack(to),
            Extension::Round => None::<Mut<'_, f32>>.pack(to),
            Extension::Sum => (0_u32, (None::<Ref<'_, f32>>, None::<Mut<'_, f32>>)).pack(to),
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
        let of = &kernel.parameters;
        let Some(number) = of.extensions.iter().position(|(with, _)| *with == extension) else { return false };
        let parameter =
            of.names.iter().position(|name| *name == of.extensions[number].1).expect("a parameter of the kernel");
        let (own, end) = (first + of.before(of.extensions.len()), first + count);
        let places = first + of.before(number)..first + of.before(number + 1);
        let (words, packings) = (self.packed.words.len(), self.packed.arguments.len());
        // They are packed behind all others, and go from there to their places.
        arguments.pack(&mut self.packed);
        let Packed { words: all, arguments } = &mut self.packed;
        let aligned = |argument: &Packing| !argument.is_span() || argument.span(all)[0].is_multiple_of(16);
        let unused = arguments[places.clone()].iter().any(|argument| argument.kind == Kind::Nothing);
        let taken = unused && {
            let (old, new) = (&arguments[*first..end], &arguments[packings..]);
            // No other thread of the kernel writes what it reads, or reads what it writes.
            let apart = |a: &Packing, b: &Packing| {
                !(a.is_span() && b.is_span() && (a.is_written() || b.is_written()))
                    || !overlap(a.span(all), b.span(all))
            };
            let written = &arguments[own + parameter];
            written.is_written()
                && written.span(all) == range
                && old.iter().all(|old| new.iter().all(|new| apart(old, new)))
                && (extension != Extension::Round || old.iter().chain(new).all(aligned))
        };
        if taken {
            for (from, to) in (packings..arguments.len()).zip(places) {
                let (from, to) = (arguments[from], &mut arguments[to]);
                let at = from.word as usize;
                all.copy_within(at..at + from.bytes.div_ceil(8) as usize, to.word as usize);
                to.kind = from.kind;
                if from.is_written() {
                    let [begin, len] = from.span(all);
                    casts.written(begin, begin + 4 * len);
                }
            }
        }
        all.truncate(words);
        arguments.truncate(packings);
        taken
    }
}

impl Cuda {
    /// Takes a launch of `kernel` back if it was queued last without any extension, works in place on `range`, and has a setting for which
    /// `of` returns something: whoever asks has a kernel that reads the range and does the same first. The parameters of the kernel are
    /// a struct of two words, the range that it reads, and the range in place; the last two are returned, too.
    pub(crate) fn take_back<T>(
        &self,
        kernel: &'static Kernel,
        (address, len): (u64, usize),
        of: impl FnOnce([u64; 2]) -> Option<T>,
    ) -> Option<(T, Ref<'_, f32>, Mut<'_, f32>)> {
        let Queue { work, packed, .. } = &mut self.state().queue;
        let &Work::Kernel { kernel: last, first, .. } = work.last()? else { return None };
        let extensions = kernel.parameters.before(kernel.parameters.extensions.len());
        let (extensions, own) = packed.arguments[first..].split_at_checked(extensions)?;
        let &[setting, read, in_place] = own else { return None };
        let unused = extensions.iter().all(|argument| !argument.is_span() || argument.kind == Kind::Nothing);
        if !std::ptr::eq(last, kernel) || !unused || in_place.span(&packed.words) != [address, len as u64] {
            return None;
        }
        let at = setting.word as usize;
        let setting = of([packed.words[at], packed.words[at + 1]])?;
        let [kept, kept_len] = read.span(&packed.words);
        let words = packed.arguments[first].word as usize;
        work.pop();
        packed.words.truncate(words);
        packed.arguments.truncate(first);
        Some((setting, Ref::at(kept, kept_len as usize), Mut::at(address, len)))
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
