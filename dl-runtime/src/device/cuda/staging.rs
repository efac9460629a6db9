//! Pinned memory that batches pass through on their way to the GPU, so that the host does not wait for copies: the next
//! batch is written and sent while the GPU works on the last one.

use super::driver::{Context, Event, Stream};
use super::{Counts, Gpu};
use crate::Result;
use crate::tensor::Element;
use std::collections::VecDeque;

/// Pieces on their way at a time: inputs and targets of two steps.
const SLOTS: usize = 4;
/// Up to this many bytes go straight to their place, in the order of work: quicker than an overlapped copy is to set up.
const SMALL: usize = 1 << 18;

/// Pinned memory for several pieces.
#[derive(Default)]
pub(super) struct Staging {
    /// Those not in use by a caller, the one that waited for longest in front.
    slots: VecDeque<Slot>,
    /// Where large pieces are copied while the GPU works.
    stream: Option<Stream>,
}

/// Room for one piece.
pub(super) struct Slot {
    /// Pinned memory of the host.
    host: *mut u8,
    bytes: usize,
    /// As much on the GPU, for large pieces; 0 while there is none.
    device: u64,
    /// The host's memory may be written again.
    sent: Event,
    /// The GPU's memory may be written again.
    placed: Event,
}

// SAFETY: the pinned memory belongs to the slot alone.
unsafe impl Send for Slot {}

impl Staging {
    /// Room for `bytes`, to be given back by [`Staging::send`]. Waits for a copy that is still on its way from there.
    pub fn take(&mut self, gpu: &Gpu, bytes: usize, counts: &mut Counts) -> Result<Slot> {
        let context = &gpu.context;
        context.enter()?;
        let mut slot = match self.slots.pop_front() {
            Some(slot) if self.slots.len() + 1 >= SLOTS => slot,
            waiting => {
                self.slots.extend(waiting);
                let (sent, placed) = (Event::new(context)?, Event::new(context)?);
                Slot { host: std::ptr::null_mut(), bytes: 0, device: 0, sent, placed }
            }
        };
        let ready = slot.sent.synchronize().and_then(|()| slot.grow(gpu, bytes, counts));
        if let Err(error) = ready {
            slot.free(context);
            return Err(error);
        }
        Ok(slot)
    }
    /// Sends what was written to the beginning of `slot` to memory of the GPU, after the work that has begun.
    pub fn send(&mut self, gpu: &Gpu, slot: Slot, to: u64, bytes: usize) -> Result<()> {
        if self.stream.is_none() && bytes > SMALL {
            self.stream = Some(Stream::new(&gpu.context)?);
        }
        let sent = slot.send(gpu, self.stream.as_ref(), to, bytes);
        self.slots.push_back(slot);
        sent
    }
    /// Gives the memory back, when all work is done.
    pub fn close(&mut self, context: &Context) {
        if let Some(stream) = self.stream.take() {
            let _ = stream.synchronize();
        }
        for slot in self.slots.drain(..) {
            slot.free(context);
        }
    }
}

impl Slot {
    /// Room for the first `len` elements.
    pub fn elements<E: Element>(&mut self, len: usize) -> &mut [E] {
        assert!(len * size_of::<E>() <= self.bytes, "a slot of {} bytes", self.bytes);
        if len == 0 {
            return &mut [];
        }
        // SAFETY: it has room for them, aligned for any; it holds numbers (zeros at first), and the GPU has finished reading
        // them (`Staging::take`).
        unsafe { std::slice::from_raw_parts_mut(self.host.cast::<E>(), len) }
    }
    fn send(&self, gpu: &Gpu, copies: Option<&Stream>, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: in all copies, `bytes` lie at both ends; the host's memory is not written before `sent`, nor the GPU's before
        // `placed`.
        unsafe {
            let Some(copies) = copies.filter(|_| bytes > SMALL) else {
                gpu.stream.copy_in(self.host, to, bytes)?;
                return self.sent.record(&gpu.stream);
            };
            copies.wait(&self.placed)?;
            copies.copy_in(self.host, self.device, bytes)?;
            self.sent.record(copies)?;
            gpu.stream.wait(&self.sent)?;
            gpu.stream.copy_within(self.device, to, bytes)?;
            self.placed.record(&gpu.stream)
        }
    }
    fn grow(&mut self, gpu: &Gpu, bytes: usize, counts: &mut Counts) -> Result<()> {
        if self.bytes < bytes {
            self.placed.synchronize()?;
            self.free(&gpu.context);
            (self.host, self.bytes, self.device) = (std::ptr::null_mut(), 0, 0);
            self.host = gpu.context.allocate_host(bytes)?;
            self.bytes = bytes;
        }
        if bytes > SMALL && self.device == 0 {
            self.device = gpu.context.allocate(self.bytes)?;
            counts.allocations += 1;
        }
        Ok(())
    }
    fn free(&self, context: &Context) {
        if !self.host.is_null() {
            context.free_host(self.host);
        }
        if self.device != 0 {
            context.free(self.device);
        }
    }
}
