//! Names in a graph: every node and value has one of its own.

use std::collections::{HashMap, HashSet};

/// The names that are taken.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    counters: HashMap<String, usize>,
}

impl Names {
    /// Takes `name`, or `name_2`, … where a layer is used again.
    pub fn of_layer(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut uses = 1;
        while !self.taken.insert(unique.clone()) {
            uses += 1;
            unique = format!("{name}_{uses}");
        }
        unique
    }
    /// Takes `relu1`, `relu2`, … for an operator that belongs to no layer with weights.
    pub fn of_kind(&mut self, kind: &str) -> String {
        let counter = self.counters.entry(kind.into()).or_default();
        loop {
            *counter += 1;
            let name = format!("{kind}{counter}");
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// Writes the name of an operator as layers are written: `leaky_relu` for `LeakyRelu`.
pub(super) fn snake_case(operator: &str) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for character in operator.chars() {
        if character.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = character.is_ascii_lowercase();
        name.push(character.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        assert_eq!([names.of_layer("relu1"), names.of_layer("relu1")], ["relu1", "relu1_2"]);
        assert_eq!([names.of_kind("relu"), names.of_kind("relu")], ["relu2", "relu3"]);
        assert_eq!(
            ["LeakyRelu", "LSTM", "MatMul", "ReduceL2"].map(snake_case),
            ["leaky_relu", "lstm", "mat_mul", "reduce_l2"]
        );
    }
}
