//! Splits of a data set by labels or groups, and folds for cross-validation: lists of the indices of samples.

#[cfg(test)]
mod tests;

use super::Dataset;
use crate::random::Rng;
use crate::range::SHARE;
use crate::{Error, Result};
use std::collections::HashMap;
use std::hash::Hash;

/// The samples of one round of cross-validation: their indices in the data set, in increasing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The samples to train with.
    pub train: Vec<usize>,
    /// The samples to measure with. Every sample of the data set is in this part of exactly one fold.
    pub validation: Vec<usize>,
}

impl Fold {
    /// Returns the two parts of a data set.
    pub fn of<I: Clone, T: Clone>(&self, data: &Dataset<I, T>) -> (Dataset<I, T>, Dataset<I, T>) {
        (data.select(&self.train), data.select(&self.validation))
    }
    fn without(validation: impl Fn(usize) -> bool, samples: usize) -> Self {
        let (validation, train) = (0..samples).partition(|sample| validation(*sample));
        Fold { train, validation }
    }
}

/// Divides samples into `k` folds of equal size (the first ones have one sample more, where they differ), in the random order of `seed`.
///
/// ```
/// # use dl_runtime as dl;
/// let digits = dl::data::digits().train;
/// for fold in dl::data::k_fold(digits.len(), 5, 42)? {
///     let (train, validation) = fold.of(&digits);
///     assert_eq!(train.len() + validation.len(), digits.len());
/// }
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] unless `k` is at least 2 and at most the number of samples.
pub fn k_fold(samples: usize, k: usize, seed: u64) -> Result<Vec<Fold>> {
    check("k_fold", k, samples, "samples")?;
    Ok(folds(&deal(std::iter::once(0..samples), samples, k, seed), k))
}

/// Divides samples into `k` folds, each with the same share of every label, in the random order of `seed`: the samples of a label in two
/// folds differ by one at most, and so do the samples of two folds. A label is anything that can be compared: a class, a name, a range of
/// numbers.
///
/// ```
/// # use dl_runtime as dl;
/// let labels = ["ham", "ham", "spam", "ham", "spam", "ham"];
/// for fold in dl::data::stratified_k_fold(&labels, 2, 42)? {
///     assert_eq!(fold.validation.iter().filter(|sample| labels[**sample] == "spam").count(), 1);
/// }
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] unless `k` is at least 2 and at most the number of samples of the rarest label.
pub fn stratified_k_fold<L: Eq + Hash>(labels: &[L], k: usize, seed: u64) -> Result<Vec<Fold>> {
    let classes = members(labels);
    let fewest = classes.iter().map(Vec::len).min().unwrap_or(0);
    check("stratified_k_fold", k, fewest, "samples of the rarest label")?;
    Ok(folds(&deal(classes, labels.len(), k, seed), k))
}

/// Divides samples into `k` folds, in which no group is in both parts: all pictures of a patient, all sentences of a text. The largest
/// groups are dealt first, each to the fold that has the fewest samples; among groups of one size, `seed` decides.
///
/// ```
/// # use dl_runtime as dl;
/// let patients = [7, 7, 7, 1, 2, 2];
/// let folds = dl::data::group_k_fold(&patients, 2, 42)?;
/// assert!(folds.iter().all(|fold| fold.validation.len() == 3));
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] unless `k` is at least 2 and at most the number of groups.
pub fn group_k_fold<G: Eq + Hash>(groups: &[G], k: usize, seed: u64) -> Result<Vec<Fold>> {
    let mut groups_of = members(groups);
    check("group_k_fold", k, groups_of.len(), "groups")?;
    Rng::new(seed).shuffle(&mut groups_of);
    groups_of.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let (mut sizes, mut fold_of) = (vec![0; k], vec![0; groups.len()]);
    for group in groups_of {
        let smallest = (0..k).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
        sizes[smallest] += group.len();
        group.into_iter().for_each(|sample| fold_of[sample] = smallest);
    }
    Ok(folds(&fold_of, k))
}

/// Splits samples into two parts, of which the first, `train`, has `fraction` of the samples of every label, in the random order of `seed`.
///
/// Both parts have at least one sample of every label, and the first part has `fraction` of all samples, rounded, where this allows it.
///
/// ```
/// # use dl_runtime as dl;
/// let digits = dl::data::digits().train;
/// let (train, test) = dl::data::stratified_split(&digits.targets, 0.8, 42)?.of(&digits);
/// assert_eq!((train.len(), test.len()), (1150, 288));
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] unless `fraction` is from 0 to 1 and every label has at least two samples.
pub fn stratified_split<L: Eq + Hash>(labels: &[L], fraction: f64, seed: u64) -> Result<Fold> {
    const OF: &str = "stratified_split";
    SHARE.check(OF, "fraction", fraction)?;
    let mut classes = members(labels);
    if let Some(label) = classes.iter().find(|class| class.len() < 2) {
        let found = format!("that of sample {} alone", label[0]);
        return Err(setting(OF, "labels", "labels that at least two samples have".into(), found));
    }
    let mut rng = Rng::new(seed);
    let mut in_train = vec![false; labels.len()];
    let wanted: Vec<f64> = classes.iter().map(|class| class.len() as f64 * fraction).collect();
    // The largest remainders are rounded up, so that the parts have the wanted sizes.
    let mut counts: Vec<usize> = wanted.iter().map(|wanted| *wanted as usize).collect();
    let mut by_remainder: Vec<usize> = (0..classes.len()).collect();
    by_remainder.sort_by(|a, b| wanted[*b].fract().total_cmp(&wanted[*a].fract()));
    let total = (labels.len() as f64 * fraction).round() as usize;
    let missing = total.saturating_sub(counts.iter().sum());
    by_remainder.into_iter().take(missing).for_each(|class| counts[class] += 1);
    for (class, count) in classes.iter_mut().zip(counts) {
        rng.shuffle(class);
        class[..count.clamp(1, class.len() - 1)].iter().for_each(|sample| in_train[*sample] = true);
    }
    Ok(Fold::without(|sample| !in_train[sample], labels.len()))
}

