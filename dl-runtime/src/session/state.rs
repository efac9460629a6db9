//! States of streams: what a model remembers of the rows of running sequences, so that it can be continued row by row.

use super::inference::Session;
use crate::network::{Passes, Steps};
use crate::ops::Device;
use crate::tensor::{Capacity, Pack, Streams};
use crate::{Allocator, Cpu, Error, Result, Workspace};

/// The state of some streams: running sequences that a model is shown piece by piece, with [`Session::step`].
///
/// A state belongs to the model and device of the session that made it. It can be cloned, to continue a stream in several ways, and
/// single streams can be cleared.
pub struct State<M: Steps, D: Device = Cpu> {
    device: D,
    memory: M::State<D>,
    /// The number of rows that each stream has seen.
    past: Vec<u32>,
    on_device: D::Buffer<u32>,
    /// The most rows of a stream.
    capacity: usize,
}

impl<M: Steps, D: Device> State<M, D> {
    pub(super) fn new(device: D, streams: usize, capacity: usize) -> Result<Self> {
        let room = Capacity { samples: streams, rows: capacity };
        Ok(State {
            memory: Allocator::allocate(&device, room, M::state_memory)?,
            past: vec![0; streams],
            on_device: device.zeros(streams)?,
            capacity,
            device,
        })
    }
    /// Returns the number of streams.
    pub fn streams(&self) -> usize {
        self.past.len()
    }
    /// Returns the most rows that a stream can have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
    /// Returns the number of rows that each stream has seen.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.past.iter().map(|&rows| rows as usize)
    }
    /// Forgets everything that all streams have seen.
    pub fn clear(&mut self) {
        (0..self.streams()).for_each(|stream| self.clear_stream(stream));
    }
    /// Forgets everything that one stream has seen.
    ///
    /// # Panics
    /// If there is no such stream.
    pub fn clear_stream(&mut self, stream: usize) {
        let (streams, device) = (self.past.len(), &self.device);
        self.past[stream] = 0;
        M::slots_mut(&mut self.memory, &mut |slot: &mut Workspace<D>| {
            let all = slot.data_mut();
            let one = slot_len::<D>(&all) / streams;
            let rest = D::split_mut(all, stream * one).1;
            device.clear(D::split_mut(rest, one).0);
        });
    }
    /// Forgets all rows of a stream but the first `rows`, from which it can go on in another way.
    ///
    /// # Errors
    /// [`Error::Setting`] if the stream has fewer rows, or if the model has layers that keep no record of single rows (recurrent layers,
    /// convolutions, attention with a window): their streams can only be cleared, or continued from an earlier [copy](State::try_clone).
    ///
    /// # Panics
    /// If there is no such stream.
    pub fn truncate(&mut self, stream: usize, rows: usize) -> Result<()> {
        let past = self.past[stream] as usize;
        let least = if M::TRUNCATES { 0 } else { past };
        match rows {
            0 => self.clear_stream(stream),
            _ if (least..=past).contains(&rows) => self.past[stream] = rows as u32,
            _ => {
                let expected = match M::TRUNCATES {
                    true => format!("at most {past}, the rows of the stream"),
                    false => format!("0 or {past}, since a layer of this model keeps no record of single rows"),
                };
                return Err(Error::Setting {
                    setting: "rows",
                    of: "State::truncate",
                    expected,
                    found: rows.to_string(),
                });
            }
        }
        Ok(())
    }
    pub(super) fn device(&self) -> &D {
        &self.device
    }
    pub(super) fn past(&self) -> &[u32] {
        &self.past
    }
    /// Returns the memory of each layer.
    pub(super) fn slots(&self) -> Vec<&Workspace<D>> {
        let mut slots = Vec::new();
        M::slots(&self.memory, &mut |slot| slots.push(slot));
        slots
    }
    /// Sets the lengths of the streams and the memory of each layer.
    pub(super) fn restore(&mut self, past: &[u32], slots: &[Vec<f32>]) -> Result<()> {
        self.past.copy_from_slice(past);
        let (mut from, mut done, device) = (slots.iter(), Ok(()), &self.device);
        M::slots_mut(&mut self.memory, &mut |to| {
            if let (Some(from), true) = (from.next(), done.is_ok()) {
                done = device.upload(from, to.data_mut());
            }
        });
        done
    }
    /// Copies the state.
    ///
    /// # Errors
    /// The device is out of memory.
    pub fn try_clone(&self) -> Result<Self> {
        let mut copy = State::new(self.device.clone(), self.streams(), self.capacity)?;
        copy.past.copy_from_slice(&self.past);
        let (mut from, device) = (self.slots().into_iter(), &self.device);
        M::slots_mut(&mut copy.memory, &mut |to| {
            if let Some(from) = from.next() {
                device.copy(from.data(), to.data_mut());
            }
        });
        Ok(copy)
    }
}

