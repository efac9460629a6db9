//! Tests which convolutions cuDNN gets, and compares its results with the CPU: in graphs, accumulated, in TF32, at odd
//! addresses.

use super::*;
use crate::Cpu;
use crate::ops::Activation;
use crate::ops::conv2d::{Conv2dKernel, Conv2dSizes, Direction};
use crate::tensor::Storage;
use crate::testing::{assert_close, gpu, numbers, wide};
use dl_emulation::Status;

/// The sizes of a 3 by 3 convolution with padding 1.
fn sizes(channels: [usize; 2], side: usize, groups: usize) -> Conv2dSizes {
    let [inputs, outputs] = channels;
    let (image, output, kernel) = ([side; 2], [side; 2], [3; 2]);
    Conv2dSizes {
        samples: 2,
        inputs,
        outputs,
        image,
        output,
        kernel,
        stride: [1; 2],
        padding: [1; 2],
        dilation: [1; 2],
        groups,
    }
}

/// The same sizes with a kernel of `size` rows and columns.
fn with_kernel(s: Conv2dSizes, size: usize) -> Conv2dSizes {
    Conv2dSizes { kernel: [size; 2], padding: [size / 2; 2], ..s }
}

/// The GPU of the tests if it has cuDNN; the emulation always does.
fn with_cudnn() -> Option<Cuda> {
    let cuda = gpu().pop()?.cudnn_always();
    let found = cuda.state().queue.libraries().cudnn.get_or_insert_with(Library::find).is_some();
    assert!(found || dl_emulation::install() != Status::Emulated, "the emulation has cuDNN");
    found.then_some(cuda)
}

const TARGETS: [Target; 3] = [Target::Windows, Target::Image, Target::Weights];

#[test]
fn descriptions_in_words() {
    let [samples, inputs, outputs, groups] = [1, 2, 3, 4];
    let [image, output, kernel, stride, padding, dilation] =
        [[5, 6], [7, 8], [9, 10], [11, 12], [13, 14], [15, u32::MAX as usize]];
    let sizes = Convolution { samples, inputs, outputs, image, output, kernel, stride, padding, dilation, groups };
    for target in TARGETS {
        for tf32 in [false, true] {
            let description = Description { sizes, target, tf32 };
            assert_eq!(Description::from_words(description.words()), description);
        }
    }
}

#[test]
fn large_ones_in_f32_and_tf32() {
    let Some(cuda) = with_cudnn() else { return };
    let [small, large] = [sizes([4, 8], 6, 1), sizes([256, 256], 32, 1)].map(|s| s.convolution());
    for target in TARGETS {
        assert!(cuda.by_dnn(&small, target).is_some());
        assert!(cuda.clone().precision(Precision::Tf32).by_dnn(&small, target).is_some());
        assert!(cuda.clone().precision(Precision::Bf16).by_dnn(&small, target).is_none(), "has own kernels");
        assert!(cuda.clone().cudnn(true).by_dnn(&small, target).is_none(), "is too small");
        assert!(cuda.clone().cudnn(true).by_dnn(&large, target).is_some());
        assert!(cuda.clone().cudnn(false).by_dnn(&large, target).is_none(), "is not wanted");
    }
}

/// The operands of one convolution.
struct Case {
    s: Conv2dSizes,
    weight: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
    dy: Vec<f32>,
}

/// The output, and the gradients to image, weights and bias. The first round sets them, and later rounds add to them.
type Results = [Vec<f32>; 4];

impl Case {
    fn new(s: Conv2dSizes) -> Self {
        let spatial_size = |[height, width]: [usize; 2]| height * width;
        Case {
            s,
            weight: numbers(1, s.outputs * s.inputs / s.groups * spatial_size(s.kernel)),
            bias: numbers(2, s.outputs),
            x: numbers(3, s.samples * s.inputs * spatial_size(s.image)),
            dy: numbers(4, s.samples * s.outputs * spatial_size(s.output)),
        }
    }
    /// Runs all three passes `rounds` times; operands begin `offset` numbers after the beginning of a buffer.
    fn on<D: Conv2dKernel>(&self, device: &D, offset: usize, rounds: usize) -> Results {
        let upload = |data: &[f32]| {
            let mut buffer = device.zeros::<f32>(offset + data.len()).expect("memory");
            let (_, to) = D::split_mut(D::whole_mut(&mut buffer), offset);
            device.upload(data, to).expect("an upload");
            buffer
        };
        fn behind<D: Storage>(buffer: &D::Buffer<f32>, offset: usize) -> D::Ref<'_, f32> {
            let all = D::whole(buffer);
            D::slice(all, offset..D::len(all))
        }
        fn behind_mut<D: Storage>(buffer: &mut D::Buffer<f32>, offset: usize) -> D::Mut<'_, f32> {
            D::split_mut(D::whole_mut(buffer), offset).1
        }
        let [weight, bias, x, dy] = [&self.weight, &self.bias, &self.x, &self.dy].map(|data| upload(data));
        let mut to = [&self.dy, &self.x, &self.weight, &self.bias].map(|like| upload(&vec![7.0; like.len()]));
        for round in 0..rounds {
            let write = if round == 0 { Write::Set } else { Write::Add };
            let [weight, bias, x, dy] = [&weight, &bias, &x, &dy].map(|buffer| behind::<D>(buffer, offset));
            let [y, dx, dw, db] = to.each_mut().map(|buffer| behind_mut::<D>(buffer, offset));
            let (forward, back, no_bias) = (Direction::Forward, Direction::Transposed, D::slice(weight, 0..0));
            device.conv2d(&self.s, forward, Activation::Silu, [weight, bias], x, (y, Write::Set));
            device.conv2d(&self.s, back, Activation::Identity, [weight, no_bias], dy, (dx, write));
            device.conv2d_weight_gradient(&self.s, forward, x, dy, [dw, db], write);
            device.submit().expect("work that can be done");
        }
        to.each_ref().map(|buffer| {
            let mut host = vec![0.0; D::len(D::whole(buffer)) - offset];
            device.download(behind::<D>(buffer, offset), &mut host).expect("a result");
            host
        })
    }
    #[track_caller]
    fn check(&self, cuda: &Cuda, offset: usize, rounds: usize, tolerance: f64) -> Results {
        let (expected, found) = (self.on(&Cpu::new(), 0, rounds), self.on(cuda, offset, rounds));
        for (i, what) in ["output", "gradient to the image", "to the weights", "to the bias"].iter().enumerate() {
            assert_close(what, &found[i], &wide(&expected[i]), tolerance);
        }
        found
    }
}

