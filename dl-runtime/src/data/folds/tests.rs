//! Tests of splits and folds: nothing is lost, shares are equal, and groups stay together.

use super::*;
use std::collections::HashSet;

/// 103 labels from 0 to 3, of which 3 is the rarest, in no order.
fn labels() -> Vec<u32> {
    (0..103_u32).map(|i| [0, 0, 1, 0, 2, 1, 0, 1, 0, 3][(i * 37 % 101 % 10) as usize]).collect()
}

fn count(labels: &[u32], part: &[usize], label: u32) -> usize {
    part.iter().filter(|sample| labels[**sample] == label).count()
}

/// Checks that the parts of each fold have all samples once, and that each sample is validated once.
fn check_folds(folds: &[Fold], samples: usize) {
    let mut validated = vec![0; samples];
    for fold in folds {
        let mut all = [fold.train.clone(), fold.validation.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..samples));
        assert!(fold.train.is_sorted() && fold.validation.is_sorted());
        fold.validation.iter().for_each(|sample| validated[*sample] += 1);
    }
    assert_eq!(validated, vec![1; samples]);
}

#[test]
fn folds_have_equal_sizes() {
    for (samples, k) in [(10, 2), (10, 3), (103, 5), (7, 7)] {
        let folds = k_fold(samples, k, 1).unwrap();
        check_folds(&folds, samples);
        let sizes: HashSet<usize> = folds.iter().map(|fold| fold.validation.len()).collect();
        let equal: HashSet<usize> = [samples / k, samples.div_ceil(k)].into();
        assert_eq!(sizes, equal);
        assert_eq!(k_fold(samples, k, 1).unwrap(), folds);
    }
    assert_ne!(k_fold(103, 5, 1).unwrap(), k_fold(103, 5, 2).unwrap());
}

#[test]
fn strata_have_equal_shares() {
    let labels = labels();
    let folds = stratified_k_fold(&labels, 5, 3).unwrap();
    check_folds(&folds, labels.len());
    for label in 0..4 {
        let all = labels.iter().filter(|l| **l == label).count();
        for fold in &folds {
            let here = count(&labels, &fold.validation, label);
            assert!(here == all / 5 || here == all.div_ceil(5), "{here} of {all}");
        }
    }
    assert!(folds.iter().all(|fold| [20, 21].contains(&fold.validation.len())));
    assert_ne!(stratified_k_fold(&labels, 5, 4).unwrap(), folds);
    for fraction in [0.5, 0.8, 0.25] {
        let split = stratified_split(&labels, fraction, 3).unwrap();
        assert_eq!(split.train.len(), (103.0 * fraction).round() as usize);
        for label in 0..4 {
            let all = labels.iter().filter(|l| **l == label).count() as f64;
            assert!((count(&labels, &split.train, label) as f64 - all * fraction).abs() < 1.0);
        }
    }
    // No part loses a label.
    let split = stratified_split(&labels, 1.0, 3).unwrap();
    assert!((0..4).all(|label| count(&labels, &split.validation, label) == 1));
}

#[test]
fn groups_stay_together() {
    let groups: Vec<u32> = (0..200_u32).map(|i| i * i % 37).collect();
    let apart = |fold: &Fold| {
        let of = |part: &[usize]| part.iter().map(|sample| groups[*sample]).collect::<HashSet<u32>>();
        of(&fold.train).is_disjoint(&of(&fold.validation))
    };
    let folds = group_k_fold(&groups, 4, 5).unwrap();
    check_folds(&folds, groups.len());
    assert!(folds.iter().all(apart));
    // The largest group has 11 samples, so that sizes cannot differ by more.
    assert!(folds.iter().all(|fold| fold.validation.len().abs_diff(50) <= 11));
    for seed in 0..20 {
        let split = group_split(&groups, 0.7, seed).unwrap();
        check_folds(&[split.clone(), Fold { train: split.validation.clone(), validation: split.train.clone() }], 200);
        assert!(apart(&split) && split.train.len().abs_diff(140) <= 11, "{}", split.train.len());
    }
    let split = group_split(&groups, 0.0, 1).unwrap();
    assert!(apart(&split) && !split.train.is_empty());
}

#[test]
fn mistakes_are_told() {
    let text = |result: Result<Vec<Fold>>| result.unwrap_err().to_string();
    assert_eq!(text(k_fold(9, 1, 0)), "`k` of `k_fold` is 1; it must be from 2 to 9, the samples");
    assert_eq!(text(k_fold(0, 5, 0)), "`k` of `k_fold` is 5; it must be at least 2, but there are too few samples: 0");
    assert_eq!(
        text(stratified_k_fold(&[0, 0, 1, 1, 0], 3, 0)),
        "`k` of `stratified_k_fold` is 3; it must be from 2 to 2, the samples of the rarest label"
    );
    assert_eq!(
        text(group_k_fold(&["a", "b", "a"], 3, 0)),
        "`k` of `group_k_fold` is 3; it must be from 2 to 2, the groups"
    );
    let text = |result: Result<Fold>| result.unwrap_err().to_string();
    assert_eq!(
        text(stratified_split(&[0, 0, 1], 0.5, 0)),
        "`labels` of `stratified_split` is that of sample 2 alone; it must be labels that at least two samples have"
    );
    assert_eq!(
        text(stratified_split(&[0, 0], f64::NAN, 0)),
        "`fraction` of `stratified_split` is NaN; it must be from 0 to 1"
    );
    assert_eq!(
        text(group_split(&[4, 4], 0.5, 0)),
        "`groups` of `group_split` is 1; it must be at least 2 different groups"
    );
    assert!(group_split(&[4, 5], -0.5, 0).is_err());
}
