//! Sources of samples that are made while a network trains: augmented data sets, functions of an index, and iterators.

use super::Dataset;
use crate::random::Rng;
use crate::tensor::Pack;
use crate::{Error, Result};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

/// A source of samples for [`Trainer::fit_source`](crate::train::Trainer::fit_source), which makes them on other threads, ahead of the
/// steps that train them.
///
/// A source of one's own implements `len` and `sample`, for example to read pictures that do not fit into memory:
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::Source;
/// use dl::random::Rng;
///
/// /// Points in the unit square; the class tells if they are in a circle.
/// struct Points;
/// impl Source for Points {
///     type Input = [f32; 2];
///     type Target = u32;
///     fn len(&self) -> usize {
///         1000
///     }
///     fn sample(&self, _: usize, rng: &mut Rng, input: &mut [f32; 2], target: &mut u32) -> dl::Result<()> {
///         *input = [rng.uniform(), rng.uniform()];
///         *target = u32::from(input[0].hypot(input[1]) < 1.0);
///         Ok(())
///     }
/// }
/// ```
pub trait Source: Sync {
    /// The input of the model.
    type Input: Pack;
    /// The target of the loss.
    type Target: Pack;

    /// Returns the number of samples in an epoch; an epoch of `n` steps has `n * batch_size`.
    fn len(&self) -> usize;
    /// Returns true if there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Writes sample `index`, over one that was trained earlier.
    ///
    /// `rng` starts at a seed that depends on the seed of the trainer, the epoch, and the place of the sample in it, so that the thread
    /// which makes a sample does not matter.
    ///
    /// # Errors
    /// Any error; it ends the training.
    fn sample(&self, index: usize, rng: &mut Rng, input: &mut Self::Input, target: &mut Self::Target) -> Result<()>;
    /// Changes the samples of a whole batch, after all of them were written: mixes them, for example.
    ///
    /// # Errors
    /// Any error; it ends the training.
    fn batch(&self, _inputs: &mut [Self::Input], _targets: &mut [Self::Target], _rng: &mut Rng) -> Result<()> {
        Ok(())
    }
    /// Returns true if samples have to be made one after another, by one thread: those of an iterator.
    fn in_order(&self) -> bool {
        false
    }
    /// Changes each batch by `f` too, after the source has made it: see [`augment::Mixup`](super::augment::Mixup).
    fn batches<F>(self, f: F) -> Batches<Self, F>
    where
        Self: Sized,
        F: Fn(&mut [Self::Input], &mut [Self::Target], &mut Rng) + Sync,
    {
        Batches { source: self, f }
    }
}

/// A source whose batches are changed by a function: [`Source::batches`].
#[derive(Clone, Copy, Debug)]
pub struct Batches<S, F> {
    source: S,
    f: F,
}

impl<S: Source, F: Fn(&mut [S::Input], &mut [S::Target], &mut Rng) + Sync> Source for Batches<S, F> {
    type Input = S::Input;
    type Target = S::Target;

    fn len(&self) -> usize {
        self.source.len()
    }
    fn sample(&self, index: usize, rng: &mut Rng, input: &mut S::Input, target: &mut S::Target) -> Result<()> {
        self.source.sample(index, rng, input, target)
    }
    fn batch(&self, inputs: &mut [S::Input], targets: &mut [S::Target], rng: &mut Rng) -> Result<()> {
        self.source.batch(inputs, targets, rng)?;
        (self.f)(inputs, targets, rng);
        Ok(())
    }
    fn in_order(&self) -> bool {
        self.source.in_order()
    }
}

/// A source made of a function of the index: [`from_fn`].
pub struct FromFn<I, T, F> {
    len: usize,
    f: F,
    samples: PhantomData<fn() -> (I, T)>,
}

/// Returns a source of `len` samples in each epoch, which `f` makes: from the index, random numbers, or both.
///
/// ```
/// # use dl_runtime as dl;
/// let points = dl::data::from_fn(1000, |_, rng, input: &mut [f32; 2], target: &mut u32| {
///     *input = [rng.uniform(), rng.uniform()];
///     *target = u32::from(input[0].hypot(input[1]) < 1.0);
///     Ok(())
/// });
/// ```
pub fn from_fn<I: Pack, T: Pack, F>(len: usize, f: F) -> FromFn<I, T, F>
where
    F: Fn(usize, &mut Rng, &mut I, &mut T) -> Result<()> + Sync,
{
    FromFn { len, f, samples: PhantomData }
}

