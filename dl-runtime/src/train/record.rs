//! The settings of a training as its checkpoints record them, and what differs when it is resumed.

use super::trainer::Trainer;
use crate::optim::schedule::Plateau;
use crate::optim::{Clip, Optimizer, WeightAverage};
use crate::session::Criterion;
use crate::tensor::Pack;
use crate::{Passes, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

/// A setting with which a training was resumed that differs from that of its checkpoint: see [`Trainer::resume`]. `Display` writes it as a
/// sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The first step with the new setting.
    pub since: u64,
    /// The name of the setting, such as `batch_size` or `optimizer.learning_rate`.
    pub setting: String,
    /// Its value in the checkpoint, as JSON.
    pub before: String,
    /// Its value now, as JSON.
    pub now: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { since, setting, before, now } = self;
        write!(f, "`{setting}` is {now} since step {since}; it was {before}")
    }
}

/// The settings that determine the results of a training, apart from the number of epochs.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The name of the loss.
    loss: String,
    pub seed: u64,
    batch_size: usize,
    accumulate: usize,
    drop_last: bool,
    training_samples: usize,
    validation_samples: Option<usize>,
    shuffle: bool,
    similar_lengths: bool,
    carry_state: bool,
    sampler: bool,
    early_stopping: Option<usize>,
    clip: Option<Clip>,
    pub average: Option<WeightAverage>,
    plateau: Option<Plateau>,
    /// `{ "by": "steps", "factor": … }`, or `null`.
    schedule: Value,
    optimizer: Value,
    /// The patterns of frozen tensors and groups, which must be the same.
    pub trained: String,
    /// The settings of each group.
    groups: Value,
}

impl Settings {
    /// Returns the settings of a trainer with a training set of so many samples.
    pub fn of<M, T, O, L, D>(trainer: &Trainer<'_, M, T, O, L, D>, samples: usize) -> Self
    where
        M: Passes,
        T: Pack,
        O: Optimizer,
        L: Criterion<M, Target = T>,
    {
        let schedule = trainer
            .schedule
            .as_ref()
            .map(|(schedule, unit)| json!({ "by": unit.name(), "factor": schedule.settings() }));
        Settings {
            loss: L::NAME.into(),
            seed: trainer.seed,
            batch_size: trainer.batch_size,
            accumulate: trainer.accumulate,
            drop_last: trainer.drops_last(),
            training_samples: samples,
            validation_samples: trainer.validation.map(|data| data.len()),
            shuffle: trainer.shuffles(),
            similar_lengths: trainer.similar_lengths,
            carry_state: trainer.carry_state,
            sampler: trainer.sampler.is_some(),
            early_stopping: trainer.patience,
            clip: trainer.clip,
            average: trainer.average,
            plateau: trainer.plateau,
            schedule: schedule.unwrap_or_default(),
            optimizer: serde_json::to_value(&trainer.optimizer).unwrap_or_default(),
            trained: trainer.tuning.text(),
            groups: trainer.tuning.group_settings(),
        }
    }
    /// Returns true if both settings make the same batches of the same samples in every epoch.
    pub fn same_batches(&self, other: &Self) -> bool {
        let batches = |s: &Self| (s.seed, s.batch_size, s.accumulate, s.drop_last, s.training_samples);
        let order = |s: &Self| (s.shuffle, s.similar_lengths, s.carry_state, s.sampler);
        batches(self) == batches(other) && order(self) == order(other)
    }
    /// Returns what differs from the settings of a checkpoint.
    ///
    /// # Errors
    /// None that a setting could cause: all of them fit into JSON.
    pub fn changes(&self, before: &Self, since: u64) -> Result<Vec<Change>, serde_json::Error> {
        let (before, now) = (serde_json::to_value(before)?, serde_json::to_value(self)?);
        let mut changes = Vec::new();
        compare("", &before, &now, &mut |setting, before: &Value, now: &Value| {
            changes.push(Change { since, setting, before: text(before), now: text(now) });
        });
        Ok(changes)
    }
}

/// Calls `differs` with the path of every value that is not the same.
fn compare(path: &str, before: &Value, now: &Value, differs: &mut impl FnMut(String, &Value, &Value)) {
    let (Value::Object(a), Value::Object(b)) = (before, now) else {
        if before != now {
            differs(path.into(), before, now);
        }
        return;
    };
    // Objects without a common field are values of different kinds.
    if !a.is_empty() && !b.is_empty() && !a.keys().any(|key| b.contains_key(key)) {
        return differs(path.into(), before, now);
    }
    let field = |object: &Map<String, Value>, key: &str| object.get(key).cloned().unwrap_or_default();
    for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(&path, &field(a, key), &field(b, key), differs);
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_by_its_path() {
        let told = |before: Value, now: Value| {
            let mut told = Vec::new();
            compare("", &before, &now, &mut |path, a, b| told.push(format!("{path}: {} -> {}", text(a), text(b))));
            told
        };
        assert_eq!(told(json!({ "a": 1, "b": { "c": [1, 2] } }), json!({ "a": 1, "b": { "c": [1, 2] } })), [""; 0]);
        assert_eq!(
            told(json!({ "a": { "b": 0.1, "c": 2 } }), json!({ "a": { "b": 0.2, "c": 2 } })),
            ["a.b: 0.1 -> 0.2"]
        );
        assert_eq!(told(json!({ "a": null }), json!({ "a": { "b": 1 } })), [r#"a: none -> {"b":1}"#]);
        assert_eq!(told(json!({ "a": { "x": 1 } }), json!({ "a": { "y": 1 } })), [r#"a: {"x":1} -> {"y":1}"#]);
        assert_eq!(told(json!({ "a": { "x": 1, "y": 2 } }), json!({ "a": { "x": 1 } })), ["a.y: 2 -> none"]);
    }
}
