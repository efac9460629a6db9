//! Runs tests on every device: a test is written once, as a function of a device, and must have the same results on all of them.
//!
//! CUDA is a GPU if there is one, or else the emulator of `tests/crates/emulation`. Without either, tests run on the CPU alone and
//! report that.

#[cfg(feature = "cuda")]
use crate::device::cuda::{Cuda, ForcedGroupSize, Precision};
use crate::tensor::{Element, Grad, Pod, Write};
use crate::testing::{assert_close, numbers, wide};
use crate::{Context, Cpu, Device, View, ViewMut};

/// `on_every_device!(|device| results)` returns the results on the CPU, after checking that the number of threads changes no bit of
/// them and that CUDA's results are equal up to rounding. `on_every_device!(gpus, |device| results)` chooses the configurations of CUDA,
/// such as [`gpu`] and [`gpu_with_and_without_cudnn`].
macro_rules! on_every_device {
    (|$device:ident| $body:expr) => {
        $crate::testing::on_every_device!($crate::testing::gpu(), |$device| $body)
    };
    ($gpus:expr, |$device:ident| $body:expr) => {{
        let found = $crate::testing::on_cpu(|$device: &$crate::Cpu| $body);
        #[cfg(feature = "cuda")]
        $crate::testing::on_cuda($gpus, &found, |$device: &$crate::device::Cuda| $body);
        found
    }};
}
pub(crate) use on_every_device;

/// The results of a test case: one or several tensors.
pub trait Results {
    fn tensors(&self) -> Vec<Vec<f64>>;
}
impl Results for Vec<f32> {
    fn tensors(&self) -> Vec<Vec<f64>> {
        vec![wide(self)]
    }
}
impl<R: Results> Results for Vec<R> {
    fn tensors(&self) -> Vec<Vec<f64>> {
        self.iter().flat_map(R::tensors).collect()
    }
}
impl<R: Results, const N: usize> Results for [R; N] {
    fn tensors(&self) -> Vec<Vec<f64>> {
        self.iter().flat_map(R::tensors).collect()
    }
}
impl<A: Results, B: Results> Results for (A, B) {
    fn tensors(&self) -> Vec<Vec<f64>> {
        [self.0.tensors(), self.1.tensors()].concat()
    }
}

/// Runs a case on the CPU with 1, 2 and 5 threads, and checks that all results have the same bits.
#[track_caller]
pub fn on_cpu<R: Results>(run: impl Fn(&Cpu) -> R) -> R {
    let [one, two, five] = [1, 2, 5].map(|threads| run(&Cpu::with_threads(threads)));
    let bits = |found: &R| found.tensors().into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>();
    assert!(bits(&one) == bits(&two) && bits(&one) == bits(&five), "the result depends on the number of threads");
    one
}

/// Checks that the results of `run` on each of `gpus` are those on the CPU.
#[cfg(feature = "cuda")]
#[track_caller]
pub fn on_cuda<R: Results>(gpus: Vec<Cuda>, cpu: &R, run: impl Fn(&Cuda) -> R) {
    for gpu in &gpus {
        // The default, and every number of threads for each row, which otherwise depends on the length of the row.
        for forced in ForcedGroupSize::EACH.into_iter().take_while(|forced| forced.begin()) {
            compare(gpu, &format!("{gpu:?}, {forced:?}"), &cpu.tensors(), &run(gpu).tensors());
        }
        ForcedGroupSize::end();
    }
}

/// Checks that CUDA and the CPU agree up to rounding, relative to the largest number, and have NaN at the same positions.
#[cfg(feature = "cuda")]
#[track_caller]
fn compare(gpu: &Cuda, what: &str, cpu: &[Vec<f64>], cuda: &[Vec<f64>]) {
    let tolerance = match gpu.computes_in() {
        Precision::F32 => TOLERANCE,
        // Twice the rounding error of each of two factors, relative to the largest result.
        Precision::Tf32 => 2f64.powi(-10),
        Precision::Bf16 => 2f64.powi(-7),
    };
    assert_eq!(cpu.len(), cuda.len(), "{what}: number of results");
    for (result, (cpu, cuda)) in cpu.iter().zip(cuda).enumerate() {
        assert_eq!(cpu.len(), cuda.len(), "{what}: length of result {result}");
        let scale = cpu.iter().filter(|x| x.is_finite()).fold(1.0, |most: f64, x| most.max(x.abs()));
        for (i, (cpu, cuda)) in cpu.iter().zip(cuda).enumerate() {
            let close = (cpu - cuda).abs() <= tolerance * scale || cpu == cuda || (cpu.is_nan() && cuda.is_nan());
            assert!(close, "{what}, result {result}: number {i} is {cuda}, {cpu} on the CPU");
        }
    }
}