#[test]
fn what_is_refused_is_computed_by_own_kernels() {
    let Some(cuda) = with_cudnn() else { return };
    // The emulation supports neither so many groups nor so large kernels.
    for s in [sizes([32, 32], 5, 16), with_kernel(sizes([2, 3], 7, 1), 11)] {
        let refused = TARGETS.iter().all(|target| cuda.by_dnn(&s.convolution(), *target).is_none());
        assert!(refused || dl_emulation::install() == Status::Gpu, "{s:?}");
        let [rows, columns] = s.kernel;
        let named = cuda.remarks().iter().any(|remark| remark.contains(&format!("kernels of {rows}x{columns}: ")));
        assert!(!refused || named, "{:?}", cuda.remarks());
        Case::new(s).check(&cuda, 0, 2, 1e-5);
    }
}

#[test]
fn operands_at_odd_addresses() {
    let Some(cuda) = with_cudnn() else { return };
    for offset in [1, 2, 4] {
        Case::new(sizes([3, 5], 6, 1)).check(&cuda, offset, 1, 1e-5);
    }
}

#[test]
fn within_graphs() {
    if with_cudnn().is_none() {
        return;
    }
    // This handle has its own queue, so the work of other tests does not mix with it.
    let cuda = Cuda::new(0).expect("a GPU").cudnn_always();
    let case = Case::new(sizes([4, 6], 5, 2));
    let results = case.check(&cuda, 0, 5, 1e-5);
    let counts = cuda.counts();
    // The first round sets. Of the four that add, the first is launched one by one, and the second is recorded.
    assert_eq!((counts.graphs, counts.graph_launches), (1, 3), "{counts:?}");
    let again = case.on(&cuda, 0, 5);
    assert!(results == again, "the same bits in every run");
}

#[test]
fn tf32_rounds_operands() {
    let Some(cuda) = with_cudnn() else { return };
    let case = Case::new(sizes([16, 8], 7, 1));
    let exact = case.check(&cuda, 0, 1, 1e-5);
    let rounded = case.check(&cuda.precision(Precision::Tf32), 0, 1, 2e-3);
    for (exact, rounded) in exact[..3].iter().zip(&rounded) {
        assert!(exact != rounded, "TF32 has fewer digits");
    }
    assert!(exact[3] == rounded[3], "sums of a bias are of `f32`");
}

#[test]
fn failures_come_with_the_next_result() {
    if with_cudnn().is_none() {
        return;
    }
    let cuda = Cuda::new(0).expect("a GPU").cudnn_always();
    assert!(cuda.by_dnn(&sizes([4, 6], 5, 2).convolution(), Target::Windows).is_some(), "the library is looked for");
    // There is no plan for this convolution.
    let description = Description { sizes: sizes([1, 1], 2, 1).convolution(), target: Target::Windows, tf32: false };
    let mut memory = cuda.zeros(32).expect("memory");
    let (operands, to) = Cuda::split_mut(Cuda::whole_mut(&mut memory), 16);
    let operands = Cuda::share(&operands);
    cuda.dnn(&Dnn { description, scratch: 0 }, [operands; 2], &to, Write::Set, &cuda.scratch(0));
    let error = cuda.synchronize().expect_err("a failure").to_string();
    assert!(error.contains("cuDNN returned CUDNN_STATUS_NOT_SUPPORTED (3000)"), "{error}");
    assert!(error.contains("1x2x2 with 1 kernels of 3x3"), "{error}");
    cuda.synchronize().expect("nothing more");
}
