//! Tests of metrics on samples counted by hand.

use super::*;

fn value<Y, T>(mut metric: impl Metric<Y, T>, outputs: &[Y], targets: &[T]) -> f64 {
    outputs.iter().zip(targets).for_each(|(y, t)| metric.add(y, t));
    let value = metric.value();
    // The sums are the whole state of a metric.
    let sums = metric.sums().to_vec();
    metric.reset();
    assert!(metric.value().is_nan());
    assert!(metric.restore(&sums));
    assert_eq!(metric.value(), value);
    value
}

const SCORES: [[f32; 4]; 4] =
    [[0.1, 0.9, 0.2, 0.3], [5.0, 5.0, 1.0, 0.0], [-1.0, -2.0, -3.0, -4.0], [1.0, 2.0, 3.0, 4.0]];

#[test]
fn accuracies() {
    assert_eq!(value(Accuracy::default(), &SCORES, &[1, 0, 1, 3]), 0.75);
    // The first of two equal scores is the answer.
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
    let matrix = ConfusionMatrix::of(&SCORES, &[1, 0, 1, 3]).unwrap();
    assert_eq!([matrix.count(1, 1), matrix.count(1, 0), matrix.count(0, 0), matrix.count(2, 2)], [1, 1, 1, 0]);
    assert_eq!((matrix.recall(1), matrix.precision(0), matrix.f1(1)), (0.5, 0.5, 2.0 / 3.0));
    assert!(matrix.recall(2).is_nan());
    assert_eq!((matrix.accuracy(), matrix.balanced_accuracy()), (0.75, 2.5 / 3.0));
    assert_eq!(value(ConfusionMatrix::new(4), &SCORES, &[1, 0, 1, 3]), 2.5 / 3.0);
    let expected = "\
is \\ said  0  1  2  3  recall  precision      F1
        0  1  0  0  0  100.0%      50.0%   66.7%
        1  1  1  0  0   50.0%     100.0%   66.7%
        2  0  0  0  0    NaN%       NaN%    NaN%
        3  0  0  0  1  100.0%     100.0%  100.0%
";
    assert_eq!(matrix.to_string(), expected);
    let expected = "\
is \\ said      cat      dog elephant  recall  precision      F1
      cat        3        1        0   75.0%     100.0%   85.7%
      dog        0        2        0  100.0%      66.7%   80.0%
 elephant        0        0        0    NaN%       NaN%    NaN%
";
    let outputs =
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
    let matrix = ConfusionMatrix::of(&outputs, &[0, 0, 0, 0, 1, 1]).unwrap();
    assert_eq!(matrix.table(&["cat", "dog", "elephant"]).unwrap(), expected);
    assert!(matrix.table(&["cat"]).is_err());
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

#[test]
fn a_matrix_has_the_classes_of_the_output() {
    fn check<const C: usize>(matrix: &ConfusionMatrix, labels: &[u32]) -> Result<(), String> {
        Metric::<[f32; C], u32>::check(matrix, labels).map_err(|error| error.to_string())
    }
    let expected =
        "`classes` of `ConfusionMatrix` is 2; it must be 3, the number of classes in the output of the model";
    assert_eq!(check::<3>(&ConfusionMatrix::new(2), &[0, 1, 2]), Err(expected.into()));
    assert!(check::<3>(&ConfusionMatrix::new(0), &[]).is_err());
    let label = "sample 1: label 3 is out of range; with 3 classes, labels are 0 to 2";
    for matrix in [ConfusionMatrix::new(3), ConfusionMatrix::default()] {
        assert_eq!(check::<3>(&matrix, &[0, 3]), Err(label.into()));
        assert_eq!(check::<3>(&matrix, &[0, 2]), Ok(()));
        assert_eq!(value(matrix, &[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], &[1, 1]), 0.5);
    }
    assert_eq!(ConfusionMatrix::of(&[[0.0, 1.0, 0.0]; 2], &[0, 3]).unwrap_err().to_string(), label);
    assert!(matches!(ConfusionMatrix::of(&[[0.0, 1.0]], &[]), Err(crate::Error::UnequalLengths { .. })));
    // A hand-written loop that does not call `check` gets NaN and not a number that looks good.
    let unfit = |mut matrix: ConfusionMatrix, output: [f32; 3], label| {
        Metric::<[f32; 3], u32>::add(&mut matrix, &[1.0, 0.0, 0.0], &0);
        Metric::<[f32; 3], u32>::add(&mut matrix, &output, &label);
        Metric::<[f32; 3], u32>::value(&matrix).is_nan() && matrix.accuracy().is_nan()
    };
    assert!(!unfit(ConfusionMatrix::new(3), [1.0, 0.0, 0.0], 0));
    assert!(unfit(ConfusionMatrix::new(3), [1.0, 0.0, 0.0], 3));
    assert!(unfit(ConfusionMatrix::new(3), [f32::NAN, 0.0, 0.0], 0));
    assert!(unfit(ConfusionMatrix::new(2), [1.0, 0.0, 0.0], 0));
    // Classes that do not exist have no counts.
    let matrix = ConfusionMatrix::of(&SCORES, &[1, 0, 1, 3]).unwrap();
    assert_eq!([matrix.count(0, 4), matrix.count(4, 0), matrix.count(usize::MAX, usize::MAX)], [0; 3]);
    assert!(matrix.recall(4).is_nan() && matrix.precision(4).is_nan() && matrix.f1(usize::MAX).is_nan());
}

#[test]
fn an_answer_of_nan_is_wrong() {
    let nan = [[f32::NAN, 1.0, 0.0], [0.0, 1.0, f32::NAN]];
    assert_eq!(value(Accuracy::default(), &nan, &[0, 1]), 0.0);
    assert_eq!(value(TopK::new(3), &nan, &[0, 1]), 0.0);
    assert_eq!(value(BinaryAccuracy::default(), &[[f32::NAN, -1.0]], &[[0.0, 0.0]]), 0.5);
}

#[test]
fn k_is_a_number_of_classes() {
    let reported = |k| Metric::<[f32; 4], u32>::check(&TopK::new(k), &[]).map_err(|error| error.to_string());
    assert_eq!((reported(1), reported(4)), (Ok(()), Ok(())));
    assert_eq!(reported(5), Err("`k` of `TopK` is 5; it must be from 1 to 4, the number of classes".into()));
    assert_eq!(reported(0), Err("`k` of `TopK` is 0; it must be from 1 to 4, the number of classes".into()));
}
