//! The memory of a loss: targets and terms on the device, losses and means on the host.

use super::batch::Samples;
use crate::network::Term;
use crate::ops::Device;
use crate::ops::loss::Reduction;
use crate::tensor::pod::reserved;
use crate::tensor::{Pack, Storage};
use crate::{Pod, Result, View};

/// The loss of a batch, for any criterion.
pub(super) struct LossMemory<D: Device> {
    /// The targets as words, since one criterion may need classes and another real numbers.
    targets: D::Buffer<u32>,
    /// One number for each term and each sample or row.
    pub terms: D::Buffer<f32>,
    /// The gradients with respect to the terms, for a loss in the model.
    pub d_terms: D::Buffer<f32>,
    /// The number of samples, or of rows if every row has terms, of the last loss.
    pub n: usize,
    /// The terms of the last loss.
    criterion: &'static [Term],
    /// The reduction of the last loss: its mean or its sum over the batch.
    pub reduction: Reduction,
    /// The terms as downloaded from the device.
    downloaded: Vec<f32>,
    /// The mean of each term.
    pub means: Vec<f32>,
    /// The loss of each sample or row.
    pub losses: Vec<f32>,
}

impl<D: Device> LossMemory<D> {
    /// Allocates room for the losses of a batch of at most `samples`; the rest is allocated when a criterion first needs it.
    pub fn new(device: &D, samples: usize) -> Result<Self> {
        Ok(LossMemory {
            n: 0,
            targets: device.empty(),
            terms: device.empty(),
            d_terms: device.empty(),
            criterion: &[],
            reduction: Reduction::Mean,
            downloaded: reserved(samples)?,
            means: Vec::new(),
            losses: reserved(samples)?,
        })
    }
    /// Makes room for a loss with these terms over `n` samples or rows; batches have up to `capacity` of them.
    pub fn prepare(
        &mut self,
        device: &D,
        n: usize,
        capacity: usize,
        (criterion, reduction): (&'static [Term], Reduction),
    ) -> Result<()> {
        (self.criterion, self.reduction, self.n) = (criterion, reduction, n);
        self.means.resize(criterion.len(), 0.0);
        grow(device, &mut self.terms, capacity.max(n) * criterion.len())
    }
    /// Copies the targets of a batch to the device; there is room for `elements` of them.
    pub fn upload_targets<T: Pack>(&mut self, device: &D, elements: usize, targets: &Samples<'_, T>) -> Result<()> {
        let used = targets.elements();
        grow(device, &mut self.targets, elements.max(used))?;
        let to = D::split_mut(D::whole_mut(&mut self.targets), used).0;
        device.upload_with(D::reinterpret_mut(to), |to| targets.write(to))
    }
    /// Returns a view of `items` targets of a batch.
    pub fn targets<T: Pod>(targets: &D::Buffer<u32>, items: usize) -> View<'_, D, T> {
        View::new(D::reinterpret(D::whole(targets)), items)
    }
    /// Sets the gradients with respect to the terms to those of the mean, or of the sum, over the batch.
    pub fn set_term_gradients(&mut self, device: &D, capacity: usize) -> Result<()> {
        let (n, terms) = (self.n, self.criterion);
        let divisor = if self.reduction == Reduction::Sum { 1.0 } else { n as f32 };
        grow(device, &mut self.d_terms, capacity.max(n) * terms.len())?;
        let to = D::split_mut(D::whole_mut(&mut self.d_terms), n * terms.len()).0;
        device.upload_with(to, |to| {
            for (term, values) in terms.iter().zip(to.chunks_exact_mut(n)) {
                values.fill(term.weight / divisor);
            }
        })
    }
    #[expect(clippy::type_complexity, reason = "three buffers, each by its type")]
    pub fn split(&mut self) -> (&D::Buffer<u32>, &mut D::Buffer<f32>, &mut D::Buffer<f32>) {
        (&self.targets, &mut self.terms, &mut self.d_terms)
    }
    /// Returns the terms of the batch on the device.
    pub fn on_device(&self) -> D::Ref<'_, f32> {
        D::slice(D::whole(&self.terms), 0..self.n * self.criterion.len())
    }
    /// Returns the number of terms of the last loss.
    pub fn terms_len(&self) -> usize {
        self.criterion.len()
    }
    /// Waits for the terms of the batch, and returns its loss.
    pub fn download(&mut self, device: &D) -> Result<f32> {
        let n = self.n;
        let mut terms = std::mem::take(&mut self.downloaded);
        terms.resize(n * self.criterion.len(), 0.0);
        let read = device.download(self.on_device(), &mut terms);
        let loss = self.average(&terms, n);
        self.downloaded = terms;
        read.map(|()| loss)
    }
    /// Computes the loss of each sample or row, the mean of each term and the loss of the batch from the terms of a batch of `n`.
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
        (if self.reduction == Reduction::Sum { total * n as f64 } else { total }) as f32
    }
}

/// Replaces a buffer that is too short.
fn grow<D: Storage, E: crate::tensor::Element>(device: &D, buffer: &mut D::Buffer<E>, len: usize) -> Result<()> {
    if D::len(D::whole(buffer)) < len {
        *buffer = device.zeros(len)?;
    }
    Ok(())
}
