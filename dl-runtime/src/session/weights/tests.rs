//! Sessions share the memory of a network and what kernels prepared of it, until its weights change.

use super::*;
use crate::network::{Backward, Batch, Forward, Infer, LayerInfo, Step, Steps};
use crate::tensor::Storage;
use crate::{Allocator, Context, Cpu, Model, Network, Session, Workspace};
use dl_core::Declared;

/// Multiplies each of four numbers by twice its factor, which it keeps prepared as a kernel does.
fn doubled<D: Device>(context: &Context<'_, D>, factor: D::Ref<'_, f32>, x: D::Ref<'_, f32>, y: D::Mut<'_, f32>) {
    let (factor, x) = (D::as_host_slice(factor).unwrap(), D::as_host_slice(x).unwrap());
    let own: Vec<f32> = factor.iter().map(|factor| 2.0 * factor).collect();
    let prepared = context.prepared.map(|prepared| {
        let prepared = (prepared as &dyn Any).downcast_ref::<Prepared>().unwrap();
        prepared.get_or(factor, "doubled", 4, |to| to.copy_from_slice(&own)).unwrap()
    });
    let twice = prepared.unwrap_or(&own);
    let y_of = |y: &mut [f32]| y.iter_mut().zip(x).enumerate().for_each(|(i, (y, x))| *y = twice[i % 4] * x);
    context.device.upload_with(y, y_of).unwrap();
}

