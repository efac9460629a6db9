//! A data set is a list of inputs with their targets, which can be shuffled, split and divided into batches.

use crate::random::Rng;
use crate::tensor::pod::zeroed_vec;
use crate::tensor::ranges;
use crate::{Error, Pod, Result};

/// Samples for training: target `i` belongs to input `i`.
///
/// `I` is the input of a model. `T` is the target that a loss compares its output with: `u32` for a class, arrays for numbers.
///
/// ```
/// # use dl_runtime as dl;
/// use dl::data::Dataset;
/// let mut xor = Dataset::new(vec![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], vec![0, 1, 1, 0])?;
/// xor.shuffle(42);
/// let (train, test) = xor.split(0.75);
/// assert_eq!((train.len(), test.len()), (3, 1));
/// for (inputs, targets) in train.batches(2) {
///     assert_eq!(inputs.len(), targets.len()); // 2, then the last 1
/// }
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset<I, T> {
    /// The inputs, one for each sample.
    pub inputs: Vec<I>,
    /// The targets, one for each sample.
    pub targets: Vec<T>,
}

impl<I, T> Default for Dataset<I, T> {
    fn default() -> Self {
        Dataset { inputs: Vec::new(), targets: Vec::new() }
    }
}

impl<I, T> Dataset<I, T> {
    /// Creates a data set from inputs and their targets.
    ///
    /// # Errors
    /// Returns [`Error::UnequalLengths`] unless there are as many targets as inputs.
    pub fn new(inputs: Vec<I>, targets: Vec<T>) -> Result<Self> {
        let set = Dataset { inputs, targets };
        set.check_lengths()?;
        Ok(set)
    }
    /// Checks that there are as many targets as inputs, for example after the fields were changed.
    ///
    /// # Errors
    /// Returns the error of [`Dataset::new`].
    pub fn check_lengths(&self) -> Result<()> {
        match (self.inputs.len(), self.targets.len()) {
            (inputs, targets) if inputs != targets => Err(Error::UnequalLengths { inputs, targets }),
            _ => Ok(()),
        }
    }
    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.inputs.len().min(self.targets.len())
    }
    /// Returns true if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Iterates over the inputs with their targets.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&I, &T)> + DoubleEndedIterator {
        self.inputs.iter().zip(&self.targets)
    }
    /// Iterates over batches of `size` samples, of which the last may be smaller. A `size` of 0 counts as 1.
    pub fn batches(&self, size: usize) -> impl ExactSizeIterator<Item = (&[I], &[T])> {
        self.inputs.chunks(size.max(1)).zip(self.targets.chunks(size.max(1)))
    }
    /// Shuffles the samples in place, in the random order of `seed`; inputs stay with their targets.
    pub fn shuffle(&mut self, seed: u64) {
        // The exchanges depend only on the seed and the length.
        let len = self.len();
        Rng::new(seed).shuffle(&mut self.inputs[..len]);
        Rng::new(seed).shuffle(&mut self.targets[..len]);
    }
    /// Splits off the first `fraction` of the samples, rounded to whole samples. Sorted samples should be shuffled first.
    pub fn split(self, fraction: f64) -> (Self, Self) {
        // The cast saturates: a negative fraction or NaN gives 0, and `split_at` limits the number to the length.
        let first = (self.len() as f64 * fraction).round() as usize;
        self.split_at(first)
    }
    /// Splits off the first `samples`, or all if there are fewer.
    pub fn split_at(mut self, samples: usize) -> (Self, Self) {
        let at = samples.min(self.len());
        let rest = Dataset { inputs: self.inputs.split_off(at), targets: self.targets.split_off(at) };
        (self, rest)
    }
    /// Moves the samples of `other` to the end of this set.
    pub fn append(&mut self, mut other: Self) {
        self.inputs.append(&mut other.inputs);
        self.targets.append(&mut other.targets);
    }
    /// Replaces every input, for example by a normalised or reshaped one: `f` reads the old input and writes the new one, which is
    /// initially zero. Samples stay on the heap, however large they are.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Dataset;
    /// let set = Dataset::new(vec![[1.0, 2.0], [3.0, 4.0]], vec![0, 2])?;
    /// let set = set.map_inputs(|x, y: &mut [f32; 3]| *y = [x[0], x[1], x[0] * x[1]]);
    /// let set = set.map_targets(|class, y: &mut [f32; 3]| y[*class as usize] = 1.0);
    /// assert_eq!(set.inputs, [[1.0, 2.0, 2.0], [3.0, 4.0, 12.0]]);
    /// assert_eq!(set.targets, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
    /// # Ok::<(), dl::Error>(())
    /// ```
    pub fn map_inputs<J: Pod>(self, f: impl FnMut(&I, &mut J)) -> Dataset<J, T> {
        Dataset { inputs: map(&self.inputs, f), targets: self.targets }
    }
    /// Replaces every input by a value of any type, until one fails: texts by their tokens.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Dataset;
    /// use dl::data::text::{Characters, Tokenizer};
    /// let set = Dataset::new(vec!["bad", "good"], vec![0, 1])?;
    /// let characters = Characters::of("abdgo");
    /// let set = set.try_map_inputs(|text| characters.encode(text))?;
    /// assert_eq!(set.inputs, [vec![1, 0, 2], vec![3, 4, 4, 2]]);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns the first error of `f`, with the index of its sample if it is about one.
    pub fn try_map_inputs<J>(self, f: impl FnMut(I) -> Result<J>) -> Result<Dataset<J, T>> {
        Ok(Dataset { inputs: try_map(self.inputs, f)?, targets: self.targets })
    }
    /// Replaces every target, as [`Dataset::try_map_inputs`] replaces inputs: the sentences of a translation by their tokens.
    ///
    /// # Errors
    /// Returns the first error of `f`, with the index of its sample if it is about one.
    pub fn try_map_targets<U>(self, f: impl FnMut(T) -> Result<U>) -> Result<Dataset<I, U>> {
        Ok(Dataset { targets: try_map(self.targets, f)?, inputs: self.inputs })
    }
    /// Replaces every target, as [`Dataset::map_inputs`] replaces inputs.
    pub fn map_targets<U: Pod>(self, f: impl FnMut(&T, &mut U)) -> Dataset<I, U> {
        Dataset { targets: map(&self.targets, f), inputs: self.inputs }
    }
}

