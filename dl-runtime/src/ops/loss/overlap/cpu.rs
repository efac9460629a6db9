//! Losses of overlap on the CPU: the sums of each sample, the factors of each area, and the gradients of the pixels.

use super::{ClassOverlap, MaskOverlap, Measure, Overlap, OverlapKernel, OverlapSizes};
use crate::device::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::simd::{math, simd};
use crate::device::cpu::threads::chunks_mut;
use crate::ops::loss::Gradient;
use crate::ops::loss::classes::softmax;
use crate::ops::loss::cpu::{self, Samples};

/// `Σpt`, `Σp` and `Σt` of an area.
type Sums = [f32; 3];

/// The pixels of a batch.
trait Pixels: Sync {
    /// Returns the sizes.
    fn sizes(&self) -> OverlapSizes;
    /// Writes the sums of each area of sample `n`.
    fn sums(&self, n: usize, sums: &mut [Sums], scratch: &mut [f32]);
    /// Writes the gradient to the sample's part of input `input`, where the derivative with respect to `p` is `α·t + β` and with
    /// respect to `t` is `α·p + β`.
    fn gradient(&self, n: usize, input: usize, factors: &[[f32; 2]], d: &mut [f32], scratch: &mut [f32]);
}

simd! {
    fn probabilities<S>(x: &[f32], p: &mut [f32]) {
        softmax::<S>(1.0, x, p);
    }
    fn sigmoids<S>(x: &[f32], p: &mut [f32]) {
        p.iter_mut().zip(x).for_each(|(p, x)| *p = math::sigmoid::<S>(*x));
    }
}

/// Logits with a class for each pixel.
struct Classes<'a> {
    op: ClassOverlap,
    sizes: OverlapSizes,
    x: &'a [f32],
    t: &'a [u32],
}

impl Classes<'_> {
    fn stride(&self) -> usize {
        if self.sizes.last { 1 } else { self.sizes.pixels }
    }
    /// Returns the place of the first class of a pixel in its sample.
    fn place(&self, pixel: usize) -> usize {
        if self.sizes.last { pixel * self.sizes.areas } else { pixel }
    }
    /// Calls `each` with every pixel of sample `n` that counts, its probabilities and its class.
    fn pixels(&self, n: usize, scratch: &mut [f32], mut each: impl FnMut(usize, &mut [f32], usize)) {
        let OverlapSizes { areas, pixels, .. } = self.sizes;
        let (x, t) = (&self.x[n * areas * pixels..], &self.t[n * pixels..(n + 1) * pixels]);
        let (column, p) = scratch[..2 * areas].split_at_mut(areas);
        for (pixel, &label) in t.iter().enumerate().filter(|(_, label)| self.op.ignore != Some(**label)) {
            let from = x[self.place(pixel)..].iter().step_by(self.stride());
            column.iter_mut().zip(from).for_each(|(to, x)| *to = *x);
            probabilities(column, p);
            each(pixel, p, label as usize);
        }
    }
}

impl Pixels for Classes<'_> {
    fn sizes(&self) -> OverlapSizes {
        self.sizes
    }
    fn sums(&self, n: usize, sums: &mut [Sums], scratch: &mut [f32]) {
        /// So many pixels are added up by themselves, which keeps the digits of the sums of large images.
        const RUN: usize = 1024;
        let areas = self.sizes.areas;
        let (scratch, run) = scratch.split_at_mut(2 * areas);
        let (run, mut counted) = (run[..3 * areas].as_chunks_mut::<3>().0, 0);
        sums.fill([0.0; 3]);
        run.fill([0.0; 3]);
        self.pixels(n, scratch, |_, p, label| {
            if label >= areas {
                return sums.fill([f32::NAN; 3]);
            }
            run.iter_mut().zip(&*p).for_each(|(run, p)| run[1] += p);
            run[label][0] += p[label];
            run[label][2] += 1.0;
            counted += 1;
            if counted % RUN == 0 {
                add(sums, run);
                run.fill([0.0; 3]);
            }
        });
        add(sums, run);
    }
    fn gradient(&self, n: usize, _: usize, factors: &[[f32; 2]], d: &mut [f32], scratch: &mut [f32]) {
        d.fill(0.0);
        self.pixels(n, scratch, |pixel, p, label| {
            let slope = |class: usize| factors[class][1] + if class == label { factors[class][0] } else { 0.0 };
            let mean: f32 = p.iter().enumerate().map(|(class, p)| p * slope(class)).sum();
            let to = d[self.place(pixel)..].iter_mut().step_by(self.stride());
            to.zip(&*p).enumerate().for_each(|(class, (d, p))| *d = p * (slope(class) - mean));
        });
    }
}

