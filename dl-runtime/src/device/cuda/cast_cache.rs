//! The cache of casts: matrices rounded to bf16, kept until their source is written to.
//!
//! The device sees all writes in order. So a step rounds its weights once for the forward and the backward pass, and
//! every activation once for both passes, too.

use super::{Cuda, Gpu, Mut, Ref, State};
use crate::Result;

/// Casts, each with the range of memory that it was made from.
#[derive(Default)]
pub(super) struct CastCache {
    entries: Vec<Entry>,
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

impl CastCache {
    /// Invalidates the casts of memory between two addresses, which is about to be written.
    pub fn written(&mut self, begin: u64, end: u64) {
        for entry in &mut self.entries {
            entry.valid &= entry.from.1 <= begin || end <= entry.from.0;
        }
    }
    /// Returns the address and the bytes of each cast of memory between two addresses.
    pub fn derived(&self, begin: u64, end: u64) -> impl Iterator<Item = (u64, u64)> {
        let from = move |entry: &&Entry| entry.from.0 < end && begin < entry.from.1;
        self.entries.iter().filter(from).map(|entry| (entry.to, 4 * entry.len as u64))
    }
    /// Frees the casts of memory that is being freed, once all work on it is done.
    pub fn dropped(&mut self, gpu: &Gpu, begin: u64, end: u64) {
        self.entries.retain(|entry| {
            let stays = entry.from.1 <= begin || end <= entry.from.0;
            if !stays {
                gpu.context.free(entry.to);
            }
            stays
        });
    }
    /// Frees all casts.
    pub fn close(&mut self, context: &super::driver::Context) {
        self.entries.drain(..).for_each(|entry| context.free(entry.to));
    }
}

impl State {
    /// Returns the address of the cast of `source`, and whether the cast still has to be computed.
    fn cast(&mut self, gpu: &Gpu, source: Ref<'_, f32>, form: u64, len: usize) -> Result<(u64, bool)> {
        let from = (source.address(), source.address() + 4 * source.len() as u64);
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

impl Cuda {
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
