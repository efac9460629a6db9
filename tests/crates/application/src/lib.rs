//! The facade under another name, and models of another crate inside a model of this one.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings)]

pub mod beside;

use deep::prelude::*;
use dl_test_encoder::Shift;

deep::model! {
    /// Two encoders with the same weights, and a layer written by hand.
    pub Compare(left: [8], right: [8]) -> [1] {
        let a = left -> dl_test_encoder::Encoder: [4] as encoder;
        let b = right -> encoder;
        (a - b) -> Shift<4>: [4] as shift -> tanh -> dense(1) as score
    }
    loss(same: [1]) { mse(output, same) }
}

/// A `Compare` that was trained a little, and the loss before and after.
pub fn trained() -> deep::Result<(Box<Compare>, f32, f32)> {
    let mut net = Compare::init(1);
    let samples: Vec<CompareInput> =
        (0..16).map(|i| CompareInput { left: [i as f32 / 16.0; 8], right: [(i % 3) as f32 / 3.0; 8] }).collect();
    let targets: Vec<[f32; 1]> = samples.iter().map(|s| [s.left[0] - s.right[0]]).collect();
    let mut training = net.training(Cpu::new(), samples.len())?;
    let mut losses = Vec::new();
    for _ in 0..200 {
        training.forward(&samples)?;
        losses.push(training.objective(&targets)?);
        training.backward();
        training.step(&Adam::new(1e-2))?;
    }
    training.store(&mut net)?;
    Ok((net, losses[0], losses[losses.len() - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_another_crate_learns_inside_one_of_this() {
        let (net, before, after) = trained().unwrap();
        assert!(after < 0.1 * before, "{before} {after}");
        let names: Vec<String> = Compare::TENSORS.iter().map(|tensor| tensor.name).collect();
        assert_eq!(names[0], "encoder.dense1.weight");
        // The part is a model in its own right.
        let alone: &dl_test_encoder::Encoder = &net.encoder;
        assert_eq!(alone.predict_one(&[0.5; 8]).len(), 4);
    }
}
