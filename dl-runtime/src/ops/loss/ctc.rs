//! Connectionist temporal classification: the loss of a sequence of labels whose places in a longer sequence of logits are unknown,
//! PyTorch's `CTCLoss` of `log_softmax` with `reduction="mean"`.
//!
//! An alignment gives each row a class; it spells the labels if these remain once repeated classes are merged and blanks removed. The
//! loss is `-ln Σ Π softmax(x)` over all alignments that spell the labels, divided by their number. Source: Graves et al.,
//! "Connectionist temporal classification", ICML 2006, section 4.1. The states of an alignment are the labels with a blank between
//! them and at both ends. `α(t, s)` is the logarithm of the sum over the beginnings that end in state `s` at row `t`, and `β(t, s)`
//! that over what may follow; the gradient to a logit is `softmax(x) - Σ e^(α + β - ln P)` over the states of its class.
//!
//! Softmax is part of the loss; `log_softmax` before it changes nothing. Targets that equal `blank` are no labels, and are skipped:
//! they fill up targets of a fixed length. A sequence that is too short for its labels has an infinite loss, or none with
//! `zero_infinity`.

use super::Gradient;
use crate::Cpu;
use crate::device::cpu::scratch;
use crate::device::cpu::threads::chunks_mut;
use crate::ops::Device;
use crate::tensor::{Grad, Sequences, Storage, Write};
use crate::{Context, Pod, View, ViewMut};

/// The settings of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ctc {
    /// The number of classes, including the blank.
    pub classes: usize,
    /// The class that stands for no label.
    pub blank: u32,
    /// `true` if a sequence that is too short for its labels has neither loss nor gradient.
    pub zero_infinity: bool,
}

/// The sequences of logits and those of labels.
pub struct CtcSequences<'r, 'l, D: Storage> {
    /// The rows of logits.
    pub rows: Sequences<'r, D>,
    /// The targets.
    pub labels: Sequences<'l, D>,
}

impl<D: Storage> Clone for CtcSequences<'_, '_, D> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<D: Storage> Copy for CtcSequences<'_, '_, D> {}

/// The kernel of the loss.
pub trait CtcKernel: Storage {
    /// Computes the loss of every sample.
    fn ctc(
        &self,
        loss: Ctc,
        sequences: CtcSequences<'_, '_, Self>,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        losses: Self::Mut<'_, f32>,
    );
    /// Computes the gradient to `x`.
    fn ctc_backward(
        &self,
        loss: Ctc,
        sequences: CtcSequences<'_, '_, Self>,
        x: Self::Ref<'_, f32>,
        t: Self::Ref<'_, u32>,
        gradient: Gradient<'_, '_, Self>,
    );
}

impl Ctc {
    /// Computes the loss of every sample: logits `[T, C]` and labels `[S]` → one number per sample.
    pub fn forward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        rows: Sequences<D>,
        labels: Sequences<D>,
        output: View<D, Y>,
        target: View<D, T>,
        losses: ViewMut<D, f32>,
    ) {
        let sequences = CtcSequences { rows, labels };
        context.device.ctc(self, sequences, output.data(), target.data(), losses.into_data());
    }
    /// Computes the gradient to the logits.
    #[allow(clippy::too_many_arguments, reason = "those of a loss, and two sequences")]
    pub fn backward<D: Device, Y: Pod<Element = f32>, T: Pod<Element = u32>>(
        self,
        context: &Context<D>,
        rows: Sequences<D>,
        labels: Sequences<D>,
        output: View<D, Y>,
        target: View<D, T>,
        d_losses: View<D, f32>,
        d_output: Grad<D, Y>,
    ) {
        let (sequences, gradient) = (CtcSequences { rows, labels }, Gradient::of(0, d_losses, d_output));
        context.device.ctc_backward(self, sequences, output.data(), target.data(), gradient);
    }
}

/// The sizes of the memory of one sample.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// The most rows of a sample.
    pub rows: usize,
    /// The most states of a sample.
    pub states: usize,
}