/// Returns the results of `f` for every value, on the heap.
fn map<A, B: Pod>(from: &[A], mut f: impl FnMut(&A, &mut B)) -> Vec<B> {
    let mut to = zeroed_vec(from.len());
    from.iter().zip(&mut to).for_each(|(from, to)| f(from, to));
    to
}

/// Returns the results of `f` for every value, or its first error.
fn try_map<A, B>(from: Vec<A>, mut f: impl FnMut(A) -> Result<B>) -> Result<Vec<B>> {
    from.into_iter().enumerate().map(|(i, value)| f(value).map_err(|error| error.of_sample(i))).collect()
}

/// A data set in two parts: one for training, and one for testing the trained network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<I, T> {
    /// The samples for training.
    pub train: Dataset<I, T>,
    /// The samples that are never used for training.
    pub test: Dataset<I, T>,
}

impl<I, T> Default for Split<I, T> {
    fn default() -> Self {
        Split { train: Dataset::default(), test: Dataset::default() }
    }
}

impl<I> Dataset<I, [f32; 0]> {
    /// Creates a data set of inputs without targets, for models whose `loss` clause needs no target: `loss { mse(output, image) }`.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Dataset;
    /// let images = Dataset::unlabelled(dl::data::digits().train.inputs);
    /// assert_eq!((images.len(), images.targets.len()), (1438, 1438));
    /// ```
    pub fn unlabelled(inputs: Vec<I>) -> Self {
        let targets = vec![[]; inputs.len()];
        Dataset { inputs, targets }
    }
}

