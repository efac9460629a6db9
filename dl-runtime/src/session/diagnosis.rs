//! Diagnosis of a training step that is not finite: finds the first tensor with NaN or infinity.

use super::Training;
use super::training::Sizes;
use crate::ops::Device;
use crate::optim::FiniteCheck;
use crate::tensor::ranges::check_finite;
use crate::tensor::{Element, Pack};
use crate::{Error, Passes, Result};

impl<M: Passes, D: Device> Training<M, D> {
    /// Returns the error for a loss that is not finite. It searches the tensors in the order of the forward pass.
    pub(super) fn not_finite_loss(&self) -> Result<Error> {
        let mut inputs = M::Input::samples(self.n);
        self.download_inputs(&self.input, &mut inputs)?;
        if let Err(error) = check_finite(&inputs) {
            return Ok(error.of_data("batch"));
        }
        if let Some(name) = tensor_not_finite::<M>(&self.host(D::whole(&self.weights))?) {
            return Ok(self.not_finite(format!("weight `{name}`")));
        }
        let mut layer = Ok(None);
        let sequences = self.lengths.sequences();
        let (batch, _) = Sizes::of::<M, D>(self.n, &sequences);
        M::inspect(&self.memory, batch, &mut |name, data: D::Ref<'_, f32>| {
            if matches!(layer, Ok(None)) {
                layer = self.host::<f32>(data).map(|host| position(&host).map(|_| name));
            }
        });
        if let Some(name) = layer? {
            return Ok(self.not_finite(format!("layer `{name}`")));
        }
        let output = &self.host::<f32>(D::whole(&self.output))?[..self.output_elements()];
        Ok(self.not_finite(if position(output).is_some() { "the output" } else { "the loss" }.into()))
    }
    /// Returns the error for a step that made weights not finite, while its gradients are still available.
    pub(super) fn not_finite_step(&self, step: u64) -> Result<Error> {
        let mut gradients = self.host(D::whole(&self.gradients))?;
        self.optimizing.frozen.iter().for_each(|range| gradients[range.clone()].fill(0.0));
        if let Some(name) = tensor_not_finite::<M>(&gradients) {
            return Ok(Error::NotFinite { step, layer: format!("gradient of `{name}`") });
        }
        let weight = tensor_not_finite::<M>(&self.host(D::whole(&self.weights))?);
        let layer = weight.map_or("the norm of the gradient".into(), |name| format!("weight `{name}`"));
        Ok(Error::NotFinite { step, layer })
    }
    /// Returns the error for a step that made weights not finite; `ahead` is true if another step was requested after it.
    pub(crate) fn step_error(&self, step: u64, check: FiniteCheck, ahead: bool) -> Result<Error> {
        if ahead { self.overflowed(step, check) } else { self.not_finite_step(step) }
    }
    /// Returns the error for such a step when its gradients are lost but the weights are still as it left them.
    pub(super) fn overflowed(&self, step: u64, check: FiniteCheck) -> Result<Error> {
        let name = tensor_not_finite::<M>(&self.host(D::whole(&self.weights))?).unwrap_or_default();
        let of = if check.from_gradients { "gradient of" } else { "weight" };
        Ok(Error::NotFinite { step, layer: format!("{of} `{name}`") })
    }
    fn not_finite(&self, layer: String) -> Error {
        Error::NotFinite { step: self.steps + 1, layer }
    }
    /// Copies device memory to the host; only errors pay for this copy.
    fn host<E: Element>(&self, data: D::Ref<'_, E>) -> Result<Vec<E>> {
        let mut host = vec![E::default(); D::len(data)];
        self.device.download(data, &mut host)?;
        Ok(host)
    }
}

/// Returns the index of the first number that is not finite.
fn position(numbers: &[f32]) -> Option<usize> {
    numbers.iter().position(|x| !x.is_finite())
}

/// Returns the name of the first tensor with a number that is not finite, in the flat memory of a model.
fn tensor_not_finite<M: Passes>(numbers: &[f32]) -> Option<String> {
    let at = position(numbers)? * size_of::<f32>();
    M::TENSORS.iter().filter(|t| t.offset <= at).last().map(|tensor| tensor.name)
}
