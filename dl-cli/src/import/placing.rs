//! Finds the blocks of layers without weights in a network that this library exported, whose names only say where the weights are.
//!
//! A layer between two others of a block is in it. What follows a block is in it too, if it follows every block of the same layers, so that
//! copies in a stack are equal again; and a block that others would read two values of is extended up to where these become one.

use super::fields::is_number;
use super::network::{Id, Layer, What};
use std::collections::{BTreeMap, BTreeSet};

/// Gives layers without weights the path of the block that they are in, and marks layers that are used again.
pub fn place(layers: &mut [Layer], outputs: &[Id]) {
    let mut first: BTreeMap<Vec<String>, Id> = BTreeMap::new();
    for (id, layer) in layers.iter_mut().enumerate() {
        if layer.weights.is_empty() || layer.path.is_empty() {
            (layer.own, layer.path) = (false, Vec::new());
        } else if let Some(before) = first.get(&layer.path) {
            layer.again = Some(*before);
        } else {
            first.insert(layer.path.clone(), id);
        }
    }
    let order: Vec<Id> = (0..layers.len()).filter(|id| !matches!(layers[*id].what, What::Input(_))).collect();
    between(layers, &order);
    let mut blocks = Blocks { layers, order, outputs };
    let paths: BTreeSet<Vec<String>> = blocks
        .layers
        .iter()
        .flat_map(|layer| (1..=scope(layer).len()).map(|depth| scope(layer)[..depth].to_vec()))
        .collect();
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0);
    for depth in (1..=deepest).rev() {
        let mut alike: BTreeMap<Vec<String>, Vec<&Vec<String>>> = BTreeMap::new();
        for path in paths.iter().filter(|path| path.len() == depth) {
            alike.entry(blocks.signature(path)).or_default().push(path);
        }
        for paths in alike.values() {
            blocks.extend(paths);
        }
        blocks.lead(&paths, depth);
    }
}

/// Returns the path of the block that a layer is in.
fn scope(layer: &Layer) -> &[String] {
    &layer.path[..layer.path.len() - usize::from(layer.own)]
}

/// Puts what is between two layers into the innermost block that has both.
fn between(layers: &mut [Layer], order: &[Id]) {
    let mut before: Vec<String> = Vec::new();
    let mut waiting: Vec<Id> = Vec::new();
    for id in order {
        if layers[*id].own {
            let after = scope(&layers[*id]).to_vec();
            let shared = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
            waiting.drain(..).for_each(|id| layers[id].path = after[..shared].to_vec());
            before = after;
        } else {
            waiting.push(*id);
        }
    }
}

struct Blocks<'a> {
    layers: &'a mut [Layer],
    /// All layers but inputs, in the order in which they compute.
    order: Vec<Id>,
    outputs: &'a [Id],
}