/// Declares a network of one layer that asks for prepared weights.
macro_rules! asking {
    ($name:ident, $sample:ty) => {
        #[repr(C)]
        struct $name {
            factor: [f32; 4],
        }
        // SAFETY: one array of `f32`.
        unsafe impl crate::Pod for $name {
            type Element = f32;
        }
        impl Declared for $name {
            const NAME: &'static str = stringify!($name);
            const TENSORS: crate::Tensors = crate::Tensors(&[crate::tensor::Entry::Tensor {
                name: "factor",
                shape: &[4],
                offset: 0,
                role: crate::Role::Scale,
            }]);
            type Takes = [f32; 4];
            type Makes = [f32; 4];
            type Memory = ();
        }
        impl Network for $name {
            type Model = Self;
            fn network(&self) -> &Self {
                self
            }
            fn network_mut(&mut self) -> &mut Self {
                self
            }
        }
        impl Passes for $name {
            type Input = $sample;
            type Output = $sample;
            type Inference<D: Device> = ();
            type Training<D: Device> = ();
            type Evaluation<D: Device> = ();
            const LAYERS: &'static [LayerInfo] = &[];
            const OUTPUT_SEQUENCES: &'static [usize] = if Self::SEQUENCES > 0 { &[0] } else { &[] };
            const INFERENCE_FLOATS: usize = 0;
            const TRAINING_FLOATS: usize = 0;

            fn init_weights(&mut self, rng: &mut crate::init::Rng) {
                self.factor = std::array::from_fn(|_| 1.0 + rng.uniform());
            }
            fn inference_memory<D: Device>(_: &mut Allocator<'_, D>) {}
            fn training_memory<D: Device>(_: &mut Allocator<'_, D>) {}
            fn evaluation_memory<D: Device>(_: &mut Allocator<'_, D>) {}
            fn infer<D: Device>(pass: Infer<'_, D, Self>) {
                doubled(pass.context, pass.net.data(), pass.input.data(), pass.output.into_data());
            }
            fn forward<D: Device>(pass: Forward<'_, D, Self>) {
                assert!(pass.context.prepared.is_none());
                doubled(pass.context, pass.net.view().data(), pass.input.data(), pass.output.into_data());
            }
            fn backward<D: Device>(_: Backward<'_, D, Self>) {}
            fn inspect<D: Device>(_: &(), _: Batch<'_, D>, _: &mut dyn FnMut(&'static str, D::Ref<'_, f32>)) {}
        }
    };
}
asking!(Net, [f32; 4]);
asking!(Rows, Vec<[f32; 4]>);

impl Steps for Rows {
    type State<D: Device> = ();
    const TRUNCATES: bool = false;
    fn state_memory<D: Device>(_: &mut Allocator<'_, D>) {}
    fn slots<'s, D: Device>(_: &'s (), _: &mut dyn FnMut(&'s Workspace<D>)) {}
    fn slots_mut<'s, D: Device>(_: &'s mut (), _: &mut dyn FnMut(&'s mut Workspace<D>)) {}
    fn step<D: Device>(pass: Step<'_, D, Self>) {
        doubled(pass.context, pass.net.data(), pass.input.data(), pass.output.into_data());
    }
}

const X: [f32; 4] = [1.0, -2.0, 3.0, 0.5];

fn expected(net: &Net) -> [f32; 4] {
    std::array::from_fn(|i| 2.0 * net.factor[i] * X[i])
}

fn cpu() -> Cpu {
    Cpu::with_threads(1)
}

/// Predicts in both ways, and returns how many copies of weights there are, and where the copy of these weights lies.
#[track_caller]
fn predicts(session: &mut Session<Net>, net: &Net) -> (usize, usize) {
    assert_eq!(*session.predict_one(&X), expected(net));
    let mut outputs = [[0.0; 4]; 5];
    session.predict_into(&[X; 5], &mut outputs).unwrap();
    assert_eq!(outputs, [expected(net); 5]);
    kept(&session.weights)
}

fn kept<M: Passes>(weights: &Weights<M, Cpu>) -> (usize, usize) {
    let Reading { net, prepared } = weights.read();
    let prepared = prepared.expect("sessions prepare");
    let count = prepared.len();
    (count, prepared.get_or(net.data(), "doubled", 4, |_| {}).unwrap().as_ptr().addr())
}

#[test]
fn sessions_read_the_memory_of_the_network() {
    let net = Shared::<Net>::from(Net::init(0));
    let address = |weights: &Weights<Net, Cpu>| Cpu::address(weights.view().data());
    let shared = Weights::shared(&cpu(), net.clone()).unwrap();
    assert_eq!(address(&shared), (&raw const *net).addr());
    assert_eq!(address(&shared.clone()), address(&shared));
    let mut copied = Weights::<Net, Cpu>::copied(&cpu(), &net).unwrap();
    let (first, other) = (address(&copied), copied.clone());
    assert_ne!(first, address(&shared));
    copied.reload(&cpu(), &net).unwrap();
    assert_ne!(address(&copied), first, "another session has the memory");
    drop(other);
    let first = address(&copied);
    copied.reload(&cpu(), &net).unwrap();
    copied.view_mut(&cpu()).unwrap();
    assert_eq!(address(&copied), first, "nothing else has it");
}

#[test]
fn sessions_of_the_same_weights_share_what_is_prepared() {
    let net = Shared::<Net>::from(Net::init(1));
    let [mut one, mut two] = [(); 2].map(|()| Session::sharing(cpu(), net.clone(), 2).unwrap());
    let found = predicts(&mut one, &net);
    assert_eq!(found.0, 1);
    assert_eq!(kept(&two.weights), found, "it is there before the session predicts");
    assert_eq!(predicts(&mut two, &net), found);
    assert_eq!(predicts(&mut two.try_clone().unwrap(), &net), found);
    drop((one, two));
    assert_eq!(predicts(&mut Session::sharing(cpu(), net.clone(), 1).unwrap(), &net), found, "the network keeps it");

    let mut copied = Session::on(cpu(), &*net, 2).unwrap();
    let of_copy = predicts(&mut copied, &net);
    assert_ne!(of_copy.1, found.1);
    assert_eq!(predicts(&mut copied.try_clone().unwrap(), &net), of_copy);
}

#[test]
fn changed_weights_are_prepared_again() {
    let nets = [1, 2].map(Net::init);
    let mut session = Session::on(cpu(), &nets[0], 2).unwrap();
    let mut clone = session.try_clone().unwrap();
    predicts(&mut session, &nets[0]);
    // The weights of both lie in one place, and then each in its own.
    for net in [1, 0, 1, 1].map(|i| &nets[i]) {
        session.reload(net).unwrap();
        assert_eq!(predicts(&mut session, net).0, 1);
        predicts(&mut clone, &nets[0]);
    }
    drop(clone);
    let address = Cpu::address(session.weights.view().data());
    session.reload(&nets[0]).unwrap();
    assert_eq!(Cpu::address(session.weights.view().data()), address);
    predicts(&mut session, &nets[0]);

    // A pass with dropout may write statistics.
    let mut outputs = [[0.0; 4]];
    session.predict_with_dropout_into(&[X], &mut outputs, 1).unwrap();
    assert_eq!(session.weights.read().prepared.unwrap().len(), 0);
    session.weights.view_mut(&cpu()).unwrap().into_data()[0] = 7.0;
    let mut changed = Net::init(0);
    changed.factor = nets[0].factor;
    changed.factor[0] = 7.0;
    predicts(&mut session, &changed);
}

#[test]
fn a_session_takes_what_is_prepared_of_the_network_that_it_gets() {
    let nets = [1, 2].map(|seed| Arc::<Net>::from(Net::init(seed)));
    let shared = nets.each_ref().map(|net| Shared::from(net.clone()));
    let mut session = Session::sharing(cpu(), shared[0].clone(), 2).unwrap();
    let found = [0, 1].map(|i| {
        session.share(shared[i].clone()).unwrap();
        predicts(&mut session, &nets[i])
    });
    session.share(shared[0].clone()).unwrap();
    assert_eq!(kept(&session.weights), found[0]);
    // The same network once more, of which nothing is prepared.
    session.share(nets[0].clone()).unwrap();
    assert_eq!(kept(&session.weights), found[0]);
    session.share(nets[1].clone()).unwrap();
    assert_eq!(session.weights.read().prepared.unwrap().len(), 0);
    predicts(&mut session, &nets[1]);
    assert_eq!(kept(&Weights::shared(&cpu(), shared[1].clone()).unwrap()), found[1]);
    // A copy of weights that others use.
    session.predict_with_dropout_into(&[X], &mut [[0.0; 4]], 1).unwrap();
    predicts(&mut session, &nets[1]);
    session.reload(&nets[0]).unwrap();
    predicts(&mut session, &nets[0]);
}

#[test]
fn steps_and_sequences_use_what_is_prepared() {
    let net = Shared::<Rows>::from(Rows::init(3));
    let expected = std::array::from_fn(|i| 2.0 * net.factor[i] * X[i]);
    let mut session = Session::sharing(cpu(), net.clone(), 1).unwrap();
    let (mut state, mut outputs) = (session.state(1, 9).unwrap(), [Vec::new()]);
    session.step(&mut state, &[vec![X; 2]], &mut outputs).unwrap();
    assert_eq!(outputs, [vec![expected; 2]]);
    assert_eq!(session.weights.read().prepared.unwrap().len(), 1);
    session.reload(&Rows::init(4)).unwrap();
    assert_eq!(session.weights.read().prepared.unwrap().len(), 0);
    session.share(net).unwrap();
    assert_eq!(*session.predict_one(&vec![X; 3]), vec![expected; 3]);
}

#[test]
fn predictions_without_a_session_keep_nothing() {
    let mut net = Net::init(5);
    for i in 0..3 {
        net.factor[i] += 1.0;
        assert_eq!(*net.predict_one(&X), expected(&net));
        assert_eq!(net.predict(&[X; 3]), [expected(&net); 3]);
    }
}
