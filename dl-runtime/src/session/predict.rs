//! Predictions without a session, which `Model` offers: on the CPU, with memory for this one call.

use super::Session;
use super::batch::{Samples, nan_for_refused};
use super::runner::Runner;
use super::weights::Reading;
use crate::device::Cpu;
use crate::network::Passes;
use crate::tensor::Pack;
use crate::tensor::pack::rows_of;
use crate::tensor::pod::flat;
use crate::{Result, View};
use std::sync::OnceLock;

/// The batch size of [`predict`].
const BATCH: usize = 64;

/// Returns the CPU for a prediction without a session. Large predictions share the threads of the process: if several run at the same
/// time, one uses the threads, and the others compute on the threads of their callers.
pub(crate) fn cpu_for<M: Passes>(samples: usize) -> Cpu {
    /// The number of multiply-adds that outweighs the cost of starting threads.
    const LARGE: u64 = 50_000_000;
    static SHARED: OnceLock<Cpu> = OnceLock::new();
    if M::MULTIPLY_ADDS.saturating_mul(samples as u64) > LARGE {
        return SHARED.get_or_init(Cpu::new).clone();
    }
    Cpu::with_threads(1)
}

/// [`Model::predict`](crate::Model::predict): uses the model's own memory as the weights of the session. Outputs of inputs that
/// [`Passes::check_inputs`] refuses are NaN.
pub(crate) fn predict<M: Passes>(net: &M, inputs: &[M::Input], outputs: &mut [M::Output]) {
    let cpu = cpu_for::<M>(inputs.len());
    let net = View::new(flat(std::slice::from_ref(net)), 1);
    // The caller may change the weights before the next call.
    let weights = Reading::<M, Cpu> { net, prepared: None };
    let runner = Runner::<M, Cpu>::new(cpu, inputs.len().clamp(1, BATCH));
    let mut runner = runner.expect("memory, or an abort before this");
    for (inputs, outputs) in inputs.chunks(BATCH).zip(outputs.chunks_mut(BATCH)) {
        if M::SEQUENCES > 0 {
            predict_good(&mut runner, weights, inputs, outputs).expect("the CPU copies without errors");
        } else {
            runner.infer(weights, Samples::All(inputs), outputs).expect("the CPU copies without errors");
            nan_for_refused::<M>(inputs, outputs);
        }
    }
}

/// Predicts the inputs that are not refused. Layers along time rely on lengths, so a refused sequence is not shown to them.
pub(super) fn predict_good<M: Passes>(
    runner: &mut Runner<M, Cpu>,
    weights: Reading<'_, M, Cpu>,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
) -> Result<()> {
    if M::check_inputs(inputs).is_ok() {
        return runner.infer(weights, Samples::All(inputs), outputs);
    }
    let good = |sample: &usize| M::check_inputs(std::slice::from_ref(&inputs[*sample])).is_ok();
    let good: Vec<usize> = (0..inputs.len()).filter(good).collect();
    let mut found = M::Output::samples(good.len());
    if !good.is_empty() {
        runner.infer(weights, Samples::Picked(inputs, &good), &mut found)?;
    }
    let mut found = good.iter().zip(found).peekable();
    for (sample, output) in outputs.iter_mut().enumerate() {
        if let Some((_, good)) = found.next_if(|(good, _)| **good == sample) {
            *output = good;
            continue;
        }
        let (mut dimensions, parts) = (M::OUTPUT_SEQUENCES.iter(), M::Output::PARTS.iter().enumerate());
        for (k, part) in parts {
            let dimension = if part.sequence { dimensions.next() } else { None };
            dimension.into_iter().for_each(|&dimension| output.resize(k, rows_of(&inputs[sample], dimension)));
            output.part_mut(k).fill(f32::NAN);
        }
    }
    Ok(())
}

/// [`Model::predict_with_dropout`](crate::Model::predict_with_dropout).
///
/// # Errors
/// Returns the errors of [`Session::predict_with_dropout_into`].
pub(crate) fn predict_with_dropout<M: Passes>(
    net: &M,
    inputs: &[M::Input],
    outputs: &mut [M::Output],
    seed: u64,
) -> Result<()> {
    let mut session = Session::on(cpu_for::<M>(inputs.len()), net, inputs.len().clamp(1, BATCH))?;
    session.predict_with_dropout_into(inputs, outputs, seed)
}
