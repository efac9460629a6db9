//! Evaluates the nodes that no sample flows into: shape arithmetic, positions and masks.

use super::array::{Array, concat, size};
use super::graph::Node;

/// The most elements of a constant that is computed.
const MOST: usize = 1 << 22;

/// Numbers that are the same for every sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    pub array: Array<f64>,
    /// `true` for whole numbers and truth values, whose division rounds.
    pub whole: bool,
}

impl Constant {
    pub fn whole(shape: Vec<usize>, data: Vec<f64>) -> Option<Self> {
        Some(Constant { array: Array::new(shape, data)?, whole: true })
    }
    /// Returns the numbers as sizes or indices.
    pub fn ints(&self) -> Vec<i64> {
        // Numbers that stand for "to the end" are larger than an index; the conversion keeps them large.
        self.array.data.iter().map(|number| *number as i64).collect()
    }
}

/// Returns the index that a possibly negative index stands for.
pub fn index(index: i64, size: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(i64::try_from(size).ok()?)? } else { index };
    usize::try_from(index).ok()
}

/// Evaluates a node; `None` if it cannot be, or if the result is too large.
pub fn evaluate(node: &Node, inputs: &[Option<&Constant>]) -> Option<Constant> {
    let input = |at: usize| inputs.get(at).copied().flatten();
    let x = input(0)?;
    let rank = x.array.shape.len();
    let axis = |default: i64| index(node.int("axis", default), rank);
    let array = match &*node.operator {
        "Identity" => x.array.clone(),
        "Cast" => {
            // FLOAT, FLOAT16, DOUBLE and BFLOAT16 are not whole.
            let whole = !matches!(node.int("to", 1), 1 | 10 | 11 | 16);
            let truth = node.int("to", 1) == 9;
            let cast = |number: &f64| match (truth, whole) {
                (true, _) => f64::from(u8::from(*number != 0.0)),
                (_, true) => number.trunc(),
                _ => *number,
            };
            let data = x.array.data.iter().map(cast).collect();
            return Some(Constant { array: Array::new(x.array.shape.clone(), data)?, whole });
        }
        "Neg" => map(x, |a| -a),
        "Sqrt" => map(x, f64::sqrt),
        "Exp" => map(x, f64::exp),
        "Sin" => map(x, f64::sin),
        "Cos" => map(x, f64::cos),
        "Abs" => map(x, f64::abs),
        "Floor" => map(x, f64::floor),
        "Ceil" => map(x, f64::ceil),
        "Reciprocal" => map(x, f64::recip),
        "Not" => map(x, |a| truth(a == 0.0)),
        "Add" => x.array.zip(&input(1)?.array, |a, b| a + b)?,
        "Sub" => x.array.zip(&input(1)?.array, |a, b| a - b)?,
        "Mul" => x.array.zip(&input(1)?.array, |a, b| a * b)?,
        "Div" if x.whole => x.array.zip(&input(1)?.array, |a, b| (a / b).trunc())?,
        "Div" => x.array.zip(&input(1)?.array, |a, b| a / b)?,
        "Mod" => x.array.zip(&input(1)?.array, f64::rem_euclid)?,
        "Pow" => x.array.zip(&input(1)?.array, f64::powf)?,
        "Max" => x.array.zip(&input(1)?.array, f64::max)?,
        "Min" => x.array.zip(&input(1)?.array, f64::min)?,
        "And" => x.array.zip(&input(1)?.array, |a, b| truth(a != 0.0 && b != 0.0))?,
        "Or" => x.array.zip(&input(1)?.array, |a, b| truth(a != 0.0 || b != 0.0))?,
        "Equal" => x.array.zip(&input(1)?.array, |a, b| truth(a == b))?,
        "Less" => x.array.zip(&input(1)?.array, |a, b| truth(a < b))?,
        "LessOrEqual" => x.array.zip(&input(1)?.array, |a, b| truth(a <= b))?,
        "Greater" => x.array.zip(&input(1)?.array, |a, b| truth(a > b))?,
        "GreaterOrEqual" => x.array.zip(&input(1)?.array, |a, b| truth(a >= b))?,
        "Where" => {
            let (a, b) = (input(1)?, input(2)?);
            let pairs = a.array.zip(&b.array, |a, b| (a, b))?;
            let array = x.array.zip(&pairs, |x, (a, b)| if x != 0.0 { a } else { b })?;
            return Some(Constant { array, whole: a.whole });
        }
        "ConstantOfShape" => {
            let shape: Vec<usize> = sizes(x)?;
            let (value, whole) = node.value.unwrap_or((0.0, false));
            let len = size(&shape).filter(|len| *len <= MOST)?;
            return Some(Constant { array: Array::new(shape, vec![value; len])?, whole });
        }
        "Range" => {
            let (from, to, step) =
                (*x.array.data.first()?, *input(1)?.array.data.first()?, *input(2)?.array.data.first()?);
            let len = ((to - from) / step).ceil().max(0.0);
            if len.is_nan() || len > MOST as f64 {
                return None;
            }
            let data: Vec<f64> = (0..len as usize).map(|at| from + at as f64 * step).collect();
            Array::new(vec![data.len()], data)?
        }
        "Reshape" => x.array.reshape(reshaped(&x.array.shape, input(1)?, node.int("allowzero", 0) != 0)?)?,
        "Unsqueeze" => x.array.reshape(unsqueezed(&x.array.shape, &axes(node, input(1))?)?)?,
        "Squeeze" => x.array.reshape(squeezed(&x.array.shape, axes(node, input(1)))?)?,
        "Expand" => {
            let shape = super::array::broadcast_shape(&x.array.shape, &sizes(input(1)?)?)?;
            size(&shape).filter(|len| *len <= MOST)?;
            x.array.broadcast(&shape)?
        }
        "Transpose" => x.array.transpose(&order(node, rank)?)?,
        "Concat" => {
            let all: Vec<&Array<f64>> = inputs.iter().flatten().map(|input| &input.array).collect();
            concat(&all, axis(0)?)?
        }
        "Slice" => {
            let mut array = x.array.clone();
            for (axis, indices) in slices(node, &x.array.shape, inputs)? {
                array = array.take(axis, &indices)?;
            }
            array
        }
        "Gather" => gather(&x.array, &input(1)?.array, axis(0)?)?,
        "MatMul" => product(&x.array, &input(1)?.array)?,
        "GatherND" if node.int("batch_dims", 0) == 0 => gather_nd(&x.array, &input(1)?.array)?,
        "CumSum" => {
            let axis = index(*input(1)?.ints().first()?, rank)?;
            let inner: usize = x.array.shape[axis + 1..].iter().product();
            let mut array = x.array.clone();
            for at in 0..array.data.len() {
                if !(at / inner).is_multiple_of(array.shape[axis]) {
                    array.data[at] += array.data[at - inner];
                }
            }
            array
        }
        "Trilu" => {
            let k = input(1).map_or(Some(0), |k| k.ints().first().copied())?;
            let (upper, columns, rows) =
                (node.int("upper", 1) != 0, *x.array.shape.last()?, *x.array.shape.iter().rev().nth(1)?);
            let mut array = x.array.clone();
            for (at, number) in array.data.iter_mut().enumerate() {
                let (row, column) = ((at / columns % rows) as i64, (at % columns) as i64);
                let kept = if upper { column - row >= k } else { column - row <= k };
                *number = if kept { *number } else { 0.0 };
            }
            array
        }
        "ReduceProd" => Array::scalar(x.array.data.iter().product()),
        _ => return None,
    };
    let truth = matches!(&*node.operator, "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual");
    (array.data.len() <= MOST).then_some(Constant { array, whole: truth || x.whole })
}

