//! NVIDIA GPUs: the same operations, by kernels that NVRTC compiles for the GPU at hand.
//!
//! The libraries are looked for when a [`Cuda`] is made, so that a build needs no CUDA toolkit and a program built with
//! the feature `cuda` runs, on the CPU, where there is no driver. What operations ask for is gathered
//! (`queue.rs`) and sent to the GPU when somebody waits for a result or a step ends: then as one CUDA graph.
//!
//! | file | what it has |
//! |---|---|
//! | `mod.rs` | [`Cuda`] and its settings |
//! | `libraries.rs` | whether CUDA's libraries are there, and what to install |
//! | `driver.rs` | the calls of the CUDA driver, with errors |
//! | `storage.rs` | buffers, ranges of them, copies |
//! | `staging.rs` | memory that batches and results pass through |
//! | `kernel.rs` | kernels, their arguments and grids |
//! | `headers.rs` | what files of kernels include |
//! | `compile.rs` | NVRTC, and what it made, kept on disk |
//! | `blas.rs` | matrix products by cuBLASLt |
//! | `dnn/` | convolutions by cuDNN, where it is installed |
//! | `cast.rs` | matrices rounded to bf16 |
//! | `cast_cache.rs` | matrices rounded to bf16, kept until their origin changes |
//! | `queue.rs` | work asked for, in sequences that come again |
//! | `graph.rs` | CUDA graphs of such sequences |
//! | `thread_group.rs` | how many threads work on a row |
//! | `common.cuh` | what kernels are written with |

mod blas;
pub(crate) mod cast;
mod cast_cache;
mod compile;
mod dnn;
mod driver;
mod graph;
pub(crate) mod headers;
mod kernel;
mod libraries;
mod queue;
mod staging;
pub(crate) mod storage;
mod thread_group;

pub(crate) use blas::Gemm;
pub(crate) use cast::{bf16_form, bf16_len};
#[doc(hidden)]
pub use compile::options;
pub(crate) use compile::program;
pub(crate) use dnn::{Convolution, Dnn, Target};
pub(crate) use kernel::{Argument, Grid, Kernel, Packed, Source, Word, arguments, header, kernels};
pub(crate) use queue::{Libraries, Words};
pub use storage::{Buffer, Mut, Ref};
#[cfg(test)]
pub(crate) use thread_group::ForcedGroupSize;
pub(crate) use thread_group::ThreadGroup;

use crate::{Error, Result};
use cast_cache::CastCache;
use driver::{Context, Stream};
use queue::Queue;
use staging::Staging;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How matrix products and convolutions compute. Weights, gradients and everything else stay `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// In `f32`, as on the CPU.
    #[default]
    F32,
    /// On the matrix units with inputs rounded to TF32 (10 bits behind the point) and sums in `f32`.
    Tf32,
    /// On the matrix units with inputs rounded to bf16 (7 bits behind the point) and sums in `f32`. The range is that of
    /// `f32`, so that losses need no scaling.
    Bf16,
}

impl std::str::FromStr for Precision {
    type Err = Error;
    /// From `f32`, `tf32` or `bf16`.
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Precision::F32),
            "tf32" => Ok(Precision::Tf32),
            "bf16" => Ok(Precision::Bf16),
            _ => {
                let expected = "f32, tf32 or bf16".into();
                Err(Error::Setting { setting: "precision", of: "Cuda", expected, found: name.into() })
            }
        }
    }
}

/// An NVIDIA GPU.
///
/// Handles are cheap to clone and share the GPU's memory, kernels and order of work. Asking for work does not wait for
/// it: what goes wrong on the GPU is reported with the next result.
///
/// ```no_run
/// # use dl_runtime as dl;
/// use dl::device::{Cuda, cuda::Precision};
/// let cuda = Cuda::new(0)?.precision(Precision::Bf16);
/// println!("{}", cuda.name());
/// # Ok::<(), dl::Error>(())
/// ```
pub struct Cuda {
    gpu: Arc<Gpu>,
    precision: Precision,
    /// Temporary memory of operations, and smaller ones that came before it. Every handle has its own: sessions of several
    /// threads ask for work on one GPU in any order.
    scratch: Mutex<Vec<Buffer<f32>>>,
    /// Multiply-adds from which on a convolution is for cuDNN.
    dnn_from: usize,
    /// The only tile of convolutions that may be taken.
    #[cfg(test)]
    pub(crate) only_tile: Option<usize>,
}