impl Sizes {
    pub(super) fn of<D: Storage>(sequences: &CtcSequences<'_, '_, D>) -> Self {
        Sizes { rows: sequences.rows.longest(), states: 2 * sequences.labels.longest() + 1 }
    }
    /// Returns the length of the memory: the logarithm of the probability and the number of labels, the labels, `ln Σ e^x` of each
    /// row, `α` and `β`.
    pub(super) fn memory(self) -> usize {
        2 + self.states + self.rows * (2 * self.states + 1)
    }
}

/// The memory of one sample.
struct Sample<'m> {
    /// The logarithm of the probability of the labels, and the bits of their number.
    total: &'m mut [f32],
    /// The bits of the labels.
    labels: &'m mut [f32],
    /// `ln Σ e^x` of each row.
    log_sums: &'m mut [f32],
    alpha: &'m mut [f32],
    beta: &'m mut [f32],
}

impl<'m> Sample<'m> {
    fn new(memory: &'m mut [f32], sizes: Sizes) -> Self {
        let (total, rest) = memory.split_at_mut(2);
        let (labels, rest) = rest.split_at_mut(sizes.states);
        let (log_sums, rest) = rest.split_at_mut(sizes.rows);
        let (alpha, beta) = rest.split_at_mut(sizes.rows * sizes.states);
        Sample { total, labels, log_sums, alpha, beta }
    }
    /// Computes everything from the logits of a sample and its targets; `β` only for the gradient.
    fn compute(&mut self, loss: Ctc, x: &[f32], targets: &[u32], gradient: bool) {
        let (classes, blank) = (loss.classes, loss.blank);
        let mut n = 0;
        for &label in targets.iter().filter(|&&label| label != blank) {
            self.labels[n] = f32::from_bits(label);
            n += 1;
        }
        self.total[1] = f32::from_bits(n as u32);
        let (labels, states) = (&self.labels[..n], 2 * n + 1);
        if labels.iter().any(|label| label.to_bits() as usize >= classes) {
            self.total[0] = f32::NAN;
            return;
        }
        let class = |s: usize| if s.is_multiple_of(2) { blank } else { labels[s / 2].to_bits() };
        // A state may be left out between two different labels.
        let skips = |s: usize| s >= 2 && !s.is_multiple_of(2) && class(s) != class(s - 2);
        let rows = x.len() / classes;
        for (row, log_sum) in x.chunks_exact(classes).zip(&mut *self.log_sums) {
            let most = row.iter().fold(f32::NEG_INFINITY, |most, &x| if x > most || x.is_nan() { x } else { most });
            *log_sum = most + row.iter().map(|x| (x - most).exp()).sum::<f32>().ln();
        }
        let log_sums = &self.log_sums[..];
        let emit = |t: usize, s: usize| x[t * classes + class(s) as usize] - log_sums[t];
        for t in 0..rows {
            let (before, now) = self.alpha.split_at_mut(t * states);
            let before = &before[t.saturating_sub(1) * states..];
            for s in 0..states {
                let from = match (t, s) {
                    (0, 0 | 1) => 0.0,
                    (0, _) => f32::NEG_INFINITY,
                    _ => {
                        let one = if s >= 1 { before[s - 1] } else { f32::NEG_INFINITY };
                        let two = if skips(s) { before[s - 2] } else { f32::NEG_INFINITY };
                        log_add(log_add(before[s], one), two)
                    }
                };
                now[s] = from + emit(t, s);
            }
        }
        self.total[0] = match rows.checked_sub(1).map(|last| &self.alpha[last * states..(last + 1) * states]) {
            Some(last) if n > 0 => log_add(last[states - 1], last[states - 2]),
            Some(last) => last[0],
            None if n > 0 => f32::NEG_INFINITY,
            None => 0.0,
        };
        for t in (0..if gradient { rows } else { 0 }).rev() {
            let (now, after) = self.beta.split_at_mut((t + 1) * states);
            let now = &mut now[t * states..];
            for (s, now) in now.iter_mut().enumerate() {
                *now = if t + 1 == rows {
                    if s + 2 >= states { 0.0 } else { f32::NEG_INFINITY }
                } else {
                    let to = |to: usize, may: bool| match may && to < states {
                        true => after[to] + emit(t + 1, to),
                        false => f32::NEG_INFINITY,
                    };
                    log_add(log_add(to(s, true), to(s + 1, true)), to(s + 2, s + 2 < states && skips(s + 2)))
                };
            }
        }
    }
}

