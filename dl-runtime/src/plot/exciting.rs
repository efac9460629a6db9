//! The input that a network answers most to: gradient ascent on the input, with the weights as they are.

use crate::ops::loss::Loss;
use crate::tensor::Pack;
use crate::tensor::pod::{flat, flat_mut, zeroed_box};
use crate::{Context, Cpu, Device, Error, Passes, Pod, Result, Training, View, ViewMut};
use std::ops::Range;
use std::slice;

/// The length of a step, relative to the norm of the input.
const STEP: f64 = 0.05;

/// Changes an input until it makes some numbers of the output as large as possible (Erhan, Bengio, Courville, Vincent, "Visualizing
/// higher-layer features of a deep network", 2009).
///
/// `outputs` is a range of the numbers of the output, whose mean grows: `3..4` is the logit of class 3, and a channel of a `[c, h, w]` is
/// `channel * h * w..(channel + 1) * h * w`. To see what a layer in the middle looks for, declare the layers up to it as a model inside
/// the model. Each step goes along the gradient by 5 % of the norm of the input, and keeps this norm: that of `start`, which may be
/// noise, or a sample of the data.
///
/// The passes are those of training: `dropout` draws masks, and `batch_norm` measures this one input.
///
/// ```
/// # use dl_runtime as dl;
/// # fn example<LeNet: dl::Model<Input = [[[f32; 28]; 28]; 1], Output = [f32; 10]>>(net: &LeNet) -> dl::Result<()> {
/// use dl::plot::{Image, exciting_input};
/// let mut noise = dl::random::Rng::new(1);
/// let start = [[[(); 28]; 28]; 1].map(|rows| rows.map(|row| row.map(|()| noise.normal())));
/// let three = exciting_input(net, &start, 3..4, 200)?;
/// Image::of(&*three).enlarged(8).save("three.png")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Returns [`Error::Setting`] for a range that is empty or outside of the output, and [`Error::NotFinite`] if the numbers overflow.
pub fn exciting_input<M: Passes>(
    net: &M,
    start: &M::Input,
    outputs: Range<usize>,
    steps: usize,
) -> Result<Box<M::Input>>
where
    M::Input: Pod<Element = f32>,
{
    let numbers = <M::Output as Pack>::Row::LEN;
    if outputs.is_empty() || outputs.end > numbers {
        let expected = format!("a range within 0..{numbers}, the numbers of the output");
        return Err(Error::Setting {
            setting: "outputs",
            of: "exciting_input",
            expected,
            found: format!("{outputs:?}"),
        });
    }
    let mut training = Training::on(Cpu::new(), net, 1)?.with_input_gradients()?;
    let (mut input, mut gradient) = (zeroed_box::<M::Input>(), zeroed_box::<M::Input>());
    flat_mut(slice::from_mut(&mut *input)).copy_from_slice(flat(slice::from_ref(start)));
    let norm = |of: &M::Input| flat(slice::from_ref(of)).iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let kept = norm(start);
    for _ in 0..steps {
        training.forward(slice::from_ref(&*input))?;
        training.loss(&Mean(outputs.clone()), &<M::Output as Pack>::Like::<f32>::samples(1))?;
        training.backward();
        training.input_gradients(slice::from_mut(&mut *gradient))?;
        training.zero_gradients();
        let slope = norm(&gradient);
        if slope == 0.0 {
            break;
        }
        let pairs = flat_mut(slice::from_mut(&mut *input)).iter_mut().zip(flat(slice::from_ref(&*gradient)));
        pairs.for_each(|(x, d)| *x -= (STEP * kept * f64::from(*d) / slope) as f32);
        let factor = kept / norm(&input);
        flat_mut(slice::from_mut(&mut *input)).iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32);
    }
    Ok(input)
}

/// The negative mean of a range of the numbers of an output: a loss without a target.
struct Mean(Range<usize>);

impl<Y: Pod<Element = f32>> Loss<Y> for Mean {
    type Target = f32;
    const NAME: &'static str = "negative mean";

    fn check(&self, _: &[f32]) -> Result<()> {
        Ok(())
    }
    fn loss<D: Device>(
        &self,
        context: &Context<'_, D>,
        output: View<'_, D, Y>,
        _: View<'_, D, f32>,
        losses: ViewMut<'_, D, f32>,
        d_output: Option<ViewMut<'_, D, Y>>,
    ) {
        let (device, n, share) = (context.device, output.len(), 1.0 / self.0.len() as f32);
        let (mut numbers, mut slopes) = (vec![0.0; n * Y::LEN], vec![0.0; n * Y::LEN]);
        let read = device.download(output.data(), &mut numbers);
        let means: Vec<f32> =
            numbers.chunks(Y::LEN).map(|of| -share * of[self.0.clone()].iter().sum::<f32>()).collect();
        slopes.chunks_mut(Y::LEN).for_each(|of| of[self.0.clone()].fill(-share / n as f32));
        let written = read.and_then(|()| device.upload(&means, losses.into_data()));
        let written = written.and_then(|()| d_output.map_or(Ok(()), |d| device.upload(&slopes, d.into_data())));
        written.unwrap_or_else(|error| device.fail(error));
    }
}