/// Splits samples into two parts that have no group in common. The first, `train`, gets random groups until it has `fraction` of the
/// samples.
///
/// ```
/// # use dl_runtime as dl;
/// let patients = [7, 7, 7, 1, 2, 2];
/// let split = dl::data::group_split(&patients, 0.5, 42)?;
/// assert!(split.train.iter().all(|a| split.validation.iter().all(|b| patients[*a] != patients[*b])));
/// # Ok::<(), dl::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] unless `fraction` is from 0 to 1 and there are at least two groups.
pub fn group_split<G: Eq + Hash>(groups: &[G], fraction: f64, seed: u64) -> Result<Fold> {
    const OF: &str = "group_split";
    SHARE.check(OF, "fraction", fraction)?;
    let mut groups_of = members(groups);
    if groups_of.len() < 2 {
        return Err(setting(OF, "groups", "at least 2 different groups".into(), groups_of.len().to_string()));
    }
    Rng::new(seed).shuffle(&mut groups_of);
    // Each part gets one group at least.
    groups_of.pop();
    let (mut samples, mut in_train) = (0.0, vec![false; groups.len()]);
    for (k, group) in groups_of.iter().enumerate() {
        // A group is taken if the part comes nearer to the wanted size with it.
        if k == 0 || samples + group.len() as f64 / 2.0 <= groups.len() as f64 * fraction {
            samples += group.len() as f64;
            group.iter().for_each(|sample| in_train[*sample] = true);
        }
    }
    Ok(Fold::without(|sample| !in_train[sample], groups.len()))
}

impl<I: Clone, T: Clone> Dataset<I, T> {
    /// Returns copies of the samples with these indices, in this order; a sample may come several times.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::data::Dataset;
    /// let data = Dataset::new(vec![[0.0], [1.0], [2.0]], vec![5, 6, 7])?;
    /// assert_eq!(data.select(&[2, 0]), Dataset::new(vec![[2.0], [0.0]], vec![7, 5])?);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Panics
    /// Panics if an index is not below the number of samples.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Dataset { inputs: picked(&self.inputs, indices), targets: picked(&self.targets, indices) }
    }
}

/// Returns copies of the values with these indices. Unlike `clone`, it never has one on the stack.
fn picked<V: Clone>(values: &[V], indices: &[usize]) -> Vec<V> {
    let mut to = Vec::with_capacity(indices.len());
    indices.iter().for_each(|i| to.extend_from_slice(std::slice::from_ref(&values[*i])));
    to
}

/// Returns the indices of the samples of each key, in the order of first appearance.
fn members<K: Eq + Hash>(keys: &[K]) -> Vec<Vec<usize>> {
    let (mut places, mut members) = (HashMap::new(), Vec::new());
    for (sample, key) in keys.iter().enumerate() {
        let place = *places.entry(key).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(sample);
    }
    members
}

/// Deals the samples of each class to the folds in turn, as cards; returns the fold of each sample.
fn deal<C: IntoIterator<Item = usize>>(
    classes: impl IntoIterator<Item = C>,
    samples: usize,
    k: usize,
    seed: u64,
) -> Vec<usize> {
    let (mut rng, mut next, mut fold_of) = (Rng::new(seed), 0, vec![0; samples]);
    for class in classes {
        let mut class: Vec<usize> = class.into_iter().collect();
        rng.shuffle(&mut class);
        for sample in class {
            fold_of[sample] = next;
            // The next class goes on where this one ends, so that all folds have the same size.
            next = (next + 1) % k;
        }
    }
    fold_of
}

fn folds(fold_of: &[usize], k: usize) -> Vec<Fold> {
    (0..k).map(|fold| Fold::without(|sample| fold_of[sample] == fold, fold_of.len())).collect()
}

fn check(of: &'static str, k: usize, most: usize, what: &str) -> Result<()> {
    match (2..=most).contains(&k) {
        true => Ok(()),
        false if most < 2 => {
            Err(setting(of, "k", format!("at least 2, but there are too few {what}: {most}"), k.to_string()))
        }
        false => Err(setting(of, "k", format!("from 2 to {most}, the {what}"), k.to_string())),
    }
}

fn setting(of: &'static str, setting: &'static str, expected: String, found: String) -> Error {
    Error::Setting { setting, of, expected, found }
}
