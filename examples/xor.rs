//! Exclusive or, the smallest problem that one layer cannot solve: `cargo run --release --example xor`.
//!
//! A perceptron draws one straight line between its answers, and no line parts the two cases of "different" from the
//! two of "equal" (Minsky and Papert, "Perceptrons", 1969). A hidden layer of eight units is enough.

use dl::data::Dataset;
use dl::prelude::*;

model! {
    /// One layer: one line.
    pub Perceptron(x: [2]) -> [1] { x -> dense(1) }

    /// A hidden layer before it: lines that are combined.
    pub Mlp(x: [2]) -> [1] { x -> dense(8) -> tanh -> dense(1) }
}

const X: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const XOR: [[f32; 1]; 4] = [[0.0], [1.0], [1.0], [0.0]];

fn main() -> dl::Result<()> {
    learn::<Perceptron>()?;
    learn::<Mlp>()
}

/// Trains a network on the four cases and prints what it answers.
fn learn<M: Model<Input = [f32; 2], Output = [f32; 1]>>() -> dl::Result<()> {
    let cases = Dataset::new(X.to_vec(), XOR.to_vec())?;
    let mut net = M::init(42);
    // The output is a logit, positive for "different"; this loss reads it as the probability 1 / (1 + exp(-logit)).
    Trainer::new(Adam::new(0.05)).loss(BceWithLogits).epochs(300).batch_size(4).quiet().fit(&mut net, &cases)?;

    println!("{}: {} numbers learned", M::NAME, M::PARAMETERS);
    let mut right = 0;
    for ((x, [logit]), [answer]) in X.iter().zip(net.predict(&X)).zip(XOR) {
        let probability = 1.0 / (1.0 + (-logit).exp());
        let correct = (probability > 0.5) == (answer == 1.0);
        right += i32::from(correct);
        let verdict = if correct { "right" } else { "wrong" };
        println!("  {} xor {} is 1 with {:5.1}%: {verdict}", x[0], x[1], 100.0 * probability);
    }
    println!("  {right} of 4 right\n");
    Ok(())
}