/// Adds sums to others.
fn add(to: &mut [Sums], from: &[Sums]) {
    to.as_flattened_mut().iter_mut().zip(from.as_flattened()).for_each(|(to, from)| *to += from);
}

/// Logits with masks.
struct Masks<'a> {
    op: MaskOverlap,
    sizes: OverlapSizes,
    x: &'a [f32],
    t: &'a [f32],
}

impl Masks<'_> {
    /// Calls `each` with every area of sample `n`: its probabilities and its mask.
    fn areas(&self, n: usize, scratch: &mut [f32], mut each: impl FnMut(usize, &[f32], &[f32])) {
        let OverlapSizes { areas, pixels, .. } = self.sizes;
        let p = &mut scratch[..pixels];
        for area in 0..areas {
            let range = (n * areas + area) * pixels..(n * areas + area + 1) * pixels;
            sigmoids(&self.x[range.clone()], p);
            each(area, p, &self.t[range]);
        }
    }
}

impl Pixels for Masks<'_> {
    fn sizes(&self) -> OverlapSizes {
        self.sizes
    }
    fn sums(&self, n: usize, sums: &mut [Sums], scratch: &mut [f32]) {
        self.areas(n, scratch, |area, p, t| {
            let counting = p.iter().zip(t).filter(|(_, t)| self.op.ignore != Some(**t));
            let [both, all, truth] = counting.fold([0.0_f64; 3], |[both, all, truth], (p, t)| {
                let (p, t) = (f64::from(*p), f64::from(*t));
                [both + p * t, all + p, truth + t]
            });
            sums[area] = [both as f32, all as f32, truth as f32];
        });
    }
    fn gradient(&self, n: usize, input: usize, factors: &[[f32; 2]], d: &mut [f32], scratch: &mut [f32]) {
        let pixels = self.sizes.pixels;
        self.areas(n, scratch, |area, p, t| {
            let [of_other, own] = factors[area];
            for ((d, p), t) in d[area * pixels..].iter_mut().zip(p).zip(t) {
                *d = match input {
                    _ if self.op.ignore == Some(*t) => 0.0,
                    0 => (of_other * t + own) * p * (1.0 - p),
                    _ => of_other * p + own,
                };
            }
        });
    }
}

impl Overlap {
    /// Returns the loss of one area, and the negative derivatives `α` and `β` of its score.
    fn of_area(self, [both, all, truth]: [f64; 3]) -> (f64, [f64; 2]) {
        let smooth = f64::from(self.smooth);
        match self.measure {
            Measure::Dice => {
                let (above, below) = (2.0 * both + smooth, all + truth + smooth);
                (1.0 - above / below, [-2.0 / below, above / (below * below)])
            }
            Measure::Jaccard => {
                let (above, below) = (both + smooth, all + truth - both + smooth);
                (1.0 - above / below, [-(below + above) / (below * below), above / (below * below)])
            }
        }
    }
    /// Returns the number of samples whose areas are taken together.
    fn together(self, samples: usize) -> usize {
        if self.batch { samples.max(1) } else { 1 }
    }
}

/// Returns the scratch memory of a sample.
fn scratch_of(OverlapSizes { areas, pixels, .. }: OverlapSizes) -> usize {
    pixels.max(5 * areas)
}

/// Calls `run` with the sums of every sample.
fn with_sums(cpu: &Cpu, pixels: &dyn Pixels, samples: usize, run: impl FnOnce(&[Sums])) {
    let sizes = pixels.sizes();
    scratch::with(3 * samples * sizes.areas, |sums| {
        cpu.threads().split_with_scratch(chunks_mut(sums, 3 * sizes.areas), scratch_of(sizes), &|n, scratch, sums| {
            pixels.sums(n, sums.as_chunks_mut().0, scratch);
        });
        run(sums.as_chunks().0);
    });
}

