//! Values of the graph as numbers, weights and shapes, and the evaluation of nodes that no sample flows into.

use super::array::{Array, size};
use super::constants::{Constant, evaluate, slices};
use super::graph::Node;
use super::network::Value;
use std::rc::Rc;

/// The most elements of a tensor that are computed with as constants.
const SMALL: usize = 1 << 16;

/// Returns the modules that a node is in. A batch norm that the exporter folded into a layer is the place of that layer, whose name is that
/// of its weights.
pub fn module(node: &Node) -> Vec<String> {
    let weights = node.inputs.get(1).and_then(|name| name.strip_suffix(".weight"));
    if let (true, Some(name), [parents @ .., _]) = (node.class.contains(".batchnorm."), weights, &node.path[..])
        && node.operator != "BatchNormalization"
    {
        let name: Vec<String> = name.split('.').map(String::from).collect();
        if name.split_last().is_some_and(|(_, own)| own == parents) {
            return name;
        }
    }
    node.path.clone()
}

/// Returns the shape of a value as a constant.
pub fn shape_of(node: &Node, value: &Value) -> Option<Value> {
    let shapes = match value {
        Value::Flow(view) => view.shapes.clone(),
        Value::Weight(array) => [array.shape.clone(), array.shape.clone()],
        Value::Constant(constants) => [constants[0].array.shape.clone(), constants[1].array.shape.clone()],
        Value::Positions(..) | Value::Lost => return None,
    };
    let [a, b] = shapes.map(|shape| {
        if node.operator == "Size" {
            return Some(Constant { array: Array::scalar(size(&shape)? as f64), whole: true });
        }
        let rank = shape.len() as i64;
        let place = |at: i64| (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize;
        let (from, to) = (place(node.int("start", 0)), place(node.int("end", rank)));
        let part: Vec<f64> = shape.get(from..to.max(from))?.iter().map(|size| *size as f64).collect();
        Constant::whole(vec![part.len()], part)
    });
    Some(Value::Constant(Rc::new([a?, b?])))
}

/// Returns a value as constants, unless it is large or depends on a sample.
pub fn constants(value: &Value) -> Option<Rc<[Constant; 2]>> {
    match value {
        Value::Constant(constants) => Some(constants.clone()),
        Value::Weight(array) if array.data.len() <= SMALL => {
            let data = array.data.iter().map(|number| f64::from(*number)).collect();
            let constant = Constant { array: Array::new(array.shape.clone(), data)?, whole: false };
            Some(Rc::new([constant.clone(), constant]))
        }
        _ => None,
    }
}

/// Returns a value as weights, if it has the same numbers for all run-time sizes.
pub fn weight(value: &Value) -> Option<Rc<Array<f32>>> {
    match value {
        Value::Weight(array) => Some(array.clone()),
        Value::Constant(constants) if !constants[0].whole && constants[0] == constants[1] => {
            let data = constants[0].array.data.iter().map(|number| *number as f32).collect();
            Some(Rc::new(Array::new(constants[0].array.shape.clone(), data)?))
        }
        _ => None,
    }
}

/// Returns the one number of a constant.
pub fn scalar(value: &Value) -> Option<f64> {
    match value {
        Value::Weight(array) if array.data.len() == 1 => Some(array.data[0].into()),
        Value::Constant(constants) if constants[0].array.data.len() == 1 => {
            let [a, b] = [0, 1].map(|at| constants[at].array.data.first().copied());
            a.filter(|_| a == b)
        }
        _ => None,
    }
}

/// Evaluates a node that no sample flows into.
pub fn fold(node: &Node, inputs: &[Option<Value>]) -> Option<Value> {
    if let ("Expand", [Some(Value::Weight(array)), Some(Value::Constant(to))]) = (&*node.operator, inputs)
        && (array.shape.len() > 1 && array.shape[0] == 1 || array.data.len() > 1 && to[0] != to[1])
    {
        // A learned value of each sample, such as a class token.
        return None;
    }
    if let [Some(Value::Weight(array)), rest @ ..] = inputs
        && rest.is_empty()
    {
        match &*node.operator {
            "Identity" => return Some(Value::Weight(array.clone())),
            "Transpose" => {
                let order = super::constants::order(node, array.shape.len())?;
                return Some(Value::Weight(Rc::new(array.transpose(&order)?)));
            }
            _ => {}
        }
    }
    if node.operator == "Gather"
        && let [Some(Value::Weight(table)), Some(Value::Constant(indices))] = inputs
        && node.int("axis", 0) == 0
        && table.shape.len() == 2
    {
        let rising = |constant: &Constant| {
            let last = constant.array.shape.last().copied().unwrap_or(0);
            last > 1 && constant.array.data.iter().enumerate().all(|(at, index)| *index == (at % last) as f64)
        };
        if indices[0].array.shape != indices[1].array.shape && indices.iter().all(rising) {
            return Some(Value::Positions(table.clone(), node.path.clone()));
        }
    }
    if let ("Slice", [Some(Value::Weight(table)), rest @ ..]) = (&*node.operator, inputs)
        && let Some(positions) = first_rows(node, table, rest)
    {
        return Some(Value::Positions(positions, node.path.clone()));
    }
    let inputs: Vec<Option<Rc<[Constant; 2]>>> = inputs
        .iter()
        .map(|input| input.as_ref().map_or(Some(None), |input| constants(input).map(Some)))
        .collect::<Option<_>>()?;
    let [a, b] = [0, 1].map(|at| {
        let inputs: Vec<Option<&Constant>> = inputs.iter().map(|input| input.as_ref().map(|pair| &pair[at])).collect();
        evaluate(node, &inputs)
    });
    Some(Value::Constant(Rc::new([a?, b?])))
}

/// Returns a table whose first rows are taken, as many as a sequence is long.
fn first_rows(node: &Node, table: &Rc<Array<f32>>, rest: &[Option<Value>]) -> Option<Rc<Array<f32>>> {
    // Some files have a dimension of size 1 before the rows.
    let (rows, features) = match table.shape[..] {
        [rows, features] | [1, rows, features] => (rows, features),
        _ => return None,
    };
    let rest: Vec<_> = rest.iter().map(|input| input.as_ref().and_then(constants)).collect();
    let kept = [0, 1].map(|at| {
        let inputs: Vec<Option<&Constant>> =
            [None].into_iter().chain(rest.iter().map(|x| x.as_ref().map(|x| &x[at]))).collect();
        slices(node, &table.shape, &inputs)
    });
    let [Some(a), Some(b)] = kept else { return None };
    let [(axis, first), (_, second)] = [a.first()?, b.first()?];
    let rising = |indices: &[usize]| indices.iter().enumerate().all(|(at, index)| at == *index);
    let along_time = a.len() == 1 && axis + 2 == table.shape.len() && first.len() != second.len();
    if !along_time || !rising(first) || !rising(second) {
        return None;
    }
    table.reshape(vec![rows, features]).map(Rc::new)
}
