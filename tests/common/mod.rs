//! Reads the PyTorch fixtures and compares: what `tests/pytorch_*.rs` share.
//!
//! # Tolerance
//! What is expected was computed in float64 (`tests/fixtures/generate.py`), so a difference is the rounding of the code
//! under test. It is measured against the largest number of the tensor, in units of ε·max|expected|, ε = 2⁻²³: an element
//! is a sum of products, whose rounding follows the size of what was added, not of what remained. A float32 result is
//! within half a unit at best; a sum of n products in any order adds about √n/4 more, and the sums here have up to
//! a few hundred terms. PyTorch's own float32 passes are 5.2 units off at worst over all operations, 6.7 over the networks
//! and 9.4 after ten training steps (the script prints it); [`PASS`] and [`STEPS`] allow about three times that for
//! another order of sums.
#![allow(dead_code, reason = "every test file uses a part of it")]

use dl::loss::Loss;
use dl::plain::{flat, flat_mut, zeroed_box};
use dl::{Cpu, Model, Pass, Plain, Session, View, ViewMut};
use safetensors::{Dtype, SafeTensors};
use std::path::PathBuf;
use std::slice::{from_mut, from_ref};

/// Tolerance of one pass, in units of ε·max|expected|.
pub const PASS: f32 = 16.0;
/// Tolerance after ten training steps.
pub const STEPS: f32 = 32.0;

/// The path of a committed fixture.
pub fn path(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", file].iter().collect()
}

/// An element type of the files.
pub trait Word: Copy {
    /// Its name in safetensors.
    const DTYPE: Dtype;
    /// From its bytes.
    fn of(bytes: [u8; 4]) -> Self;
}

impl Word for f32 {
    const DTYPE: Dtype = Dtype::F32;
    fn of(bytes: [u8; 4]) -> f32 {
        f32::from_le_bytes(bytes)
    }
}

impl Word for u32 {
    const DTYPE: Dtype = Dtype::U32;
    fn of(bytes: [u8; 4]) -> u32 {
        u32::from_le_bytes(bytes)
    }
}

/// A file of fixtures.
pub struct Fixture {
    bytes: Vec<u8>,
}

impl Fixture {
    /// Reads `file`, such as `ops.safetensors`.
    pub fn open(file: &str) -> Self {
        let bytes = std::fs::read(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        Fixture { bytes }
    }
    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).expect("a safetensors file")
    }
    fn elements<E: Word>(&self, name: &str) -> Vec<E> {
        let tensors = self.tensors();
        let tensor = tensors.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tensor.dtype(), E::DTYPE, "{name}");
        tensor.data().chunks_exact(4).map(|word| E::of(word.try_into().unwrap())).collect()
    }
    /// The numbers of a tensor.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.elements(name)
    }
    /// A tensor of numbers or classes as a batch of samples or targets.
    pub fn samples<T: Plain<Element: Word>>(&self, name: &str) -> Vec<T> {
        let elements = self.elements(name);
        assert_eq!(elements.len() % T::LEN, 0, "{name} is a batch of other samples");
        let sample = |elements: &[T::Element]| {
            let mut sample = zeroed_box::<T>();
            flat_mut(from_mut(&mut *sample)).copy_from_slice(elements);
            *sample
        };
        elements.chunks_exact(T::LEN).map(sample).collect()
    }
    /// Whether the file has the tensor.
    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }
    /// A model with the tensors whose names begin with `prefix`: all of them, by name and shape.
    pub fn model<M: Model>(&self, prefix: &str) -> Box<M> {
        let tensors = self.tensors();
        let mut net = zeroed_box::<M>();
        let numbers = flat_mut(from_mut(&mut *net));
        for info in M::TENSORS {
            let name = format!("{prefix}{}", info.name);
            let found = tensors.tensor(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(found.shape(), info.shape, "shape of {name}");
            numbers[info.offset / 4..][..info.len()].copy_from_slice(&self.floats(&name));
        }
        let in_file = tensors.names().iter().filter(|name| name.starts_with(prefix)).count();
        assert_eq!(in_file, M::TENSORS.len(), "number of tensors under {prefix}");
        net
    }
}

