//! The memory of inference on a device, and the way of one batch through it: upload, pass, download.

use super::batch::{Samples, unpack};
use super::inference::allocated;
use super::lengths::Lengths;
use super::weights::Reading;
use crate::network::{Batch, DIMENSIONS, Forward, Infer, MAX_DIMENSIONS, Passes, Row};
use crate::ops::Device;
use crate::tensor::pod::reserved;
use crate::tensor::{Arena, Capacity, Pack, Sequences, Statistics};
use crate::{Allocator, Context, Result, View, ViewMut, Workspace};

/// The memory of inference on a device, for batches of up to a number of samples. It grows with the rows of their sequences.
pub(super) struct Runner<M: Passes, D: Device> {
    pub device: D,
    pub capacity: Capacity,
    pub lengths: Lengths<D>,
    pub staged: Option<Staged<M, D>>,
    pub memory: M::Inference<D>,
    /// Allocated at the first prediction with dropout.
    with_dropout: Option<(M::Training<D>, Workspace<D>)>,
}

impl<M: Passes, D: Device> Runner<M, D> {
    pub fn new(device: D, samples: usize) -> Result<Self> {
        let capacity = Capacity { samples, rows: 0 };
        Ok(Runner {
            capacity,
            lengths: Lengths::new::<M::Input>(&device),
            staged: Staged::new(&device, capacity)?,
            memory: Allocator::allocate(&device, capacity, M::inference_memory)?,
            with_dropout: None,
            device,
        })
    }
    /// Prepares the memory for a batch, and returns it.
    pub fn reserved(&mut self, inputs: &Samples<'_, M::Input>) -> Result<&mut Self> {
        self.reserve(inputs)?;
        Ok(self)
    }
    /// Prepares the memory for a batch.
    fn reserve(&mut self, inputs: &Samples<'_, M::Input>) -> Result<()> {
        if M::SEQUENCES == 0 {
            return Ok(());
        }
        let rows = self.lengths.set(&self.device, inputs)?;
        if rows > self.capacity.rows {
            let capacity = self.capacity.grown(rows);
            self.staged = Staged::new(&self.device, capacity)?;
            self.memory = Allocator::allocate(&self.device, capacity, M::inference_memory)?;
            (self.with_dropout, self.capacity) = (None, capacity);
        }
        Ok(())
    }
    pub fn infer(
        &mut self,
        weights: Reading<'_, M, D>,
        inputs: Samples<'_, M::Input>,
        outputs: &mut [M::Output],
    ) -> Result<()> {
        self.reserve(&inputs)?;
        let sequences = self.lengths.sequences();
        let Reading { net, prepared } = weights;
        let pass = Pass::Infer(Reading { net: net.shorten(), prepared }, &mut self.memory);
        run(&self.device, pass, &mut self.staged, &sequences[..M::SEQUENCES], inputs, outputs)
    }
    pub fn infer_with_dropout(
        &mut self,
        mut net: ViewMut<'_, D, M>,
        seed: u64,
        inputs: Samples<'_, M::Input>,
        outputs: &mut [M::Output],
    ) -> Result<()> {
        self.reserve(&inputs)?;
        let allocate = |allocator: &mut Allocator<'_, D>| (M::training_memory(allocator), allocator.arena(M::ARENA));
        let (memory, arena) = allocated(&mut self.with_dropout, &self.device, self.capacity, allocate)?;
        let arena = Arena::new(arena.data_mut());
        let sequences = self.lengths.sequences();
        let pass = Pass::WithDropout(net.reborrow(), memory, arena, seed);
        run(&self.device, pass, &mut self.staged, &sequences[..M::SEQUENCES], inputs, outputs)
    }
}

/// Input and output memory for devices that cannot access the host's, and for models with several inputs or outputs, which devices store
/// separately.
pub(super) struct Staged<M: Passes, D: Device> {
    input: D::Buffer<<M::Input as Pack>::Element>,
    output: D::Buffer<f32>,
    host: Vec<f32>,
}

impl<M: Passes, D: Device> Staged<M, D> {
    /// Returns `None` if the host's memory can be used directly.
    fn new(device: &D, capacity: Capacity) -> Result<Option<Self>> {
        let packed = M::Input::packed(&[]).is_some() && M::Output::packed(&[]).is_some();
        if D::from_host::<f32>(&[]).is_some() && packed {
            return Ok(None);
        }
        let outputs = capacity.elements::<M::Output>();
        Ok(Some(Staged {
            input: device.zeros(capacity.elements::<M::Input>())?,
            output: device.zeros(outputs)?,
            host: if M::Output::packed(&[]).is_some() { Vec::new() } else { reserved(outputs)? },
        }))
    }
}

