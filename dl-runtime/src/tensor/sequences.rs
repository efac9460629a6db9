//! The sequences of a batch: packed rows, sample after sample, without padding, and the end of each sample.

use super::{Pod, Storage, View, ViewMut};
use dl_core::tensor::Rows;
use std::ops::Range;

/// The sequences of a batch, as operations along time see them. The rows of all samples lie one after another.
pub struct Sequences<'a, D: Storage> {
    samples: usize,
    rows: usize,
    longest: usize,
    ends: Ends<'a, D>,
}

/// The ends of the samples among the rows.
enum Ends<'a, D: Storage> {
    /// All samples have this length: static sequences `[t, n]`.
    Equal(usize),
    /// Nobody knows: those of a run-time dimension of a model whose passes are recorded.
    #[cfg(feature = "onnx")]
    Unknown { dimension: usize },
    /// The index of the row after the last one of each sample, on the host and on the device.
    Ragged { host: &'a [u32], device: &'a D::Buffer<u32> },
}

impl<D: Storage> Clone for Sequences<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Sequences<'_, D> {}
impl<D: Storage> Clone for Ends<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Ends<'_, D> {}

impl<'a, D: Storage> Sequences<'a, D> {
    /// Returns `samples` sequences of `len` rows each.
    pub fn equal(samples: usize, len: usize) -> Self {
        Sequences { samples, rows: samples * len, longest: len, ends: Ends::Equal(len) }
    }
    /// Returns sequences of unknown lengths, which have `rows` rows in all: those of a run-time dimension of a model.
    #[cfg(feature = "onnx")]
    pub(crate) fn unknown(samples: usize, rows: usize, dimension: usize) -> Self {
        Sequences { samples, rows, longest: 0, ends: Ends::Unknown { dimension } }
    }
    /// Returns the run-time dimension of sequences of unknown lengths.
    #[cfg(feature = "onnx")]
    pub(crate) fn dimension(&self) -> Option<usize> {
        if let Ends::Unknown { dimension } = self.ends { Some(dimension) } else { None }
    }
    /// Returns the sequences that end before the rows `host`; `device` begins with the same numbers.
    pub fn ragged(host: &'a [u32], device: &'a D::Buffer<u32>) -> Self {
        let rows = host.last().map_or(0, |&end| end as usize);
        let starts = std::iter::once(0).chain(host.iter().copied());
        let longest = host.iter().zip(starts).map(|(end, start)| (end - start) as usize).max().unwrap_or(0);
        Sequences { samples: host.len(), rows, longest, ends: Ends::Ragged { host, device } }
    }
    /// Returns the number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }
    /// Returns the number of rows of all samples.
    pub fn rows(&self) -> usize {
        self.rows
    }
    /// Returns the number of rows of the longest sample.
    pub fn longest(&self) -> usize {
        self.longest
    }
    /// Returns the row after the last one of each sample; nothing if all samples have one length.
    pub fn ends(&self) -> &'a [u32] {
        match self.ends {
            Ends::Equal(_) => &[],
            #[cfg(feature = "onnx")]
            Ends::Unknown { .. } => &[],
            Ends::Ragged { host, .. } => host,
        }
    }
    /// Returns the rows of a sample.
    pub fn range(&self, sample: usize) -> Range<usize> {
        match self.ends {
            Ends::Equal(len) => sample * len..(sample + 1) * len,
            #[cfg(feature = "onnx")]
            Ends::Unknown { .. } => 0..0,
            Ends::Ragged { host, .. } => {
                let start = sample.checked_sub(1).map_or(0, |before| host[before] as usize);
                start..host[sample] as usize
            }
        }
    }
    /// Returns the rows of each sample, in order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        (0..self.samples).map(|sample| self.range(sample))
    }
    /// Returns the sample that a row belongs to.
    pub fn sample_of(&self, row: usize) -> usize {
        match self.ends {
            Ends::Equal(len) => row / len.max(1),
            #[cfg(feature = "onnx")]
            Ends::Unknown { .. } => 0,
            Ends::Ragged { host, .. } => host.partition_point(|&end| end as usize <= row),
        }
    }
    /// Returns the ends on the device (for each sample, the row after its last), and the length of every sample if all are equal; then
    /// there are no ends. `sequences.cuh` reads both.
    pub fn on_device(&self) -> (Option<D::Ref<'a, u32>>, u32) {
        match self.ends {
            Ends::Equal(len) => (None, u32::try_from(len).unwrap_or(u32::MAX)),
            #[cfg(feature = "onnx")]
            Ends::Unknown { .. } => (None, 0),
            Ends::Ragged { device, .. } => (Some(D::slice(D::whole(device), 0..self.samples)), 0),
        }
    }
}

/// The streams that a step continues: the rows that each has seen in earlier steps.
pub struct Streams<'a, D: Storage> {
    /// The number of earlier rows of each stream.
    pub past: &'a [u32],
    /// Memory of the device that begins with the same numbers.
    pub on_device: &'a D::Buffer<u32>,
    /// The most rows, earlier and new, that the state of a stream has place for.
    pub capacity: usize,
}

impl<D: Storage> Clone for Streams<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for Streams<'_, D> {}

impl<'a, D: Storage> Streams<'a, D> {
    /// Returns the numbers of earlier rows on the device.
    pub fn device_past(&self) -> D::Ref<'a, u32> {
        D::slice(D::whole(self.on_device), 0..self.past.len())
    }
}

impl<'a, D: Storage, T: Pod<Element = f32>> View<'a, D, T> {
    /// Returns the rows of sequences, each as one value.
    pub fn rows<const N: usize>(self) -> View<'a, D, [f32; N]>
    where
        T: Rows<N>,
    {
        let rows = self.len() * (T::LEN / N.max(1));
        View::new(self.data(), rows)
    }
}
impl<'a, D: Storage, T: Pod<Element = f32>> ViewMut<'a, D, T> {
    /// Returns the rows of sequences, as [`View::rows`].
    pub fn rows<const N: usize>(self) -> ViewMut<'a, D, [f32; N]>
    where
        T: Rows<N>,
    {
        let rows = self.len() * (T::LEN / N.max(1));
        ViewMut::new(self.into_data(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cpu;

    #[test]
    fn ends_are_ranges_of_rows() {
        let ends = [3, 3, 8];
        let cpu = Cpu::new();
        let mut on_device = cpu.zeros(3).unwrap();
        cpu.upload(&ends, Cpu::whole_mut(&mut on_device)).unwrap();
        let ragged = Sequences::<Cpu>::ragged(&ends, &on_device);
        assert_eq!((ragged.samples(), ragged.rows(), ragged.longest()), (3, 8, 5));
        assert_eq!(ragged.ranges().collect::<Vec<_>>(), [0..3, 3..3, 3..8]);
        let equal = Sequences::<Cpu>::equal(2, 4);
        assert_eq!((equal.samples(), equal.rows(), equal.longest()), (2, 8, 4));
        assert_eq!(equal.ranges().collect::<Vec<_>>(), [0..4, 4..8]);
        assert!(equal.on_device().0.is_none());
    }

    #[test]
    fn static_sequences_are_rows() {
        let numbers = [0.0; 24];
        let view = View::<Cpu, [[f32; 3]; 4]>::new(&numbers, 2);
        assert_eq!(view.rows::<3>().len(), 8);
        assert_eq!(View::<Cpu, [f32; 3]>::new(&numbers, 5).rows::<3>().len(), 5);
        assert_eq!(View::<Cpu, [[[f32; 3]; 2]; 2]>::new(&numbers, 2).rows::<3>().len(), 8);
    }
}
