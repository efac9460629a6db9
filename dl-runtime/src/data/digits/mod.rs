//! 1,797 handwritten digits of 8×8 grey values, packed into the crate.

use super::{Dataset, Split};
use crate::random::Rng;

/// One image, with the channel as the first dimension: 0 is paper, 1 is ink.
pub type Digit = [[[f32; 8]; 8]; 1];

/// Records of 65 bytes: the label, then 64 grey values 0..=16, row by row; made by `pack.py`.
static RECORDS: &[u8] = include_bytes!("digits.bin");

/// Returns the 1,797 handwritten digits of 8×8 grey values that scikit-learn distributes, scaled to 0..=1, with the labels 0 to 9.
///
/// The split is fixed: one fifth of every class is in `test` (359 images), and the rest is in `train` (1,438), in random order.
///
/// Source: the test set of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak (1998), UCI Machine Learning
/// Repository, <https://doi.org/10.24432/C50P49>, as distributed with scikit-learn under the BSD-3-Clause licence. The text of the
/// licence is in the folder of the packed file.
///
/// ```
/// # use dl_runtime as dl;
/// let digits = dl::data::digits();
/// assert_eq!((digits.train.len(), digits.test.len()), (1438, 359));
/// let image: [[[f32; 8]; 8]; 1] = digits.train.inputs[0];
/// assert!(image.as_flattened().as_flattened().iter().all(|grey| (0.0..=1.0).contains(grey)));
/// ```
pub fn digits() -> Split<Digit, u32> {
    let mut classes: [Dataset<Digit, u32>; 10] = Default::default();
    for [label, grey @ ..] in RECORDS.as_chunks::<65>().0 {
        let class = &mut classes[usize::from(*label)];
        let at = |row, column| f32::from(grey[8 * row + column]) / 16.0;
        class.inputs.push([std::array::from_fn(|row| std::array::from_fn(|column| at(row, column)))]);
        class.targets.push(u32::from(*label));
    }
    let mut split = Split::default();
    let mut rng = Rng::new(0);
    for mut class in classes {
        class.shuffle(rng.next_u64());
        let (test, train) = class.split(0.2);
        split.test.append(test);
        split.train.append(train);
    }
    split.train.shuffle(rng.next_u64());
    split.test.shuffle(rng.next_u64());
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_images_are_there_and_every_class_is_in_both_parts() {
        let digits = digits();
        let count = |set: &Dataset<Digit, u32>, class| set.targets.iter().filter(|&&label| label == class).count();
        // These are the class counts that UCI states for this file.
        let counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];
        for (class, expected) in (0..).zip(counts) {
            let (train, test) = (count(&digits.train, class), count(&digits.test, class));
            assert_eq!(train + test, expected);
            assert_eq!(test, (expected as f64 / 5.0).round() as usize);
        }
        assert!(digits.train.check_labels(10).is_ok());
    }

    #[test]
    fn the_first_record_is_the_zero_that_scikit_learn_shows() {
        assert_eq!(RECORDS.len(), 1797 * 65);
        assert_eq!(RECORDS[..17], [0, 0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
        let ink: u32 = RECORDS.as_chunks::<65>().0.iter().flat_map(|record| &record[1..]).map(|&v| u32::from(v)).sum();
        assert_eq!(ink, 561_718); // load_digits().data.sum()
    }
}
