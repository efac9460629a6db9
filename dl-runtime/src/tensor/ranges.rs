//! Checks class labels and tokens, which are indices, once where samples enter.

use super::Pod;
use super::pod::flat;
use crate::{Error, Result};

/// Checks that all labels are below `classes`; the error names the sample.
pub fn check_labels<'a, T: Pod<Element = u32>>(labels: impl IntoIterator<Item = &'a T>, classes: usize) -> Result<()> {
    let wrong = |sample, label| Error::LabelOutOfRange { sample, label, classes };
    below(labels, classes).map_or(Ok(()), |(sample, label)| Err(wrong(sample, label)))
}

/// Checks that all tokens are below `vocabulary`; the error names the sample.
pub fn check_tokens<'a, T: Pod<Element = u32>>(
    tokens: impl IntoIterator<Item = &'a T>,
    vocabulary: usize,
) -> Result<()> {
    let wrong = |sample, token| Error::TokenOutOfRange { sample, token, vocabulary };
    below(tokens, vocabulary).map_or(Ok(()), |(sample, token)| Err(wrong(sample, token)))
}

/// Finds the first index that is not below `limit`, and its sample.
fn below<'a, T: Pod<Element = u32>>(samples: impl IntoIterator<Item = &'a T>, limit: usize) -> Option<(usize, u32)> {
    samples.into_iter().enumerate().find_map(|(sample, numbers)| {
        let numbers = flat(std::slice::from_ref(numbers)).iter();
        numbers.copied().find(|&number| number as usize >= limit).map(|number| (sample, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_out_of_range_is_named() {
        assert!(check_tokens(&[[0, 4], [3, 3]], 5).is_ok());
        let error = check_tokens(&[[0, 4], [5, 3]], 5).unwrap_err();
        assert_eq!(error.to_string(), "sample 1: token 5 is out of range; with a vocabulary of 5, tokens are 0 to 4");
        assert!(matches!(check_labels(&[2, 3], 3), Err(Error::LabelOutOfRange { sample: 1, label: 3, classes: 3 })));
    }
}
