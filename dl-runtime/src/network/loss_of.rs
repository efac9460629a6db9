//! A loss for trainers from a loss that is declared in `model!`.

use super::{Backward, Batch, ComputeLoss, Forward, LossPasses};
use crate::ops::Device;
use crate::ops::loss::{Loss, Reduction};
use crate::tensor::{Allocator, Arena, Capacity, Grad, Pack, Write};
use crate::{Context, PartsMut, Pod, Result, View, ViewMut, Workspace};
use std::any::Any;
use std::fmt::{Debug, Formatter};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

/// The loss that `model!` declares as `L`, for any network with outputs of that shape: `.loss(LossOf::<LogCosh<3>>::new())`.
///
/// `L` is a `loss` item, or any model without weights that has a `loss` clause; its input is the output of the network. All its passes are
/// generated, so it runs on every device. It keeps the memory of its intermediate values from step to step, so use one for each training.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<Net, LogCosh>(net: &mut Net, data: &dl::data::Dataset<[f32; 4], [f32; 3]>) -> dl::Result<()>
/// # where
/// #     Net: dl::Model<Input = [f32; 4], Output = [f32; 3]>,
/// #     LogCosh: dl::LossPasses<Input = [f32; 3], Output = [f32; 3], Target = [f32; 3]>,
/// # {
/// use dl::prelude::*;
/// // loss LogCosh(y: [3], target: [3]) {
/// //     let d = y - target;
/// //     (d + ((0.0 - 2.0 * d) -> softplus) - std::f32::consts::LN_2) -> mean
/// // }
/// let mut training = net.training(Cpu::new(), 16)?;
/// let loss = LossOf::<LogCosh>::new();
/// for (inputs, targets) in data.batches(16) {
///     training.forward(inputs)?;
///     training.loss(&loss, targets)?;
///     training.backward();
///     training.step(&Adam::new(1e-3))?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct LossOf<L> {
    /// The [`Memory`] for the device of the training, once there is one.
    memory: Mutex<Option<Box<dyn Any + Send>>>,
    loss: PhantomData<fn() -> L>,
}

impl<L: LossPasses> LossOf<L> {
    const NO_WEIGHTS: () = assert!(L::LEN == 0, "a loss has no weights, so the model of a `LossOf` has none");

    /// Returns the loss.
    pub fn new() -> Self {
        const { Self::NO_WEIGHTS };
        LossOf { memory: Mutex::new(None), loss: PhantomData }
    }
}

impl<L: LossPasses> Default for LossOf<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: LossPasses> Debug for LossOf<L> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "LossOf<{}>", L::NAME)
    }
}

/// The memory of a loss for batches of up to `samples`.
struct Memory<L: LossPasses, D: Device> {
    samples: usize,
    passes: L::Training<D>,
    arena: Workspace<D>,
    output: D::Buffer<f32>,
    d_output: D::Buffer<f32>,
    terms: D::Buffer<f32>,
    d_terms: D::Buffer<f32>,
}

impl<L: LossPasses<Output: Pod>, D: Device> Memory<L, D> {
    fn new(device: &D, samples: usize) -> Result<Self> {
        let capacity = Capacity { samples, rows: 0 };
        Ok(Memory {
            samples,
            passes: Allocator::allocate(device, capacity, L::training_memory)?,
            arena: Allocator::allocate(device, capacity, |allocator| allocator.arena(L::ARENA))?,
            output: device.zeros(samples * <L::Output as Pod>::LEN)?,
            d_output: device.zeros(samples * <L::Output as Pod>::LEN)?,
            terms: device.zeros(samples * L::TERMS.len())?,
            d_terms: device.zeros(samples * L::TERMS.len())?,
        })
    }
}

/// The weights of a loss, which are none.
fn nothing<D: Device, L: Pod>(memory: &mut D::Buffer<f32>) -> ViewMut<'_, D, L> {
    ViewMut::new(D::reinterpret_mut(D::split_mut(D::whole_mut(memory), 0).0), 1)
}

