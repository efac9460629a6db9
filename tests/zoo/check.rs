//! Runs a network with the weights of `tests/fixtures/zoo.py` and compares all that PyTorch computed.

use crate::common::{Fixture, Word, agree};
use dl::io::Load;
use dl::loss::Loss;
use dl::pod::{flat, flat_mut, zeroed_box};
use dl::{Cpu, Device, Model, Pack, Pod, Role, Session, Training};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::slice::from_ref;

/// Tolerance of a pass through a deep network, in units of ε·max|expected|, or of what a norm's gradients are added up from
/// (`tests/fixtures/zoo.py`): as in `tests/common`, about three times what PyTorch's own float32 passes are off (53 at worst;
/// the script prints it).
const DEEP: f32 = 160.0;

/// The rules by which tensors of a file are found in a model.
pub enum Names {
    /// By their names, as this makes them.
    Torchvision(fn(&str) -> String),
    /// The first of the file is the first of the model.
    InOrder,
}

/// Numbers from -1 to 1: SplitMix64 from the FNV-1a hash of the name, its upper 24 bits.
fn uniform(name: &str, count: usize) -> impl Iterator<Item = f32> {
    let hash = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    (0..count).map(move |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// The numbers of a tensor: products keep their size, scales and variances are near 1, the rest near 0.
fn weights(name: &str, shape: &[usize]) -> Vec<u8> {
    let near = if name.ends_with("weight") || name.ends_with("running_var") { 1.0 } else { 0.0 };
    let fan = shape.iter().skip(1).product::<usize>();
    let (start, scale) = if shape.len() > 1 { (0.0, ((6.0 / fan as f64) as f32).sqrt()) } else { (near, 0.25) };
    let mut bytes = Vec::with_capacity(4 * shape.iter().product::<usize>());
    uniform(name, shape.iter().product()).for_each(|u| bytes.extend_from_slice(&(start + u * scale).to_le_bytes()));
    bytes
}

/// The network of `case` with its `state_dict`, and what each of its tensors is called there.
fn load<M: Model>(tensors: &[(String, Vec<usize>)], names: &Names) -> (Box<M>, HashMap<String, String>) {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(name, shape)| weights(name, shape)).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name, view.expect("as many bytes as the shape says"))
    });
    let file = safetensors::serialize(views, None).expect("a file in memory");
    let own = M::TENSORS.iter().map(|tensor| tensor.name);
    let in_model: HashMap<String, String> = match names {
        Names::Torchvision(rename) => tensors.iter().map(|(name, _)| (name.clone(), rename(name))).collect(),
        Names::InOrder => tensors.iter().map(|(name, _)| name.clone()).zip(own).collect(),
    };
    let net = Load::new().rename_with(|name| in_model.get(name).cloned()).from_bytes::<M>(&file).unwrap();
    (net, in_model.into_iter().map(|(file, model)| (model, file)).collect())
}

/// Compares `found` with the sum, the sum of absolute values and a sample of what is expected, by the measures of rounding
/// that the script wrote for an element and for a sum.
fn summary_agrees(what: &str, found: &[f32], expected: &[f32]) {
    let (&[sum, absolute, scale, all], sample) = expected.split_first_chunk().expect("four numbers and a sample");
    let within = |what: &str, found: f64, expected: f32, scale: f32| {
        let off = (found - f64::from(expected)).abs() / f64::from(f32::EPSILON * scale);
        assert!(off <= f64::from(DEEP), "{what}: found {found}, PyTorch has {expected}: {off:.1} units off");
    };
    let stride = found.len().div_ceil(16);
    assert_eq!(found.iter().step_by(stride).count(), sample.len(), "{what}");
    for (found, expected) in found.iter().step_by(stride).zip(sample) {
        within(what, f64::from(*found), *expected, scale);
    }
    within(&format!("sum of {what}"), found.iter().map(|&x| f64::from(x)).sum(), sum, all);
    within(&format!("size of {what}"), found.iter().map(|x| f64::from(x.abs())).sum(), absolute, all);
}