impl<M: Steps, D: Device> std::fmt::Debug for State<M, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { past, capacity, .. } = self;
        f.debug_struct("State").field("lengths", past).field("capacity", capacity).finish_non_exhaustive()
    }
}

fn slot_len<D: Device>(slot: &D::Mut<'_, f32>) -> usize {
    D::len(D::share(slot))
}

impl<M: Passes, D: Device> Session<M, D> {
    /// Returns a fresh state of `streams` sequences of at most `rows` rows each.
    ///
    /// # Errors
    /// [`Error::Setting`] if there are no streams or rows, more streams than the samples of the session, or more rows than the model
    /// declares; the error of the device if its memory is full.
    pub fn state(&self, streams: usize, rows: usize) -> Result<State<M, D>>
    where
        M: Steps,
    {
        let samples = self.samples();
        if !(1..=samples).contains(&streams) {
            let expected = format!("from 1 to {samples}, the samples that the session was made for");
            return Err(Error::Setting {
                setting: "streams",
                of: "Session::state",
                expected,
                found: streams.to_string(),
            });
        }
        let most = M::MOST_ROWS.unwrap_or(u32::MAX as usize);
        if !(1..=most).contains(&rows) {
            let expected = format!("from 1 to {most}, the rows that the model declares");
            return Err(Error::Setting { setting: "rows", of: "Session::state", expected, found: rows.to_string() });
        }
        State::new(self.device().clone(), streams, rows)
    }
    /// Shows the next rows of each stream to the model, and writes the outputs for them. A stream may have no new rows, one, or many: a
    /// whole prompt goes in at once. The outputs are those that the whole sequences would have for these rows, up to rounding.
    ///
    /// # Errors
    /// [`Error::UnequalLengths`] unless there is one input for each stream, [`Error::SequenceLength`] if a stream would have more rows
    /// than the state has place for, the errors of tokens and of the device. The state is then unchanged.
    ///
    /// # Panics
    /// Unless there are as many outputs as inputs.
    pub fn step(&mut self, state: &mut State<M, D>, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()>
    where
        M: Steps,
    {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        if inputs.len() != state.streams() {
            return Err(Error::UnequalLengths { inputs: inputs.len(), targets: state.streams() });
        }
        for (sample, (input, &past)) in inputs.iter().zip(&state.past).enumerate() {
            let found = past as usize + input.rows(0);
            if found > state.capacity {
                let (input, most) = (M::INPUTS[0].name, Some(state.capacity));
                return Err(Error::SequenceLength { sample, input, found, most });
            }
            if input.rows(0) > 0 {
                M::check_inputs(std::slice::from_ref(input)).map_err(|error| error.of_sample(sample))?;
            }
        }
        if inputs.iter().all(|input| input.rows(0) == 0) {
            let rows = |output: &mut M::Output| output.resize(0, 0);
            outputs.iter_mut().for_each(rows);
            return Ok(());
        }
        state.device.upload(&state.past, D::whole_mut(&mut state.on_device))?;
        let streams = Streams { past: &state.past, on_device: &state.on_device, capacity: state.capacity };
        self.continue_streams(streams, &mut state.memory, inputs, outputs)?;
        state.past.iter_mut().zip(inputs).for_each(|(past, input)| *past += input.rows(0) as u32);
        Ok(())
    }
}
