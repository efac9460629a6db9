//! Layers written by hand: a struct of weights, with passes over native arrays. `model!` uses them by their type.

use super::{Backward, Forward, Infer, Input, Passes};
use crate::init::Rng;
use crate::ops::Device;
use crate::tensor::pod::{flat, flat_mut, shaped, shaped_mut, zeroed_vec};
use crate::tensor::{Grad, Role, Statistics, Write};
use crate::{Pod, View, ViewMut};

/// The passes of a layer that is written by hand; [`layer!`](crate::layer!) declares its weights.
///
/// Such a layer is a [`Model`](crate::Model) of its own: it can be trained, saved and summarised alone, and other models use it as
/// `x -> crate::Scale<8>: [8]`. The passes get whole batches as native arrays. On the CPU these are the memory of the pass itself;
/// other devices copy to the host and back.
///
/// This layer has a factor for each feature:
///
/// ```
/// # use dl_runtime as dl;
/// dl::layer! {
///     /// Multiplies each feature by a learned factor.
///     pub struct Scale<const N: usize> {
///         /// The factor of each feature.
///         pub factor: [f32; N] as Scale,
///     }
/// }
///
/// impl<const N: usize> dl::Layer for Scale<N> {
///     type Input = [f32; N];
///     type Output = [f32; N];
///
///     fn init(&mut self, _: &mut dl::init::Rng) {
///         self.factor = [1.0; N];
///     }
///     fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
///         for (x, y) in inputs.iter().zip(outputs) {
///             for i in 0..N {
///                 y[i] = self.factor[i] * x[i];
///             }
///         }
///     }
///     fn backward(
///         &self,
///         inputs: &[[f32; N]],
///         _: &[[f32; N]],
///         d_outputs: &[[f32; N]],
///         d_weights: &mut Self,
///         d_inputs: &mut [[f32; N]],
///     ) {
///         for ((x, dy), dx) in inputs.iter().zip(d_outputs).zip(d_inputs) {
///             for i in 0..N {
///                 d_weights.factor[i] += dy[i] * x[i];
///                 dx[i] = dy[i] * self.factor[i];
///             }
///         }
///     }
/// }
///
/// use dl::Model;
/// assert_eq!(Scale::<3>::PARAMETERS, 3);
/// assert_eq!(*Scale::<3>::init(1).predict_one(&[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
/// ```
pub trait Layer: Pod<Element = f32> {
    /// One sample.
    type Input: Pod<Element = f32>;
    /// The output for one sample.
    type Output: Pod<Element = f32>;
    /// The number of multiply-adds for one sample, for summaries.
    const MULTIPLY_ADDS: u64 = 0;
    /// The fewest samples of a batch that it can be trained with: 2 for a layer that compares the samples of a batch.
    const MIN_BATCH: usize = 1;

    /// Initialises the weights, which are zero before.
    fn init(&mut self, rng: &mut Rng);
    /// Computes the outputs for a batch. The previous content of `outputs` has no meaning.
    fn forward(&self, inputs: &[Self::Input], outputs: &mut [Self::Output]);
    /// Computes the outputs for a batch in training: [`Layer::forward`], unless a layer with statistics of its own updates them here. It is
    /// called at each use of such a layer, in order, whether gradients flow back or not. It may change
    /// only fields that are `as Statistic`; optimizers update the others.
    ///
    /// The mean of each feature, which training follows and inference subtracts:
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// dl::layer! {
    ///     /// Subtracts the running mean of each feature.
    ///     pub struct Centre<const N: usize> {
    ///         /// Follows the means of batches.
    ///         pub running_mean: [f32; N] as Statistic,
    ///     }
    /// }
    ///
    /// impl<const N: usize> dl::Layer for Centre<N> {
    ///     type Input = [f32; N];
    ///     type Output = [f32; N];
    ///
    ///     fn init(&mut self, _: &mut dl::init::Rng) {}
    ///     fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
    ///         for (x, y) in inputs.iter().zip(outputs) {
    ///             for i in 0..N {
    ///                 y[i] = x[i] - self.running_mean[i];
    ///             }
    ///         }
    ///     }
    ///     fn forward_in_training(&mut self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
    ///         for i in 0..N {
    ///             let mean = inputs.iter().map(|x| x[i]).sum::<f32>() / inputs.len() as f32;
    ///             self.running_mean[i] += 0.1 * (mean - self.running_mean[i]);
    ///         }
    ///         self.forward(inputs, outputs);
    ///     }
    ///     fn backward(
    ///         &self,
    ///         _: &[[f32; N]],
    ///         _: &[[f32; N]],
    ///         d_outputs: &[[f32; N]],
    ///         _: &mut Self,
    ///         d_inputs: &mut [[f32; N]],
    ///     ) {
    ///         // The mean is taken for a constant.
    ///         d_inputs.copy_from_slice(d_outputs);
    ///     }
    /// }
    ///
    /// use dl::prelude::*;
    /// let mut net = Centre::<1>::init(1);
    /// let mut training = net.training(Cpu::new(), 2)?;
    /// training.forward(&[[1.0], [3.0]])?;
    /// training.store(&mut net)?;
    /// assert_eq!(net.running_mean, [0.2]);
    /// # Ok::<(), dl::Error>(())
    /// ```
    fn forward_in_training(&mut self, inputs: &[Self::Input], outputs: &mut [Self::Output]) {
        self.forward(inputs, outputs);
    }
    /// Computes the gradients of a batch: adds those to the weights to `d_weights`, and writes those to the inputs to `d_inputs`, whose
    /// previous content has no meaning.
    fn backward(
        &self,
        inputs: &[Self::Input],
        outputs: &[Self::Output],
        d_outputs: &[Self::Output],
        d_weights: &mut Self,
        d_inputs: &mut [Self::Input],
    );
}

