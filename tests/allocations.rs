//! After the first step, training and prediction allocate nothing.

#[cfg(feature = "cuda")]
#[path = "common/devices.rs"]
mod devices;

use dl::prelude::*;
use dl::sampling::Sampler;
use dl::train::StepEnd;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The system's allocator, counting calls of all threads.
struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
/// `true` if memory counts too that is aligned to registers.
static ALL: AtomicBool = AtomicBool::new(true);

/// `true` if matrices are multiplied by kernels of dl. Where there are none the crate `matrixmultiply` does it, which allocates
/// its packed operands in every product: memory aligned to registers, as dl asks for none.
const OWN_PRODUCTS: bool = cfg!(target_arch = "x86_64");

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() < 16 || ALL.load(Ordering::Relaxed) {
            CALLS.fetch_add(1, Ordering::Relaxed);
        }
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as our caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

model! {
    block maths(x: [c, h, w]) {
        let y = (x * (x -> max(axis: [1, 2], keep: true))) -> softmax -> group_norm(4) -> prelu -> gaussian_noise(0.1);
        let z = concat(y -> slice(0, 8), x -> slice(8, 16)) -> reshape([c, h * w]) -> l2_normalize -> rms_norm;
        x + (matmul(z, z -> transpose) -> softmax(axis: -1) -> matmul(z) -> reshape([c, h, w]))
    }

    Everything(image: [3, 12, 12]) -> [10] {
        let x = image -> conv2d(8, 3, padding: 1) -> batch_norm -> relu;
        (x + (x -> conv2d(8, 3, padding: 1) -> gelu)) -> max_pool2d(2)
            -> conv2d(16, 3, groups: 2, bias: false) -> silu -> avg_pool2d(2) -> maths -> flatten
            -> dense(200) -> layer_norm -> tanh -> reshape([20, 10])
            -> lstm(12, layers: 2, bidirectional: true, dropout: 0.1) -> gru(5) -> rnn(6) -> flatten -> dropout(0.2) -> dense(10)
    }

    Carried(x: [6, 3]) -> [6, 4] { x -> lstm(4, layers: 2) -> gru(4) }

    Pairs(a: [20], b: [20]) -> [5] {
        let x = a -> dense(5) as encoder;
        let y = b -> encoder;
        x
    } loss(class: u32, same: f32) {
        cross_entropy(x, class) + 0.5 * nt_xent(x, y) + cosine_embedding(x, y, same) + mse(x, y)
    }
}

model! {
    /// More weights than anything that is computed.
    Wide(x: [300]) -> [300] { x -> dense(300) -> tanh -> dense(300) }

    Waves(x: [.., 6]) -> [.., 4] {
        x -> conv1d(8, 3, padding: causal) -> relu -> conv1d(8, 3, padding: causal, dilation: 2, groups: 8)
            -> stochastic_depth(0.1) -> conv1d(4, 3, padding: causal)
    }
}

type Image = [[[f32; 12]; 12]; 3];

fn allocations(mut work: impl FnMut()) -> usize {
    let before = CALLS.load(Ordering::Relaxed);
    work();
    CALLS.load(Ordering::Relaxed) - before
}

/// Allocations in five steps after the first `warm` ones.
fn in_steps<D: Device>(device: D, net: &Everything, inputs: &[Image], targets: &[u32], warm: usize) -> usize {
    let mut training = net.training(device, 32).unwrap();
    let mut step = || {
        training.forward(inputs).unwrap();
        training.loss(&CrossEntropy, targets).unwrap();
        training.backward();
        training.clip(Clip::Norm(1.0)).unwrap();
        training.step(&Adam::new(1e-3)).unwrap();
    };
    (0..warm).for_each(|_| step());
    // New threads, the pool's and the test harness's, allocate as they start.
    std::thread::sleep(std::time::Duration::from_millis(100));
    allocations(|| (0..5).for_each(|_| step()))
}

/// Returns a callback that records the number of allocations since its last call.
fn recording(seen: &mut Vec<usize>) -> impl FnMut(&StepEnd) {
    let mut last = 0;
    move |_| {
        let calls = CALLS.load(Ordering::Relaxed);
        seen.push(calls - std::mem::replace(&mut last, calls));
    }
}