/// `ln(e^a + e^b)`.
fn log_add(a: f32, b: f32) -> f32 {
    let (most, least) = if a > b || a.is_nan() { (a, b) } else { (b, a) };
    if most == f32::NEG_INFINITY { most } else { most + (least - most).exp().ln_1p() }
}

/// Calls `run` with the memory of all samples.
fn with_samples(
    cpu: &Cpu,
    loss: Ctc,
    sequences: &CtcSequences<'_, '_, Cpu>,
    x: &[f32],
    t: &[u32],
    gradient: bool,
    run: impl FnOnce(&[f32], Sizes),
) {
    let (sizes, samples) = (Sizes::of(sequences), sequences.rows.samples());
    scratch::with(samples * sizes.memory(), |memory| {
        cpu.threads().split(chunks_mut(memory, sizes.memory()), &|n, memory| {
            let (rows, labels) = (sequences.rows.range(n), sequences.labels.range(n));
            let x = &x[rows.start * loss.classes..rows.end * loss.classes];
            Sample::new(memory, sizes).compute(loss, x, &t[labels], gradient);
        });
        run(memory, sizes);
    });
}

impl CtcKernel for Cpu {
    fn ctc(&self, loss: Ctc, sequences: CtcSequences<'_, '_, Cpu>, x: &[f32], t: &[u32], losses: &mut [f32]) {
        with_samples(self, loss, &sequences, x, t, false, |memory, sizes| {
            for (memory, to) in memory.chunks_exact(sizes.memory()).zip(losses) {
                let (total, n) = (memory[0], memory[1].to_bits().max(1));
                let zero = loss.zero_infinity && total == f32::NEG_INFINITY;
                *to = if zero { 0.0 } else { -total / n as f32 };
            }
        });
    }
    fn ctc_backward(
        &self,
        loss: Ctc,
        sequences: CtcSequences<'_, '_, Cpu>,
        x: &[f32],
        t: &[u32],
        gradient: Gradient<'_, '_, Cpu>,
    ) {
        let Gradient { scale, to, write, .. } = gradient;
        let (classes, mean) = (loss.classes, 1.0 / sequences.rows.samples() as f32);
        with_samples(self, loss, &sequences, x, t, true, |memory, sizes| {
            self.threads().split_with_scratch(chunks_mut(to, classes), classes, &|row, part, to| {
                let sample = sequences.rows.sample_of(row);
                let memory = &memory[sample * sizes.memory()..(sample + 1) * sizes.memory()];
                let scale = scale.map_or(mean, |scale| scale[sample]);
                let at = row - sequences.rows.range(sample).start;
                row_gradient(loss, sizes, memory, (at, scale), &x[row * classes..(row + 1) * classes], part);
                match write {
                    Write::Set => to.copy_from_slice(part),
                    Write::Add => to.iter_mut().zip(&*part).for_each(|(to, d)| *to += d),
                }
            });
        });
    }
}

/// Computes the gradient to the logits of the row `at` of a sample.
fn row_gradient(loss: Ctc, sizes: Sizes, memory: &[f32], (at, scale): (usize, f32), x: &[f32], d: &mut [f32]) {
    let (total, n) = (memory[0], memory[1].to_bits() as usize);
    if !total.is_finite() {
        d.fill(if loss.zero_infinity && total == f32::NEG_INFINITY { 0.0 } else { f32::NAN });
        return;
    }
    let (scale, states) = (scale / n.max(1) as f32, 2 * n + 1);
    let (labels, rest) = memory[2..].split_at(sizes.states);
    let (log_sums, rest) = rest.split_at(sizes.rows);
    let (alpha, beta) = rest.split_at(sizes.rows * sizes.states);
    d.iter_mut().zip(x).for_each(|(d, x)| *d = scale * (x - log_sums[at]).exp());
    for s in 0..states {
        let class = if s.is_multiple_of(2) { loss.blank } else { labels[s / 2].to_bits() };
        d[class as usize] -= scale * (alpha[at * states + s] + beta[at * states + s] - total).exp();
    }
}
