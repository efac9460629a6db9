//! Chooses tensors of a model by a pattern of their names, for freezing and groups.

use super::pattern::Pattern;
use crate::{Error, Result, TensorInfo};

/// Returns for each of the `tensors` of a `model` whether `pattern` fits its name, or the name of something that it is in. A dot at the end
/// of the pattern is left out, so that `encoder.` is a prefix. `of` is the function or type that has the pattern.
pub(crate) fn select(
    model: &'static str,
    tensors: &[TensorInfo],
    of: &'static str,
    pattern: &str,
) -> Result<Vec<bool>> {
    let parsed = Pattern::parse(pattern.strip_suffix('.').unwrap_or(pattern));
    let wrong = |expected: &str| Error::Setting {
        setting: "pattern",
        of,
        expected: expected.into(),
        found: format!("`{pattern}`"),
    };
    let parsed = parsed.map_err(wrong)?;
    let fits: Vec<bool> = tensors.iter().map(|tensor| parsed.covers(&tensor.name)).collect();
    if !fits.contains(&true) {
        let alike = |name: &String| name.bytes().zip(pattern.bytes()).take_while(|(a, b)| a == b).count();
        let mut names: Vec<String> = tensors.iter().map(|tensor| tensor.name.clone()).collect();
        // The sort is stable: names that are equally near stay in the order of the model.
        names.sort_by_key(|name| std::cmp::Reverse(alike(name)));
        return Err(Error::NoTensorFits { model, pattern: pattern.into(), names });
    }
    Ok(fits)
}