impl Clone for Cuda {
    fn clone(&self) -> Self {
        Cuda {
            gpu: Arc::clone(&self.gpu),
            precision: self.precision,
            scratch: Mutex::default(),
            dnn_from: self.dnn_from,
            #[cfg(test)]
            only_tile: self.only_tile,
        }
    }
}

impl std::fmt::Debug for Cuda {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?}", self.gpu.context, self.precision)
    }
}

/// What all handles of one GPU share.
struct Gpu {
    state: Mutex<State>,
    /// Where all kernels run, in order.
    stream: Stream,
    /// The last to go: what lies above belongs to it.
    context: Context,
}

/// What changes as work is asked for.
struct State {
    queue: Queue,
    staging: Staging,
    casts: CastCache,
    /// The first thing that went wrong, until somebody asks for a result.
    error: Option<Error>,
    counts: Counts,
}

/// What a GPU was asked to do; for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pieces of memory allocated on the GPU.
    pub allocations: u64,
    /// Kernels and library calls started one by one.
    pub launches: u64,
    /// CUDA graphs built.
    pub graphs: u64,
    /// CUDA graphs started.
    pub graph_launches: u64,
}

impl Cuda {
    /// The GPU with this number, from 0.
    ///
    /// A program needs nothing of CUDA to be built; its libraries are looked for here, where the system looks for
    /// libraries:
    ///
    /// | library | what for | comes with |
    /// |---|---|---|
    /// | `libcuda`, the driver | memory, launches, graphs | the NVIDIA driver, 545 (CUDA 12.3) or newer; in a container, the host's: `docker run --gpus all` |
    /// | `libnvrtc` | compiles the kernels for the GPU at hand | the CUDA toolkit 12 or newer, or the Python package `nvidia-cuda-nvrtc-cu12` |
    /// | `libcublasLt` | large matrix products | the CUDA toolkit 12 or newer, or the Python package `nvidia-cublas-cu12` |
    ///
    /// Neither of the last two may be of a newer major version of CUDA than the driver. Python packages put libraries where
    /// only Python looks; tell the system before the program starts:
    ///
    /// ```sh
    /// pip install nvidia-cuda-nvrtc-cu12 nvidia-cublas-cu12
    /// at=$(python -c 'import nvidia; print(list(nvidia.__path__)[0])')
    /// export LD_LIBRARY_PATH=$at/cuda_nvrtc/lib:$at/cublas/lib
    /// ```
    ///
    /// The GPU needs compute capability 8.0 (Ampere, of 2020) or newer.
    ///
    /// # Errors
    /// [`Error::NoDevice`], which says what to install, when one of these is missing or too old, or there is no such GPU.
    /// The program can go on with [`Cpu`](super::Cpu).
    pub fn new(ordinal: usize) -> Result<Self> {
        let context = Context::new(ordinal)?;
        let stream = Stream::new(&context)?;
        let state = State {
            queue: Queue::new(&context)?,
            staging: Staging::default(),
            casts: CastCache::default(),
            error: None,
            counts: Counts::default(),
        };
        let gpu = Arc::new(Gpu { context, stream, state: Mutex::new(state) });
        Ok(Cuda {
            gpu,
            precision: Precision::F32,
            scratch: Mutex::default(),
            dnn_from: dnn::WORTH_IT,
            #[cfg(test)]
            only_tile: None,
        })
    }
    /// The same GPU, with matrix products and convolutions computed otherwise.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }
    /// The same GPU, with large convolutions in `f32` and TF32 computed by cuDNN where it is installed, as they are without
    /// this call; or, with `false`, always by the kernels of this crate, as on a machine without cuDNN.
    #[must_use]
    pub fn cudnn(mut self, wanted: bool) -> Self {
        self.dnn_from = if wanted { dnn::WORTH_IT } else { usize::MAX };
        self
    }
    /// The same GPU, with convolutions of every size by cuDNN.
    #[cfg(test)]
    pub(crate) fn cudnn_always(mut self) -> Self {
        self.dnn_from = 0;
        self
    }
    /// What the driver calls the GPU.
    pub fn name(&self) -> &str {
        self.gpu.context.name()
    }
    /// Makes the kernels of these files ready.
    pub(crate) fn load(&self, sources: &[&'static Source]) -> Result<()> {
        self.state().queue.load_all(&self.gpu.context, sources)
    }
    /// Waits until everything asked for is done.
    ///
    /// # Errors
    /// What went wrong since the last result.
    pub fn synchronize(&self) -> Result<()> {
        let mut state = self.state();
        state.begin(&self.gpu)?;
        self.gpu.stream.synchronize()
    }
    /// What the GPU was asked to do so far.
    #[doc(hidden)]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }
    /// The kernels (with their blocks and threads) and library calls of the step or prediction that was sent last.
    #[doc(hidden)]
    pub fn last_work(&self) -> Vec<String> {
        self.state().queue.last()
    }
    /// How matrix products compute.
    pub(crate) fn computes_in(&self) -> Precision {
        self.precision
    }

    /// Asks for a kernel over `grid`.
    pub(crate) fn launch(&self, kernel: &'static Kernel, grid: Grid, arguments: impl kernel::Arguments) {
        let mut state = self.state();
        if state.error.is_none() && !grid.is_empty() {
            let State { queue, casts, .. } = &mut *state;
            if let Err(error) = queue.kernel(&self.gpu.context, kernel, grid, arguments, casts) {
                state.error = Some(error);
            }
        }
    }
    /// Asks for a call of a library. It may use the stream it is given and nothing that changes while `words` are the
    /// same: the call may be recorded once and repeated by the GPU. It reads or writes `touched`: addresses and bytes.
    pub(crate) fn call(&self, run: queue::Run, words: &[u64], touched: &[(u64, u64)]) {
        let mut state = self.state();
        if state.error.is_none() {
            state.queue.call(run, words, touched);
            for (address, bytes) in touched {
                state.casts.written(*address, address + bytes);
            }
        }
    }
    /// Temporary memory of `len` numbers for one operation, which asks for it once: the next operation gets the same.
    pub(crate) fn scratch(&self, len: usize) -> Mut<'_, f32> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let most = scratch.last().map_or(0, Buffer::len);
        if most < len || scratch.is_empty() {
            // At least twice as much as before, so that what came before stays below what is in use; on a GPU that is nearly
            // full, no more than is needed.
            match self.new_buffer(len.max(2 * most).max(1 << 16)).or_else(|_| self.new_buffer(len)) {
                Ok(larger) => scratch.push(larger),
                Err(error) => {
                    self.state().error.get_or_insert(error);
                    return Mut::at(0, len);
                }
            }
        }
        Mut::at(scratch.last().map_or(0, Buffer::address), len)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.gpu.state()
    }
}

impl Gpu {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done: every change is one push.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sends to the GPU what was asked for so far.
    fn begin(&mut self, gpu: &Gpu) -> Result<()> {
        gpu.context.enter()?;
        if let Some(error) = self.error.take() {
            self.queue.forget();
            self.casts.written(0, u64::MAX);
            return Err(error);
        }
        let sent = self.queue.flush(gpu, &mut self.counts);
        if sent.is_err() {
            self.casts.written(0, u64::MAX);
        }
        sent
    }
    /// As [`State::begin`], if some of it touches `len` bytes from `address` on.
    fn begin_if_touched(&mut self, gpu: &Gpu, address: u64, len: usize) -> Result<()> {
        gpu.context.enter()?;
        if self.error.is_some() || self.queue.touches(address, len as u64) { self.begin(gpu) } else { Ok(()) }
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to hear of errors.
        let _ = self.context.enter();
        let _ = self.stream.synchronize();
        state.staging.close(&self.context);
        state.casts.close(&self.context);
    }
}