fn truth(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

fn map(x: &Constant, f: impl Fn(f64) -> f64) -> Array<f64> {
    Array { shape: x.array.shape.clone(), data: x.array.data.iter().map(|a| f(*a)).collect() }
}

fn sizes(x: &Constant) -> Option<Vec<usize>> {
    x.ints().into_iter().map(|size| usize::try_from(size).ok()).collect()
}

fn gather(x: &Array<f64>, at: &Array<f64>, axis: usize) -> Option<Array<f64>> {
    let size = *x.shape.get(axis)?;
    let indices: Option<Vec<usize>> = at.data.iter().map(|i| index(*i as i64, size)).collect();
    let mut taken = x.take(axis, &indices?)?;
    taken.shape.splice(axis..=axis, at.shape.iter().copied());
    Some(taken)
}

/// Multiplies matrices, with equal dimensions before them or none.
fn product(a: &Array<f64>, b: &Array<f64>) -> Option<Array<f64>> {
    let ([outer @ .., m, k], [others @ .., l, n]) = (&a.shape[..], &b.shape[..]) else { return None };
    let shape = [outer, &[*m, *n]].concat();
    let (len, batches) = (size(&shape)?, size(outer)?);
    if k != l || !(outer == others || size(others)? == 1) || len.checked_mul(*k)? > MOST {
        return None;
    }
    let apart = if outer == others { k * n } else { 0 };
    let mut data = Vec::with_capacity(len);
    for (batch, row, column) in (0..batches).flat_map(|z| (0..*m).flat_map(move |i| (0..*n).map(move |j| (z, i, j)))) {
        let left = &a.data[(batch * m + row) * k..][..*k];
        data.push(left.iter().enumerate().map(|(at, left)| left * b.data[batch * apart + at * n + column]).sum());
    }
    Array::new(shape, data)
}

fn gather_nd(x: &Array<f64>, at: &Array<f64>) -> Option<Array<f64>> {
    let (last, outer) = at.shape.split_last()?;
    let inner = x.shape.get(*last..)?;
    let width: usize = inner.iter().product();
    let mut data = Vec::new();
    for indices in at.data.chunks((*last).max(1)) {
        let mut place = 0;
        for (i, size) in indices.iter().zip(&x.shape) {
            place = place * size + index(*i as i64, *size)?;
        }
        data.extend_from_slice(x.data.get(place * width..(place + 1) * width)?);
    }
    Array::new([outer, inner].concat(), data)
}

/// Returns the axes of an input, or of the attribute of old versions.
pub fn axes(node: &Node, input: Option<&Constant>) -> Option<Vec<i64>> {
    input.map(Constant::ints).or_else(|| node.ints("axes"))
}

/// Returns the order of the dimensions of a Transpose.
pub fn order(node: &Node, rank: usize) -> Option<Vec<usize>> {
    match node.ints("perm") {
        Some(order) => order.into_iter().map(|axis| usize::try_from(axis).ok()).collect(),
        None => Some((0..rank).rev().collect()),
    }
}

pub fn unsqueezed(shape: &[usize], axes: &[i64]) -> Option<Vec<usize>> {
    let rank = shape.len() + axes.len();
    let mut axes: Vec<usize> = axes.iter().map(|axis| index(*axis, rank)).collect::<Option<_>>()?;
    axes.sort_unstable();
    let mut shape = shape.to_vec();
    for axis in axes {
        if axis > shape.len() {
            return None;
        }
        shape.insert(axis, 1);
    }
    Some(shape)
}

pub fn squeezed(shape: &[usize], axes: Option<Vec<i64>>) -> Option<Vec<usize>> {
    let axes: Vec<usize> = match axes {
        Some(axes) => axes.into_iter().map(|axis| index(axis, shape.len())).collect::<Option<_>>()?,
        None => (0..shape.len()).filter(|axis| shape[*axis] == 1).collect(),
    };
    if axes.iter().any(|axis| shape.get(*axis) != Some(&1)) {
        return None;
    }
    Some(shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, size)| *size).collect())
}

