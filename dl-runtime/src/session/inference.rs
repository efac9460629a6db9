//! Prediction: weights and workspace on a device, allocated once.

use crate::device::{Cpu, Device};
use crate::plain::{flat, flat_mut, zeroed_box};
use crate::{Model, Pass, Result, View, ViewMut};

/// A network ready to predict batches of up to a fixed size without allocating.
pub struct Session<M: Model, D: Device = Cpu> {
    device: D,
    samples: usize,
    weights: D::Buffer<f32>,
    input: D::Buffer<<M::Input as crate::Plain>::Element>,
    output: D::Buffer<f32>,
    slots: M::Inference<D>,
    last: Box<M::Output>,
}

impl<M: Model, D: Device> Session<M, D> {
    /// A session of `net` on `device` for at most `samples` at a time.
    pub fn on(device: D, net: &M, samples: usize) -> Result<Self> {
        let mut weights = device.zeros(M::LEN)?;
        device.upload(flat(std::slice::from_ref(net)), D::whole_mut(&mut weights))?;
        Ok(Session {
            samples,
            weights,
            input: device.zeros(samples * <M::Input as crate::Plain>::LEN)?,
            output: device.zeros(samples * <M::Output as crate::Plain>::LEN)?,
            slots: M::inference(&device, samples)?,
            last: zeroed_box(),
            device,
        })
    }
    /// Writes the output for each of `inputs` to `outputs`, in batches of the session's size.
    ///
    /// # Panics
    /// When there are not as many outputs as inputs.
    pub fn predict_into(&mut self, inputs: &[M::Input], outputs: &mut [M::Output]) -> Result<()> {
        assert_eq!(inputs.len(), outputs.len(), "as many outputs as inputs");
        let pass = Pass { device: &self.device, seed: 0 };
        for (inputs, outputs) in inputs.chunks(self.samples).zip(outputs.chunks_mut(self.samples)) {
            let n = inputs.len();
            self.device
                .upload(flat(inputs), ViewMut::<D, M::Input>::new(D::whole_mut(&mut self.input), n).into_data())?;
            M::infer(
                &pass,
                View::new(D::whole(&self.weights), 1),
                View::new(D::whole(&self.input), n),
                &mut self.slots,
                ViewMut::new(D::whole_mut(&mut self.output), n),
            );
            self.device.download(View::<D, M::Output>::new(D::whole(&self.output), n).data(), flat_mut(outputs))?;
        }
        Ok(())
    }
}

impl<M: Model> Session<M> {
    /// The output for one input, valid until the next prediction.
    pub fn predict_one(&mut self, input: &M::Input) -> &M::Output {
        let pass = Pass { device: &self.device, seed: 0 };
        let output = std::slice::from_mut(&mut *self.last);
        M::infer(
            &pass,
            View::new(&self.weights[..], 1),
            View::new(flat(std::slice::from_ref(input)), 1),
            &mut self.slots,
            ViewMut::new(flat_mut(output), 1),
        );
        &self.last
    }
}
