//! Matrices in bf16 that are written by the kernel that computes their numbers: gradients behind a ReLU, and weights by their optimizer.

use super::super::{Buffer, Cuda, Precision, bf16_len};
use super::{alone, download, queued, upload};
use crate::Role;
use crate::ops::Activation;
use crate::ops::activation::ActivationKernel;
use crate::ops::optimizer::{DecayStep, FiniteCheck, OptimizerStep, Segment, StepKernel, formula};
use crate::tensor::Storage;
use crate::testing::numbers;

/// Rounds to bf16, to nearest and ties to even.
fn rounded(x: f32) -> u32 {
    let bits = x.to_bits();
    if x.is_nan() { 0x7FFF } else { (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 }
}

/// The words of numbers in bf16, without padding.
fn words(x: &[f32]) -> Vec<u32> {
    x.chunks(2).map(|pair| rounded(pair[1]) << 16 | rounded(pair[0])).collect()
}

/// The words of the cast of a range with rows of `columns` numbers, and how many launches it takes.
fn cast(cuda: &Cuda, of: &Buffer<f32>, range: std::ops::Range<usize>, columns: usize) -> (Vec<u32>, usize) {
    let before = queued(cuda);
    let cast = cuda.as_bf16(Cuda::slice(Cuda::whole(of), range.clone()), columns);
    let launches = queued(cuda) - before;
    assert_eq!(cast.len(), bf16_len(range.len() / columns, columns));
    let mut to = vec![0; cast.len()];
    cuda.download(Cuda::reinterpret::<f32, u32>(cast), &mut to).expect("a result");
    (to, launches)
}

#[test]
fn a_gradient_behind_an_activation() {
    let Some(cuda) = alone(Precision::Bf16) else { return };
    let [d, kept] = [1, 2].map(|seed| numbers(seed, 240));
    for f in [Activation::Relu, Activation::Tanh] {
        let (mut gradient, of) = (upload(&cuda, &d), upload(&cuda, &kept));
        let mut between = cuda.zeros::<f32>(4).expect("memory");
        cuda.activation_backward_in_place(f, Cuda::whole(&of), Cuda::whole_mut(&mut gradient));
        let (first, launches) = cast(&cuda, &gradient, 0..240, 24);
        assert_eq!((launches, first.clone()), (0, words(&download(&cuda, &gradient).expect("a result"))), "{f:?}");
        // It is there until the gradient is written to.
        assert_eq!(cast(&cuda, &gradient, 0..240, 24), (first, 0), "{f:?}");
        cuda.activation_backward_in_place(f, Cuda::whole(&of), Cuda::whole_mut(&mut gradient));
        cuda.clear(Cuda::whole_mut(&mut between));
        let (again, launches) = cast(&cuda, &gradient, 0..240, 24);
        assert_eq!((launches, again), (1, words(&download(&cuda, &gradient).expect("a result"))), "{f:?}");
        // Padded rows, a part, and memory that is not aligned are rounded by a kernel of their own.
        for (written, read, columns) in [(0..240, 0..240, 6), (0..240, 0..120, 8), (1..233, 1..233, 8)] {
            let of = Cuda::slice(Cuda::whole(&of), written.clone());
            let rest = Cuda::split_mut(Cuda::whole_mut(&mut gradient), written.start).1;
            cuda.activation_backward_in_place(f, of, Cuda::split_mut(rest, written.len()).0);
            let (found, launches) = cast(&cuda, &gradient, read.clone(), columns);
            assert_eq!(launches, 1, "{read:?}, {columns}");
            if columns == 8 {
                assert_eq!(found, words(&download(&cuda, &gradient).expect("a result")[read]));
            }
        }
    }
}

/// Weights, and what trains them.
struct Trained {
    weights: Buffer<f32>,
    gradients: Buffer<f32>,
    check: Buffer<u32>,
}

impl Trained {
    fn new(cuda: &Cuda, len: usize) -> Self {
        let [weights, gradients] = [3, 4].map(|seed| upload(cuda, &numbers(seed, len)));
        Trained { weights, gradients, check: cuda.zeros(FiniteCheck::WORDS).expect("memory") }
    }
    fn step(&mut self, cuda: &Cuda) {
        let segments = [Segment { start: 0, end: self.weights.len(), role: Role::Weight }];
        let step = OptimizerStep {
            segments: &segments,
            roles: Cuda::slice(Cuda::reinterpret::<f32, u32>(Cuda::whole(&self.gradients)), 0..0),
            tensors: &[],
            weights: Cuda::whole_mut(&mut self.weights),
            gradients: Cuda::whole(&self.gradients),
            finite_check: Cuda::whole_mut(&mut self.check),
            workspace: None,
        };
        let formula = formula::Sgd { rate: 0.5 };
        cuda.optimizer_step(formula, DecayStep { added: 0.0, factor: 1.0, everything: false }, step, []);
    }
    /// Checks the casts of two matrices, of 240 and 80 numbers behind each other, and how many launches they take.
    #[track_caller]
    fn check_casts(&self, cuda: &Cuda, launches: [usize; 2]) {
        let weights = download(cuda, &self.weights).expect("a result");
        for (range, launches) in [(0..240, launches[0]), (240..320, launches[1])] {
            let found = cast(cuda, &self.weights, range.clone(), 8);
            assert_eq!(found, (words(&weights[range.clone()]), launches), "{range:?}");
        }
    }
}

#[test]
fn weights_are_rounded_by_their_optimizer() {
    let Some(cuda) = alone(Precision::Bf16) else { return };
    // Seven numbers at the end are no matrix.
    let mut trained = Trained::new(&cuda, 327);
    trained.check_casts(&cuda, [1, 1]);
    for _ in 0..3 {
        let launches = queued(&cuda);
        trained.step(&cuda);
        assert_eq!(queued(&cuda), launches + 1);
        trained.check_casts(&cuda, [0, 0]);
    }
    // A part of the weights that something else writes is rounded again, but not the rest of them.
    let part = Cuda::split_mut(Cuda::split_mut(Cuda::whole_mut(&mut trained.weights), 250).1, 3).0;
    cuda.clear(part);
    trained.check_casts(&cuda, [0, 1]);
    trained.check_casts(&cuda, [0, 0]);
    let host = numbers(5, 327);
    cuda.upload(&host, Cuda::whole_mut(&mut trained.weights)).expect("an upload");
    trained.check_casts(&cuda, [1, 1]);
    trained.check_casts(&cuda, [0, 0]);
    // A part at no multiple of 16 bytes of the copy, and rows that are padded, have casts of their own.
    let weights = download(&cuda, &trained.weights).expect("a result");
    assert_eq!(cast(&cuda, &trained.weights, 4..244, 8), (words(&weights[4..244]), 1));
    assert_eq!(cast(&cuda, &trained.weights, 0..30, 6).1, 1);
    // A training that has stopped leaves the weights, and what is rounded of them.
    cuda.upload(&[3, 0, 0, 0], Cuda::whole_mut(&mut trained.check)).expect("an upload");
    trained.step(&cuda);
    trained.check_casts(&cuda, [0, 0]);
    assert_eq!(download(&cuda, &trained.weights).expect("a result"), weights);
}

#[test]
fn weights_whose_casts_are_few_are_not() {
    let Some(cuda) = alone(Precision::Bf16) else { return };
    let mut trained = Trained::new(&cuda, 1000);
    trained.check_casts(&cuda, [1, 1]);
    trained.step(&cuda);
    trained.check_casts(&cuda, [1, 1]);
}

/// A copy lives as long as its weights, and work that reads it is done before they are freed.
#[test]
fn weights_that_are_freed() {
    let Some(cuda) = alone(Precision::Bf16) else { return };
    for _ in 0..3 {
        let mut trained = Trained::new(&cuda, 320);
        trained.check_casts(&cuda, [1, 1]);
        trained.step(&cuda);
        let allocations = cuda.counts().allocations;
        trained.step(&cuda);
        trained.check_casts(&cuda, [0, 0]);
        assert_eq!(cuda.counts().allocations, allocations);
    }
    cuda.synchronize().expect("work that can be done");
}
