//! The rules without a model: what the tensors of one file become in another.

use super::layout::Layout;
use super::plan::{Group, Name, twice};
use super::{Rule, Rules};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// A tensor that [`Rules::convert`] makes of the tensors of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    name: String,
    shape: Vec<usize>,
    /// The axis along which the pieces lie one after another.
    axis: usize,
    pieces: Vec<Piece>,
}

/// A tensor of the file, and the part of it that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    file: String,
    /// The shape in the file.
    shape: Vec<usize>,
    layouts: Vec<Layout>,
    /// The first index along the axis, and the number of them.
    from: usize,
    len: usize,
}

impl Rules {
    /// Returns what the `tensors` of the file at `path`, names with shapes, become without a model that says what it expects: a tensor
    /// that is split has equal parts, and a tensor that a file lacks because it equals another stays absent. The order is that of
    /// the file.
    ///
    /// ```
    /// # use dl_runtime as dl;
    /// use dl::io::Rules;
    /// let rules = Rules::new().split("qkv.weight", 1, ["q.weight", "k.weight"]).transpose("qkv.weight");
    /// let tensors = rules.convert("a.safetensors".as_ref(), &[("qkv.weight".into(), vec![1, 4])])?;
    /// assert_eq!((tensors[1].name(), tensors[1].shape()), ("k.weight", &[2, 1][..]));
    /// let numbers = tensors[1].numbers(|_| Ok::<_, dl::Error>(vec![0.0, 1.0, 2.0, 3.0]))?;
    /// assert_eq!(numbers, [2.0, 3.0]);
    /// # Ok::<(), dl::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`Error::Rule`] if a shape does not fit a rule, [`Error::RuleUnused`] if the rules are strict, [`Error::Setting`] for a
    /// wrong pattern, and [`Error::Format`] for two tensors of the same name.
    pub fn convert(&self, path: &Path, tensors: &[(String, Vec<usize>)]) -> Result<Vec<Converted>> {
        self.check()?;
        let name = |(name, _): &(String, Vec<usize>)| Name { file: name.clone(), model: name.clone() };
        let names: Vec<Name> = tensors.iter().map(name).collect();
        self.check_use(path, &names)?;
        let shapes: BTreeMap<&str, &[usize]> = tensors.iter().map(|(name, shape)| (&**name, &**shape)).collect();
        let mut converted: Vec<Converted> = Vec::new();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for group in self.groups(path, names)? {
            let rule = group.rule.map(|rule| &self.rules[rule]);
            for tensor in (Convert { rules: self, path, rule, shapes: &shapes }).group(&group)? {
                let file = &tensor.pieces[0].file;
                if let Some(first) = taken.insert(tensor.name.clone(), file.clone()) {
                    return Err(twice(path, &tensor.name, &first, file));
                }
                converted.push(tensor);
            }
        }
        Ok(converted)
    }
}

/// The conversion of a group.
struct Convert<'a> {
    rules: &'a Rules,
    path: &'a Path,
    rule: Option<&'a Rule>,
    shapes: &'a BTreeMap<&'a str, &'a [usize]>,
}

impl Convert<'_> {
    fn group(&self, group: &Group) -> Result<Vec<Converted>> {
        let mut pieces = Vec::new();
        let (mut shape, mut axis): (Vec<usize>, usize) = (Vec::new(), 0);
        let first = group.files.iter().flatten().next().map_or("", |name| &*name.file);
        for (at, name) in group.files.iter().enumerate() {
            let Some(name) = name else {
                let lost = self.rule.map_or_else(String::new, |rule| format!("none that fits `{}`", rule.files[at]));
                return Err(self.wrong(first, "all parts in the file".into(), lost));
            };
            let layouts = self.rules.layouts_of(&name.model);
            let in_file = self.shapes.get(&*name.file).copied().unwrap_or_default().to_vec();
            let arranged = layouts.iter().try_fold(in_file.clone(), |shape, layout| {
                let wrong = |expected| self.wrong(&name.file, expected, format!("shape {in_file:?}"));
                layout.to_model(&shape).map_err(wrong)
            })?;
            let several = group.files.len().max(group.models.len()) > 1;
            let of_rule = self.rule.filter(|_| several).map_or(0, |rule| rule.axis);
            let found = layouts.iter().try_fold(of_rule, |axis, layout| layout.axis(axis));
            let Some(along) = found.filter(|axis| *axis < arranged.len() || !several) else {
                return Err(self.wrong(&name.file, format!("an axis {of_rule}"), format!("shape {in_file:?}")));
            };
            let len = arranged.get(along).copied().unwrap_or(1);
            if pieces.is_empty() {
                (shape, axis) = (arranged, along);
            } else {
                let others = |shape: &[usize]| {
                    let other = |(at, size): (usize, &usize)| (at != axis).then_some(*size);
                    shape.iter().enumerate().filter_map(other).collect::<Vec<_>>()
                };
                if along != axis || arranged.len() != shape.len() || others(&arranged) != others(&shape) {
                    let expected = format!("a shape that differs from that of `{first}` along axis {axis} alone");
                    return Err(self.wrong(&name.file, expected, format!("{arranged:?} beside {shape:?}")));
                }
                shape[axis] = shape[axis].saturating_add(len);
            }
            pieces.push(Piece { file: name.file.clone(), shape: in_file, layouts, from: 0, len });
        }
        let parts = group.models.len();
        if parts > 1 {
            if !shape[axis].is_multiple_of(parts) {
                return Err(self.wrong(
                    first,
                    format!("a size that {parts} divides along axis {axis}"),
                    format!("shape {shape:?}"),
                ));
            }
            shape[axis] /= parts;
        }
        let (len, split) = (shape.get(axis).copied().unwrap_or(1), parts > 1);
        let tensor = |(at, name): (usize, &String)| {
            let mut pieces = pieces.clone();
            if split {
                (pieces[0].from, pieces[0].len) = (at * len, len);
            }
            Converted { name: name.clone(), shape: shape.clone(), axis, pieces }
        };
        Ok(group.models.iter().enumerate().map(tensor).collect())
    }
    fn wrong(&self, file: &str, expected: String, found: String) -> Error {
        let rule = self.rule.map_or_else(|| "transpose or another layout".into(), ToString::to_string);
        let (path, tensor) = (self.path.into(), file.into());
        Error::Rule { path, tensor, rule: rule.into(), expected: expected.into(), found: found.into() }
    }
}

