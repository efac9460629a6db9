//! Metrics on samples counted by hand.

use super::*;

fn value<Y, T>(mut metric: impl Metric<Y, T>, outputs: &[Y], targets: &[T]) -> f64 {
    outputs.iter().zip(targets).for_each(|(y, t)| metric.add(y, t));
    let value = metric.value();
    // The sums are all there is.
    let sums = metric.sums().to_vec();
    metric.sums().fill(0.0);
    assert!(metric.value().is_nan());
    metric.sums().copy_from_slice(&sums);
    assert_eq!(metric.value(), value);
    value
}

const SCORES: [[f32; 4]; 4] =
    [[0.1, 0.9, 0.2, 0.3], [5.0, 5.0, 1.0, 0.0], [-1.0, -2.0, -3.0, -4.0], [1.0, 2.0, 3.0, 4.0]];

#[test]
fn accuracies() {
    assert_eq!(value(Accuracy::default(), &SCORES, &[1, 0, 1, 3]), 0.75);
    // Of two equal numbers the first is the answer.
    assert_eq!(value(Accuracy::default(), &SCORES, &[1, 1, 1, 3]), 0.5);
    assert_eq!(value(TopK::new(1), &SCORES, &[1, 1, 1, 3]), 0.5);
    assert_eq!(value(TopK::new(2), &SCORES, &[3, 1, 1, 1]), 0.75);
    assert_eq!(value(TopK::new(4), &SCORES, &[3, 1, 1, 9]), 0.75);
    assert_eq!(Metric::<[f32; 4], u32>::name(&TopK::new(5)), "top-5 accuracy");
    assert_eq!(value(BinaryAccuracy::default(), &[[0.5, -0.5], [2.0, 3.0]], &[[1.0, 1.0], [0.0, 1.0]]), 0.5);
}

#[test]
fn accuracy_of_many_places() {
    // Two classes at three positions: [class][place].
    let output = [[1.0, 0.0, 5.0], [0.0, 1.0, 6.0]];
    assert_eq!(value(Accuracy::default(), &[output], &[[0, 1, 0]]), 2.0 / 3.0);
    assert_eq!(value(TopK::new(2), &[output], &[[0, 1, 0]]), 1.0);
}

#[test]
fn confusion() {
    let matrix = ConfusionMatrix::of(&SCORES, &[1, 0, 1, 3]);
    assert_eq!([matrix.count(1, 1), matrix.count(1, 0), matrix.count(0, 0), matrix.count(2, 2)], [1, 1, 1, 0]);
    assert_eq!((matrix.recall(1), matrix.precision(0), matrix.f1(1)), (0.5, 0.5, 2.0 / 3.0));
    assert!(matrix.recall(2).is_nan());
    assert_eq!((matrix.accuracy(), matrix.balanced_accuracy()), (0.75, 2.5 / 3.0));
    assert_eq!(value(ConfusionMatrix::new(4), &SCORES, &[1, 0, 1, 3]), 2.5 / 3.0);
    let expected = "\
is \\ said  0  1  2  3  recall
        0  1  0  0  0  100.0%
        1  1  1  0  0   50.0%
        2  0  0  0  0    NaN%
        3  0  0  0  1  100.0%
";
    assert_eq!(matrix.to_string(), expected);
}

#[test]
fn errors() {
    let (y, t) = ([[1.0, 2.0], [3.0, -4.0]], [[1.5, 2.0], [1.0, -4.0]]);
    assert_eq!(value(MeanAbsoluteError::default(), &y, &t), 2.5 / 4.0);
    assert_eq!(value(RootMeanSquaredError::default(), &y, &t), (4.25f64 / 4.0).sqrt());
    let largest =
        MeanOf::new("largest", |y: &[f32; 2], t: &[f32; 2]| f64::from((y[0] - t[0]).abs().max((y[1] - t[1]).abs())));
    assert_eq!(value(largest, &y, &t), 1.25);
}
