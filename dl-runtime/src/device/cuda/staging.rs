//! Pinned host memory through which batches are uploaded, so that the host does not wait for copies: the next batch is
//! written and sent while the GPU works on the previous one.

use super::Counts;
use super::driver::{Context, Event, Stream};
use crate::Result;
use crate::tensor::Element;
use std::collections::VecDeque;

/// The number of uploads in flight: the inputs and targets of two steps.
const SLOTS: usize = 4;
/// Up to so many bytes are copied directly on the compute stream, which is quicker than setting up an overlapped copy.
const SMALL: usize = 1 << 18;

/// Pinned memory for several uploads.
#[derive(Default)]
pub(super) struct Staging {
    /// The slots that no caller is using; the least recently used is in front.
    slots: VecDeque<Slot>,
    /// The stream on which large uploads are copied while the GPU computes.
    stream: Option<Stream>,
}

/// The memory for one upload.
pub(super) struct Slot {
    /// Pinned host memory.
    host: *mut u8,
    bytes: usize,
    /// GPU memory of the same size, for large uploads; 0 if there is none.
    device: u64,
    /// After this event the host memory may be written again.
    sent: Event,
    /// After this event the GPU memory may be written again.
    placed: Event,
}

// SAFETY: only the slot owns the pinned memory.
unsafe impl Send for Slot {}

impl Staging {
    /// Takes a slot of at least `bytes`, which [`Staging::send`] gives back. Waits until the slot's previous copy is
    /// done.
    pub fn take(&mut self, context: &Context, bytes: usize, counts: &mut Counts) -> Result<Slot> {
        context.enter()?;
        let mut slot = match self.slots.pop_front() {
            Some(slot) if self.slots.len() + 1 >= SLOTS => slot,
            waiting => {
                self.slots.extend(waiting);
                let (sent, placed) = (Event::new(context)?, Event::new(context)?);
                Slot { host: std::ptr::null_mut(), bytes: 0, device: 0, sent, placed }
            }
        };
        let ready = slot.sent.synchronize().and_then(|()| slot.grow(context, bytes, counts));
        if let Err(error) = ready {
            slot.free(context);
            return Err(error);
        }
        Ok(slot)
    }
    /// Copies the first `bytes` of `slot` to the GPU address `to`, after the work that was sent to `stream` before.
    pub fn send(&mut self, context: &Context, stream: &Stream, slot: Slot, to: u64, bytes: usize) -> Result<()> {
        if self.stream.is_none() && bytes > SMALL {
            self.stream = Some(Stream::new(context)?);
        }
        let sent = slot.send(stream, self.stream.as_ref(), to, bytes);
        self.slots.push_back(slot);
        sent
    }
    /// Frees the memory once all work is done.
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
    /// The memory of the first `len` elements.
    pub fn elements<E: Element>(&mut self, len: usize) -> &mut [E] {
        assert!(len * size_of::<E>() <= self.bytes, "a slot of {} bytes", self.bytes);
        if len == 0 {
            return &mut [];
        }
        // SAFETY: the memory is large enough and aligned for any element; it holds numbers (zeros at first), and the
        // GPU has finished reading them (`Staging::take`).
        unsafe { std::slice::from_raw_parts_mut(self.host.cast::<E>(), len) }
    }
    fn send(&self, stream: &Stream, copies: Option<&Stream>, to: u64, bytes: usize) -> Result<()> {
        // SAFETY: in all copies both sides have at least `bytes`; the host memory is not written before `sent`, nor the
        // GPU memory before `placed`.
        unsafe {
            let Some(copies) = copies.filter(|_| bytes > SMALL) else {
                stream.copy_in(self.host, to, bytes)?;
                return self.sent.record(stream);
            };
            copies.wait(&self.placed)?;
            copies.copy_in(self.host, self.device, bytes)?;
            self.sent.record(copies)?;
            stream.wait(&self.sent)?;
            stream.copy_within(self.device, to, bytes)?;
            self.placed.record(stream)
        }
    }
    fn grow(&mut self, context: &Context, bytes: usize, counts: &mut Counts) -> Result<()> {
        if self.bytes < bytes {
            self.placed.synchronize()?;
            self.free(context);
            (self.host, self.bytes, self.device) = (std::ptr::null_mut(), 0, 0);
            self.host = context.allocate_host(bytes)?;
            self.bytes = bytes;
        }
        if bytes > SMALL && self.device == 0 {
            self.device = context.allocate(self.bytes)?;
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
