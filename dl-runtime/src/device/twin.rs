//! A device for tests: every kernel runs on the CPU and on CUDA, and the results are compared. What stays are the CPU's.
//!
//! CUDA is a card if there is one, else the emulator of `tests/crates/emulation`; without either only the CPU runs, and the
//! tests say so. Convolutions run twice on CUDA: by cuDNN and by own kernels.

use super::cuda::Precision;
use super::{Cpu, Cuda};
use crate::Result;
use crate::tensor::{Element, Storage};
use std::any::Any;
use std::ops::Range;
use std::sync::OnceLock;

/// `both!(twin, [inputs], [outputs], |device| call)`: the call on both devices, with the slices of these names on each.
macro_rules! both {
    ($twin:expr, [$($input:ident),*], [$($output:ident),*], |$device:ident| $call:expr) => {{
        #[allow(unused_imports, reason = "calls without inputs")]
        use $crate::device::{Cuda, Twin, cuda::Forced};
        #[allow(unused_imports, reason = "calls without inputs")]
        use $crate::tensor::Storage;
        let twin: &Twin = $twin;
        let mut found = Vec::new();
        for $device in &twin.cuda {
            // As it is, and where the number of threads for a row depends on its length, with every number of them.
            for team in Forced::EACH {
                if !team.begin() {
                    break;
                }
                $(let $input = {
                    let mut buffer = $device.zeros($input.len()).expect("memory");
                    $device.upload(&$input[..], Cuda::whole_mut(&mut buffer)).expect("an upload");
                    buffer
                };)*
                $(let mut $output = {
                    let mut buffer = $device.zeros($output.len()).expect("memory");
                    $device.upload(&$output[..], Cuda::whole_mut(&mut buffer)).expect("an upload");
                    buffer
                };)*
                {
                    $(let $input = Cuda::whole(&$input);)*
                    $(let $output = Cuda::whole_mut(&mut $output);)*
                    $call;
                }
                found.push(vec![$({
                    let data = Cuda::whole(&$output);
                    let mut host = vec![Default::default(); data.len()];
                    $device.download(data, &mut host).expect("a result");
                    Twin::numbers(&host)
                }),*]);
            }
            Forced::end();
        }
        {
            let $device = &twin.cpu;
            $(let $output = &mut *$output;)*
            $call;
        }
        for found in found {
            twin.compare(stringify!($call), &[$(Twin::numbers(&$output[..])),*], &found);
        }
    }};
}
pub(crate) use both;

/// Devices that do the same.
#[derive(Clone)]
pub(crate) struct Twin {
    pub cpu: Cpu,
    /// A card, in every way that is tested; nothing if there is none.
    pub cuda: Vec<Cuda>,
    /// How far results may be apart, relative to the largest.
    pub tolerance: f64,
}

/// For two sums in `f32` in another order.
const TOLERANCE: f64 = 1e-5;

impl Twin {
    pub fn with_threads(threads: usize) -> Self {
        Twin { cpu: Cpu::with_threads(threads), cuda: cuda(), tolerance: TOLERANCE }
    }
    /// The same with CUDA twice: convolutions of every size by cuDNN, where it takes them, and by own kernels.
    pub fn with_cudnn(&self) -> Self {
        let both = |cuda: &Cuda| [cuda.clone().cudnn_always(), cuda.clone().cudnn(false)];
        Twin { cuda: self.cuda.iter().flat_map(both).collect(), ..self.clone() }
    }
    /// The same in another precision, with larger differences allowed.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.tolerance = match precision {
            Precision::F32 => TOLERANCE,
            // Twice what each of two factors loses, relative to the largest result.
            Precision::Tf32 => 2f64.powi(-10),
            Precision::Bf16 => 2f64.powi(-7),
        };
        self.cuda.iter_mut().for_each(|cuda| *cuda = cuda.clone().precision(precision));
        self
    }
    /// That CUDA found what the CPU found, to rounding: relative to the largest number, NaN where NaN is.
    #[track_caller]
    pub fn compare(&self, what: &str, cpu: &[Vec<f64>], cuda: &[Vec<f64>]) {
        for (output, (cpu, cuda)) in cpu.iter().zip(cuda).enumerate() {
            let scale = cpu.iter().filter(|x| x.is_finite()).fold(1.0, |most: f64, x| most.max(x.abs()));
            for (i, (cpu, cuda)) in cpu.iter().zip(cuda).enumerate() {
                let close =
                    (cpu - cuda).abs() <= self.tolerance * scale || cpu == cuda || (cpu.is_nan() && cuda.is_nan());
                assert!(close, "{what}, output {output}: number {i} is {cuda} on CUDA, {cpu} on the CPU");
            }
        }
    }
    /// Elements of either type, to be compared.
    pub fn numbers<E: Element>(data: &[E]) -> Vec<f64> {
        let wide = |x: &E| match (x as &dyn Any).downcast_ref::<f32>() {
            Some(x) => f64::from(*x),
            None => f64::from(*(x as &dyn Any).downcast_ref::<u32>().expect("`f32` or `u32`")),
        };
        data.iter().map(wide).collect()
    }
}

