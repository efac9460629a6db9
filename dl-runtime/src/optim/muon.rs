//! Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; PyTorch's `Muon`.

use super::{Coupling, Decay, Optimizer, decay::decay_methods, formula};
use crate::ops::Device;
use crate::ops::l2_normalize::L2NormalizeOp;
use crate::ops::matmul::Product;
use crate::ops::optimizer::{OptimizerStep, TensorStep, TrainedTensor, each_tensor};
use crate::range::{self, EPSILON, KEPT, NOT_NEGATIVE};
use crate::tensor::Write;
use crate::{Result, Role};
use serde::{Deserialize, Serialize};

/// The factor of Muon's steps that depends on the shape `[rows, columns]` of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MuonScale {
    /// `√max(1, rows / columns)`, PyTorch's default. The learning rate should then be about 20 times that of AdamW.
    Original,
    /// `0.2·√max(rows, columns)`, with which steps are about as large as those of AdamW, so that both have the same learning rate: Liu et
    /// al., "Muon is scalable for LLM training", 2025; PyTorch's `match_rms_adamw`.
    MatchAdamW,
}

/// Muon moves a matrix of weights in the direction of its momentum made orthogonal: all its singular values become about 1. All other
/// tensors, of one dimension or of three and more, are trained by [`AdamW`](super::AdamW) with the same learning rate and weight decay.
///
/// ```text
/// m = μ·m + (1 - μ)·g         u = μ·m + (1 - μ)·g
/// x = u / max(‖u‖, ε)         five times: x = a·x + (b·y + c·y²)·x  with  y = x·xᵀ          Newton and Schulz
/// w = w·(1 - lr·λ) - lr·scale·x
/// ```
///
/// a, b and c are 3.4445, -4.775 and 2.0315. The defaults are PyTorch's: μ is 0.95, with Nesterov's form of the momentum, ε is 1e-7 and the
/// weight decay 0.1; except that [`MuonScale::MatchAdamW`] is the default, since one learning rate serves all tensors. PyTorch computes the
/// products in bfloat16, dl in the precision of the device. The momentum of the other tensors, β₁ of AdamW, is 0.9, and β₂ 0.999.
///
/// Checkpoints have the momentum of matrices, and `exp_avg` of other tensors, as `momentum_buffer`.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::optim::{Muon, MuonScale};
/// let muon = Muon::new(0.02).scale(MuonScale::Original);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Muon {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    epsilon: f64,
    scale: MuonScale,
    betas: (f64, f64),
    decay: Decay,
}

impl Muon {
    /// Creates Muon with this learning rate, at least 0; 1e-3 is PyTorch's default.
    pub const fn new(learning_rate: f64) -> Self {
        Muon {
            learning_rate,
            momentum: 0.95,
            nesterov: true,
            epsilon: 1e-7,
            scale: MuonScale::MatchAdamW,
            betas: (0.9, 0.999),
            decay: Decay { weight_decay: 0.1, ..Decay::none(Coupling::Decoupled) },
        }
    }
    /// Sets the momentum μ of matrices, at least 0 and below 1; the default is 0.95.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }
    /// Sets whether the momentum looks one step ahead; the default is true. Otherwise u is m.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }
    /// Sets ε, the smallest norm that a momentum is divided by; at least 1e-18. The default is 1e-7.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
    /// Sets the factor of the steps that depends on the shape of a matrix.
    #[must_use]
    pub fn scale(mut self, scale: MuonScale) -> Self {
        self.scale = scale;
        self
    }
    /// Sets β₁ and β₂ of the tensors that are not matrices: see [`Adam::betas`](super::Adam::betas).
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.betas = (first, second);
        self
    }
    decay_methods!(fixed);

    /// Performs one step on a matrix of weights with its momentum.
    fn matrix<D: Device>(
        &self,
        device: &D,
        tensor: &TrainedTensor,
        step: TensorStep<'_, D>,
        mut m: D::Mut<'_, f32>,
        workspace: D::Mut<'_, f32>,
    ) {
        let &[rows, columns] = tensor.shape else { panic!("a matrix") };
        let TensorStep { mut weights, gradients, mut finite_check } = step;
        let (keeps, takes, n) = (self.momentum as f32, (1.0 - self.momentum) as f32, rows * columns);
        let (x, rest) = D::split_mut(workspace, n);
        let (y, squares) = D::split_mut(rest, n);
        let mut pair = [x, y];
        // After a stop of the training the momentum may still change, but not the weights.
        device.affine_in_place(keeps, 0.0, D::reborrow(&mut m));
        device.affine(takes, 0.0, gradients, D::reborrow(&mut m), Write::Add);
        let [x, y] = &mut pair;
        let normalize = L2NormalizeOp { n, epsilon: self.epsilon as f32 };
        if self.nesterov {
            device.affine(keeps, 0.0, D::share(&m), D::reborrow(y), Write::Set);
            device.affine(takes, 0.0, gradients, D::reborrow(y), Write::Add);
            device.l2_normalize_forward(normalize, D::share(y), D::reborrow(x));
        } else {
            device.l2_normalize_forward(normalize, D::share(&m), D::reborrow(x));
        }
        let direction = orthogonal(device, [rows, columns], &mut pair, squares);
        let shape = [rows, columns].map(|size| size as f64);
        let scale = match self.scale {
            MuonScale::Original => (shape[0] / shape[1]).max(1.0).sqrt(),
            MuonScale::MatchAdamW => 0.2 * shape[0].max(shape[1]).sqrt(),
        };
        // This kernel checks that the new weights are finite.
        let formula = formula::Sgd { rate: (self.learning_rate * scale) as f32 };
        let step = TensorStep::<D> {
            weights: D::reborrow(&mut weights),
            gradients: D::share(&pair[direction]),
            finite_check: D::reborrow(&mut finite_check),
        };
        step.step(device, formula, self.decay.at(self.learning_rate), tensor.role, []);
    }
}

