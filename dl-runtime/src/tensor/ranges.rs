//! Checks of numbers, class labels and tokens, made once where samples enter.

use super::pod::flat;
use super::{Element, Pack, Pod};
use crate::{Error, Result};

/// Checks that all labels are below `classes`; the error names the sample.
pub fn check_labels<'a, T: Pack<Element = u32>>(labels: impl IntoIterator<Item = &'a T>, classes: usize) -> Result<()> {
    let wrong = |sample, label| Error::LabelOutOfRange { sample, label, classes };
    below(labels, classes, None).map_or(Ok(()), |(sample, label)| Err(wrong(sample, label)))
}

/// Checks that all labels are below `classes` or equal to `ignore`; the error names the sample.
pub fn check_labels_but<'a, T: Pack<Element = u32>>(
    labels: impl IntoIterator<Item = &'a T>,
    classes: usize,
    ignore: Option<u32>,
) -> Result<()> {
    let wrong = |sample, label| Error::LabelOutOfRange { sample, label, classes };
    below(labels, classes, ignore).map_or(Ok(()), |(sample, label)| Err(wrong(sample, label)))
}

/// Checks that all tokens are below `vocabulary`; the error names the sample.
pub fn check_tokens<'a, T: Pack<Element = u32>>(
    tokens: impl IntoIterator<Item = &'a T>,
    vocabulary: usize,
) -> Result<()> {
    let wrong = |sample, token| Error::TokenOutOfRange { sample, token, vocabulary };
    below(tokens, vocabulary, None).map_or(Ok(()), |(sample, token)| Err(wrong(sample, token)))
}

/// Checks that every sequence has at least one row, and at most `most`; the error names the sample and the input.
pub fn check_lengths<'a, T: Pod>(
    sequences: impl IntoIterator<Item = &'a Vec<T>>,
    input: &'static str,
    most: Option<usize>,
) -> Result<()> {
    let wrong = |rows: usize| rows == 0 || most.is_some_and(|most| rows > most);
    match sequences.into_iter().map(Vec::len).enumerate().find(|(_, rows)| wrong(*rows)) {
        Some((sample, found)) => Err(Error::SequenceLength { sample, input, found, most }),
        None => Ok(()),
    }
}

/// Checks that all numbers of all samples are finite; the error names the sample.
pub fn check_finite<T: Pack>(samples: &[T]) -> Result<()> {
    if let Some(numbers) = T::packed(samples) {
        let wrong = |(at, value)| Error::InputNotFinite { sample: at / T::Row::LEN, value };
        return T::Element::first_not_finite(numbers).map_or(Ok(()), |found| Err(wrong(found)));
    }
    for (sample, value) in samples.iter().enumerate() {
        for part in 0..T::PARTS.len() {
            if let Some((_, value)) = T::Element::first_not_finite(value.part(part)) {
                return Err(Error::InputNotFinite { sample, value });
            }
        }
    }
    Ok(())
}

/// Finds the first index that is neither below `limit` nor `but`, and its sample.
fn below<'a, T: Pack<Element = u32>>(
    samples: impl IntoIterator<Item = &'a T>,
    limit: usize,
    but: Option<u32>,
) -> Option<(usize, u32)> {
    samples.into_iter().enumerate().find_map(|(sample, numbers)| {
        let mut numbers = flat(numbers.items()).iter().copied();
        numbers.find(|&number| number as usize >= limit && Some(number) != but).map(|number| (sample, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_not_finite_is_named() {
        let mut samples = vec![[0.5; 3]; 2000];
        assert!(
            check_finite(&samples).is_ok()
                && check_finite(&[[u32::MAX; 3]]).is_ok()
                && check_finite(&[[0.0; 0]; 3]).is_ok()
        );
        for (sample, value) in [(1999, f32::NEG_INFINITY), (683, f32::INFINITY), (341, f32::NAN), (0, f32::NAN)] {
            samples[sample][2] = value;
            let error = check_finite(&samples).unwrap_err().to_string();
            assert_eq!(error, format!("sample {sample}: input {value} is not a finite number"));
        }
        samples.iter_mut().for_each(|sample| *sample = [f32::MAX, f32::MIN, 1e-45]);
        assert!(check_finite(&samples).is_ok());
    }

    #[test]
    fn the_first_that_is_out_of_range_is_named() {
        assert!(check_tokens(&[[0, 4], [3, 3]], 5).is_ok());
        let error = check_tokens(&[[0, 4], [5, 3]], 5).unwrap_err();
        assert_eq!(error.to_string(), "sample 1: token 5 is out of range; with a vocabulary of 5, tokens are 0 to 4");
        assert!(check_labels_but(&[2, 255, 0], 3, Some(255)).is_ok());
        assert!(check_labels_but(&[2, 255, 3], 3, Some(255)).is_err());
        assert!(matches!(check_labels(&[2, 3], 3), Err(Error::LabelOutOfRange { sample: 1, label: 3, classes: 3 })));
    }
}