/// Asserts that `found` is `expected` within `units` of ε·max|expected|.
pub fn agree(what: &str, found: &[f32], expected: &[f32], units: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: number of elements");
    let largest = expected.iter().fold(0.0, |largest: f32, e| largest.max(e.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        let error = (f - e).abs() / (f32::EPSILON * largest.max(f32::MIN_POSITIVE));
        assert!(error <= units, "{what}[{i}]: found {f}, PyTorch has {e}: {error:.1} units off, {units} allowed");
    }
}

/// Runs `net` on a case's input as inference and as a training pass, and compares all that PyTorch computed: outputs,
/// loss, the gradient of every weight and of the input, and the running statistics afterwards.
pub fn check<M, L>(fixture: &Fixture, case: &str, net: &M, loss: &L)
where
    M: Model<Input: Plain<Element = f32>>,
    L: Loss<M::Output, Target: Plain<Element: Word>>,
{
    let floats = |part: &str| fixture.floats(&format!("{case}/{part}"));
    let inputs: Vec<M::Input> = fixture.samples(&format!("{case}/input"));
    let targets: Vec<L::Target> = fixture.samples(&format!("{case}/target"));
    let n = inputs.len();
    let device = Cpu::new();

    let mut session = Session::on(device.clone(), net, n).unwrap();
    let mut predictions: Vec<M::Output> = (0..n).map(|_| *zeroed_box()).collect();
    session.predict_into(&inputs, &mut predictions).unwrap();
    let inference = if fixture.has(&format!("{case}/inference")) { "inference" } else { "output" };
    agree(&format!("{case}: inference"), flat(&predictions), &floats(inference), PASS);

    // By the passes themselves, as a session calls them.
    let (mut outputs, mut d_output) = (vec![0.0; n * M::Output::LEN], vec![0.0; n * M::Output::LEN]);
    let (mut losses, mut d_input) = (vec![0.0; n], vec![0.0; n * M::Input::LEN]);
    let pass = Pass { device: &device, seed: 0 };
    let (net, inputs) = (View::new(flat(from_ref(net)), 1), View::new(flat(&inputs), n));
    let mut slots = M::training(&device, n).unwrap();
    M::forward(&pass, net, inputs, &mut slots, ViewMut::new(&mut outputs[..], n));
    agree(&format!("{case}: output"), &outputs, &floats("output"), PASS);

    let views = (View::new(&outputs[..], n), View::new(flat(&targets), n));
    loss.loss(&pass, views.0, views.1, ViewMut::new(&mut losses[..], n), Some(ViewMut::new(&mut d_output[..], n)));
    let mean = losses.iter().map(|&l| f64::from(l)).sum::<f64>() / n as f64;
    agree(&format!("{case}: loss"), &[mean as f32], &floats("loss"), PASS);

    let mut gradient = zeroed_box::<M>();
    let gradient = flat_mut(from_mut(&mut *gradient));
    M::backward(
        &pass,
        net,
        inputs,
        &mut slots,
        View::new(&outputs[..], n),
        ViewMut::new(&mut d_output[..], n),
        ViewMut::new(&mut *gradient, 1),
        Some(ViewMut::new(&mut d_input[..], n)),
    );
    agree(&format!("{case}: gradient of the input"), &d_input, &floats("d_input"), PASS);
    for info in M::TENSORS {
        let (name, range) = (info.name, info.offset / 4..info.offset / 4 + info.len());
        if info.role == dl::Role::Statistic {
            // What an optimizer takes away from the statistic.
            let after: Vec<f32> = net.data()[range.clone()].iter().zip(&gradient[range]).map(|(w, d)| w - d).collect();
            agree(&format!("{case}: {name} afterwards"), &after, &floats(&format!("after/{name}")), PASS);
        } else {
            let expected = floats(&format!("gradients/{name}"));
            agree(&format!("{case}: gradient of {name}"), &gradient[range], &expected, PASS);
        }
    }
}
