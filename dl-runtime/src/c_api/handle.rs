//! A network that C holds. Any number of threads predict with it at once, each with a session of the shared weights.

use super::failure::Failure;
use crate::network::Passes;
use crate::session::{Session, Shared, cpu_for};
use crate::tensor::Pack;
use crate::{Model, Result};
use std::sync::{Mutex, PoisonError};

/// The most samples that are computed together.
const BATCH: usize = 64;

/// A network, and what threads that predict leave for the next ones.
pub(super) struct Handle<M: Passes> {
    net: Shared<M>,
    /// The rooms that no thread uses. The lock is held to take one and to put it back, and never while a thread predicts.
    free: Mutex<Vec<Room<M>>>,
}

/// The session and buffers of one thread.
struct Room<M: Passes> {
    session: Session<M>,
    inputs: Vec<M::Input>,
    outputs: Vec<M::Output>,
}

impl<M: Passes> Room<M> {
    fn new(net: &Shared<M>, samples: usize) -> Result<Self> {
        let session = Session::sharing(cpu_for::<M>(samples), net.clone(), samples)?;
        Ok(Room { session, inputs: M::Input::samples(samples), outputs: M::Output::samples(samples) })
    }
}

impl<M: Passes> Handle<M> {
    pub fn new(bytes: &[u8]) -> Result<Self> {
        Ok(Handle { net: M::from_bytes(bytes)?.into(), free: Mutex::default() })
    }
    /// Predicts samples that lie side by side, the parts of each one after another.
    ///
    /// # Safety
    /// The addresses are those of so many samples and outputs.
    pub unsafe fn predict(&self, mut from: *const u8, samples: usize, to: *mut f32) -> Result<(), Failure> {
        let mut to = to.cast::<u8>();
        let room = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let wanted = samples.min(BATCH);
        let mut room = match room {
            Some(room) if room.inputs.len() >= wanted => room,
            _ => Room::new(&self.net, wanted)?,
        };
        let mut left = samples;
        while left > 0 {
            let n = left.min(room.inputs.len());
            left -= n;
            let (inputs, outputs) = (&mut room.inputs[..n], &mut room.outputs[..n]);
            for input in inputs.iter_mut() {
                for part in 0..M::Input::PARTS.len() {
                    let numbers = input.part_mut(part);
                    let bytes = size_of_val(numbers);
                    // SAFETY: the caller promises all samples, and each has these parts; bytes need no alignment, and any are numbers.
                    from = unsafe {
                        numbers.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(from, bytes);
                        from.add(bytes)
                    };
                }
            }
            room.session.predict_into(inputs, outputs)?;
            for output in outputs.iter() {
                for part in 0..M::Output::PARTS.len() {
                    let numbers = output.part(part);
                    let bytes = size_of_val(numbers);
                    // SAFETY: as above; what is written is not ours, so it does not overlap.
                    to = unsafe {
                        to.copy_from_nonoverlapping(numbers.as_ptr().cast(), bytes);
                        to.add(bytes)
                    };
                }
            }
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(room);
        Ok(())
    }
}
