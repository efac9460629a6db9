//! What `model!` writes, by hand: the contract between the macro and the runtime, compiled and run.
#![allow(missing_docs)]

use dl_runtime::loss::Mse;
use dl_runtime::optim::Adam;
use dl_runtime::{Cpu, Model, Session, Training};

// model! { pub Xor(x: [2]) -> [1] { x -> dense(8) -> relu -> dense(1) as out } }
#[repr(C)]
pub struct Xor {
    pub dense1: dl_runtime::ops::dense::Dense<2, 8>,
    pub out: dl_runtime::ops::dense::Dense<8, 1>,
}

const _: () = {
    use dl_runtime::private::*;

    // SAFETY: `repr(C)`, and every field is `Plain` with elements `f32`.
    unsafe impl Plain for Xor {
        type Element = f32;
    }

    const DENSE1: ops::dense::Op = ops::dense::Op { activation: ops::Activation::Relu };
    const OUT: ops::dense::Op = ops::dense::Op { activation: ops::Activation::Identity };

    pub struct Inference<D: Device> {
        a: Slot<D>,
    }

    pub struct Training<D: Device> {
        relu1: Slot<D>,
        d_a: Slot<D>,
    }

    impl Network for Xor {
        type Model = Self;
        fn network(&self) -> &Self {
            self
        }
        fn network_mut(&mut self) -> &mut Self {
            self
        }
    }

    impl Model for Xor {
        type Input = [f32; 2];
        type Output = [f32; 1];
        type Inference<D: Device> = Inference<D>;
        type Training<D: Device> = Training<D>;

        const NAME: &'static str = "Xor";
        const TENSORS: &'static [TensorInfo] = &[
            TensorInfo { name: "dense1.weight", shape: &[8, 2], offset: 0, role: Role::Weight },
            TensorInfo { name: "dense1.bias", shape: &[8], offset: 64, role: Role::Bias },
            TensorInfo { name: "out.weight", shape: &[1, 8], offset: 96, role: Role::Weight },
            TensorInfo { name: "out.bias", shape: &[1], offset: 128, role: Role::Bias },
        ];
        const LAYERS: &'static [LayerInfo] = &[
            LayerInfo { name: "dense1", layer: "dense(8)", output: &[8], parameters: 24, multiply_adds: 16 },
            LayerInfo { name: "relu1", layer: "relu", output: &[8], parameters: 0, multiply_adds: 0 },
            LayerInfo { name: "out", layer: "dense(1)", output: &[1], parameters: 9, multiply_adds: 8 },
        ];

        const INFERENCE_FLOATS: usize = 8;
        const TRAINING_FLOATS: usize = 16;

        fn init_weights(&mut self, rng: &mut Rng) {
            self.dense1.init(Init::PyTorch, Init::PyTorch, rng);
            self.out.init(Init::PyTorch, Init::PyTorch, rng);
        }

        fn inference_memory<D: Device>(device: &D, samples: usize) -> Result<Inference<D>> {
            Ok(Inference { a: Slot::new(device, samples, 8)? })
        }

        fn training_memory<D: Device>(device: &D, samples: usize) -> Result<Training<D>> {
            Ok(Training { relu1: Slot::new(device, samples, 8)?, d_a: Slot::new(device, samples, 8)? })
        }

        fn infer<D: Device>(
            pass: &Pass<'_, D>,
            net: View<'_, D, Self>,
            x: View<'_, D, Self::Input>,
            slots: &mut Inference<D>,
            output: ViewMut<'_, D, Self::Output>,
        ) {
            let n = x.len();
            DENSE1.forward(pass, field!(net.dense1), x, slots.a.write(n));
            OUT.forward(pass, field!(net.out), slots.a.read(n), output);
        }

        fn forward<D: Device>(
            pass: &Pass<'_, D>,
            net: View<'_, D, Self>,
            x: View<'_, D, Self::Input>,
            slots: &mut Training<D>,
            output: ViewMut<'_, D, Self::Output>,
        ) {
            let n = x.len();
            DENSE1.forward(pass, field!(net.dense1), x, slots.relu1.write(n));
            OUT.forward(pass, field!(net.out), slots.relu1.read(n), output);
        }

        fn backward<D: Device>(
            pass: &Pass<'_, D>,
            net: View<'_, D, Self>,
            x: View<'_, D, Self::Input>,
            slots: &mut Training<D>,
            _output: View<'_, D, Self::Output>,
            d_output: ViewMut<'_, D, Self::Output>,
            mut d_net: ViewMut<'_, D, Self>,
            d_x: Option<ViewMut<'_, D, Self::Input>>,
        ) {
            let n = x.len();
            OUT.backward(
                pass,
                field!(net.out),
                slots.relu1.read(n),
                d_output.view(),
                Grad::set(field!(d_net.out)),
                Some(Grad::set(slots.d_a.write(n))),
            );
            ops::Activation::Relu.backward_in_place(pass, slots.relu1.read::<[f32; 8]>(n), slots.d_a.write(n));
            DENSE1.backward(
                pass,
                field!(net.dense1),
                x,
                slots.d_a.read(n),
                Grad::set(field!(d_net.dense1)),
                d_x.map(Grad::set),
            );
        }

        fn inspect<D: Device>(slots: &Training<D>, samples: usize, see: &mut dyn FnMut(&'static str, D::Ref<'_, f32>)) {
            see("relu1", slots.relu1.read::<[f32; 8]>(samples).data());
        }
    }
};

const X: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const T: [[f32; 1]; 4] = [[0.0], [1.0], [1.0], [0.0]];

#[test]
fn learns_xor_by_hand() {
    let mut net = Xor::init(1);
    let mut training = Training::on(Cpu::with_threads(1), &net, 4).unwrap();
    for _ in 0..400 {
        training.forward(&X).unwrap();
        training.loss(&Mse, &T).unwrap();
        training.backward();
        training.step(&Adam::new(0.02)).unwrap();
    }
    training.store(&mut net).unwrap();
    let mut session = Session::on(Cpu::new(), &net, 4).unwrap();
    for (x, t) in X.iter().zip(T) {
        assert!((session.predict_one(x)[0] - t[0]).abs() < 0.2);
    }
    assert_eq!(Xor::PARAMETERS, 33);
}