impl Blocks<'_> {
    /// Returns the layers of a block.
    fn inside(&self, path: &[String]) -> Vec<Id> {
        self.order.iter().copied().filter(|id| scope(&self.layers[*id]).starts_with(path)).collect()
    }
    /// Returns the layers right after (or before) a block that are in a block around it.
    fn next_to(&self, path: &[String], after: bool) -> Vec<Id> {
        let free = |id: &&Id| {
            let layer = &self.layers[**id];
            !layer.own && path.starts_with(&layer.path) && layer.path.len() < path.len()
        };
        let inside = |id: &Id| scope(&self.layers[*id]).starts_with(path);
        if after {
            let end = self.order.iter().rposition(inside).map_or(0, |at| at + 1);
            self.order[end..].iter().take_while(free).copied().collect()
        } else {
            let start = self.order.iter().position(inside).unwrap_or(0);
            let mut all: Vec<Id> = self.order[..start].iter().rev().take_while(free).copied().collect();
            all.reverse();
            all
        }
    }
    /// Describes the layers of a block one by one: equal blocks have equal descriptions.
    fn signature(&self, path: &[String]) -> Vec<String> {
        self.described(&self.inside(path), path).1
    }
    /// Returns the places of values in a block, and the descriptions of its layers.
    fn described(&self, inside: &[Id], path: &[String]) -> (Places, Vec<String>) {
        let mut places = Places::default();
        let texts = inside.iter().map(|id| places.describe(&self.layers[*id], *id, path)).collect();
        (places, texts)
    }
    /// Returns how many values of a block others read.
    fn results(&self, inside: &[Id]) -> usize {
        let within: BTreeSet<Id> = inside.iter().copied().collect();
        let read = self.order.iter().filter(|id| !within.contains(id)).flat_map(|id| &self.layers[*id].inputs);
        read.chain(self.outputs).copied().collect::<BTreeSet<Id>>().intersection(&within).count()
    }
    /// Extends blocks of the same layers by what follows each of them.
    fn extend(&mut self, paths: &[&Vec<String>]) {
        struct Open {
            inside: Vec<Id>,
            after: std::vec::IntoIter<Id>,
            places: Places,
        }
        let open = |path: &&Vec<String>| {
            let (inside, after) = (self.inside(path), self.next_to(path, true).into_iter());
            Open { places: self.described(&inside, path).0, inside, after }
        };
        let mut all: Vec<Open> = paths.iter().map(open).collect();
        loop {
            let split = all.iter().any(|open| self.results(&open.inside) > 1);
            if all.len() < 2 && !split {
                return;
            }
            let next = all.iter_mut().zip(paths).map(|(open, path)| {
                // It needs nothing but the values in the block and before it.
                let id = open.after.next().filter(|id| open.places.follows(&self.layers[*id]))?;
                Some((id, open.places.describe(&self.layers[id], id, path)))
            });
            let Some(next) = next.collect::<Option<Vec<(Id, String)>>>() else { return };
            if next.iter().any(|(_, text)| *text != next[0].1) {
                return;
            }
            let results = |open: &Open, id: Id| self.results(&[&open.inside[..], &[id]].concat());
            if !split && next.iter().zip(&all).any(|((id, _), open)| results(open, *id) > 1) {
                return;
            }
            for (((id, _), open), path) in next.iter().zip(&mut all).zip(paths) {
                self.layers[*id].path = (*path).clone();
                open.inside.push(*id);
            }
        }
    }
    /// Puts what still is between the copies of a stack before each of them, if it is before the first one, too.
    fn lead(&mut self, paths: &BTreeSet<Vec<String>>, depth: usize) {
        let mut stacks: BTreeMap<&[String], Vec<(usize, &Vec<String>)>> = BTreeMap::new();
        for path in paths.iter().filter(|path| path.len() == depth) {
            if let [stack @ .., number] = &path[..]
                && is_number(number)
                && let Ok(number) = number.parse()
            {
                stacks.entry(stack).or_default().push((number, path));
            }
        }
        for copies in stacks.values_mut() {
            copies.sort_unstable();
            let [(_, head), tail @ ..] = &copies[..] else { continue };
            let before: Vec<(&Vec<String>, Vec<Id>)> =
                tail.iter().map(|(_, path)| (*path, self.next_to(path, false))).collect();
            let Some(count) = before.first().map(|(_, ids)| ids.len()).filter(|count| *count > 0) else { continue };
            let first = self.next_to(head, false);
            let Some(from) = first.len().checked_sub(count) else { continue };
            let all = || before.iter().map(|(path, ids)| (*path, &ids[..])).chain([(*head, &first[from..])]);
            let texts: BTreeSet<Vec<String>> = all().map(|(path, ids)| self.described(ids, path).1).collect();
            if texts.len() > 1 {
                continue;
            }
            let all: Vec<(Vec<String>, Vec<Id>)> = all().map(|(path, ids)| (path.clone(), ids.to_vec())).collect();
            for (path, ids) in all {
                ids.iter().for_each(|id| self.layers[*id].path.clone_from(&path));
            }
        }
    }
}

/// The places of values in a block: the results of its layers, and the values that it reads, both counted.
#[derive(Default)]
struct Places {
    layers: BTreeMap<Id, usize>,
    outside: BTreeMap<Id, usize>,
}

impl Places {
    /// Describes the next layer of a block: what it does, and where its inputs are. Sizes may differ.
    fn describe(&mut self, layer: &Layer, id: Id, path: &[String]) -> String {
        let what = match &layer.what {
            What::Call(call) => {
                let arguments = call
                    .arguments
                    .iter()
                    .map(|argument| format!("{:?} {}", argument.name, without_numbers(&argument.text)));
                format!("{} {:?}", call.name, arguments.collect::<Vec<_>>())
            }
            What::Binary(op) => op.to_string(),
            What::Scalar(op, number, first) => format!("{op} {number} {first}"),
            _ => "other".into(),
        };
        let mut place = |input: &Id| match self.layers.get(input) {
            Some(at) => format!("layer {at}"),
            None => {
                let next = self.outside.len();
                format!("input {}", self.outside.entry(*input).or_insert(next))
            }
        };
        let inputs: Vec<String> = layer.inputs.iter().map(&mut place).collect();
        self.layers.insert(id, self.layers.len());
        format!("{} {what} {inputs:?}", layer.path.strip_prefix(path).unwrap_or(&[]).join("."))
    }
    /// Returns whether a layer reads a value of the block, and nothing that the block does not.
    fn follows(&self, layer: &Layer) -> bool {
        let inside = |input: &Id| self.layers.contains_key(input);
        layer.inputs.iter().any(inside) && layer.inputs.iter().all(|id| inside(id) || self.outside.contains_key(id))
    }
}

/// Returns a text with the same sign for every whole number.
fn without_numbers(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if short.ends_with('#') => {}
            '0'..='9' => short.push('#'),
            c => short.push(c),
        }
    }
    short
}
