//! Pinned memory that batches pass through on their way to the card, so that the host does not wait for copies: the next
//! batch is written and sent while the card works on the last one.

use super::driver::{Event, Stream};
use super::{Card, Counts};
use crate::Result;
use crate::device::Element;

/// Pieces on their way at a time: inputs and targets of two steps.
const SLOTS: usize = 4;
/// Up to this many bytes go straight to their place, in the order of work: quicker than an overlapped copy is to set up.
const SMALL: usize = 1 << 18;

/// Pinned memory for several pieces.
#[derive(Default)]
pub(super) struct Staging {
    slots: Vec<Slot>,
    next: usize,
    /// Where large pieces are copied while the card works.
    stream: Option<Stream>,
}

/// Room for one piece.
struct Slot {
    /// Pinned memory of the host.
    host: *mut u8,
    bytes: usize,
    /// As much on the card, for large pieces; 0 while there is none.
    device: u64,
    /// The host's memory may be written again.
    sent: Event,
    /// The card's memory may be written again.
    placed: Event,
}

// SAFETY: the pinned memory belongs to the slot alone, which is used under the lock of the card.
unsafe impl Send for Slot {}

impl Staging {
    /// Lets `write` fill `len` elements that are then sent to `to`, after the work that has begun.
    pub fn send<E: Element>(
        &mut self,
        card: &Card,
        to: u64,
        len: usize,
        write: impl FnOnce(&mut [E]),
        counts: &mut Counts,
    ) -> Result<()> {
        let (context, bytes) = (&card.context, len * size_of::<E>());
        if bytes == 0 {
            write(&mut []);
            return Ok(());
        }
        let large = bytes > SMALL;
        while self.slots.len() < SLOTS {
            let (sent, placed) = (Event::new(context)?, Event::new(context)?);
            self.slots.push(Slot { host: std::ptr::null_mut(), bytes: 0, device: 0, sent, placed });
        }
        let slot = &mut self.slots[self.next];
        self.next = (self.next + 1) % SLOTS;
        slot.sent.synchronize()?;
        slot.grow(card, bytes, large, counts)?;
        // SAFETY: the slot has room for `len` elements, aligned for any; it holds numbers (zeros at first), and the card
        // has finished reading them.
        write(unsafe { std::slice::from_raw_parts_mut(slot.host.cast::<E>(), len) });
        // SAFETY: in all three copies, `bytes` lie at both ends; the host's memory is not written before `sent`.
        unsafe {
            if !large {
                card.stream.copy_in(slot.host, to, bytes)?;
                return slot.sent.record(&card.stream);
            }
            if self.stream.is_none() {
                self.stream = Some(Stream::new(context)?);
            }
            let Some(copies) = &self.stream else { unreachable!("made above") };
            copies.wait(&slot.placed)?;
            copies.copy_in(slot.host, slot.device, bytes)?;
            slot.sent.record(copies)?;
            card.stream.wait(&slot.sent)?;
            card.stream.copy_within(slot.device, to, bytes)?;
            slot.placed.record(&card.stream)
        }
    }
    /// Gives the memory back, when all work is done.
    pub fn close(&mut self, context: &super::driver::Context) {
        if let Some(stream) = self.stream.take() {
            let _ = stream.synchronize(context);
        }
        for slot in self.slots.drain(..) {
            slot.free(context);
        }
    }
}

impl Slot {
    fn grow(&mut self, card: &Card, bytes: usize, large: bool, counts: &mut Counts) -> Result<()> {
        if self.bytes < bytes {
            self.placed.synchronize()?;
            self.free(&card.context);
            (self.host, self.bytes, self.device) = (std::ptr::null_mut(), 0, 0);
            self.host = card.context.allocate_host(bytes)?;
            self.bytes = bytes;
        }
        if large && self.device == 0 {
            self.device = card.context.allocate(self.bytes)?;
            counts.allocations += 1;
        }
        Ok(())
    }
    fn free(&self, context: &super::driver::Context) {
        if !self.host.is_null() {
            context.free_host(self.host);
        }
        if self.device != 0 {
            context.free(self.device);
        }
    }
}
