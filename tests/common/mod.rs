//! Reads the PyTorch fixtures and compares: what `tests/pytorch_*.rs` share.
//!
//! # Tolerance
//! Expected values were computed in float64 (`tests/fixtures/generate.py`), so a difference is the rounding of the code
//! under test. It is measured against the largest number of the tensor, in units of ε·max|expected|, ε = 2⁻²³: an element
//! is a sum of products, whose rounding follows the size of what was added, not of what remained. A float32 result is
//! within half a unit at best; a sum of n products in any order adds about √n/4 more, and the sums here have up to
//! a few hundred terms. PyTorch's own float32 passes are 5.2 units off at worst over all operations, 6.7 over the networks
//! and 9.4 after ten training steps (the script prints it); [`PASS`] and [`STEPS`] allow about three times that for
//! another order of sums.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod devices;
pub mod places;

use devices::on_devices;
use dl::loss::Loss;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::{Device, Model, Pack, Pod, Session, Training};
use safetensors::{Dtype, SafeTensors};
use std::slice::{from_mut, from_ref};

/// Tolerance of one pass, in units of ε·max|expected|.
pub const PASS: f32 = 16.0;
/// Tolerance after ten training steps.
pub const STEPS: f32 = 32.0;

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
        let bytes = std::fs::read(places::fixture(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
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
    pub fn samples<T: Pod<Element: Word>>(&self, name: &str) -> Vec<T> {
        let elements = self.elements(name);
        assert_eq!(elements.len() % T::LEN, 0, "{name} is a batch of other samples");
        let sample = |elements: &[T::Element]| {
            let mut sample = zeroed_box::<T>();
            flat_mut(from_mut(&mut *sample)).copy_from_slice(elements);
            *sample
        };
        elements.chunks_exact(T::LEN).map(sample).collect()
    }
    /// Returns the entry `key` of the file's metadata.
    pub fn note(&self, key: &str) -> String {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).expect("a safetensors file");
        let notes = metadata.metadata().as_ref().expect("metadata");
        notes.get(key).unwrap_or_else(|| panic!("no note on {key}")).clone()
    }
    /// Returns `true` if the file has the tensor.
    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }
    /// A model with the tensors whose names begin with `prefix`: all of them, by name and shape.
    pub fn model<M: Model>(&self, prefix: &str) -> Box<M> {
        let tensors = self.tensors();
        let mut net = zeroed_box::<M>();
        let numbers = flat_mut(from_mut(&mut *net));
        for info in M::TENSORS.iter() {
            let name = format!("{prefix}{}", info.name);
            let found = tensors.tensor(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(found.shape(), info.shape, "shape of {name}");
            numbers[info.range()].copy_from_slice(&self.floats(&name));
        }
        let in_file = tensors.names().iter().filter(|name| name.starts_with(prefix)).count();
        assert_eq!(in_file, M::TENSORS.len(), "number of tensors under {prefix}");
        net
    }
}

/// Asserts that `found` is `expected` within `units` of ε·max|expected|.
pub fn agree(what: &str, found: &[f32], expected: &[f32], units: f32) {
    agree_at(what, found, expected, units, 0.0);
}

/// Does the same as [`agree`], where `size` is the size of numbers that cancel, if it is more than that of what remains.
fn agree_at(what: &str, found: &[f32], expected: &[f32], units: f32, size: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: number of elements");
    let largest = expected.iter().fold(size, |largest: f32, e| largest.max(e.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        let error = (f - e).abs() / (f32::EPSILON * largest.max(f32::MIN_POSITIVE));
        assert!(error <= units, "{what}[{i}]: found {f}, PyTorch has {e}: {error:.1} units off, {units} allowed");
    }
}

/// Runs `net` on a case's input as inference and as a training pass, and compares all that PyTorch computed: outputs,
/// loss, the gradient of every weight and of the input, and the running statistics afterwards. On every device.
pub fn check<M, L>(fixture: &Fixture, case: &str, net: &M, loss: &L)
where
    M: Model<Input: Pod<Element = f32>>,
    M::Output: Pod<Element = f32> + Pack<Row = M::Output, Like<L::Target> = L::Target>,
    L: Loss<M::Output, Target: Pod<Element: Word>>,
{
    on_devices!(|device| check_on(device, fixture, case, net, loss));
}

fn check_on<M, L>(device: impl Device, fixture: &Fixture, case: &str, net: &M, loss: &L)
where
    M: Model<Input: Pod<Element = f32>>,
    M::Output: Pod<Element = f32> + Pack<Row = M::Output, Like<L::Target> = L::Target>,
    L: Loss<M::Output, Target: Pod<Element: Word>>,
{
    let agrees = |found: &[f32], part: &str| {
        let (name, size) = (format!("{case}/{part}"), format!("{case}/size/{part}"));
        let size = if fixture.has(&size) { fixture.floats(&size)[0] } else { 0.0 };
        agree_at(&name, found, &fixture.floats(&name), PASS, size);
    };
    let mut inputs: Vec<M::Input> = fixture.samples(&format!("{case}/input"));
    let targets: Vec<L::Target> = fixture.samples(&format!("{case}/target"));

    // Only batch norm behaves differently in inference; elsewhere the file has the outputs once.
    let differs = fixture.has(&format!("{case}/inference"));
    let mut outputs: Vec<M::Output> = (0..inputs.len()).map(|_| *zeroed_box()).collect();
    Session::on(device.clone(), net, inputs.len()).unwrap().predict_into(&inputs, &mut outputs).unwrap();
    agrees(flat(&outputs), if differs { "inference" } else { "output" });

    let mut training = Training::on(device, net, inputs.len()).unwrap().with_input_gradients().unwrap();
    training.forward(&inputs).unwrap();
    let mut after = zeroed_box::<M>();
    training.store(&mut after).unwrap();
    training.outputs(&mut outputs).unwrap();
    agrees(flat(&outputs), "output");
    agrees(&[training.loss(loss, &targets).unwrap()], "loss");

    training.backward();
    training.input_gradients(&mut inputs).unwrap();
    agrees(flat(&inputs), "d_input");
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    let (after, gradients) = (flat(from_ref(&*after)), flat(from_ref(&*gradients)));
    for tensor in M::TENSORS.iter() {
        let (name, gradients) = (tensor.name.clone(), &gradients[tensor.range()]);
        if tensor.role == dl::Role::Statistic {
            agrees(&after[tensor.range()], &format!("after/{name}"));
            assert!(gradients.iter().all(|d| *d == 0.0), "{name} has no gradient");
        } else {
            agrees(gradients, &format!("gradients/{name}"));
        }
    }
}