impl<Y, L> Loss<Y> for LossOf<L>
where
    Y: Pod<Element = f32>,
    L: LossPasses<Input = Y, Output: Pod, Target: Pod>,
    L::Target: Pack<Row = L::Target>,
{
    type Target = L::Target;
    const NAME: &'static str = L::NAME;
    const MIN_BATCH: usize = L::MIN_BATCH_OF_LOSS.samples;
    const REDUCTION: Reduction = L::REDUCTION;

    fn check(&self, targets: &[L::Target]) -> Result<()> {
        L::check_targets(targets)
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        target: View<'_, D, L::Target>,
        losses: ViewMut<'_, D, f32>,
        mut d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        let (device, n) = (context.device, output.len());
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = memory.as_ref().and_then(|memory| memory.downcast_ref::<Memory<L, D>>());
        if fits.is_none_or(|memory| memory.samples < n) {
            match Memory::<L, D>::new(device, n) {
                Ok(new) => *memory = Some(Box::new(new)),
                Err(error) => return device.fail(error),
            }
        }
        let Some(memory) = memory.as_mut().and_then(|memory| memory.downcast_mut::<Memory<L, D>>()) else { return };
        let (batch, mut none) = (Batch::of(n), device.empty());
        let mut no_gradient = device.empty();
        L::forward(Forward {
            context,
            batch,
            net: nothing::<D, L>(&mut none),
            input: output.shorten(),
            memory: &mut memory.passes,
            arena: Arena::new(memory.arena.data_mut()),
            carried: None,
            output: ViewMut::new(D::whole_mut(&mut memory.output), n),
        });
        // The gradient of a mean over the samples, or of a sum.
        let share = if L::REDUCTION == Reduction::Sum { 1.0 } else { 1.0 / n as f32 };
        for (i, term) in L::TERMS.iter().enumerate() {
            let rest = D::split_mut(D::whole_mut(&mut memory.d_terms), i * n).1;
            let mut part = D::split_mut(rest, n).0;
            device.clear(D::reborrow(&mut part));
            device.affine_in_place(1.0, share * term.weight, part);
        }
        L::loss(ComputeLoss {
            context,
            batch,
            net: View::new(D::reinterpret(D::slice(D::whole(&none), 0..0)), 1),
            input: output.shorten(),
            target: target.shorten(),
            memory: &mut memory.passes,
            output: View::new(D::whole(&memory.output), n),
            terms: PartsMut::new(D::whole_mut(&mut memory.terms), n),
            d_terms: PartsMut::new(D::whole_mut(&mut memory.d_terms), n),
            d_output: ViewMut::new(D::whole_mut(&mut memory.d_output), n),
            d_input: d_output.as_mut().map(ViewMut::reborrow),
        });
        let mut losses = losses.into_data();
        for (i, term) in L::TERMS.iter().enumerate() {
            let values = D::slice(D::whole(&memory.terms), i * n..(i + 1) * n);
            let write = if i == 0 { Write::Set } else { Write::Add };
            device.affine(term.weight, 0.0, values, D::reborrow(&mut losses), write);
        }
        if let Some(d_input) = &mut d_output {
            L::backward(Backward {
                context,
                batch,
                net: View::new(D::reinterpret(D::slice(D::whole(&none), 0..0)), 1),
                input: output.shorten(),
                memory: &mut memory.passes,
                arena: Arena::new(memory.arena.data_mut()),
                carried: None,
                output: View::new(D::whole(&memory.output), n),
                d_output: ViewMut::new(D::whole_mut(&mut memory.d_output), n),
                d_net: Grad { to: nothing::<D, L>(&mut no_gradient), write: Write::Set },
                d_input: Some(d_input.reborrow()),
                own_loss: true,
            });
        }
    }
}
