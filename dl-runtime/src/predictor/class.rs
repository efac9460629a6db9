//! The class of an input, by name.

use super::Predictor;
use crate::metrics::Scores;
use crate::network::Passes;
use crate::tensor::Pack;
use crate::{Error, Model, Result};

/// The class that a network finds most probable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its index among the classes.
    pub index: usize,
    /// Its probability: of logits their softmax, of a single logit its sigmoid.
    pub probability: f64,
}

impl<M: Model> Predictor<M> {
    /// Returns the most probable class of a raw input. Outputs are logits, unless the last layer of the model is `softmax` or `sigmoid`.
    ///
    /// # Errors
    /// [`Error::Setting`] without classes, [`Error::InputNotFinite`] for a NaN or an infinity in the input, and the errors of tokens and
    /// lengths.
    pub fn classify(&self, raw: &M::Input) -> Result<Class<'_>> {
        let names = self.class_names();
        if names.is_empty() {
            let (expected, found) = ("the names of the classes".into(), "none".into());
            return Err(Error::Setting { setting: "classes", of: "Predictor", expected, found });
        }
        M::check_inputs(std::slice::from_ref(raw))?;
        for part in 0..M::Input::PARTS.len() {
            if let Some((_, value)) = crate::tensor::Element::first_not_finite(raw.part(part)) {
                return Err(Error::InputNotFinite { sample: 0, value });
            }
        }
        let output = self.predict_one(raw);
        let (index, probability) = best(output.part(0), last_layer::<M>());
        Ok(Class { name: &names[index], index, probability })
    }
}

/// Returns the most probable class of an output, and its probability.
fn best(output: &[f32], last_layer: &str) -> (usize, f64) {
    if let [score] = *output {
        let score = f64::from(score);
        let second = if last_layer == "sigmoid" { score } else { 1.0 / (1.0 + (-score).exp()) };
        return if second > 0.5 { (1, second) } else { (0, 1.0 - second) };
    }
    let scores = match last_layer {
        "softmax" | "sigmoid" => Scores::probabilities(output),
        _ => Scores::logits(output),
    };
    let index = scores.largest().map_or(0, |class| class as usize);
    (index, scores.to_probabilities().nth(index).unwrap_or(f64::NAN))
}

/// Returns the kind of the last layer, without its arguments.
fn last_layer<M: Passes>() -> &'static str {
    let layer = M::LAYERS.last().map_or("", |layer| layer.layer);
    layer.split_once('(').map_or(layer, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_become_probabilities() {
        let close =
            |(index, p): (usize, f64), class, probability: f64| index == class && (p - probability).abs() < 1e-6;
        assert!(close(best(&[0.0, 2.0, 1.0], "dense"), 1, 0.665_240_9));
        assert!(close(best(&[0.2, 0.1, 0.7], "softmax"), 2, 0.7));
        assert!(close(best(&[0.0], "dense"), 0, 0.5));
        assert!(close(best(&[2.0], "dense"), 1, 0.880_797_1));
        assert!(close(best(&[-2.0], "dense"), 0, 0.880_797_1));
        assert!(close(best(&[0.25], "sigmoid"), 0, 0.75));
        assert!(best(&[f32::NAN, 0.0], "dense").1.is_nan());
    }
}
