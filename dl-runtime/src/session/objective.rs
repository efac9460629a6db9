//! Training towards the model's own loss.

use super::Training;
use super::batch::{check_batch, gather, pack};
use super::training::{Done, pass_seed};
use crate::network::Term;
use crate::ops::Device;
use crate::tensor::Grad;
use crate::tensor::Storage;
use crate::{Allocator, Context, Error, Model, Objective, Parts, PartsMut, Pod, Result, View, ViewMut};
use std::any::Any;

/// What the loss of a model needs beside what training needs anyway.
pub struct Own<M: Model, D: Device> {
    /// A buffer of the elements of the targets.
    target: Box<dyn Any + Send + Sync>,
    /// `M::Evaluation<D>`, once evaluated.
    evaluation: Option<Box<dyn Any + Send + Sync>>,
    /// For each term, a number for each sample.
    pub(super) terms: D::Buffer<f32>,
    d_terms: D::Buffer<f32>,
    /// [`Objective::TERMS`].
    pub(super) of: &'static [Term],
    /// The mean of each term.
    pub(super) means: Vec<f32>,
    /// [`Objective::backward_loss`], which only the types of the methods here know.
    pub(super) backward: fn(&mut Training<M, D>),
}

impl<M: Objective, D: Device> Own<M, D> {
    fn new(device: &D, samples: usize) -> Result<Self> {
        let numbers = samples * M::TERMS.len();
        Ok(Own {
            target: Box::new(device.zeros::<TargetElement<M>>(samples * <M::Target as Pod>::LEN)?),
            evaluation: None,
            terms: device.zeros(numbers)?,
            d_terms: device.zeros(numbers)?,
            of: M::TERMS,
            means: vec![0.0; M::TERMS.len()],
            backward: backward::<M, D>,
        })
    }
}

type TargetElement<M> = <<M as Objective>::Target as Pod>::Element;
type TargetBuffer<M, D> = <D as Storage>::Buffer<TargetElement<M>>;

impl<M: Model, D: Device> Training<M, D> {
    /// The mean of each term of the model's own loss, in the order of [`Objective::TERMS`], before it is multiplied by
    /// its weight; nothing before such a loss was computed.
    pub fn terms(&self) -> &[f32] {
        self.own.as_ref().map_or(&[], |own| &own.means)
    }
}

impl<M: Objective, D: Device> Training<M, D> {
    /// The mean of the model's own loss over the batch, after [`Training::forward`]; [`Training::terms`] has its terms.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Vae: dl::Objective<Input = [f32; 64], Target = [f32; 0]>>(images: Vec<[f32; 64]>) -> dl::Result<()> {
    /// use dl::data::Dataset;
    /// use dl::prelude::*;
    /// let images = Dataset::unlabelled(images);
    /// let mut net = Vae::init(42);
    /// let mut training = net.training(Cpu::new(), 64)?;
    /// for (images, targets) in images.batches(64) {
    ///     training.forward(images)?;
    ///     let loss = training.objective(targets)?;
    ///     training.backward();
    ///     training.step(&Adam::new(1e-3))?;
    ///     let terms = Vae::TERMS.iter().zip(training.terms());
    ///     let terms: Vec<String> = terms.map(|(term, mean)| format!("{} × {} {mean}", term.weight, term.name)).collect();
    ///     println!("{loss} = {}", terms.join(" + "));
    /// }
    /// training.store(&mut net)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`] with the sample; [`Error::NotFinite`] names the step and the first layer where numbers
    /// overflowed; [`Error::UnequalLengths`] unless there is a target for each input.
    ///
    /// # Panics
    /// When there was no forward pass.
    pub fn objective(&mut self, targets: &[M::Target]) -> Result<f32> {
        M::check_targets(targets)?;
        self.objective_of(targets.len(), |to| pack(targets, to))?;
        self.read_loss()
    }
    /// [`Training::objective`] for those who need not know it now, as [`Training::loss_later`].
    ///
    /// # Errors
    /// Those of [`Training::objective`] about targets.
    ///
    /// # Panics
    /// When there was no forward pass.
    pub fn objective_later(&mut self, targets: &[M::Target]) -> Result<()> {
        M::check_targets(targets)?;
        self.objective_of(targets.len(), |to| pack(targets, to))?;
        self.leave_loss();
        Ok(())
    }
    /// [`Training::objective_later`] with the targets of these numbers, which were checked before.
    pub(crate) fn objective_picked(&mut self, targets: &[M::Target], picked: &[usize]) -> Result<()> {
        self.objective_of(picked.len(), |to| gather(targets, picked, to))?;
        self.leave_loss();
        Ok(())
    }
    /// The mean of the model's own loss over a batch as in prediction: no dropout, running statistics, nothing kept.
    ///
    /// # Errors
    /// As [`Training::objective`], and [`Error::Setting`] when there are no inputs, or more than the session has room for.
    pub fn evaluate_objective(&mut self, inputs: &[M::Input], targets: &[M::Target]) -> Result<f32> {
        self.evaluate_objective_later(inputs, targets)?;
        self.read_loss()
    }
    /// [`Training::evaluate_objective`] for those who need not know it now.
    pub(crate) fn evaluate_objective_later(&mut self, inputs: &[M::Input], targets: &[M::Target]) -> Result<()> {
        M::check_inputs(inputs)?;
        M::check_targets(targets)?;
        self.enter(inputs.len(), |to| pack(inputs, to))?;
        self.enter_targets(targets.len(), |to| pack(targets, to))?;
        let samples = self.samples;
        let own = self.own.as_mut().expect("made by `enter_targets`");
        let none = own.evaluation.is_none();
        if none {
            own.evaluation = Some(Box::new(Allocator::allocate(&self.device, samples, M::evaluation_memory)?));
        }
        let memory = own.evaluation.as_mut().and_then(|any| any.downcast_mut()).expect("made above");
        let target = own.target.downcast_ref::<TargetBuffer<M, D>>().expect("of this model");
        M::evaluate(
            &Context { device: &self.device, seed: 0 },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            View::new(D::whole(target), self.n),
            memory,
            ViewMut::new(D::whole_mut(&mut self.output), self.n),
            PartsMut::new(D::whole_mut(&mut own.terms), self.n),
        );
        (self.done, self.own_loss) = (Done::Evaluated, true);
        self.leave_loss();
        Ok(())
    }
    fn enter_targets(&mut self, n: usize, write: impl FnOnce(&mut [TargetElement<M>])) -> Result<()> {
        if n != self.n {
            return Err(Error::UnequalLengths { inputs: self.n, targets: n });
        }
        check_batch(n, self.samples)?;
        if self.own.is_none() {
            self.own = Some(Own::new(&self.device, self.samples)?);
        }
        let own = self.own.as_mut().expect("made above");
        let target = own.target.downcast_mut::<TargetBuffer<M, D>>().expect("of this model");
        self.device.upload_with(ViewMut::<D, M::Target>::new(D::whole_mut(target), n).into_data(), write)
    }

