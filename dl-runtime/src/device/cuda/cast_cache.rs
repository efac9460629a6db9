//! The cache of casts: matrices rounded to bf16, kept until their source is written to.
//!
//! The device sees all writes in order. So a step rounds its weights once for the forward and the backward pass, and
//! every activation once for both passes, too. Weights that an optimizer moves have a copy of all of them in bf16, which the optimizer
//! itself writes: what is cast of them is a part of it.

use super::cast::UNPADDED;
use super::{Cuda, Extension, Gpu, Mut, Ref, State};
use crate::Result;

/// Casts, each with the range of memory that it was made from.
#[derive(Default)]
pub(super) struct CastCache {
    entries: Vec<Entry>,
    rounded: Vec<Rounded>,
    /// The addresses of casts that a copy took the place of, which work that was asked for may still read.
    retired: Vec<u64>,
}

struct Entry {
    /// The begin and end address of the source.
    from: (u64, u64),
    /// The kind of cast.
    form: u64,
    /// The address of the cast.
    to: u64,
    len: usize,
    valid: bool,
}

/// All numbers of a range as bf16, two to a word.
struct Rounded {
    /// The begin and end address of the range.
    from: (u64, u64),
    /// The address of the copy.
    to: u64,
    len: usize,
    /// The parts of the range that were written to since the copy was.
    stale: Vec<(u64, u64)>,
}

impl Rounded {
    /// So many parts are told apart; with more, everything is taken for stale.
    const MOST_STALE: usize = 64;

    /// Returns the part of the copy for a range with `len` words of bf16, and whether it still has to be computed.
    fn part(&mut self, from: (u64, u64), len: usize) -> Option<(u64, bool)> {
        // Products need multiples of 16 bytes.
        let within = self.from.0 <= from.0 && from.1 <= self.from.1 && (from.0 - self.from.0).is_multiple_of(32);
        if !within || 8 * len as u64 != from.1 - from.0 {
            return None;
        }
        let stale = self.stale.iter().any(|stale| overlap(*stale, from));
        self.computed(from);
        Some((self.to + (from.0 - self.from.0) / 2, stale))
    }
    /// Takes a part out of those that are stale.
    fn computed(&mut self, part: (u64, u64)) {
        let mut at = 0;
        while let Some(&stale) = self.stale.get(at) {
            if !overlap(stale, part) {
                at += 1;
                continue;
            }
            self.stale.swap_remove(at);
            let around = [(stale.0, part.0), (part.1, stale.1)];
            self.stale.extend(around.into_iter().filter(|(begin, end)| begin < end));
        }
    }
    fn written(&mut self, range: (u64, u64)) {
        let part = (range.0.max(self.from.0), range.1.min(self.from.1));
        if part.0 >= part.1 || self.stale.contains(&part) {
            return;
        }
        if part == self.from || self.stale.len() >= Self::MOST_STALE {
            self.stale.clear();
            self.stale.push(self.from);
        } else {
            self.stale.push(part);
        }
    }
}