impl<I: Pack, T: Pack, F: Fn(usize, &mut Rng, &mut I, &mut T) -> Result<()> + Sync> Source for FromFn<I, T, F> {
    type Input = I;
    type Target = T;

    fn len(&self) -> usize {
        self.len
    }
    fn sample(&self, index: usize, rng: &mut Rng, input: &mut I, target: &mut T) -> Result<()> {
        (self.f)(index, rng, input, target)
    }
}

impl<I: Sync, T: Pack + Clone> Dataset<I, T> {
    /// Returns a source of the samples of this data set, whose inputs are augmented in every epoch anew: `f` reads an input and writes the
    /// one to train with. [`augment`](super::augment) has functions for images.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::augment;
    /// let digits = dl::data::digits().train;
    /// let shifted = digits.augmented(|image, rng, to| {
    ///     *to = *image;
    ///     augment::crop(to, 1, rng);
    /// });
    /// # fn same<S: dl::data::Source<Input = dl::data::Digit, Target = u32>>(_: &S) {}
    /// # same(&shifted);
    /// ```
    pub fn augmented<J: Pack, F>(&self, f: F) -> Augmented<'_, I, T, J, F>
    where
        F: Fn(&I, &mut Rng, &mut J) + Sync,
    {
        Augmented { data: self, f, input: PhantomData }
    }
}

/// A data set whose inputs are augmented: [`Dataset::augmented`].
pub struct Augmented<'d, I, T, J, F> {
    data: &'d Dataset<I, T>,
    f: F,
    input: PhantomData<fn() -> J>,
}

impl<I: Sync, T: Pack + Clone, J: Pack, F: Fn(&I, &mut Rng, &mut J) + Sync> Source for Augmented<'_, I, T, J, F> {
    type Input = J;
    type Target = T;

    fn len(&self) -> usize {
        self.data.len()
    }
    fn sample(&self, index: usize, rng: &mut Rng, input: &mut J, target: &mut T) -> Result<()> {
        (self.f)(&self.data.inputs[index], rng, input);
        target.clone_from(&self.data.targets[index]);
        Ok(())
    }
}

/// A source made of an iterator: [`from_iter`].
pub struct FromIter<N> {
    samples: usize,
    iterator: Mutex<N>,
}

/// Returns a source that takes the samples of an iterator one after another, on one thread: lines of a file that is larger than memory, or
/// an endless stream.
///
/// An epoch has the next `samples` of them, the next epoch those that follow, and shuffling has no effect. A resumed training takes what the
/// iterator gives next.
///
/// ```
/// # use dl_runtime as dl;
/// let numbers = (0..).map(|n: u32| Ok(([n as f32 / 1e3], n % 2)));
/// // 20 steps of 32 samples in an epoch.
/// let source = dl::data::from_iter(20 * 32, numbers);
/// ```
///
/// # Errors
/// The training ends with the first error of the iterator, and with [`Error::Setting`] if it has no more samples in the middle of an epoch.
pub fn from_iter<I: Pack, T: Pack, N>(samples: usize, iterator: N) -> FromIter<N::IntoIter>
where
    N: IntoIterator<Item = Result<(I, T)>, IntoIter: Send>,
{
    FromIter { samples, iterator: Mutex::new(iterator.into_iter()) }
}

impl<I: Pack, T: Pack, N: Iterator<Item = Result<(I, T)>> + Send> Source for FromIter<N> {
    type Input = I;
    type Target = T;

    fn len(&self) -> usize {
        self.samples
    }
    fn sample(&self, _: usize, _: &mut Rng, input: &mut I, target: &mut T) -> Result<()> {
        let next = self.iterator.lock().unwrap_or_else(PoisonError::into_inner).next();
        (*input, *target) = next.unwrap_or_else(|| {
            Err(Error::Setting {
                setting: "samples",
                of: "from_iter",
                expected: "at most what the iterator gives in all epochs together".into(),
                found: self.samples.to_string(),
            })
        })?;
        Ok(())
    }
    fn in_order(&self) -> bool {
        true
    }
}
