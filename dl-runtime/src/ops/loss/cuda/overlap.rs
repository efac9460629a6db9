//! Losses of overlap on CUDA.

use crate::device::cuda::{Cuda, Grid, Mut, Ref, ThreadGroup, arguments, kernels};
use crate::ops::loss::{ClassOverlap, Gradient, MaskOverlap, Measure, Overlap, OverlapKernel, OverlapSizes};
use crate::ops::softmax::{SoftmaxKernel, SoftmaxOp};
use crate::tensor::Storage;

kernels!(
    "overlap.cu" with [crate::ops::activation::cuda::HEADER, crate::ops::loss::cuda::HEADER]:
    overlap_sums(s, hole, lanes, rows, p, labels, mask, sums),
    overlap_losses(s, f, sums, losses),
    overlap_factors(s, f, samples, sums, scale, factors),
    class_overlap_backward(s, hole, together, factors, p, labels, d, add),
    mask_overlap_backward(s, hole, input, together, factors, x, mask, d, add),
);
arguments! { struct Shape { areas: u32, pixels: u32, last: u32 } }
arguments! { struct Settings { jaccard: u32, smooth: f32, together: u32 } }
arguments! { struct Void { ignores: u32, target: u32 } }

impl Void {
    /// The void with this target, whose bits are given.
    fn of(target: Option<u32>) -> Self {
        Void { ignores: u32::from(target.is_some()), target: target.unwrap_or(0) }
    }
}

/// A batch on the device: `p` are probabilities of classes with `labels`, or logits of masks with `mask`.
#[derive(Clone, Copy)]
struct Batch<'a> {
    overlap: Overlap,
    sizes: OverlapSizes,
    hole: Void,
    p: Ref<'a, f32>,
    labels: Ref<'a, u32>,
    mask: Ref<'a, f32>,
}

impl OverlapSizes {
    /// Returns the number of samples with so many numbers in all.
    fn samples(self, numbers: usize) -> usize {
        numbers / (self.areas * self.pixels).max(1)
    }
    /// Writes the probabilities of classes.
    fn softmax(self, cuda: &Cuda, x: Ref<'_, f32>, p: &mut Mut<'_, f32>) {
        let op = SoftmaxOp { classes: self.areas, positions: if self.last { 1 } else { self.pixels }, log: false };
        cuda.softmax_forward(op, x, Cuda::reborrow(p));
    }
}

impl<'a> Batch<'a> {
    fn of_classes(op: ClassOverlap, sizes: OverlapSizes, p: Ref<'a, f32>, labels: Ref<'a, u32>) -> Self {
        Batch { overlap: op.overlap, sizes, hole: Void::of(op.ignore), p, labels, mask: Cuda::slice(p, 0..0) }
    }
    fn of_masks(op: MaskOverlap, sizes: OverlapSizes, p: Ref<'a, f32>, mask: Ref<'a, f32>) -> Self {
        let labels = Cuda::reinterpret(Cuda::slice(p, 0..0));
        Batch { overlap: op.overlap, sizes, hole: Void::of(op.ignore.map(f32::to_bits)), p, labels, mask }
    }
    fn samples(&self) -> usize {
        self.sizes.samples(self.p.len())
    }
    /// Returns the number of samples whose areas are taken together.
    fn together(&self) -> usize {
        if self.overlap.batch { self.samples().max(1) } else { 1 }
    }
    fn shape(&self) -> Shape {
        let OverlapSizes { areas, pixels, last } = self.sizes;
        Shape { areas: areas as u32, pixels: pixels as u32, last: u32::from(last) }
    }
    fn settings(&self) -> Settings {
        let jaccard = u32::from(self.overlap.measure == Measure::Jaccard);
        Settings { jaccard, smooth: self.overlap.smooth, together: self.together() as u32 }
    }
    /// Computes three sums for each area of each sample.
    fn sums(&self, cuda: &Cuda, sums: &Mut<'_, f32>) {
        let rows = sums.len() / 3;
        let group = ThreadGroup::of(rows, self.sizes.pixels);
        let arguments = overlap_sums {
            s: self.shape(),
            hole: self.hole,
            lanes: group,
            rows,
            p: self.p,
            labels: self.labels,
            mask: self.mask,
            sums,
        };
        cuda.launch(group.grid(), arguments);
    }
    /// Computes the loss of every sample; `sums` is scratch memory for [`Batch::sums`].
    fn losses(&self, cuda: &Cuda, sums: &Mut<'_, f32>, losses: Mut<'_, f32>) {
        self.sums(cuda, sums);
        let (grid, sums) = (Grid::each(losses.len()), Cuda::share(sums));
        cuda.launch(grid, overlap_losses { s: self.shape(), f: self.settings(), sums, losses });
    }
    /// Computes two factors for each area of each group of samples; `memory` has a place for the sums and the factors.
    fn factors<'m>(&self, cuda: &Cuda, scale: Option<Ref<'_, f32>>, memory: &'m mut Mut<'_, f32>) -> Ref<'m, f32> {
        let areas = self.samples() * self.sizes.areas;
        let (sums, factors) = Cuda::split_mut(Cuda::reborrow(memory), 3 * areas);
        let factors = Cuda::split_mut(factors, 2 * areas / self.together()).0;
        self.sums(cuda, &sums);
        let (grid, sums) = (Grid::each(factors.len() / 2), Cuda::share(&sums));
        cuda.launch(
            grid,
            overlap_factors {
                s: self.shape(),
                f: self.settings(),
                samples: self.samples(),
                sums,
                scale,
                factors: &factors,
            },
        );
        let len = factors.len();
        Cuda::slice(Cuda::share(memory), 3 * areas..3 * areas + len)
    }
}