impl Converted {
    /// Returns the name of the tensor.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Returns the shape of the tensor, outermost dimension first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
    /// Returns the names in the file of the tensors that it is made of.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| &*piece.file)
    }
    /// Returns the numbers of the tensor. `read` returns those of a tensor of the file by its name: as many as its shape says.
    ///
    /// # Errors
    /// Returns the error of `read`.
    pub fn numbers<E>(&self, mut read: impl FnMut(&str) -> Result<Vec<f32>, E>) -> Result<Vec<f32>, E> {
        if self.shape.contains(&0) {
            return Ok(Vec::new());
        }
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            let mut numbers = read(&piece.file)?;
            assert_eq!(numbers.len(), piece.shape.iter().product::<usize>(), "the numbers of `{}`", piece.file);
            let mut shape = piece.shape.clone();
            for layout in &piece.layouts {
                numbers = layout.arrange(&shape, numbers);
                shape = layout.to_model(&shape).unwrap_or(shape);
            }
            pieces.push((numbers, shape, piece));
        }
        if let [(numbers, shape, _)] = &mut pieces[..]
            && *shape == self.shape
        {
            return Ok(std::mem::take(numbers));
        }
        let outer: usize = self.shape[..self.axis].iter().product();
        let mut joined = Vec::new();
        for row in 0..outer {
            for (numbers, shape, piece) in &pieces {
                let inner: usize = shape[self.axis + 1..].iter().product();
                let start = (row * shape[self.axis] + piece.from) * inner;
                joined.extend_from_slice(&numbers[start..][..piece.len * inner]);
            }
        }
        Ok(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name, the shape and the numbers of a tensor.
    type Named = (String, Vec<usize>, Vec<f32>);

    fn convert(rules: &Rules, tensors: &[(&str, &[usize])]) -> Result<Vec<Named>> {
        let tensors: Vec<(String, Vec<usize>)> =
            tensors.iter().map(|(name, shape)| ((*name).into(), shape.to_vec())).collect();
        let counting = |name: &str| {
            let (at, (_, shape)) = tensors.iter().enumerate().find(|(_, (found, _))| found == name).unwrap();
            Ok::<_, Error>((0..shape.iter().product()).map(|n: usize| (100 * at + n) as f32).collect::<Vec<_>>())
        };
        let converted = rules.convert("file".as_ref(), &tensors)?;
        converted.iter().map(|t| Ok((t.name().into(), t.shape().to_vec(), t.numbers(counting)?))).collect()
    }

    #[test]
    fn tensors_are_renamed_split_joined_and_dropped() {
        let rules = Rules::new()
            .rename("h.{i}.a.*", "layer{i}.b.*")
            .split("qkv", 1, ["q", "k"])
            .transpose("qkv")
            .join(["x", "y"], 1, "xy")
            .skip("mask");
        let found = convert(
            &rules,
            &[("h.3.a.w", &[2]), ("mask", &[9]), ("qkv", &[2, 4]), ("x", &[2, 1]), ("same", &[]), ("y", &[2, 2])],
        );
        assert_eq!(
            found.unwrap(),
            [
                ("layer3.b.w".into(), vec![2], vec![0.0, 1.0]),
                ("q".into(), vec![2, 2], vec![200.0, 204.0, 201.0, 205.0]),
                ("k".into(), vec![2, 2], vec![202.0, 206.0, 203.0, 207.0]),
                ("xy".into(), vec![2, 3], vec![300.0, 500.0, 501.0, 301.0, 502.0, 503.0]),
                ("same".into(), vec![], vec![400.0]),
            ]
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors_that_name_the_tensor() {
        let error = |rules: Rules, tensors: &[(&str, &[usize])]| convert(&rules, tensors).unwrap_err().to_string();
        let found = error(Rules::new().split("a", 0, ["b", "c"]), &[("a", &[3])]);
        assert!(found.contains("tensor `a`") && found.contains("that 2 divides"), "{found}");
        let found = error(Rules::new().split("a", 1, ["b", "c"]), &[("a", &[3])]);
        assert!(found.contains("an axis 1"), "{found}");
        let found = error(Rules::new().join(["a", "b"], 0, "c"), &[("a", &[3, 1]), ("b", &[3, 2])]);
        assert!(found.contains("along axis 0 alone"), "{found}");
        let found = error(Rules::new().join(["a", "b"], 0, "c"), &[("a", &[3, 1])]);
        assert!(found.contains("none that fits `b`"), "{found}");
        let found = error(Rules::new().rename("a", "b"), &[("a", &[1]), ("b", &[1])]);
        assert!(found.contains("one tensor that is named `b`"), "{found}");
        let found = error(Rules::new().transpose("a"), &[("a", &[1, 2, 3])]);
        assert!(found.contains("2 dimensions"), "{found}");
        let found = error(Rules::new().rename("z", "b").strict(true), &[("a", &[1])]);
        assert!(found.contains("fits no tensor"), "{found}");
    }
}
