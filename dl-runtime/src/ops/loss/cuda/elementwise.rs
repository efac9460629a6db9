//! Elementwise losses on CUDA.

use super::Code;
use crate::device::cuda::{Cuda, Mut, Ref, ThreadGroup, header, kernels};
use crate::ops::loss::{Elementwise, ElementwiseLossKernel, Gradient, Reduction};
use crate::tensor::Storage;

header!(TABLE = "losses.cuh");
kernels!(
    "elementwise.cu" with [crate::ops::activation::cuda::HEADER, crate::ops::loss::cuda::HEADER, TABLE]:
    elementwise_loss(f, lanes, features, size, cuts, count, a, b, sums; FiniteCheck(sums)),
    elementwise_loss_backward(f, input, lanes, features, size, cuts, rows, count, a, b, scale, d, add),
    elementwise_loss_sums(lanes, n, count, from, sums; FiniteCheck(sums)),
);

impl Code {
    fn of(loss: Elementwise) -> Self {
        let (kind, [a, b]) = loss.numbered();
        Code { kind, a, b }
    }
}

/// The pieces into which samples are split, so that a few large samples fill a GPU, too.
struct Cuts {
    /// The size of a piece in numbers.
    size: usize,
    /// The number of pieces of a sample.
    cuts: usize,
    /// The number of pieces of all samples.
    rows: usize,
}

impl Cuts {
    fn of(features: usize, samples: usize) -> Self {
        /// The smallest number of elements that is worth a block of its own.
        const MIN_PIECE: usize = 1 << 13;
        /// So many blocks are enough to fill a GPU.
        const BLOCKS: usize = 512;
        let cuts = features.div_ceil(MIN_PIECE).min(BLOCKS.div_ceil(samples.max(1))).max(1);
        let size = features.div_ceil(cuts);
        let cuts = features.div_ceil(size);
        Cuts { size, cuts, rows: samples * cuts }
    }
    fn group(&self) -> ThreadGroup {
        ThreadGroup::of(self.rows, self.size)
    }
}

/// Computes the sums of the rows of `from`, one for each element of `sums`, divided by `count`.
pub(super) fn sums(cuda: &Cuda, from: Ref<'_, f32>, count: f32, sums: Mut<'_, f32>) {
    let n = from.len() / sums.len().max(1);
    let group = ThreadGroup::of(sums.len(), n);
    cuda.launch(group.grid(), elementwise_loss_sums { lanes: group, n, count, from, sums });
}

impl ElementwiseLossKernel for Cuda {
    fn elementwise_loss(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        losses: Mut<'_, f32>,
    ) {
        let cuts = Cuts::of(features, losses.len());
        let (code, group, count) = (Code::of(loss), cuts.group(), reduction.of(loss.count(features)));
        let launch = |count: f32, to: &Mut<'_, f32>| {
            self.launch(
                group.grid(),
                elementwise_loss {
                    f: code,
                    lanes: group,
                    features,
                    size: cuts.size,
                    cuts: cuts.cuts,
                    count,
                    a,
                    b,
                    sums: to,
                },
            );
        };
        if cuts.cuts == 1 {
            return launch(count, &losses);
        }
        let parts = self.scratch(cuts.rows);
        launch(1.0, &parts);
        sums(self, Cuda::share(&parts), count, losses);
    }
    fn elementwise_loss_backward(
        &self,
        loss: Elementwise,
        reduction: Reduction,
        features: usize,
        a: Ref<'_, f32>,
        b: Ref<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let samples = gradient.to.len() / features;
        let (cuts, count) = (Cuts::of(features, samples), gradient.divisor(reduction, loss.count(features), samples));
        let (Gradient { input, scale, to, write }, group) = (gradient, cuts.group());
        let Cuts { size, cuts, rows } = cuts;
        let arguments = elementwise_loss_backward {
            f: Code::of(loss),
            input: input as u32,
            lanes: group,
            features,
            size,
            cuts,
            rows,
            count,
            a,
            b,
            scale,
            d: to,
            add: write,
        };
        self.launch(group.grid(), arguments);
    }
}