    fn objective_of(&mut self, n: usize, write: impl FnOnce(&mut [TargetElement<M>])) -> Result<()> {
        assert!(self.done == Done::Forward, "`forward` comes before `objective`");
        self.enter_targets(n, write)?;
        let own = self.own.as_mut().expect("made by `enter_targets`");
        let target = own.target.downcast_ref::<TargetBuffer<M, D>>().expect("of this model");
        M::loss(
            &Context { device: &self.device, seed: pass_seed(self.seed, self.steps) },
            View::new(D::whole(&self.weights), 1),
            View::new(D::whole(&self.input), self.n),
            View::new(D::whole(target), self.n),
            &mut self.memory,
            View::new(D::whole(&self.output), self.n),
            PartsMut::new(D::whole_mut(&mut own.terms), self.n),
        );
        (self.done, self.own_loss) = (Done::Objective, true);
        Ok(())
    }
}

/// The backward pass from the gradient of the mean.
fn backward<M: Objective, D: Device>(training: &mut Training<M, D>) {
    let n = training.n;
    let own = training.own.as_mut().expect("a loss was computed");
    let d_terms = D::split_mut(D::whole_mut(&mut own.d_terms), n * M::TERMS.len()).0;
    let filled = training.device.upload_with(d_terms, |to| {
        for (term, values) in M::TERMS.iter().zip(to.chunks_exact_mut(n)) {
            values.fill(term.weight / n as f32);
        }
    });
    if let Err(error) = filled {
        training.device.fail(error);
    }
    let target = own.target.downcast_ref::<TargetBuffer<M, D>>().expect("of this model");
    M::backward_loss(
        &Context { device: &training.device, seed: pass_seed(training.seed, training.steps) },
        View::new(D::whole(&training.weights), 1),
        View::new(D::whole(&training.input), n),
        View::new(D::whole(target), n),
        &mut training.memory,
        View::new(D::whole(&training.output), n),
        Parts::new(D::whole(&own.terms), n),
        PartsMut::new(D::whole_mut(&mut own.d_terms), n),
        ViewMut::new(D::whole_mut(&mut training.d_output), n),
        Grad::set(ViewMut::new(D::whole_mut(&mut training.gradients), 1)),
        training.d_input.as_mut().map(|d| ViewMut::new(D::whole_mut(d), n)),
    );
}