impl OverlapKernel for Cuda {
    fn class_overlap(
        &self,
        op: ClassOverlap,
        sizes: OverlapSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        losses: Mut<'_, f32>,
    ) {
        let scratch = self.scratch(x.len() + 3 * sizes.areas * losses.len());
        let (mut p, sums) = Cuda::split_mut(scratch, x.len());
        sizes.softmax(self, x, &mut p);
        Batch::of_classes(op, sizes, Cuda::share(&p), t).losses(self, &sums, losses);
    }
    fn class_overlap_backward(
        &self,
        op: ClassOverlap,
        sizes: OverlapSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, u32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let scratch = self.scratch(x.len() + 5 * sizes.areas * sizes.samples(x.len()));
        let (mut p, mut memory) = Cuda::split_mut(scratch, x.len());
        sizes.softmax(self, x, &mut p);
        let batch = Batch::of_classes(op, sizes, Cuda::share(&p), t);
        let Gradient { scale, to, write, .. } = gradient;
        let factors = batch.factors(self, scale, &mut memory);
        let together = batch.together() as u32;
        let arguments = class_overlap_backward {
            s: batch.shape(),
            hole: batch.hole,
            together,
            factors,
            p: batch.p,
            labels: t,
            d: to,
            add: write,
        };
        self.launch(Grid::each(t.len()), arguments);
    }
    fn mask_overlap(
        &self,
        op: MaskOverlap,
        sizes: OverlapSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, f32>,
        losses: Mut<'_, f32>,
    ) {
        let sums = self.scratch(3 * sizes.areas * losses.len());
        Batch::of_masks(op, sizes, x, t).losses(self, &sums, losses);
    }
    fn mask_overlap_backward(
        &self,
        op: MaskOverlap,
        sizes: OverlapSizes,
        x: Ref<'_, f32>,
        t: Ref<'_, f32>,
        gradient: Gradient<'_, '_, Cuda>,
    ) {
        let mut memory = self.scratch(5 * sizes.areas * sizes.samples(x.len()));
        let batch = Batch::of_masks(op, sizes, x, t);
        let Gradient { input, scale, to, write } = gradient;
        let factors = batch.factors(self, scale, &mut memory);
        let (together, grid) = (batch.together() as u32, Grid::each(to.len()));
        let arguments = mask_overlap_backward {
            s: batch.shape(),
            hole: batch.hole,
            input: input as u32,
            together,
            factors,
            x,
            mask: t,
            d: to,
            add: write,
        };
        self.launch(grid, arguments);
    }
}