// One test only: the counter counts every thread of the process.
#[test]
fn steps_and_predictions_allocate_nothing_after_the_first() {
    ALL.store(OWN_PRODUCTS, Ordering::Relaxed);
    let net = Everything::init(1);
    let inputs = vec![[[[0.5; 12]; 12]; 3]; 32];
    let targets: Vec<u32> = (0..32).map(|i| i % 10).collect();
    for threads in [1, 2] {
        let cpu = Cpu::with_threads(threads);
        assert_eq!(in_steps(cpu.clone(), &net, &inputs, &targets, 1), 0, "training on {threads} threads");

        // The trainer too, between one step and the next; the last batch is a short one, whose kernels
        // may ask for scratch memory of their own when they first run.
        let data = dl::data::Dataset::new(inputs.repeat(3), targets.repeat(3)).unwrap();
        let mut seen = Vec::with_capacity(100);
        Trainer::new(RmsProp::new(1e-3))
            .loss(CrossEntropy)
            .on(cpu.clone())
            .epochs(2)
            .batch_size(10)
            .clip(Clip::Value(0.1))
            .schedule(|step: f64| 1.0 / (1.0 + step))
            .metric(dl::train::TopK::new(3))
            .on_step(recording(&mut seen))
            .quiet()
            .fit(&mut Everything::init(1), &data)
            .unwrap();
        assert_eq!((seen.len(), &seen[1..9], &seen[11..]), (20, &[0; 8][..], &[0; 9][..]), "{threads} threads");

        // Metrics of all scores grow in the first epoch, and keep their memory.
        let mut seen = Vec::with_capacity(100);
        Trainer::new(RmsProp::new(1e-3))
            .loss(CrossEntropy)
            .on(cpu.clone())
            .epochs(2)
            .batch_size(10)
            .metric(dl::train::F1::new(dl::train::Average::Macro))
            .metric(dl::train::RocAuc::new())
            .metric(dl::train::CalibrationError::new())
            .watch(1)
            .on_step(recording(&mut seen))
            .quiet()
            .fit(&mut Everything::init(1), &data)
            .unwrap();
        assert_eq!((seen.len(), &seen[11..]), (20, &[0; 9][..]), "{threads} threads");

        // A thread that makes the samples ahead of the steps allocates nothing once it has made its first batch.
        let affine = dl::data::augment::Affine::new(9.0, 0.9..=1.1, 1.0).unwrap();
        let source = data.augmented(|image, rng, to: &mut Image| {
            *to = *image;
            affine.apply(to, rng);
        });
        let mut seen = Vec::with_capacity(100);
        Trainer::new(RmsProp::new(1e-3))
            .loss(CrossEntropy)
            .on(cpu.clone())
            .epochs(2)
            .batch_size(10)
            .loaders(1)
            .on_step(recording(&mut seen))
            .quiet()
            .fit_source(&mut Everything::init(1), &source)
            .unwrap();
        assert_eq!(
            (seen.len(), &seen[5..9], &seen[11..]),
            (20, &[0; 4][..], &[0; 9][..]),
            "a source, {threads} threads"
        );

        let pairs = vec![PairsInput { a: [0.5; 20], b: [1.5; 20] }; 300];
        let targets = vec![PairsTarget { class: 3, same: -1.0 }; 300];
        let mut training = Pairs::init(1).training(cpu.clone(), 300).unwrap();
        let mut step = || {
            training.forward(&pairs).unwrap();
            training.objective(&targets).unwrap();
            training.backward();
            training.step(&Adam::new(1e-3)).unwrap();
            training.evaluate_objective(&pairs, &targets).unwrap();
        };
        step();
        assert_eq!(allocations(|| (0..5).for_each(|_| step())), 0, "own losses on {threads} threads");

        let waves: Vec<Vec<[f32; 6]>> = (0..20).map(|i| vec![[0.5; 6]; 1 + i * 7 % 30]).collect();
        let targets: Vec<Vec<[f32; 4]>> = waves.iter().map(|rows| vec![[1.0; 4]; rows.len()]).collect();
        let mut training = Waves::init(1).training(cpu.clone(), 20).unwrap();
        let mut step = || {
            training.forward(&waves).unwrap();
            training.loss(&dl::loss::Mse, &targets).unwrap();
            training.backward();
            training.step(&Adam::new(1e-3)).unwrap();
        };
        step();
        assert_eq!(allocations(|| (0..5).for_each(|_| step())), 0, "convolutions along time on {threads} threads");
        let mut session = Waves::init(1).session(cpu.clone(), 20).unwrap();
        let (mut state, mut outputs) = (session.state(20, 1000).unwrap(), targets);
        let mut step = || session.step(&mut state, &waves, &mut outputs).unwrap();
        step();
        assert_eq!(allocations(|| (0..5).for_each(|_| step())), 0, "steps on {threads} threads");

        let windows = vec![[[0.5; 3]; 6]; 20];
        let targets = vec![[[0.1; 4]; 6]; 20];
        let mut training = Carried::init(1).training(cpu.clone(), 20).unwrap().carry_state(true).unwrap();
        let mut step = || {
            training.forward(&windows).unwrap();
            training.loss(&dl::loss::Mse, &targets).unwrap();
            training.backward();
            training.step(&Adam::new(1e-3)).unwrap();
        };
        step();
        assert_eq!(allocations(|| (0..5).for_each(|_| step())), 0, "carried states on {threads} threads");

        let mut session = net.session(cpu.clone(), 32).unwrap();
        let mut outputs = vec![[0.0; 10]; 32];
        session.predict_into(&inputs, &mut outputs).unwrap();
        assert_eq!(
            allocations(|| session.predict_into(&inputs, &mut outputs).unwrap()),
            0,
            "a batch on {threads} threads"
        );
        assert_eq!(allocations(|| _ = session.predict_one(&inputs[0])), 0, "one prediction on {threads} threads");

        let nets = [1, 2].map(|seed| std::sync::Arc::<Wide>::from(Wide::init(seed)));
        let (before, inputs, mut outputs) = (BYTES.load(Ordering::Relaxed), [[0.5; 300]; 8], [[0.0; 300]; 8]);
        let mut sessions = [0, 1].map(|i| Session::sharing(cpu.clone(), nets[i].clone(), 8).unwrap());
        sessions.iter_mut().for_each(|session| session.predict_into(&inputs, &mut outputs).unwrap());
        let bytes = BYTES.load(Ordering::Relaxed) - before;
        assert!(bytes < size_of::<Wide>() / 2, "{bytes} bytes for two sessions of shared weights");
        let mut exchange = || {
            for net in &nets {
                sessions[0].share(net.clone()).unwrap();
                sessions[0].predict_into(&inputs, &mut outputs).unwrap();
                sessions[0].predict_one(&inputs[0]);
            }
        };
        assert_eq!(allocations(&mut exchange), 0, "exchanged weights on {threads} threads");
    }
    // On a GPU the second step records what the third begins with, in pinned memory that takes turns.
    #[cfg(feature = "cuda")]
    if let Some(cuda) = devices::cuda() {
        assert_eq!(in_steps(cuda.clone(), &net, &inputs, &targets, 5), 0, "training on CUDA");
        let (mut session, mut outputs) = (net.session(cuda.clone(), 32).unwrap(), vec![[0.0; 10]; 32]);
        let before = cuda.counts();
        let mut predict = || session.predict_into(&inputs, &mut outputs).unwrap();
        (0..5).for_each(|_| predict());
        assert_eq!(allocations(&mut predict), 0, "a batch on CUDA");
        assert_eq!(cuda.counts().graphs, before.graphs + 1);
    }
    // At the end, since the harness itself allocates while a test begins.
    let logits: Vec<f32> = (0..1000).map(|i| (i * 7919 % 1000) as f32 / 100.0).collect();
    let masked = [&[f32::NEG_INFINITY; 900], &logits[900..]].concat();
    let cuts = [Sampler::new(1).top_k(40), Sampler::new(1).top_p(0.9), Sampler::new(1).top_k(40).top_p(0.9)];
    for mut sampler in [Sampler::greedy(), Sampler::new(1)].into_iter().chain(cuts) {
        sampler.sample(&masked).unwrap();
        let mut tokens = [0; 5];
        let draw = || tokens.iter_mut().for_each(|token| *token = sampler.sample(&logits).unwrap());
        assert_eq!(allocations(draw), 0, "{sampler:?}");
    }
}