impl<I> Dataset<I, u32> {
    /// Checks that every label is below `classes`.
    ///
    /// # Errors
    /// Returns [`Error::LabelOutOfRange`] with the first sample whose label is too large.
    pub fn check_labels(&self, classes: usize) -> Result<()> {
        check_labels(&self.targets, classes)
    }
}

/// Checks that every label is below `classes`.
///
/// # Errors
/// Returns [`Error::LabelOutOfRange`] with the first sample whose label is too large.
pub fn check_labels(labels: &[u32], classes: usize) -> Result<()> {
    ranges::check_labels(labels, classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(len: usize) -> Dataset<[usize; 1], usize> {
        Dataset::new((0..len).map(|i| [i]).collect(), (0..len).collect()).unwrap()
    }

    #[test]
    fn shuffling_keeps_pairs_and_loses_nothing() {
        let mut set = numbered(101);
        set.shuffle(3);
        assert!(set.iter().all(|(input, target)| input[0] == *target));
        assert_ne!(set.targets, numbered(101).targets);
        let mut again = numbered(101);
        again.shuffle(3);
        assert_eq!(set, again);
        set.targets.sort_unstable();
        assert_eq!(set.targets, numbered(101).targets);
    }

    #[test]
    fn splits_round_and_never_panic() {
        for (fraction, first) in [(0.0, 0), (0.5, 4), (0.8, 6), (1.0, 7), (2.0, 7), (-1.0, 0), (f64::NAN, 0)] {
            let (a, b) = numbered(7).split(fraction);
            assert_eq!((a.len(), b.len()), (first, 7 - first), "{fraction}");
            assert_eq!([a.targets, b.targets].concat(), numbered(7).targets);
        }
    }

    #[test]
    fn batches_end_with_a_short_one() {
        let set = numbered(7);
        assert_eq!(
            set.batches(3).map(|(inputs, targets)| (inputs.len(), targets.len())).collect::<Vec<_>>(),
            [(3, 3), (3, 3), (1, 1)]
        );
        assert_eq!(set.batches(0).len(), 7);
    }

    #[test]
    fn values_of_any_type_are_mapped_until_one_fails() {
        let texts = || Dataset::new(vec!["1 2", "", "3"], vec!["a", "b", "c"]).unwrap();
        let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let set = texts().try_map_inputs(|text| Ok(words(text))).unwrap().try_map_targets(|_| Ok(7_u32)).unwrap();
        assert_eq!((set.inputs, set.targets), (vec![words("1 2"), vec![], words("3")], vec![7; 3]));
        let fails = |value: f32| if value < 2.0 { Ok(()) } else { Err(Error::InputNotFinite { sample: 0, value }) };
        let numbers = Dataset::new(vec![0.0, 1.0, 2.0, 3.0], vec![0.0, 2.5, 0.0, 0.0]).unwrap();
        let error = numbers.clone().try_map_inputs(fails).unwrap_err();
        assert!(matches!(error, Error::InputNotFinite { sample: 2, value: 2.0 }), "{error}");
        let error = numbers.try_map_targets(fails).unwrap_err();
        assert!(matches!(error, Error::InputNotFinite { sample: 1, value: 2.5 }), "{error}");
    }

    #[test]
    fn lengths_and_labels_are_checked() {
        let error = Dataset::new(vec![[0.0]; 3], vec![0_u32; 2]).unwrap_err();
        assert_eq!(error.to_string(), "a data set needs one target per input: found 3 inputs and 2 targets");
        let set = Dataset::new(vec![[0.0]; 4], vec![0, 9, 10, 11]).unwrap();
        assert!(set.check_labels(12).is_ok());
        assert_eq!(
            set.check_labels(10).unwrap_err().to_string(),
            "sample 2: label 10 is out of range; with 10 classes, labels are 0 to 9"
        );
    }
}