/// Calls `area` with each group of samples and each area, and the sums over the group.
fn groups(sums: &[Sums], areas: usize, together: usize, mut area: impl FnMut(usize, usize, [f64; 3])) {
    for (group, sums) in sums.chunks(areas * together).enumerate() {
        for index in 0..areas {
            let samples = sums[index..].iter().step_by(areas);
            area(
                group,
                index,
                samples.fold([0.0; 3], |total, sums| std::array::from_fn(|i| total[i] + f64::from(sums[i]))),
            );
        }
    }
}

fn losses(cpu: &Cpu, overlap: Overlap, pixels: &dyn Pixels, losses: &mut [f32]) {
    let (areas, samples) = (pixels.sizes().areas, losses.len());
    let together = overlap.together(samples);
    with_sums(cpu, pixels, samples, |sums| {
        let mut total = 0.0;
        groups(sums, areas, together, |group, area, sums| {
            total = overlap.of_area(sums).0 + if area == 0 { 0.0 } else { total };
            if area + 1 == areas {
                losses[group * together..][..together].fill((total / areas as f64) as f32);
            }
        });
    });
}

/// A batch with the factors of its areas, for each group of `together` samples.
struct Graded<'a> {
    pixels: &'a dyn Pixels,
    factors: &'a [[f32; 2]],
    together: usize,
}

impl Samples for Graded<'_> {
    fn size(&self) -> usize {
        self.pixels.sizes().areas * self.pixels.sizes().pixels
    }
    fn scratch(&self) -> usize {
        scratch_of(self.pixels.sizes())
    }
    fn loss(&self, _: usize, _: &mut [f32]) -> f32 {
        unreachable!("losses come from the sums")
    }
    fn gradient(&self, n: usize, input: usize, _: f32, d: &mut [f32], scratch: &mut [f32]) {
        let areas = self.pixels.sizes().areas;
        // The factors contain the weight of the sample.
        self.pixels.gradient(n, input, &self.factors[n / self.together * areas..][..areas], d, scratch);
    }
}

fn gradient(cpu: &Cpu, overlap: Overlap, pixels: &dyn Pixels, gradient: Gradient<'_, '_, Cpu>) {
    let (areas, size) = (pixels.sizes().areas, pixels.sizes().areas * pixels.sizes().pixels);
    let samples = gradient.to.len() / size;
    let (together, scale) = (overlap.together(samples), gradient.scale);
    let weight = |group: usize| match scale {
        Some(scale) => scale[group * together..][..together].iter().map(|&scale| f64::from(scale)).sum::<f64>(),
        None => together as f64 * f64::from(1.0 / samples as f32),
    };
    with_sums(cpu, pixels, samples, |sums| {
        scratch::with(2 * areas * samples / together, |factors| {
            let (factors, _) = factors.as_chunks_mut::<2>();
            groups(sums, areas, together, |group, area, sums| {
                let weight = weight(group) / areas as f64;
                factors[group * areas + area] = overlap.of_area(sums).1.map(|slope| (weight * slope) as f32);
            });
            cpu::gradient(cpu, &Graded { pixels, factors, together }, size, gradient);
        });
    });
}

impl OverlapKernel for Cpu {
    fn class_overlap(&self, op: ClassOverlap, sizes: OverlapSizes, x: &[f32], t: &[u32], to: &mut [f32]) {
        losses(self, op.overlap, &Classes { op, sizes, x, t }, to);
    }
    fn class_overlap_backward(
        &self,
        op: ClassOverlap,
        sizes: OverlapSizes,
        x: &[f32],
        t: &[u32],
        to: Gradient<'_, '_, Cpu>,
    ) {
        gradient(self, op.overlap, &Classes { op, sizes, x, t }, to);
    }
    fn mask_overlap(&self, op: MaskOverlap, sizes: OverlapSizes, x: &[f32], t: &[f32], to: &mut [f32]) {
        losses(self, op.overlap, &Masks { op, sizes, x, t }, to);
    }
    fn mask_overlap_backward(
        &self,
        op: MaskOverlap,
        sizes: OverlapSizes,
        x: &[f32],
        t: &[f32],
        to: Gradient<'_, '_, Cpu>,
    ) {
        gradient(self, op.overlap, &Masks { op, sizes, x, t }, to);
    }
}