/// Runs `M` on the input of `case` as inference and as a training pass, and compares with PyTorch.
pub fn check<M, L>(case: &str, names: Names, loss: &L)
where
    M: Model<Input: Pod<Element = f32>>,
    M::Output: Pod<Element = f32> + Pack<Row = M::Output, Like<L::Target> = L::Target>,
    L: Loss<M::Output, Target: Pod<Element: Word>>,
{
    check_on::<M, L>(Cpu::new(), case, &names, loss);
    // The emulation would take minutes.
    #[cfg(feature = "cuda")]
    if dl_emulation::install() == dl_emulation::Status::Gpu {
        check_on::<M, L>(dl::Cuda::new(0).unwrap(), case, &names, loss);
    }
}

fn check_on<M, L>(device: impl Device, case: &str, names: &Names, loss: &L)
where
    M: Model<Input: Pod<Element = f32>>,
    M::Output: Pod<Element = f32> + Pack<Row = M::Output, Like<L::Target> = L::Target>,
    L: Loss<M::Output, Target: Pod<Element: Word>>,
{
    let fixture = Fixture::open("zoo.safetensors");
    let entry = |entry: &str| {
        let (name, shape) = entry.split_once(':').unwrap();
        (name.to_owned(), shape.split(',').map(|size| size.parse().unwrap()).collect())
    };
    let entries: Vec<(String, Vec<usize>)> = fixture.note(case).split(' ').map(entry).collect();
    let ((input, shape), tensors) = entries.split_first().unwrap();
    let (net, in_file) = load::<M>(tensors, names);

    let samples = shape[0];
    assert_eq!(shape.iter().product::<usize>(), samples * M::Input::LEN);
    let mut inputs: Vec<M::Input> = (0..samples).map(|_| *zeroed_box()).collect();
    flat_mut(&mut inputs).iter_mut().zip(uniform(input, usize::MAX)).for_each(|(to, x)| *to = x);
    let targets: Vec<L::Target> = fixture.samples(&format!("{case}/target"));
    let agrees = |found: &[f32], part: &str| {
        let name = format!("{case}/{part}");
        agree(&name, found, &fixture.floats(&name), DEEP);
    };

    let mut outputs: Vec<M::Output> = (0..samples).map(|_| *zeroed_box()).collect();
    Session::on(device.clone(), &net, samples).unwrap().predict_into(&inputs, &mut outputs).unwrap();
    agrees(flat(&outputs), if fixture.has(&format!("{case}/inference")) { "inference" } else { "output" });
    let mut training = Training::on(device, &net, samples).unwrap().with_input_gradients().unwrap();
    training.forward(&inputs).unwrap();
    let mut after = zeroed_box::<M>();
    training.store(&mut after).unwrap();
    training.outputs(&mut outputs).unwrap();
    agrees(flat(&outputs), "output");
    agrees(&[training.loss(loss, &targets).unwrap()], "loss");

    training.backward();
    training.input_gradients(&mut inputs).unwrap();
    summary_agrees("d_input", flat(&inputs), &fixture.floats(&format!("{case}/d_input")));
    let mut gradients = zeroed_box::<M>();
    training.gradients(&mut gradients).unwrap();
    let (after, gradients) = (flat(from_ref(&*after)), flat(from_ref(&*gradients)));
    let part = |tensor: &dl::TensorInfo| {
        let kind = if tensor.role == Role::Statistic { "after" } else { "gradients" };
        format!("{case}/{kind}/{}", in_file[&tensor.name])
    };
    for tensor in M::TENSORS.iter() {
        let gradients = &gradients[tensor.range()];
        let (name, expected) = (part(&tensor), fixture.floats(&part(&tensor)));
        if tensor.role == Role::Statistic {
            summary_agrees(&name, &after[tensor.range()], &expected);
            assert!(gradients.iter().all(|d| *d == 0.0), "{name}: a statistic has no gradient");
        } else {
            summary_agrees(&name, gradients, &expected);
        }
    }
}