/// Returns whether two ranges, from their begin to their end address, share memory.
fn overlap(a: (u64, u64), b: (u64, u64)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

impl CastCache {
    /// Invalidates the casts of memory between two addresses, which is about to be written.
    pub fn written(&mut self, begin: u64, end: u64) {
        for entry in &mut self.entries {
            entry.valid &= entry.from.1 <= begin || end <= entry.from.0;
        }
        self.rounded.iter_mut().for_each(|copy| copy.written((begin, end)));
    }
    /// Returns the address and the bytes of each cast of memory between two addresses.
    pub fn derived(&self, begin: u64, end: u64) -> impl Iterator<Item = (u64, u64)> {
        let entries = self.entries.iter().map(|entry| (entry.from, entry.to, entry.len));
        let rounded = self.rounded.iter().map(|copy| (copy.from, copy.to, copy.len));
        let derived = entries.chain(rounded).filter(move |(from, ..)| overlap(*from, (begin, end)));
        derived.map(|(_, to, len)| (to, 4 * len as u64))
    }
    /// Frees the casts of memory that is being freed, once all work on it is done.
    pub fn dropped(&mut self, gpu: &Gpu, begin: u64, end: u64) {
        let stays = |from, to| {
            let stays = !overlap(from, (begin, end));
            if !stays {
                gpu.context.free(to);
            }
            stays
        };
        self.entries.retain(|entry| stays(entry.from, entry.to));
        self.rounded.retain(|copy| stays(copy.from, copy.to));
    }
    /// Frees all casts.
    pub fn close(&mut self, context: &super::driver::Context) {
        self.entries.drain(..).for_each(|entry| context.free(entry.to));
        self.rounded.drain(..).for_each(|copy| context.free(copy.to));
        self.free_retired(context);
    }
    /// Frees casts that are no longer needed, when all work has been done.
    pub fn free_retired(&mut self, context: &super::driver::Context) {
        self.retired.drain(..).for_each(|to| context.free(to));
    }
    /// Removes all casts of a range.
    fn retire(&mut self, from: (u64, u64)) {
        let CastCache { entries, rounded, retired } = self;
        let mut stays = |of, to| {
            let stays = !overlap(of, from);
            if !stays {
                retired.push(to);
            }
            stays
        };
        entries.retain(|entry| stays(entry.from, entry.to));
        rounded.retain(|copy| stays(copy.from, copy.to));
    }
    /// Returns whether casts that a copy of this range could have are as long as half of it.
    fn deserves_copy(&self, from: (u64, u64)) -> bool {
        let mut copy = Rounded { from, to: 0, len: 0, stale: Vec::new() };
        let parts =
            self.entries.iter().filter(|entry| entry.form == UNPADDED && copy.part(entry.from, entry.len).is_some());
        2 * parts.map(|entry| entry.from.1 - entry.from.0).sum::<u64>() >= from.1 - from.0
    }
}

impl State {
    /// Returns the address of the cast of `source`, and whether the cast still has to be computed.
    fn cast(&mut self, gpu: &Gpu, source: Ref<'_, f32>, form: u64, len: usize) -> Result<(u64, bool)> {
        let from = (source.address(), source.address() + 4 * source.len() as u64);
        if form == UNPADDED
            && let Some(part) = self.casts.rounded.iter_mut().find_map(|copy| copy.part(from, len))
        {
            return Ok(part);
        }
        let same = |entry: &&mut Entry| (entry.from, entry.form, entry.len) == (from, form, len);
        if let Some(entry) = self.casts.entries.iter_mut().find(same) {
            return Ok((entry.to, !std::mem::replace(&mut entry.valid, true)));
        }
        let to = gpu.context.allocate(4 * len)?;
        self.counts.allocations += 1;
        self.casts.entries.push(Entry { from, form, to, len, valid: true });
        Ok((to, true))
    }
}

impl State {
    /// Lets the kernel that was queued last, which writes this range, also write its copy as bf16, if products read one.
    fn round_written(&mut self, gpu: &Gpu, address: u64, len: usize) -> Result<()> {
        let from = (address, address + 4 * len as u64);
        let known = self.casts.rounded.iter().position(|copy| copy.from == from);
        let number = match known {
            Some(number) => number,
            None if !self.casts.deserves_copy(from) => return Ok(()),
            None => {
                let words = len.div_ceil(8) * 4;
                let to = gpu.context.allocate(4 * words)?;
                self.counts.allocations += 1;
                self.casts.retire(from);
                let mut stale = Vec::with_capacity(Rounded::MOST_STALE);
                stale.push(from);
                self.casts.rounded.push(Rounded { from, to, len: words, stale });
                self.casts.rounded.len() - 1
            }
        };
        let Rounded { to, len: words, .. } = self.casts.rounded[number];
        if self.extend(Extension::Round, (address, len), Mut::<f32>::at(to, words)) {
            self.casts.rounded[number].stale.clear();
        }
        Ok(())
    }
}

impl Cuda {
    /// Lets an optimizer, which was queued last, write its weights as bf16, too, where large products read them.
    pub(crate) fn round_written(&self, weights: &Mut<'_, f32>) {
        if self.computes_in() == super::Precision::Bf16 && !weights.is_empty() {
            let state = &mut *self.state();
            if state.error.is_none()
                && let Err(error) = state.round_written(&self.gpu, weights.address(), weights.len())
            {
                state.error = Some(error);
            }
        }
    }
    /// Returns the cast of `source`, of `len` words. `make` computes it, unless that was done before and `source` was
    /// not written to since. `form` is the kind of cast.
    pub(crate) fn cast<'a>(
        &self,
        source: Ref<'a, f32>,
        form: u64,
        len: usize,
        make: impl FnOnce(Ref<'_, f32>, Mut<'_, f32>),
    ) -> Ref<'a, f32> {
        let cast = self.state().cast(&self.gpu, source, form, len);
        match cast {
            Ok((to, wanted)) => {
                if wanted {
                    make(source, Mut::at(to, len));
                }
                Ref::at(to, len)
            }
            Err(error) => {
                self.state().error.get_or_insert(error);
                Ref::at(0, len)
            }
        }
    }
}
