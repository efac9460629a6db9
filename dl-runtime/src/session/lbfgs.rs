//! L-BFGS on the weights of a [`Training`] session.

use super::Training;
use super::training::Stage;
use crate::ops::Device;
use crate::optim::{Lbfgs, Minimum};
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Error, Passes, Result, Role};

impl Lbfgs {
    /// Moves the weights of a session to a minimum of a loss. `evaluate` computes the loss and its gradients, by calling `forward`, `loss`
    /// and `backward` of the session that it gets, always with the same samples. The weights are computed on the host, in double precision.
    ///
    /// The network should have neither dropout nor noise, which make the loss another one at each call. A point at which the loss is not
    /// finite counts as infinitely high, unless it is the start. Frozen tensors stay as they are.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// # fn example<Net: dl::Model<Input = [f32; 2], Output = [f32; 1]>>(inputs: &[[f32; 2]], targets: &[[f32; 1]]) -> dl::Result<()> {
    /// use dl::optim::Lbfgs;
    /// use dl::prelude::*;
    /// let mut net = Net::init(1);
    /// let mut training = net.training(Cpu::new(), inputs.len())?;
    /// let minimum = Lbfgs::default().minimise(&mut training, |training| {
    ///     training.forward(inputs)?;
    ///     let loss = training.loss(&Mse, targets)?;
    ///     training.backward();
    ///     Ok(loss)
    /// })?;
    /// println!("a loss of {} after {} evaluations", minimum.loss(), minimum.evaluations);
    /// training.store(&mut net)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Lbfgs::check`], those of `evaluate`, those of the device, [`Error::NothingToTrain`] if everything is frozen,
    /// and [`Error::Setting`] if there are groups. After an error, the weights are those of the
    /// last point that was tried.
    ///
    /// # Panics
    /// Panics if `evaluate` does not end with `backward`.
    pub fn minimise<M: Passes, D: Device>(
        &self,
        training: &mut Training<M, D>,
        mut evaluate: impl FnMut(&mut Training<M, D>) -> Result<f32>,
    ) -> Result<Minimum> {
        self.check()?;
        training.check_trained()?;
        if let Some(group) = training.optimizing.groups.first() {
            return Err(Error::Setting {
                setting: "group",
                of: "Training",
                expected: "left out for `Lbfgs`, which moves all weights by one step".into(),
                found: format!("`{}`", group.pattern()),
            });
        }
        let tensors = training.frozen().zip(&training.optimizing.tensors);
        let trained = tensors.filter(|(frozen, tensor)| !frozen && tensor.role != Role::Statistic);
        let ranges: Vec<_> = trained.map(|(_, tensor)| tensor.range()).collect();
        let mut net = zeroed_box::<M>();
        training.store(&mut net)?;
        let numbers = |net: &M| -> Vec<f64> {
            let all = flat(std::slice::from_ref(net));
            ranges.iter().flat_map(|range| &all[range.clone()]).copied().map(f64::from).collect()
        };
        let mut x = numbers(&net);
        // Statistics are those of the last forward pass, so they are read again each time.
        let mut place = |training: &mut Training<M, D>, x: &[f64]| {
            training.store(&mut net)?;
            let (all, mut x) = (flat_mut(std::slice::from_mut(&mut *net)), x.iter());
            let places = ranges.iter().flat_map(|range| range.clone());
            places.zip(&mut x).for_each(|(i, x)| all[i] = *x as f32);
            training.reload(&net)
        };
        let (mut gradients, mut first) = (zeroed_box::<M>(), true);
        let mut at = |training: &mut Training<M, D>, x: &[f64]| {
            place(training, x)?;
            let is_start = std::mem::take(&mut first);
            let loss = match evaluate(training) {
                Ok(loss) => f64::from(loss),
                Err(Error::NotFinite { .. }) if !is_start => return Ok((f64::INFINITY, vec![0.0; x.len()])),
                Err(error) => return Err(error),
            };
            assert!(training.stage == Stage::Backward, "the function of `minimise` ends with `backward`");
            training.gradients(&mut gradients)?;
            Ok((loss, numbers(&gradients)))
        };
        let minimum = self.minimum(&mut x, &mut |x| at(training, x))?;
        place(training, &x)?;
        training.zero_gradients();
        Ok(minimum)
    }
}