/// The kinds of inference, each with the weights and the memory that it needs.
enum Pass<'a, M: Passes, D: Device> {
    Infer(Reading<'a, M, D>, &'a mut M::Inference<D>),
    /// A training pass with running statistics, with its seed.
    WithDropout(ViewMut<'a, D, M>, &'a mut M::Training<D>, Arena<'a, D>, u64),
}

impl<M: Passes, D: Device> Pass<'_, M, D> {
    fn run(
        self,
        device: &D,
        batch: Batch<'_, D>,
        input: View<'_, D, Row<M::Input>>,
        mut output: ViewMut<'_, D, Row<M::Output>>,
    ) {
        // All arguments of a pass have the same lifetime.
        match self {
            Pass::Infer(Reading { net, prepared }, memory) => {
                let context = &Context::of_inference(device, prepared);
                let (net, input, output) = (net.shorten(), input.shorten(), output.reborrow());
                M::infer(Infer { context, batch, net, input, memory, output });
            }
            Pass::WithDropout(mut net, memory, mut arena, seed) => {
                let context = &Context { statistics: Statistics::Running, ..Context::new(device, seed) };
                let (net, input, output) = (net.reborrow(), input.shorten(), output.reborrow());
                let arena = arena.rest();
                M::forward(Forward { context, batch, net, input, memory, arena, carried: None, output });
            }
        }
    }
}

/// Runs a pass over one batch.
fn run<M: Passes, D: Device>(
    device: &D,
    pass: Pass<'_, M, D>,
    staged: &mut Option<Staged<M, D>>,
    sequences: &[Sequences<'_, D>],
    inputs: Samples<'_, M::Input>,
    outputs: &mut [M::Output],
) -> Result<()> {
    run_with::<M, D>(
        device,
        |batch, input, output| pass.run(device, batch, input, output),
        staged,
        sequences,
        inputs,
        outputs,
    )
}

/// Uploads a batch, calls `pass`, and downloads the outputs.
pub(super) fn run_with<M: Passes, D: Device>(
    device: &D,
    pass: impl FnOnce(Batch<'_, D>, View<'_, D, Row<M::Input>>, ViewMut<'_, D, Row<M::Output>>),
    staged: &mut Option<Staged<M, D>>,
    sequences: &[Sequences<'_, D>],
    inputs: Samples<'_, M::Input>,
    outputs: &mut [M::Output],
) -> Result<()> {
    let batch = Batch { samples: inputs.len(), sequences };
    let [n_in, n_out] =
        [batch.items::<M::Input>(&DIMENSIONS[..M::SEQUENCES]), batch.items::<M::Output>(M::OUTPUT_SEQUENCES)];
    let Some(Staged { input, output, host }) = staged else {
        let Samples::All(inputs) = inputs else { unreachable!("a picked batch is staged") };
        let (Some(input), Some(output)) = (M::Input::packed(inputs), M::Output::packed_mut(outputs)) else {
            unreachable!("samples that are not packed are staged")
        };
        let (Some(input), Some(output)) = (D::from_host(input), D::from_host_mut(output)) else {
            unreachable!("a session on a device that lends nothing has staging memory")
        };
        pass(batch, View::new(input, n_in), ViewMut::new(output, n_out));
        return Ok(());
    };
    let to = D::split_mut(D::whole_mut(input), inputs.elements()).0;
    device.upload_with(to, |to| inputs.write(to))?;
    pass(batch, View::new(D::whole(input), n_in), ViewMut::new(D::whole_mut(output), n_out));
    let elements = batch.elements::<M::Output>(M::OUTPUT_SEQUENCES);
    let output = D::slice(D::whole(output), 0..elements);
    if let Some(outputs) = M::Output::packed_mut(outputs) {
        return device.download(output, outputs);
    }
    host.resize(elements, 0.0);
    device.download(output, host)?;
    let mut ends = [&[][..]; MAX_DIMENSIONS];
    for (to, &dimension) in ends.iter_mut().zip(M::OUTPUT_SEQUENCES) {
        *to = sequences[dimension].ends();
    }
    unpack(host, &ends, outputs);
    Ok(())
}
