//! The memory of a loss: targets and terms on the device, losses and means on the host.

use super::batch::Samples;
use crate::network::{Batch, Term};
use crate::ops::Device;
use crate::tensor::Storage;
use crate::tensor::pod::reserved;
use crate::{Pod, Result, View, ViewMut};

/// The loss of a batch, for any criterion.
pub(super) struct LossMemory<D: Device> {
    /// The targets as words, since one criterion may need classes and another real numbers.
    targets: D::Buffer<u32>,
    /// One number for each term and sample.
    pub terms: D::Buffer<f32>,
    /// The gradients with respect to the terms, for a loss in the model.
    pub d_terms: D::Buffer<f32>,
    /// The terms of the last loss.
    criterion: &'static [Term],
    /// The terms as downloaded from the device.
    downloaded: Vec<f32>,
    /// The mean of each term.
    pub means: Vec<f32>,
    /// The loss of each sample.
    pub losses: Vec<f32>,
}

impl<D: Device> LossMemory<D> {
    /// Allocates room for the losses of a batch of at most `samples`; the rest is allocated when a criterion first needs it.
    pub fn new(device: &D, samples: usize) -> Result<Self> {
        Ok(LossMemory {
            targets: device.empty(),
            terms: device.empty(),
            d_terms: device.empty(),
            criterion: &[],
            downloaded: reserved(samples)?,
            means: Vec::new(),
            losses: reserved(samples)?,
        })
    }
    /// Makes room for a loss with these terms over at most `samples`.
    pub fn prepare(&mut self, device: &D, samples: usize, criterion: &'static [Term]) -> Result<()> {
        self.criterion = criterion;
        self.means.resize(criterion.len(), 0.0);
        grow(device, &mut self.terms, samples * criterion.len())
    }
    /// Copies the targets of a batch to the device; there is room for `samples` of them.
    pub fn upload_targets<T: Pod>(&mut self, device: &D, samples: usize, targets: Samples<'_, T>) -> Result<()> {
        grow(device, &mut self.targets, samples * T::LEN)?;
        let to = D::reinterpret_mut(D::whole_mut(&mut self.targets));
        device.upload_with(ViewMut::<D, T>::new(to, targets.len()).into_data(), |to| targets.write(to))
    }
    /// Returns a view of the targets of a batch.
    pub fn targets<T: Pod>(targets: &D::Buffer<u32>, batch: Batch) -> View<'_, D, T> {
        View::new(D::reinterpret(D::whole(targets)), batch.samples)
    }
    /// Sets the gradients with respect to the terms to those of the mean over the batch.
    pub fn set_term_gradients(&mut self, device: &D, samples: usize, batch: Batch) -> Result<()> {
        let (n, terms) = (batch.samples, self.criterion);
        grow(device, &mut self.d_terms, samples * terms.len())?;
        let to = D::split_mut(D::whole_mut(&mut self.d_terms), n * terms.len()).0;
        device.upload_with(to, |to| {
            for (term, values) in terms.iter().zip(to.chunks_exact_mut(n)) {
                values.fill(term.weight / n as f32);
            }
        })
    }
    /// Returns the targets for reading, and the memory of the terms and of their gradients for writing.
    #[expect(clippy::type_complexity, reason = "three buffers, each by its type")]
    pub fn split(&mut self) -> (&D::Buffer<u32>, &mut D::Buffer<f32>, &mut D::Buffer<f32>) {
        (&self.targets, &mut self.terms, &mut self.d_terms)
    }
    /// Returns the terms of a batch of `n` on the device.
    pub fn on_device(&self, n: usize) -> D::Ref<'_, f32> {
        D::slice(D::whole(&self.terms), 0..n * self.criterion.len())
    }
    /// Returns the number of terms of the last loss.
    pub fn terms_len(&self) -> usize {
        self.criterion.len()
    }
    /// Waits for the terms of a batch of `n`, and returns its mean loss.
    pub fn download(&mut self, device: &D, n: usize) -> Result<f32> {
        let mut terms = std::mem::take(&mut self.downloaded);
        terms.resize(n * self.criterion.len(), 0.0);
        let read = device.download(self.on_device(n), &mut terms);
        let mean = self.average(&terms, n);
        self.downloaded = terms;
        read.map(|()| mean)
    }
    /// Computes the loss of each sample, the mean of each term and the mean loss from the terms of a batch of `n`.
    pub fn average(&mut self, terms: &[f32], n: usize) -> f32 {
        self.losses.clear();
        self.losses.resize(n, 0.0);
        let mut total = 0.0;
        for ((term, values), mean) in self.criterion.iter().zip(terms.chunks_exact(n)).zip(&mut self.means) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            *mean = (sum / n as f64) as f32;
            total += f64::from(term.weight) * sum / n as f64;
            self.losses.iter_mut().zip(values).for_each(|(loss, value)| *loss += term.weight * value);
        }
        total as f32
    }
}

/// Replaces a buffer that is too short.
fn grow<D: Storage, E: crate::tensor::Element>(device: &D, buffer: &mut D::Buffer<E>, len: usize) -> Result<()> {
    if D::len(D::whole(buffer)) < len {
        *buffer = device.zeros(len)?;
    }
    Ok(())
}