/// Memory of a device as host memory: the same memory if the host can access it, or else a copy.
enum Host<'a, T> {
    Borrowed(&'a [T]),
    Copied(Vec<T>),
}

impl<T> Host<'_, T> {
    fn values(&self) -> &[T] {
        match self {
            Host::Borrowed(values) => values,
            Host::Copied(values) => values,
        }
    }
}

fn host<'a, D: Device, T: Pod<Element = f32>>(device: &D, view: View<'a, D, T>) -> Host<'a, T> {
    if let Some(values) = D::as_host_slice(view.data()).and_then(shaped) {
        return Host::Borrowed(values);
    }
    let mut values = zeroed_vec(view.len());
    device.download(view.data(), flat_mut(&mut values)).unwrap_or_else(|error| device.fail(error));
    Host::Copied(values)
}

/// Calls `write` with host memory, and stores it in the memory behind `view`.
fn write<D: Device, T: Pod<Element = f32>>(device: &D, view: ViewMut<D, T>, write: impl FnOnce(&mut [T])) {
    let len = view.len();
    let written = device.upload_with(view.into_data(), |data| match shaped_mut(data) {
        Some(values) => write(values),
        // The values have no elements, such as those of a layer without weights.
        None => write(&mut zeroed_vec(len)),
    });
    written.unwrap_or_else(|error| device.fail(error));
}