/// Makes the first matrix of a pair, of norm 1, almost orthogonal by five steps of Newton and Schulz; returns which of the pair is the
/// result.
fn orthogonal<D: Device>(
    device: &D,
    [rows, columns]: [usize; 2],
    pair: &mut [D::Mut<'_, f32>; 2],
    squares: D::Mut<'_, f32>,
) -> usize {
    const FACTORS: [f32; 3] = [3.4445, -4.775, 2.0315];
    const STEPS: usize = 5;
    let [a, b, c] = FACTORS;
    let (wide, k) = (rows <= columns, rows.min(columns));
    let (mut gram, rest) = D::split_mut(squares, k * k);
    let mut update = D::split_mut(rest, k * k).0;
    let plain =
        |rows, inner, columns| Product { rows, inner, columns, left_transposed: false, right_transposed: false };
    for step in 0..STEPS {
        let [first, second] = &mut *pair;
        let (x, to) = if step % 2 == 0 { (first, second) } else { (second, first) };
        let x = D::share(x);
        // The smaller of x·xᵀ and xᵀ·x: both lead to the same result.
        let product = match wide {
            true => Product { right_transposed: true, ..plain(k, columns, k) },
            false => Product { left_transposed: true, ..plain(k, rows, k) },
        };
        device.matmul_each(product, x, x, D::reborrow(&mut gram), Write::Set);
        let y = D::share(&gram);
        device.matmul_each(plain(k, k, k), y, y, D::reborrow(&mut update), Write::Set);
        device.affine_in_place(c, 0.0, D::reborrow(&mut update));
        device.affine(b, 0.0, y, D::reborrow(&mut update), Write::Add);
        let update = D::share(&update);
        let (left, right) = if wide { (update, x) } else { (x, update) };
        device.matmul_each(
            plain(rows, if wide { rows } else { columns }, columns),
            left,
            right,
            D::reborrow(to),
            Write::Set,
        );
        device.affine(a, 0.0, x, D::reborrow(to), Write::Add);
    }
    STEPS % 2
}

impl Optimizer for Muon {
    const NAME: &'static str = "Muon";
    fn check(&self) -> Result<()> {
        let settings = [
            ("learning_rate", self.learning_rate, NOT_NEGATIVE),
            ("momentum", self.momentum, KEPT),
            ("epsilon", self.epsilon, EPSILON),
            ("beta1", self.betas.0, KEPT),
            ("beta2", self.betas.1, KEPT),
        ];
        range::check(Self::NAME, &settings)?;
        self.decay.check(Self::NAME, self.learning_rate)
    }
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn with_learning_rate(&self, learning_rate: f64) -> Self {
        Muon { learning_rate, ..*self }
    }
    fn with_weight_decay(&self, weight_decay: f64) -> Option<Self> {
        Some(self.weight_decay(weight_decay))
    }
    fn buffers(&self) -> &'static [&'static str] {
        &["momentum_buffer", "exp_avg_sq"]
    }
    fn workspace(&self, tensors: &[TrainedTensor]) -> usize {
        let matrix = |tensor: &TrainedTensor| match *tensor.shape {
            [rows, columns] if is_matrix(tensor) => 2 * rows * columns + 2 * rows.min(columns).pow(2),
            _ => 0,
        };
        tensors.iter().map(matrix).max().unwrap_or(0)
    }
    fn update<D: Device>(&self, device: &D, step: u64, weights: OptimizerStep<'_, D>, state: &mut [D::Buffer<f32>]) {
        let [m, v] = state else { panic!("Muon keeps two buffers, not {}", state.len()) };
        let (t, (beta1, beta2)) = (step as f64, self.betas);
        let adam = formula::Adam {
            first: (1.0 - beta1) as f32,
            second: beta2 as f32,
            second_rest: (1.0 - beta2) as f32,
            size: (self.learning_rate / (1.0 - beta1.powf(t))) as f32,
            root: (1.0 / (1.0 - beta2.powf(t)).sqrt()) as f32,
            epsilon: 1e-8,
        };
        let (tensors, mut weights) = (weights.tensors, weights);
        let mut workspace = weights.workspace.take();
        each_tensor(tensors, weights, [m, v], |tensor, step, [m, v]| {
            if is_matrix(tensor) {
                let workspace = workspace.as_mut().expect("the workspace of a matrix");
                self.matrix(device, tensor, step, m, D::reborrow(workspace));
            } else {
                step.step(device, adam, self.decay.at(self.learning_rate), tensor.role, [m, v]);
            }
        });
    }
}

/// Returns whether a tensor is a matrix of weights.
fn is_matrix(tensor: &TrainedTensor) -> bool {
    tensor.shape.len() == 2 && tensor.role == Role::Weight
}
