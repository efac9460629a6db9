//! Operators that move elements or leave them as they are.

use super::Lowering;
use super::emit::{int, ints};
use crate::file::pt2::schema::{Argument, Node, Size};
use dl_onnx::tensor_proto::DataType;

/// The operators whose results are parts of their inputs, or the same tensor.
pub const VIEWS: &[&str] = &[
    "alias",
    "chunk",
    "contiguous",
    "detach",
    "dropout",
    "expand",
    "expand_as",
    "feature_dropout",
    "flatten",
    "movedim",
    "narrow",
    "numpy_T",
    "permute",
    "reshape",
    "select",
    "slice",
    "split",
    "split_with_sizes",
    "squeeze",
    "swapaxes",
    "t",
    "to",
    "transpose",
    "type_as",
    "unbind",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
    "_unsafe_view",
];

/// The place behind the last element.
const END: i64 = i64::MAX;

impl Lowering<'_> {
    pub fn moved(&mut self, node: &Node, family: &str) -> Option<Vec<String>> {
        if matches!(family, "cat" | "concat" | "stack") {
            return Some(vec![self.joined(node, family == "stack")?]);
        }
        let (input, x) = (node.input()?, self.x(node)?);
        let result = match family {
            "alias" | "clone" | "contiguous" | "detach" | "lift_fresh_copy" | "detach_copy" => Some(x),
            "dropout" | "feature_dropout" | "native_dropout" | "alpha_dropout" => {
                if node.number("p", 0.5)? != 0.0 && node.flag("train", false)? {
                    return self.refuse("of a network in training; export it after `model.eval()`");
                }
                Some(x)
            }
            "to" | "_to_copy" | "type_as" => self.cast(node, input, &x),
            "view" | "reshape" | "_unsafe_view" => {
                let shape = self.list_of(node.first(&["size", "shape"])?)?;
                Some(self.emit("Reshape", &[&x, &shape], vec![int("allowzero", 1)]))
            }
            "flatten" => {
                let rank = self.rank(input)?;
                let (from, to) = (
                    self.dimension(input, node.int("start_dim", 0)?)?,
                    self.dimension(input, node.int("end_dim", -1)?)?,
                );
                let rest = self.list(&[-1]);
                self.reshaped(&x, from, &rest, to + 1, rank)
            }
            "unflatten" => {
                let dimension = self.dimension(input, node.int("dim", 0)?)?;
                let (rank, sizes) = (self.rank(input)?, self.list_of(node.argument("sizes")?)?);
                self.reshaped(&x, dimension, &sizes, dimension + 1, rank)
            }
            "unsqueeze" => {
                let axes = self.list(&[node.int("dim", 0)?]);
                Some(self.emit("Unsqueeze", &[&x, &axes], Vec::new()))
            }
            "squeeze" => {
                // Of the dimensions that are named, those with another size than 1 stay.
                let sizes = self.sizes(input)?;
                let named = match node.ints("dim")? {
                    named if named.is_empty() => (0..self.rank(input)?).collect(),
                    named => named.into_iter().map(|dim| self.dimension(input, dim)).collect::<Option<Vec<_>>>()?,
                };
                let axes: Vec<i64> = named.into_iter().filter(|dim| sizes[*dim as usize] == Some(1)).collect();
                let axes = self.list(&axes);
                Some(self.emit("Squeeze", &[&x, &axes], Vec::new()))
            }
            "permute" => {
                let order: Vec<i64> =
                    node.ints("dims")?.into_iter().map(|dim| self.dimension(input, dim)).collect::<Option<_>>()?;
                Some(self.emit("Transpose", &[&x], vec![ints("perm", &order)]))
            }
            "transpose" | "t" | "numpy_T" | "swapaxes" => {
                let mut order: Vec<i64> = (0..self.rank(input)?).collect();
                if family == "transpose" || family == "swapaxes" {
                    let dim = |name: &str, other: &str| self.dimension(input, node.int(name, node.int(other, 0)?)?);
                    let (a, b) = (dim("dim0", "axis0")?, dim("dim1", "axis1")?);
                    order.swap(usize::try_from(a).ok()?, usize::try_from(b).ok()?);
                } else {
                    order.reverse();
                }
                Some(self.emit("Transpose", &[&x], vec![ints("perm", &order)]))
            }
            "expand" => self.expand(node, input, &x),
            "repeat" => self.repeat(node, input, &x),
            "slice" | "narrow" => self.slice(node, input, &x, family == "narrow"),
            "select" => {
                let axis = self.dimension(input, node.int("dim", 0)?)?;
                let Argument::Int(Size::Known(index)) = *node.argument("index")? else {
                    return self.refuse("at an index that is computed");
                };
                let states = self.sizes(input)?.first().copied().flatten();
                let state = states.filter(|_| axis == 0).and_then(|states| self.state(&x, states, index));
                let (x, index) = state.unwrap_or((x, index));
                let index = self.whole(index);
                Some(self.emit("Gather", &[&x, &index], vec![int("axis", axis)]))
            }
            "index_select" => {
                let (axis, index) = (self.dimension(input, node.int("dim", 0)?)?, self.of(node.tensor("index")?)?);
                Some(self.emit("Gather", &[&x, &index], vec![int("axis", axis)]))
            }
            "index" => {
                let Argument::Tensors(indices) = node.argument("indices")? else { return None };
                let given: Vec<(usize, &str)> =
                    indices.iter().enumerate().filter_map(|(at, index)| Some((at, index.as_deref()?))).collect();
                if let [(axis, index)] = given[..] {
                    let index = self.of(index)?;
                    return Some(vec![self.emit("Gather", &[&x, &index], vec![int("axis", axis as i64)])]);
                }
                let first = given.iter().enumerate().all(|(at, (axis, _))| at == *axis);
                if !first || given.is_empty() {
                    return self.refuse("of dimensions that are not the first ones");
                }
                let indices: Vec<String> = given.iter().map(|(_, index)| self.of(index)).collect::<Option<_>>()?;
                Some(self.elements(&x, &indices))
            }
            "diff" if node.int("n", 1)? == 1 && node.argument("append").is_none() => {
                let axis = self.dimension(input, node.int("dim", -1)?)?;
                let all = match node.tensor("prepend") {
                    Some(before) => {
                        let before = self.of(before)?;
                        self.emit("Concat", &[&before, &x], vec![int("axis", axis)])
                    }
                    None => x,
                };
                let (axes, zero, one) = (self.list(&[axis]), self.list(&[0]), self.list(&[1]));
                let (last, end) = (self.list(&[-1]), self.list(&[END]));
                let later = self.emit("Slice", &[&all, &one, &end, &axes], Vec::new());
                let earlier = self.emit("Slice", &[&all, &zero, &last, &axes], Vec::new());
                Some(self.emit("Sub", &[&later, &earlier], Vec::new()))
            }
            "split" | "split_with_sizes" | "chunk" | "unbind" => return self.parts(node, family, input, &x),
            _ => None,
        };
        Some(vec![result?])
    }
    /// Takes elements by an index for each of the first dimensions; indices are repeated where they have size 1.
    fn elements(&mut self, x: &str, indices: &[String]) -> String {
        let mut all = indices.first().cloned().unwrap_or_default();
        for index in &indices[1..] {
            all = self.emit("Add", &[&all, index], Vec::new());
        }
        let shape = self.emit("Shape", &[&all], Vec::new());
        let last = self.list(&[-1]);
        let mut parts = Vec::new();
        for index in indices {
            let repeated = self.emit("Expand", &[index, &shape], Vec::new());
            parts.push(self.emit("Unsqueeze", &[&repeated, &last], Vec::new()));
        }
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        let places = self.emit("Concat", &parts, vec![int("axis", -1)]);
        self.emit("GatherND", &[x, &places], Vec::new())
    }
    fn cast(&mut self, node: &Node, input: &str, x: &str) -> Option<String> {
        let result = node.results().first().copied()?;
        let kind = |lowering: &Self, name: &str| Some(super::data_type(lowering.metas.get(name)?.element()?));
        let (from, to) = (kind(self, input)?, kind(self, result)?);
        let is_float = |kind: DataType| {
            matches!(kind, DataType::Float | DataType::Double | DataType::Float16 | DataType::Bfloat16)
        };
        // Models have one type of numbers.
        if from == to || is_float(from) && is_float(to) {
            return Some(x.into());
        }
        Some(self.emit("Cast", &[x], vec![int("to", i32::from(to).into())]))
    }
    /// Returns a list of sizes, some of which may be computed.
    pub fn list_of(&mut self, argument: &Argument) -> Option<String> {
        let sizes = match argument {
            Argument::Ints(sizes) => sizes.clone(),
            Argument::Int(size) => vec![size.clone()],
            _ => return None,
        };
        let mut parts: Vec<String> = Vec::new();
        let mut known: Vec<i64> = Vec::new();
        for size in sizes {
            match size {
                Size::Known(number) => known.push(number),
                Size::Name(name) => {
                    if !known.is_empty() {
                        parts.push(self.list(&std::mem::take(&mut known)));
                    }
                    parts.push(self.of(&name)?);
                }
            }
        }
        if !known.is_empty() || parts.is_empty() {
            parts.push(self.list(&known));
        }
        Some(self.concat(&parts))
    }
    fn concat(&mut self, parts: &[String]) -> String {
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        if let [part] = parts[..] { part.into() } else { self.emit("Concat", &parts, vec![int("axis", 0)]) }
    }
    /// Gives the dimensions from `from` on up to `to` other sizes.
    fn reshaped(&mut self, x: &str, from: i64, sizes: &str, to: i64, rank: i64) -> Option<String> {
        let mut parts = Vec::new();
        if from > 0 {
            parts.push(self.emit("Shape", &[x], vec![int("start", 0), int("end", from)]));
        }
        parts.push(sizes.into());
        if to < rank {
            parts.push(self.emit("Shape", &[x], vec![int("start", to), int("end", rank)]));
        }
        let shape = self.concat(&parts);
        Some(self.emit("Reshape", &[x, &shape], vec![int("allowzero", 1)]))
    }
    fn expand(&mut self, node: &Node, input: &str, x: &str) -> Option<String> {
        let Argument::Ints(mut sizes) = node.argument("size")?.clone() else { return None };
        // -1 is the size as it is.
        let own = self.sizes(input)?;
        let more = sizes.len().checked_sub(own.len())?;
        for (size, own) in sizes.iter_mut().skip(more).zip(&own) {
            if matches!(size, Size::Known(-1)) {
                // A size of 1 stays what it meets.
                *size = Size::Known(own.unwrap_or(1));
            }
        }
        let shape = self.list_of(&Argument::Ints(sizes))?;
        Some(self.emit("Expand", &[x, &shape], Vec::new()))
    }
    /// Repeats dimensions of size 1, which is the same as to expand them.
    fn repeat(&mut self, node: &Node, input: &str, x: &str) -> Option<String> {
        let Argument::Ints(mut repeats) = node.argument("repeats")?.clone() else { return None };
        let own = self.sizes(input)?;
        let more = repeats.len().checked_sub(own.len())?;
        for (repeat, own) in repeats.iter_mut().skip(more).zip(&own) {
            match repeat {
                Size::Known(1) => *repeat = Size::Known(own.unwrap_or(1)),
                _ if *own == Some(1) => {}
                _ => return self.refuse("of more than one element"),
            }
        }
        let shape = self.list_of(&Argument::Ints(repeats))?;
        Some(self.emit("Expand", &[x, &shape], Vec::new()))
    }
    fn slice(&mut self, node: &Node, input: &str, x: &str, narrow: bool) -> Option<String> {
        let axis = self.dimension(input, node.int("dim", 0)?)?;
        let start = node.argument("start").cloned().unwrap_or(Argument::Int(Size::Known(0)));
        let starts = self.list_of(&start)?;
        let ends = if narrow {
            let length = self.list_of(node.argument("length")?)?;
            self.emit("Add", &[&starts, &length], Vec::new())
        } else {
            self.list_of(&node.argument("end").cloned().unwrap_or(Argument::Int(Size::Known(END))))?
        };
        let (axes, steps) = (self.list(&[axis]), self.list(&[node.int("step", 1)?]));
        Some(self.emit("Slice", &[x, &starts, &ends, &axes, &steps], Vec::new()))
    }
    fn parts(&mut self, node: &Node, family: &str, input: &str, x: &str) -> Option<Vec<String>> {
        let axis = self.dimension(input, node.int("dim", 0)?)?;
        let count = node.results().len();
        if family == "unbind" {
            let part = |at: usize| -> Option<String> {
                let index = self.whole(at as i64);
                Some(self.emit("Gather", &[x, &index], vec![int("axis", axis)]))
            };
            return (0..count).map(part).collect();
        }
        let sizes = if family == "split_with_sizes" || node.argument("split_sizes").is_some() {
            node.ints("split_sizes")?
        } else {
            let Some(all) = self.sizes(input)?.get(usize::try_from(axis).ok()?).copied().flatten() else {
                return self.refuse("of a run-time size");
            };
            let part = match family {
                "chunk" => {
                    all.checked_add(node.int("chunks", 1)?)?.checked_sub(1)?.checked_div(node.int("chunks", 1)?)?
                }
                _ => node.int("split_size", 1)?,
            };
            (0..count as i64)
                .map(|at| Some(part.min(all.checked_sub(at.checked_mul(part)?)?)))
                .collect::<Option<_>>()?
        };
        if let (0, Some(parts)) = (axis, self.parts_of_weights(x, &sizes)) {
            return Some(parts);
        }
        let sizes = self.list(&sizes);
        Some(self.emit_all("Split", &[x, &sizes], vec![int("axis", axis)], count))
    }
    /// Cuts weights between rows, such as those of several projections.
    fn parts_of_weights(&mut self, x: &str, sizes: &[i64]) -> Option<Vec<String>> {
        let tensor = self.graph.initializer.iter().find(|tensor| tensor.name() == x)?.clone();
        let kind = DataType::try_from(tensor.data_type()).ok()?;
        let (rows, columns) = tensor.dims.split_first()?;
        let mut rest = tensor.raw_data.clone()?;
        let width = rest.len().checked_div(usize::try_from(*rows).ok()?)?;
        if sizes.iter().try_fold(0_i64, |sum, size| sum.checked_add(*size).filter(|_| *size >= 0)) != Some(*rows) {
            return None;
        }
        let part = |size: &i64| -> Option<String> {
            let bytes = rest.split_to(usize::try_from(*size).ok()?.checked_mul(width)?);
            let name = self.made();
            Some(self.tensor(name, &[&[*size], columns].concat(), kind, bytes))
        };
        sizes.iter().map(part).collect()
    }
    fn joined(&mut self, node: &Node, stack: bool) -> Option<String> {
        let Argument::Tensors(names) = node.argument("tensors")? else { return None };
        let first = names.first()?.as_deref()?;
        let dim = node.int("dim", 0)?;
        let rank = self.rank(first)? + i64::from(stack);
        let axis = if dim < 0 { dim.checked_add(rank)? } else { dim };
        let mut parts: Vec<String> = names.iter().map(|name| self.of(name.as_deref()?)).collect::<Option<_>>()?;
        if stack {
            let axes = self.list(&[axis]);
            parts = parts.iter().map(|part| self.emit("Unsqueeze", &[part, &axes], Vec::new())).collect();
        }
        if let [one] = &parts[..] {
            return Some(one.clone());
        }
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        Some(self.emit("Concat", &parts, vec![int("axis", axis)]))
    }
}
