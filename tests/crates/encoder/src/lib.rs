//! A crate with a model for other crates: a network declared here, and a layer written by hand.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings)]

dl::model! {
    /// Eight features to four.
    pub Encoder(x: [8]) -> [4] {
        x -> dense(6) -> relu -> dense(4)
    }
}

dl::layer! {
    /// Adds a number to each feature.
    pub struct Shift<const N: usize> {
        /// One for each feature.
        pub by: [f32; N] as Bias,
    }
}

impl<const N: usize> dl::Layer for Shift<N> {
    type Input = [f32; N];
    type Output = [f32; N];

    fn init(&mut self, _: &mut dl::init::Rng) {}
    fn forward(&self, inputs: &[[f32; N]], outputs: &mut [[f32; N]]) {
        for (x, y) in inputs.iter().zip(outputs) {
            (0..N).for_each(|i| y[i] = x[i] + self.by[i]);
        }
    }
    fn backward(
        &self,
        _: &[[f32; N]],
        _: &[[f32; N]],
        d_outputs: &[[f32; N]],
        d_weights: &mut Self,
        d_inputs: &mut [[f32; N]],
    ) {
        d_inputs.copy_from_slice(d_outputs);
        d_outputs.iter().for_each(|d| (0..N).for_each(|i| d_weights.by[i] += d[i]));
    }
}
