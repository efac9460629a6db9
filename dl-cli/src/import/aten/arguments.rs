//! The arguments of a node by their names in the schema of its operator. One that a file leaves out has its default.

use crate::file::pt2::schema::{Argument, Node, Size};

impl Node {
    /// Returns an argument; `None` if it is left out or Python's `None`.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        let found = self.inputs.iter().find(|input| input.name == name).map(|input| &input.arg);
        found.filter(|argument| !matches!(argument, Argument::None))
    }
    /// Returns the first argument that is there of several names, which operators have for the same thing.
    pub fn first(&self, names: &[&str]) -> Option<&Argument> {
        names.iter().find_map(|name| self.argument(name))
    }
    /// Returns the name of a tensor.
    pub fn tensor(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argument::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
    /// Returns the name of the tensor that an operator works on.
    pub fn input(&self) -> Option<&str> {
        self.tensor("input").or_else(|| self.tensor("self"))
    }
    pub fn int(&self, name: &str, default: i64) -> Option<i64> {
        match self.argument(name) {
            None => Some(default),
            Some(Argument::Int(Size::Known(number))) => Some(*number),
            Some(_) => None,
        }
    }
    /// Returns a list of numbers, or the one number that stands for all of them; an empty list if there is none.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        let known = |size: &Size| match size {
            Size::Known(number) => Some(*number),
            Size::Name(_) => None,
        };
        match self.argument(name) {
            None => Some(Vec::new()),
            Some(Argument::Int(size)) => known(size).map(|number| vec![number]),
            Some(Argument::Ints(sizes)) => sizes.iter().map(known).collect(),
            Some(_) => None,
        }
    }
    /// Returns the numbers of a window: one for each of its dimensions.
    pub fn window(&self, name: &str, dimensions: usize, default: i64) -> Option<Vec<i64>> {
        match &self.ints(name)?[..] {
            [] => Some(vec![default; dimensions]),
            [all] => Some(vec![*all; dimensions]),
            each => (each.len() == dimensions).then(|| each.to_vec()),
        }
    }
    pub fn number(&self, name: &str, default: f64) -> Option<f64> {
        self.argument(name).map_or(Some(default), number)
    }
    pub fn flag(&self, name: &str, default: bool) -> Option<bool> {
        match self.argument(name) {
            None => Some(default),
            Some(Argument::Bool(flag)) => Some(*flag),
            Some(_) => None,
        }
    }
    pub fn text(&self, name: &str, default: &str) -> Option<String> {
        match self.argument(name) {
            None => Some(default.into()),
            Some(Argument::Text(text)) => Some(text.clone()),
            Some(_) => None,
        }
    }
    /// Returns the names of all values that the node reads.
    pub fn reads(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for input in &self.inputs {
            match &input.arg {
                Argument::Tensor(name) | Argument::Computed(name) | Argument::Int(Size::Name(name)) => {
                    all.push(&**name)
                }
                Argument::Tensors(names) => all.extend(names.iter().flatten().map(|name| &**name)),
                Argument::Ints(sizes) => all.extend(sizes.iter().filter_map(|size| match size {
                    Size::Name(name) => Some(&**name),
                    Size::Known(_) => None,
                })),
                _ => {}
            }
        }
        all
    }
    /// Returns the names of all results.
    pub fn results(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for output in &self.outputs {
            match output {
                Argument::Tensor(name) | Argument::Computed(name) | Argument::Int(Size::Name(name)) => {
                    all.push(&**name)
                }
                Argument::Tensors(names) => all.extend(names.iter().flatten().map(|name| &**name)),
                _ => {}
            }
        }
        all
    }
}

/// Returns a number of any kind.
pub fn number(argument: &Argument) -> Option<f64> {
    match argument {
        Argument::Float(number) => Some(*number),
        Argument::Int(Size::Known(number)) => Some(*number as f64),
        Argument::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    }
}
