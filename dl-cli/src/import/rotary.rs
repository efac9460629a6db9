//! Rotary embeddings, which files spell out in many ways: elements of a projection times cosines, plus others times sines. Here every
//! element is a sum of terms, and a rotation is recognised by these.

use super::array::{Array, concat};
use super::constants::{Constant, index};
use super::graph::Node;
use super::importer::Importer;
use super::network::{Id, Value, View, What};
use std::rc::Rc;

/// An element as a sum: places in the result of another layer, each with a factor; 0 for none.
pub type Term = [(u32, f32); 2];

/// The settings of a rotation of the features of a head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// The base of the wavelengths.
    pub base: f64,
    /// `true` if a pair is two neighbours, `false` if it is one feature of each half.
    pub neighbours: bool,
}

impl Importer {
    /// Returns the elements of a view as sums of elements of a projection, and this; `None` if they are no such sums.
    fn terms(&self, view: &View) -> Option<(Id, Array<Term>)> {
        let layer = &self.layers[view.of];
        let places = view.all_places()?;
        let pick = |of: &Array<Term>| {
            let data = places.data.iter().map(|place| of.data.get(*place as usize).copied()).collect::<Option<_>>()?;
            Array::new(places.shape.clone(), data)
        };
        match (&layer.what, &layer.inputs[..]) {
            (What::Terms(terms), &[source]) => Some((source, pick(terms)?)),
            (What::Scalar('*', number, _), &[x]) => {
                let (source, terms) = self.terms(&self.whole(x))?;
                let scaled =
                    terms.data.iter().map(|term| term.map(|(at, factor)| (at, factor * *number as f32))).collect();
                Some((source, pick(&Array::new(terms.shape, scaled)?)?))
            }
            (What::Call(call), _) if call.name == "dense" && layer.shapes[0].len() == 3 => {
                let data = places.data.iter().map(|place| [(*place, 1.0), (0, 0.0)]).collect();
                Some((view.of, Array::new(places.shape.clone(), data)?))
            }
            _ => None,
        }
    }
    /// Returns whether a view is sums already.
    fn is_sum(&self, view: &View) -> bool {
        matches!(self.layers[view.of].what, What::Terms(_))
    }
    fn sums(&mut self, source: Id, terms: Array<Term>, second: Vec<usize>) -> Vec<Value> {
        let shapes = [terms.shape.clone(), second];
        let id = self.push(What::Terms(Rc::new(terms)), vec![source], Vec::new(), shapes);
        vec![Value::Flow(self.whole(id))]
    }
    /// Multiplies heads by numbers that differ between their elements.
    pub fn times(&mut self, x: &View, numbers: &[Constant; 2]) -> Option<Vec<Value>> {
        if x.shapes[0].len() < 4 {
            return None;
        }
        let (source, terms) = self.terms(x)?;
        numbers[1].array.broadcast(&x.shapes[1])?;
        let numbers = numbers[0].array.broadcast(&x.shapes[0])?;
        let terms = terms.zip(&numbers, |term, number| term.map(|(at, factor)| (at, factor * number as f32)))?;
        Some(self.sums(source, terms, x.shapes[1].clone()))
    }
    /// Adds or subtracts sums of the same projection.
    pub fn plus(&mut self, op: char, a: &View, b: &View) -> Option<Vec<Value>> {
        if !self.is_sum(a) && !self.is_sum(b) || a.shapes != b.shapes || !matches!(op, '+' | '-') {
            return None;
        }
        let ((source, left), (other, right)) = (self.terms(a)?, self.terms(b)?);
        let sign = if op == '-' { -1.0 } else { 1.0 };
        let mut data = Vec::with_capacity(left.data.len());
        for (left, right) in left.data.iter().zip(&right.data) {
            let mut sum: Term = [(0, 0.0); 2];
            let right = right.map(|(at, factor)| (at, sign * factor));
            for (at, factor) in left.iter().chain(&right).filter(|(_, factor)| *factor != 0.0) {
                let slot = sum.iter_mut().find(|(own, now)| *now == 0.0 || own == at)?;
                *slot = (*at, slot.1 + factor);
            }
            data.push(sum);
        }
        let terms = Array::new(left.shape, data)?;
        (source == other).then(|| self.sums(source, terms, a.shapes[1].clone()))
    }
    /// Joins parts of heads, of which some are sums or negative.
    pub fn joined(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Vec<Value>> {
        let views: Vec<&View> = inputs
            .iter()
            .map(|input| match input {
                Some(Value::Flow(view)) if view.shapes[0].len() > 3 => Some(view),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let changed = |view: &&View| matches!(self.layers[view.of].what, What::Terms(_) | What::Scalar(..));
        views.iter().find(|view| changed(view))?;
        let axis = index(node.int("axis", 0), views.first()?.shapes[0].len())?;
        let parts: Vec<(Id, Array<Term>)> = views.iter().map(|view| self.terms(view)).collect::<Option<_>>()?;
        let source = parts[0].0;
        let all: Vec<&Array<Term>> = parts.iter().map(|(_, terms)| terms).collect();
        let mut second = views[0].shapes[1].clone();
        second[axis] = views.iter().map(|view| view.shapes[1].get(axis)).sum::<Option<usize>>()?;
        let terms = concat(&all, axis)?;
        parts.iter().all(|(id, _)| *id == source).then(|| self.sums(source, terms, second))
    }
    /// Returns the projection whose heads a view `[batch, head, row, size]` is, the places of its elements, and how they are rotated.
    pub fn rotated(&self, view: &View) -> Option<(Id, Array<u32>, Option<Rotation>)> {
        if !self.is_sum(view) {
            return Some((view.of, view.all_places()?, None));
        }
        let (source, terms) = self.terms(view)?;
        let ([_, heads, rows, size], [_, _, width]) = (&terms.shape[..], &self.layers[source].shapes[0][..]) else {
            return None;
        };
        let (heads, rows, size, width) = (*heads, *rows, *size, *width);
        if size < 2 || size % 2 != 0 || rows < 2 {
            return None;
        }
        // In the first row, nothing is rotated.
        let first = |at: usize| {
            let [(place, factor), (_, other)] = terms.data[at / (rows * size) * (rows * size) + at % size];
            ((factor - 1.0).abs() < 1e-5 && other.abs() < 1e-5).then_some(place)
        };
        let place = |at: usize| first(at)?.checked_add((at / size % rows * width) as u32);
        let places = Array::new(terms.shape.clone(), (0..terms.data.len()).map(place).collect::<Option<_>>()?)?;
        debug_assert!(heads > 0);
        let rotation = [false, true].into_iter().find_map(|neighbours| {
            let pair = |feature: usize| if neighbours { feature / 2 } else { feature % (size / 2) };
            let partner = |feature: usize| if neighbours { feature ^ 1 } else { (feature + size / 2) % size };
            let is_first = |feature: usize| if neighbours { feature.is_multiple_of(2) } else { feature < size / 2 };
            let factor = |at: usize, place: u32| {
                terms.data[at]
                    .iter()
                    .filter(|(own, _)| *own == place)
                    .map(|(_, factor)| f64::from(*factor))
                    .sum::<f64>()
            };
            // The second row of the second pair has the angle `base^(-2/size)`.
            let base = if size == 2 {
                10_000.0
            } else {
                let at = size + if neighbours { 2 } else { 1 };
                let partner = at - at % size + partner(at % size);
                let angle = (-factor(at, places.data[partner])).atan2(factor(at, places.data[at]));
                let base = angle.powf(-(size as f64) / 2.0);
                let rounded = base.round();
                if (base - rounded).abs() < 1e-3 * rounded { rounded } else { base }
            };
            let turns = |at: usize| {
                let (feature, row) = (at % size, at / size % rows);
                let angle = row as f64 * base.powf(-2.0 * pair(feature) as f64 / size as f64);
                let partner = at - feature + partner(feature);
                let sine = if is_first(feature) { -angle.sin() } else { angle.sin() };
                let close = |place: u32, expected: f64| (factor(at, place) - expected).abs() < 1e-4;
                close(places.data[at], angle.cos()) && close(places.data[partner], sine)
            };
            (base.is_finite() && base > 1.0 && (0..terms.data.len()).all(turns))
                .then_some(Rotation { base, neighbours })
        })?;
        Some((source, places, Some(rotation)))
    }
}

impl Rotation {
    /// Returns the rows of the weights of heads in the order in which the language rotates them: one feature of each pair first.
    pub fn order(self, heads: usize, size: usize) -> Vec<usize> {
        let within = |at: usize| if self.neighbours { at % (size / 2) * 2 + at / (size / 2) } else { at };
        (0..heads * size).map(|at| at / size * size + within(at % size)).collect()
    }
}
