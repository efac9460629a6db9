//! Connectionist temporal classification on CUDA: a block for each sample, and for the gradient a block for each row.

use crate::device::cuda::{Cuda, Grid, Mut, Ref, arguments, kernels};
use crate::ops::loss::ctc::Sizes;
use crate::ops::loss::{Ctc, CtcKernel, CtcSequences, Gradient};

kernels!(
    "ctc.cu" with [crate::ops::loss::cuda::HEADER, crate::device::cuda::headers::SEQUENCES]:
    ctc_states(s, samples, gradient, ends, len, label_ends, label_len, x, t, memory),
    ctc_losses(s, memory, losses),
    ctc_gradient(s, samples, rows, ends, len, memory, x, scale, d, add),
);
arguments! { struct Settings { classes: u32, blank: u32, zero_infinity: u32, rows: u32, states: u32 } }

/// The threads of a block.
const THREADS: u32 = 128;

fn settings(loss: Ctc, sizes: Sizes) -> Settings {
    let (rows, states) = (sizes.rows as u32, sizes.states as u32);
    let zero_infinity = u32::from(loss.zero_infinity);
    Settings { classes: loss.classes as u32, blank: loss.blank, zero_infinity, rows, states }
}

impl Cuda {
    /// Computes the states of all samples in a workspace, and returns it.
    fn ctc_states(
        &self,
        settings: Settings,
        sizes: Sizes,
        sequences: CtcSequences<'_, '_, Cuda>,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: bool,
    ) -> Mut<'_, f32> {
        let samples = sequences.rows.samples();
        let memory = self.scratch(samples * sizes.memory());
        let ((ends, len), (label_ends, label_len)) = (sequences.rows.on_device(), sequences.labels.on_device());
        let (grid, gradient) = (Grid::new(samples, THREADS), u32::from(gradient));
        let samples = samples as u32;
        self.launch(
            grid,
            ctc_states { s: settings, samples, gradient, ends, len, label_ends, label_len, x, t, memory: &memory },
        );
        memory
    }
}

impl CtcKernel for Cuda {
    fn ctc(
        &self,
        loss: Ctc,
        sequences: CtcSequences<'_, '_, Cuda>,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
    ) {
        let sizes = Sizes::of(&sequences);
        let settings = settings(loss, sizes);
        let memory = self.ctc_states(settings, sizes, sequences, x, t, false);
        self.launch(Grid::each(losses.len()), ctc_losses { s: settings, memory: &memory, losses: &losses });
    }
    fn ctc_backward(
        &self,
        loss: Ctc,
        sequences: CtcSequences<'_, '_, Cuda>,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let sizes = Sizes::of(&sequences);
        let settings = settings(loss, sizes);
        let memory = self.ctc_states(settings, sizes, sequences, x, t, true);
        let Gradient { scale, to, write, .. } = gradient;
        let ((ends, len), samples) = (sequences.rows.on_device(), sequences.rows.samples() as u32);
        let rows = sequences.rows.rows();
        let grid = Grid::new(rows.min(1 << 13), THREADS);
        let arguments =
            ctc_gradient { s: settings, samples, rows, ends, len, memory: &memory, x, scale, d: to, add: write };
        self.launch(grid, arguments);
    }
}