/// [`Layer::forward`] at inference.
#[doc(hidden)]
pub fn infer<D: Device, L>(pass: Infer<'_, D, L>)
where
    L: Layer + Passes<Input = <L as Layer>::Input, Output = <L as Layer>::Output>,
{
    if pass.context.device.runs_by_hand(L::NAME, pass.net.data()) {
        forward_on(pass.context.device, pass.net, pass.input, pass.output);
    }
}

/// [`Layer::forward_in_training`], or [`Layer::forward`] where there are no statistics to move.
#[doc(hidden)]
pub fn forward<D: Device, L>(pass: Forward<'_, D, L>)
where
    L: Layer + Passes<Input = <L as Layer>::Input, Output = <L as Layer>::Output>,
{
    let Forward { context, mut net, input, output, .. } = pass;
    let device = context.device;
    // Whether a part of the weights is frozen is asked first, since the table of tensors takes memory.
    let stays = context.statistics_of(net.view().data()) == Statistics::Running
        && L::TENSORS.iter().any(|tensor| {
            let numbers = D::slice(net.view().data(), tensor.range());
            tensor.role == Role::Statistic && context.statistics_of(numbers) == Statistics::Running
        });
    if stays || L::TENSORS.parameters() == L::LEN {
        return forward_on(device, net.view(), input, output);
    }
    let inputs = host(device, input);
    // A device with its own memory lends a buffer to `write` that does not hold the previous gradients.
    let before = match host(device, net.view()) {
        Host::Copied(values) => Some(values),
        Host::Borrowed(_) => None,
    };
    write(device, net.reborrow(), |weights| {
        if let Some(before) = before {
            flat_mut(weights).copy_from_slice(flat(&before));
        }
        write(device, output, |outputs| weights[0].forward_in_training(inputs.values(), outputs));
    });
}

fn forward_on<D: Device, L: Layer>(
    device: &D,
    weights: View<'_, D, L>,
    input: View<'_, D, L::Input>,
    output: ViewMut<'_, D, L::Output>,
) {
    let (weights, inputs) = (host(device, weights), host(device, input));
    write(device, output, |outputs| weights.values()[0].forward(inputs.values(), outputs));
}

/// [`Layer::backward`] on a device.
#[doc(hidden)]
pub fn backward<D: Device, L>(pass: Backward<'_, D, L>)
where
    L: Layer + Passes<Input = <L as Layer>::Input, Output = <L as Layer>::Output>,
{
    let Backward { context, net: weights, input, output, d_output, d_net: d_weights, d_input, .. } = pass;
    let device = context.device;
    let (weights, inputs, outputs) = (host(device, weights), host(device, input), host(device, output));
    let d_outputs = host(device, d_output.view());
    let Grad { to: mut d_weights, write: mode } = d_weights;
    // If the device has memory of its own, `write` gets a staging buffer without the gradient so far, which must be copied.
    let before = (mode == Write::Add && D::as_host_slice(d_weights.view().data()).is_none()).then(|| {
        match host(device, d_weights.view()) {
            Host::Copied(values) => values,
            Host::Borrowed(_) => unreachable!("memory that the host does not see is copied"),
        }
    });
    write(device, d_weights.reborrow(), |d_weights| {
        match (mode, before) {
            (Write::Set, _) => flat_mut(d_weights).fill(0.0),
            (Write::Add, Some(before)) => flat_mut(d_weights).copy_from_slice(flat(&before)),
            (Write::Add, None) => {}
        }
        let d_weights = &mut d_weights[0];
        let mut run = |d_inputs: &mut [Input<L>]| {
            weights.values()[0].backward(inputs.values(), outputs.values(), d_outputs.values(), d_weights, d_inputs);
        };
        match d_input {
            Some(d_input) => write(device, d_input, run),
            None => {
                let mut unwanted: Vec<Input<L>> = zeroed_vec(inputs.values().len());
                run(&mut unwanted);
            }
        }
    });
}

/// Declares the weights of a layer that is written by hand; the trait [`Layer`](trait@crate::Layer) has its passes.
///
/// Every field has a [`Role`](crate::Role): `Weight`, `Bias` or `Scale`, which decides whether weight decay applies, or `Statistic`
/// for numbers that are stored but not trained; [`Layer::forward_in_training`](crate::Layer::forward_in_training) updates them. Fields
/// are `f32` or arrays of it with up to four dimensions; files use their names.
#[macro_export]
macro_rules! layer {
    ($($tokens:tt)*) => {
        $crate::layer_with! { [$crate::Layer] [$crate::trained_layer] $($tokens)* }
    };
}

/// Implements what training needs of a layer that [`layer!`] declares.
#[doc(hidden)]
#[macro_export]
macro_rules! trained_layer {
    ([$($declared:tt)*] [$name:ty]) => {
        const _: () = {
            use $crate::generated::hygiene::*;
            impl $($declared)* $crate::Network for $name {
                type Model = Self;
                fn network(&self) -> &Self {
                    self
                }
                fn network_mut(&mut self) -> &mut Self {
                    self
                }
            }
            impl $($declared)* $crate::generated::Passes for $name {
                type Input = <Self as $crate::Layer>::Input;
                type Output = <Self as $crate::Layer>::Output;
                type Inference<D: $crate::Device> = ();
                type Training<D: $crate::Device> = ();
                type Evaluation<D: $crate::Device> = ();
                const LAYERS: &'static [$crate::LayerInfo] = &[];
                const MULTIPLY_ADDS: u64 = <Self as $crate::Layer>::MULTIPLY_ADDS;
                const MIN_BATCH: usize = <Self as $crate::Layer>::MIN_BATCH;
                const INFERENCE_FLOATS: usize = 0;
                const TRAINING_FLOATS: usize = 0;

                fn init_weights(&mut self, rng: &mut $crate::init::Rng) {
                    <Self as $crate::Layer>::init(self, rng);
                }
                fn inference_memory<D: $crate::Device>(_: &mut $crate::Allocator<'_, D>) {}
                fn training_memory<D: $crate::Device>(_: &mut $crate::Allocator<'_, D>) {}
                fn evaluation_memory<D: $crate::Device>(_: &mut $crate::Allocator<'_, D>) {}
                fn infer<D: $crate::Device>(pass: $crate::generated::Infer<'_, D, Self>) {
                    $crate::generated::layer::infer(pass);
                }
                fn forward<D: $crate::Device>(pass: $crate::generated::Forward<'_, D, Self>) {
                    $crate::generated::layer::forward(pass);
                }
                fn backward<D: $crate::Device>(pass: $crate::generated::Backward<'_, D, Self>) {
                    $crate::generated::layer::backward(pass);
                }
                fn inspect<D: $crate::Device>(
                    (): &(),
                    _: $crate::generated::Batch<'_, D>,
                    _: &mut dyn ::core::ops::FnMut(&'static str, D::Ref<'_, f32>),
                ) {
                }
            }
        };
    };
}
