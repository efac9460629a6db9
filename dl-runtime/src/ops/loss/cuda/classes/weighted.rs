//! Losses of classes with weights on CUDA; the kernels are in `classes.cu`.

use super::{
    class_factor, class_weights, code, weighted_class_loss, weighted_class_loss_backward, weighted_class_sums,
};
use crate::device::cuda::{Argument, Cuda, Grid, Mut, Packed, Ref, ThreadGroup, arguments};
use crate::ops::loss::{ClassSizes, Gradient, Reduction, WeightedClassKernel, WeightedClasses};
use crate::tensor::{Sequences, Storage};

arguments! { struct Ignored { ignores: u32, label: u32 } }

/// The number of weights that one launch takes as an argument.
const PART: usize = 62;

/// A part of the weights of classes: `Weights` in `classes.cu`.
struct Weights<'w> {
    from: usize,
    numbers: &'w [f32],
}

impl Argument for Weights<'_> {
    fn pack(self, to: &mut Packed) {
        let mut words = [0; PART + 2];
        (words[0], words[1]) = (self.from as u32, self.numbers.len() as u32);
        words[2..].iter_mut().zip(self.numbers).for_each(|(word, number)| *word = number.to_bits());
        to.words(&words);
    }
}

/// Writes numbers of the host to the device, as arguments of launches, which need no transfer.
pub(in crate::ops::loss::cuda) fn write(cuda: &Cuda, numbers: &[f32], to: &mut Mut<'_, f32>) {
    for (part, numbers) in numbers.chunks(PART).enumerate() {
        let numbers = Weights { from: part * PART, numbers };
        cuda.launch(Grid::new(1, 64), class_weights { part: numbers, weights: &Cuda::reborrow(to) });
    }
}

impl WeightedClasses<'_> {
    fn ignored(&self) -> Ignored {
        Ignored { ignores: u32::from(self.ignore.is_some()), label: self.ignore.unwrap_or(0) }
    }
    /// Writes the factor of the batch and the weights of the classes to the device, and returns both. `sum` is the factor of a sum.
    fn prepare<'m>(
        &self,
        cuda: &Cuda,
        samples: usize,
        sum: f32,
        t: Ref<'_, u32>,
        to: &'m mut Mut<'_, f32>,
    ) -> [Ref<'m, f32>; 2] {
        let (mut factor, mut weights) = Cuda::split_mut(Cuda::reborrow(to), 1);
        write(cuda, self.weights, &mut weights);
        match self.reduction {
            Reduction::Sum => write(cuda, &[sum], &mut factor),
            Reduction::Mean => {
                let arguments = class_factor {
                    ignored: self.ignored(),
                    classes: self.classes as u32,
                    samples: samples as u32,
                    weights: Cuda::share(&weights),
                    t,
                    factor: &factor,
                };
                cuda.launch(Grid::new(1, 1024), arguments);
            }
        }
        let both = Cuda::share(to);
        [Cuda::slice(both, 0..1), Cuda::slice(both, 1..both.len())]
    }
}

impl WeightedClassKernel for Cuda {
    fn weighted_class_loss(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Cuda>,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
    ) {
        let (samples, (ends, len)) = (sequences.samples(), sequences.on_device());
        let (settings, values) = (1 + loss.weights.len(), t.len());
        let (mut settings, values) = Cuda::split_mut(self.scratch(settings + values), settings);
        let [factor, weights] = loss.prepare(self, samples, 1.0, t, &mut settings);
        let group = sizes.group(t.len());
        let arguments = weighted_class_loss {
            f: code(loss.loss),
            s: sizes.shape(),
            ignored: loss.ignored(),
            lanes: group,
            weights,
            x,
            t,
            values: &values,
        };
        self.launch(group.grid(), arguments);
        let per_row = t.len() / sequences.rows().max(1);
        let group = ThreadGroup::of(samples, sequences.longest() * per_row);
        let arguments = weighted_class_sums {
            lanes: group,
            ends,
            len,
            per_row: per_row as u32,
            factor,
            values: Cuda::share(&values),
            losses: &losses,
        };
        self.launch(group.grid(), arguments);
    }
    fn weighted_class_loss_backward(
        &self,
        loss: WeightedClasses<'_>,
        sizes: ClassSizes,
        sequences: Sequences<'_, Cuda>,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let (samples, (ends, len)) = (sequences.samples(), sequences.on_device());
        let mut settings = self.scratch(1 + loss.weights.len());
        // Without weights of samples, the kernel gives each sample the weight 1/samples, which it does not have in a sum.
        let sum = if gradient.scale.is_some() { 1.0 } else { samples as f32 };
        let [factor, weights] = loss.prepare(self, samples, sum, t, &mut settings);
        let Gradient { scale, to, write, .. } = gradient;
        let (group, per_row) = (sizes.group(t.len()), (t.len() / sequences.rows().max(1)) as u32);
        let (code, shape, ignored) = (code(loss.loss), sizes.shape(), loss.ignored());
        let samples = samples as u32;
        let arguments = weighted_class_loss_backward {
            f: code,
            s: shape,
            ignored,
            lanes: group,
            ends,
            len,
            per_row,
            samples,
            weights,
            factor,
            x,
            t,
            scale,
            d: to,
            add: write,
        };
        self.launch(group.grid(), arguments);
    }
}