impl Storage for Twin {
    type Buffer<E: Element> = Vec<E>;
    type Ref<'a, E: Element> = &'a [E];
    type Mut<'a, E: Element> = &'a mut [E];
    type Readback<E: Element> = Vec<E>;

    fn empty<E: Element>(&self) -> Vec<E> {
        Vec::new()
    }
    fn zeros<E: Element>(&self, len: usize) -> Result<Vec<E>> {
        self.cpu.zeros(len)
    }
    fn whole<E: Element>(buffer: &Vec<E>) -> &[E] {
        buffer
    }
    fn whole_mut<E: Element>(buffer: &mut Vec<E>) -> &mut [E] {
        buffer
    }
    fn len<E: Element>(data: &[E]) -> usize {
        data.len()
    }
    fn slice<E: Element>(data: Self::Ref<'_, E>, range: Range<usize>) -> Self::Ref<'_, E> {
        &data[range]
    }
    fn split_mut<E: Element>(data: Self::Mut<'_, E>, at: usize) -> (Self::Mut<'_, E>, Self::Mut<'_, E>) {
        data.split_at_mut(at)
    }
    fn share<'a, E: Element>(data: &'a &mut [E]) -> &'a [E] {
        data
    }
    fn reborrow<'a, E: Element>(data: &'a mut &mut [E]) -> &'a mut [E] {
        data
    }
    fn shorten<'short, 'long: 'short, E: Element>(data: &'long [E]) -> &'short [E] {
        data
    }
    fn reinterpret<A: Element, B: Element>(data: Self::Ref<'_, A>) -> Self::Ref<'_, B> {
        Cpu::reinterpret(data)
    }
    fn reinterpret_mut<A: Element, B: Element>(data: Self::Mut<'_, A>) -> Self::Mut<'_, B> {
        Cpu::reinterpret_mut(data)
    }
    fn upload_with<E: Element>(&self, to: &mut [E], write: impl FnOnce(&mut [E])) -> Result<()> {
        self.cpu.upload_with(to, write)
    }
    fn upload<E: Element>(&self, from: &[E], to: &mut [E]) -> Result<()> {
        self.cpu.upload(from, to)
    }
    fn download<E: Element>(&self, from: &[E], to: &mut [E]) -> Result<()> {
        self.cpu.download(from, to)
    }
    fn readback<E: Element>(&self, len: usize) -> Result<Vec<E>> {
        self.cpu.readback(len)
    }
    fn download_async<E: Element>(&self, from: &[E], to: &mut Vec<E>) -> Result<()> {
        self.cpu.download_async(from, to)
    }
    fn wait<'p, E: Element>(&self, pending: &'p Vec<E>) -> Result<&'p [E]> {
        self.cpu.wait(pending)
    }
    fn copy<E: Element>(&self, from: &[E], to: &mut [E]) {
        both!(self, [from], [to], |device| device.copy(from, to));
    }
    fn clear<E: Element>(&self, data: &mut [E]) {
        both!(self, [], [data], |device| device.clear(data));
    }
}

/// One card for all tests of the process.
fn cuda() -> Vec<Cuda> {
    static CUDA: OnceLock<Vec<Cuda>> = OnceLock::new();
    CUDA.get_or_init(|| match dl_emulation::install() {
        dl_emulation::Status::Missing(why) => {
            eprintln!("SKIP: CUDA kernels are not tested: {why}");
            Vec::new()
        }
        _ => vec![Cuda::new(0).expect("a card or the emulator")],
    })
    .clone()
}

#[test]
fn copies_and_zeros() {
    let (twin, x) = (Twin::with_threads(1), crate::testing::numbers(1, 1000));
    let mut y = vec![7.0; 1000];
    twin.copy(&x, &mut y);
    assert_eq!(x, y);
    twin.clear(&mut y[100..900]);
    assert!(y[..100] == x[..100] && y[100..900] == [0.0; 800] && y[900..] == x[900..]);
}