/// The tolerance for two sums in `f32` in a different order.
const TOLERANCE: f64 = 1e-5;

/// Returns the GPU that all tests of the process share, if there is one.
#[cfg(feature = "cuda")]
pub fn gpu() -> Vec<Cuda> {
    static GPU: std::sync::OnceLock<Vec<Cuda>> = std::sync::OnceLock::new();
    GPU.get_or_init(|| match dl_emulation::install() {
        dl_emulation::Status::Missing(why) => {
            eprintln!("SKIP: CUDA kernels are not tested: {why}");
            Vec::new()
        }
        _ => vec![Cuda::new(0).expect("a GPU or the emulator")],
    })
    .clone()
}

/// Returns the GPU twice: with convolutions of every size by cuDNN, where it supports them, and by the kernels of this crate.
#[cfg(feature = "cuda")]
pub fn gpu_with_and_without_cudnn() -> Vec<Cuda> {
    gpu().into_iter().flat_map(|gpu| [gpu.clone().cudnn_always(), gpu.cudnn(false)]).collect()
}

/// Numbers in the memory of a device.
pub struct Tensor<'a, D: Device, E: Element = f32> {
    device: &'a D,
    buffer: D::Buffer<E>,
}

impl<D: Device, E: Element> Tensor<'_, D, E> {
    pub fn len(&self) -> usize {
        D::len(self.data())
    }
    pub fn buffer(&self) -> &D::Buffer<E> {
        &self.buffer
    }
    pub fn data(&self) -> D::Ref<'_, E> {
        D::whole(&self.buffer)
    }
    pub fn data_mut(&mut self) -> D::Mut<'_, E> {
        D::whole_mut(&mut self.buffer)
    }
    /// Views the numbers as a batch of `T`.
    pub fn view<T: Pod<Element = E>>(&self) -> View<'_, D, T> {
        View::new(self.data(), self.len() / T::LEN)
    }
    /// Views the numbers as a batch of `T` for writing.
    pub fn view_mut<T: Pod<Element = E>>(&mut self) -> ViewMut<'_, D, T> {
        let samples = self.len() / T::LEN;
        ViewMut::new(self.data_mut(), samples)
    }
    /// Returns the numbers as the destination of the gradient to a batch of `T`.
    pub fn grad<T: Pod<Element = E>>(&mut self, write: Write) -> Grad<'_, D, T> {
        Grad { to: self.view_mut(), write }
    }
    /// Copies the numbers to the host.
    pub fn read(&self) -> Vec<E> {
        let mut host = vec![E::default(); self.len()];
        self.device.download(self.data(), &mut host).expect("a result");
        host
    }
}

/// The methods of a device for tests.
pub trait TestDevice: Device {
    /// Copies `host` to the device.
    fn tensor<E: Element>(&self, host: &[E]) -> Tensor<'_, Self, E> {
        let mut buffer = self.zeros(host.len()).expect("memory");
        self.upload(host, Self::whole_mut(&mut buffer)).expect("an upload");
        Tensor { device: self, buffer }
    }
    /// Returns memory for a result of `len` numbers, which are NaN before.
    fn output(&self, len: usize) -> Tensor<'_, Self> {
        self.tensor(&vec![f32::NAN; len])
    }
    /// Returns the `n` numbers that `backward` writes, after checking that it overwrites with [`Write::Set`] and adds with [`Write::Add`].
    #[track_caller]
    fn set_and_add(&self, n: usize, backward: impl Fn(&mut Tensor<'_, Self>, Write)) -> Vec<f32> {
        let (mut set, start) = (self.output(n), numbers(99, n));
        backward(&mut set, Write::Set);
        let mut added = self.tensor(&start);
        backward(&mut added, Write::Add);
        let set = set.read();
        let sums: Vec<f64> = wide(&set).iter().zip(wide(&start)).map(|(a, b)| a + b).collect();
        // Other devices may add in another order.
        assert_close("added gradient", &added.read(), &sums, if Self::SYNCHRONOUS { 1e-6 } else { TOLERANCE });
        set
    }
}
impl<D: Device> TestDevice for D {}

#[test]
fn copies_and_zeros() {
    use crate::tensor::Storage;
    let x = numbers(1, 1000);
    let [copied, cleared] = on_every_device!(|device| {
        let (x, mut y) = (device.tensor(&x), device.tensor(&[7.0; 1000]));
        device.copy(x.data(), y.data_mut());
        let copied = y.read();
        y.view_mut::<[[f32; 100]; 10]>().item(3).clear(&Context::new(device, 0));
        [copied, y.read()]
    });
    assert!(copied == x && cleared[..300] == x[..300] && cleared[300..400] == [0.0; 100] && cleared[400..] == x[400..]);
}