/// Returns the shape of a Reshape: 0 keeps a size, and -1 is what remains.
pub fn reshaped(shape: &[usize], to: &Constant, allow_zero: bool) -> Option<Vec<usize>> {
    let all = size(shape)?;
    let mut sizes = Vec::new();
    let mut rest = None;
    for (at, found) in to.ints().into_iter().enumerate() {
        match found {
            0 if !allow_zero => sizes.push(*shape.get(at)?),
            -1 if rest.is_none() => {
                rest = Some(at);
                sizes.push(1);
            }
            found => sizes.push(usize::try_from(found).ok()?),
        }
    }
    if let Some(rest) = rest {
        sizes[rest] = all.checked_div(size(&sizes)?)?;
    }
    (size(&sizes)? == all).then_some(sizes)
}

/// Returns the indices that a Slice keeps of each of its axes.
pub fn slices(node: &Node, shape: &[usize], inputs: &[Option<&Constant>]) -> Option<Vec<(usize, Vec<usize>)>> {
    let list =
        |at: usize, name: &str| inputs.get(at).copied().flatten().map(Constant::ints).or_else(|| node.ints(name));
    let (starts, ends) = (list(1, "starts")?, list(2, "ends")?);
    let axes = list(3, "axes").unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
    let mut all = Vec::new();
    for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = index(*axis, shape.len())?;
        let size = i64::try_from(*shape.get(axis)?).ok()?;
        let place = |at: i64| if at < 0 { (at.saturating_add(size)).max(0) } else { at.min(size) };
        if *step < 1 {
            return None;
        }
        let (from, to) = (place(*start), place(*end));
        let step = usize::try_from(*step).ok()?;
        all.push((axis, (from..to.max(from)).step_by(step).map(|at| at as usize).collect()));
    }
    Some(all)
}
