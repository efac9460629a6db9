//! The sequences of the batch of a session: the ends of its samples, on the host and on the device.

use super::batch::Samples;
use crate::network::MAX_DIMENSIONS;
use crate::ops::Device;
use crate::tensor::pack::sequences;
use crate::tensor::{Pack, Sequences};
use crate::{Error, Result};

/// The ends of the sequences in each run-time dimension of a batch.
pub(super) struct Lengths<D: Device> {
    dimensions: Vec<Ends<D>>,
}

struct Ends<D: Device> {
    host: Vec<u32>,
    device: D::Buffer<u32>,
}

impl<D: Device> Lengths<D> {
    /// Returns the lengths of an empty batch of samples `I`.
    pub fn new<I: Pack>(device: &D) -> Self {
        let ends = |_| Ends { host: Vec::new(), device: device.empty() };
        Lengths { dimensions: (0..sequences::<I>()).map(ends).collect() }
    }
    /// Sets the lengths to those of `inputs`, and returns the largest number of rows.
    ///
    /// # Errors
    /// The device is out of memory, or there are more rows than it can count.
    pub fn set<I: Pack>(&mut self, device: &D, inputs: &Samples<'_, I>) -> Result<usize> {
        let (mut dimensions, mut most) = (self.dimensions.iter_mut(), 0);
        for (k, part) in I::PARTS.iter().enumerate().filter(|(_, part)| part.sequence) {
            let Some(ends) = dimensions.next() else { break };
            ends.host.clear();
            let mut end = 0_usize;
            for slot in 0..inputs.len() {
                end = end.saturating_add(inputs.get(slot).rows(k));
                // Kernels count elements of packed rows with 32 bits.
                if end.saturating_mul(part.len.max(1)) > u32::MAX as usize {
                    return Err(Error::Memory { wanted: end.saturating_mul(part.len.max(1)) });
                }
                ends.host.push(end as u32);
            }
            if D::len(D::whole(&ends.device)) < ends.host.len() {
                ends.device = device.zeros(ends.host.len())?;
            }
            let to = D::split_mut(D::whole_mut(&mut ends.device), ends.host.len()).0;
            device.upload(&ends.host, to)?;
            most = most.max(end);
        }
        Ok(most)
    }
    /// Returns the ends of the sequences in a dimension.
    pub fn ends(&self, dimension: usize) -> &[u32] {
        &self.dimensions[dimension].host
    }
    /// Returns the sequences of all dimensions; those that the model has not are empty.
    pub fn sequences(&self) -> [Sequences<'_, D>; MAX_DIMENSIONS] {
        let mut all = [Sequences::equal(0, 0); MAX_DIMENSIONS];
        for (sequences, Ends { host, device }) in all.iter_mut().zip(&self.dimensions) {
            *sequences = Sequences::ragged(host, device);
        }
        all
    }
}
