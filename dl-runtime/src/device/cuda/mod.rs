//! NVIDIA GPUs: the operations of `ops` as CUDA kernels, which NVRTC compiles for the GPU in use.
//!
//! The CUDA libraries are loaded when a [`Cuda`] is created. A build therefore needs no CUDA toolkit, and a program
//! built with the feature `cuda` still runs on the CPU where there is no driver. Launches are queued (`queue.rs`) and
//! sent to the GPU when the program waits for a result or a step ends. A sequence of launches that repeats is sent as
//! one CUDA graph.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | [`Cuda`] and its settings |
//! | `libraries.rs` | checks that the CUDA libraries are installed, and says what to install |
//! | `driver.rs` | calls of the CUDA driver, with errors |
//! | `storage.rs` | buffers, ranges of them, and copies |
//! | `staging.rs` | pinned memory for uploads |
//! | `kernel.rs` | kernels, their arguments and their grids |
//! | `signature.rs` | the parameters of a kernel in its file, and whether a launch has them |
//! | `headers.rs` | the headers that kernel files include |
//! | `compile.rs` | NVRTC, and the cache of compiled kernels on disk |
//! | `blas.rs` | matrix products with cuBLASLt |
//! | `dnn/` | convolutions with cuDNN, where it is installed |
//! | `cast.rs` | the cast of a matrix to bf16 |
//! | `cast_cache.rs` | bf16 casts, kept until their source changes |
//! | `extension.rs` | what a queued kernel can also do, instead of another launch |
//! | `queue.rs` | the queue of launches, and the graphs of repeated sequences |
//! | `graph.rs` | recording and updating CUDA graphs |
//! | `last_block.rs` | counters for sums in parts, which the block that ends last adds |
//! | `thread_group.rs` | how many threads work on one row |
//! | `common.cuh` | types and functions that every kernel file uses |

mod blas;
pub(crate) mod cast;
mod cast_cache;
mod compile;
mod dnn;
mod driver;
mod extension;
mod graph;
pub(crate) mod headers;
mod kernel;
mod last_block;
mod libraries;
mod queue;
mod signature;
mod staging;
pub(crate) mod storage;
#[cfg(test)]
mod tests;
mod thread_group;

pub(crate) use blas::{ALIGNED, Epilogue, Gemm};
pub(crate) use cast::{bf16_form, bf16_len};
#[doc(hidden)]
pub use compile::options;
pub(crate) use compile::program;
pub(crate) use dnn::{Convolution, Dnn, Target};
pub(crate) use extension::Extension;
pub(crate) use kernel::{
    Argument, Grid, Kernel, Launch, Packed, Parameters, Source, Word, arguments, header, kernels, kernels_of_file,
};
pub(crate) use queue::{Libraries, Words};
#[cfg(test)]
pub(crate) use signature::assert_parameters;
pub use storage::{Buffer, Mut, Ref};
#[cfg(test)]
pub(crate) use thread_group::ForcedGroupSize;
pub(crate) use thread_group::ThreadGroup;

use crate::tensor::Element;
use crate::{Error, Result};
use cast_cache::CastCache;
use driver::{Context, Stream};
use queue::Queue;
use staging::Staging;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The precision of matrix products and convolutions. Weights, gradients and everything else stay `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// They compute in `f32`, as on the CPU.
    #[default]
    F32,
    /// They run on the tensor cores, with inputs rounded to TF32 (10 bits of fraction) and sums in `f32`.
    Tf32,
    /// They run on the tensor cores, with inputs rounded to bf16 (7 bits of fraction) and sums in `f32`. The range of
    /// values is that of `f32`, so losses need no scaling.
    Bf16,
}

impl std::str::FromStr for Precision {
    type Err = Error;
    /// Parses `f32`, `tf32` or `bf16`; any other name is [`Error::Setting`].
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
/// A `Cuda` is a handle that is cheap to clone; clones share the GPU's memory, compiled kernels and queue. Operations
/// run asynchronously: an error on the GPU is reported with the next result.
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
    /// The workspace of operations is the last buffer; the smaller ones before it may still be in use by queued work.
    /// Every handle has its own, since sessions on several threads queue work on one GPU in any order.
    /// An operation that calls others has one of its own, which those do not use.
    scratch: [Mutex<Vec<Buffer<f32>>>; 3],
    /// The counters of sums in parts (`last_block.rs`), which are 0 between launches; the last buffer as above.
    counters: Mutex<Vec<Buffer<u32>>>,
    /// A convolution with at least so many multiply-adds goes to cuDNN.
    dnn_from: usize,
    /// Forces one tile size of the convolution kernels.
    #[cfg(test)]
    pub(crate) only_tile: Option<usize>,
}

impl Clone for Cuda {
    fn clone(&self) -> Self {
        Cuda {
            gpu: Arc::clone(&self.gpu),
            precision: self.precision,
            scratch: Default::default(),
            counters: Mutex::default(),
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

/// The state that all handles of one GPU share.
struct Gpu {
    state: Mutex<State>,
    /// Dropped last, since the fields above belong to the context.
    context: Context,
}

/// The part of a GPU's state that changes with every launch.
struct State {
    queue: Queue,
    staging: Staging,
    casts: CastCache,
    /// The first error since the last result; the next result returns it.
    error: Option<Error>,
    counts: Counts,
    /// All kernels run on this stream, in order. It belongs to the state, since another thread that used it without the lock could do so
    /// while a graph is recorded from it, and would be recorded, too. It is dropped after the graphs of the queue.
    stream: Stream,
}

/// Counts of what a GPU was told to do, for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations of GPU memory.
    pub allocations: u64,
    /// Kernels and library calls launched one by one.
    pub launches: u64,
    /// CUDA graphs built.
    pub graphs: u64,
    /// CUDA graphs launched.
    pub graph_launches: u64,
}

impl Cuda {
    /// Opens the GPU with this number; numbers start at 0.
    ///
    /// A program is built without CUDA. The libraries are loaded here, from where the system looks for shared
    /// libraries:
    ///
    /// | library | used for | comes with |
    /// |---|---|---|
    /// | `libcuda`, the driver | memory, launches, graphs | the NVIDIA driver, 545 (CUDA 12.3) or newer; in a container, the host's: `docker run --gpus all` |
    /// | `libnvrtc` | compiling the kernels for the GPU in use | the CUDA toolkit 12 or newer, or the Python package `nvidia-cuda-nvrtc-cu12` |
    /// | `libcublasLt` | large matrix products | the CUDA toolkit 12 or newer, or the Python package `nvidia-cublas-cu12` |
    ///
    /// The last two must not have a newer major version of CUDA than the driver. Python packages put libraries where
    /// only Python looks; add their folders to the system's search path before the program starts:
    ///
    /// ```sh
    /// pip install nvidia-cuda-nvrtc-cu12 nvidia-cublas-cu12
    /// at=$(python -c 'import nvidia; print(list(nvidia.__path__)[0])')
    /// export LD_LIBRARY_PATH=$at/cuda_nvrtc/lib:$at/cublas/lib
    /// ```
    ///
    /// The GPU needs compute capability 8.0 (Ampere, from 2020) or newer.
    ///
    /// # Errors
    /// [`Error::NoDevice`], which says what to install, if a library is missing or too old or if there is no such GPU.
    /// The program can fall back to [`Cpu`](super::Cpu).
    pub fn new(ordinal: usize) -> Result<Self> {
        let context = Context::new(ordinal)?;
        let state = State {
            queue: Queue::new(&context)?,
            staging: Staging::default(),
            casts: CastCache::default(),
            error: None,
            counts: Counts::default(),
            stream: Stream::new(&context)?,
        };
        let gpu = Arc::new(Gpu { context, state: Mutex::new(state) });
        Ok(Cuda {
            gpu,
            precision: Precision::F32,
            scratch: Default::default(),
            counters: Mutex::default(),
            dnn_from: dnn::WORTH_IT,
            #[cfg(test)]
            only_tile: None,
        })
    }
    /// Returns this handle with another precision for matrix products and convolutions.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }
    /// Chooses whether large convolutions in `f32` and TF32 may use cuDNN where it is installed, which is the default.
    /// With `false` this crate's own kernels compute all convolutions, as on a machine without cuDNN.
    #[must_use]
    pub fn cudnn(mut self, wanted: bool) -> Self {
        self.dnn_from = if wanted { dnn::WORTH_IT } else { usize::MAX };
        self
    }
    /// Sends convolutions of every size to cuDNN.
    #[cfg(test)]
    pub(crate) fn cudnn_always(mut self) -> Self {
        self.dnn_from = 0;
        self
    }
    /// Returns the driver's name of the GPU.
    pub fn name(&self) -> &str {
        self.gpu.context.name()
    }
    /// Compiles (or reads from the cache) and loads the kernels of these files.
    pub(crate) fn load(&self, sources: &[&'static Source]) -> Result<()> {
        self.state().queue.load_all(&self.gpu.context, sources)
    }
    /// Waits until all queued work is done.
    ///
    /// # Errors
    /// The first error since the last result.
    pub fn synchronize(&self) -> Result<()> {
        let mut state = self.state();
        state.flush(&self.gpu)?;
        state.synchronize(&self.gpu)
    }
    /// Returns how much the GPU was told to do so far.
    #[doc(hidden)]
    pub fn counts(&self) -> Counts {
        self.state().counts
    }
    /// Lists the kernels (with their blocks and threads) and library calls of the step or prediction that was sent
    /// last.
    #[doc(hidden)]
    pub fn last_work(&self) -> Vec<String> {
        self.state().queue.last_work()
    }
    /// Lists, in words, what cuBLASLt and cuDNN were asked for and do not compute; own kernels do.
    #[doc(hidden)]
    pub fn remarks(&self) -> Vec<String> {
        let mut state = self.state();
        let libraries = state.queue.libraries();
        let products = libraries.cublas.as_ref().map(|library| &library.remarks);
        let convolutions = libraries.cudnn.as_ref().and_then(Option::as_ref).map(|library| &library.remarks);
        products.into_iter().chain(convolutions).flatten().cloned().collect()
    }
    /// Returns the precision of matrix products and convolutions.
    pub(crate) fn computes_in(&self) -> Precision {
        self.precision
    }

    /// Queues a launch over `grid`.
    pub(crate) fn launch(&self, grid: Grid, launch: impl Launch) {
        let mut state = self.state();
        if state.error.is_none() && !grid.is_empty() {
            let State { queue, casts, .. } = &mut *state;
            if let Err(error) = queue.kernel(&self.gpu.context, grid, launch, casts) {
                state.error = Some(error);
            }
        }
    }
    /// Queues a call of a library. `run` may depend only on `words` and the stream that it gets, since the call may be
    /// recorded once in a graph and repeated by the GPU. `touched` lists the memory that it reads or writes, as
    /// addresses and bytes.
    pub(crate) fn call(&self, run: queue::Run, words: &[u64], touched: &[(u64, u64)]) {
        let mut state = self.state();
        if state.error.is_none() {
            state.queue.call(run, words, touched);
            for (address, bytes) in touched {
                state.casts.written(*address, address + bytes);
            }
        }
    }
    /// Returns a workspace of `len` numbers for one operation, which asks for it once; the next operation gets the same
    /// memory.
    pub(crate) fn scratch(&self, len: usize) -> Mut<'_, f32> {
        self.scratch_around(0, len)
    }
    /// Does the same as [`Cuda::scratch`] for an operation that calls others, which are nested `depth` deep (at most 2).
    pub(crate) fn scratch_around(&self, depth: usize, len: usize) -> Mut<'_, f32> {
        self.workspace(&self.scratch[depth], len)
    }
    /// Returns the last of `buffers`, after a new one was added if it is too short; a new one has zeros.
    fn workspace<E: Element>(&self, buffers: &Mutex<Vec<Buffer<E>>>, len: usize) -> Mut<'_, E> {
        let mut buffers = buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let most = buffers.last().map_or(0, Buffer::len);
        if most < len || buffers.is_empty() {
            // Doubling keeps the sum of the older buffers below the size of the one in use. A GPU that is nearly full
            // gets the exact size.
            match self.new_buffer(len.max(2 * most).max(1 << 16)).or_else(|_| self.new_buffer(len)) {
                Ok(larger) => buffers.push(larger),
                Err(error) => {
                    self.state().error.get_or_insert(error);
                    return Mut::at(0, len);
                }
            }
        }
        Mut::at(buffers.last().map_or(0, Buffer::address), len)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.gpu.state()
    }
}

impl Gpu {
    fn state(&self) -> MutexGuard<'_, State> {
        // After a panic elsewhere the state is still consistent: every change is a single push.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sends the queued work to the GPU; returns the first error since the last result.
    fn flush(&mut self, gpu: &Gpu) -> Result<()> {
        gpu.context.enter()?;
        if let Some(error) = self.error.take() {
            self.queue.clear();
            self.casts.written(0, u64::MAX);
            return Err(error);
        }
        let sent = self.queue.flush(&self.stream, &mut self.counts);
        if sent.is_err() {
            self.casts.written(0, u64::MAX);
        }
        sent
    }
    /// Waits until all work that was sent is done; none is queued.
    fn synchronize(&mut self, gpu: &Gpu) -> Result<()> {
        self.stream.synchronize()?;
        self.casts.free_retired(&gpu.context);
        Ok(())
    }
    /// Does the same as [`State::flush`] if some of the queued work touches the `len` bytes from `address` on.
    fn flush_if_touched(&mut self, gpu: &Gpu, address: u64, len: usize) -> Result<()> {
        gpu.context.enter()?;
        if self.error.is_some() || self.queue.touches(address, len as u64) { self.flush(gpu) } else { Ok(()) }
    }
    /// Does the same for memory that is about to be freed, and with it the casts of it: queued work may read these alone.
    fn flush_before_freeing(&mut self, gpu: &Gpu, address: u64, len: usize) -> Result<()> {
        let State { queue, casts, .. } = &*self;
        let read = casts.derived(address, address + len as u64).any(|(address, bytes)| queue.touches(address, bytes));
        if read { gpu.context.enter().and_then(|()| self.flush(gpu)) } else { self.flush_if_touched(gpu, address, len) }
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Errors are ignored, since nobody is left to receive them.
        let _ = self.context.enter();
        let _ = state.stream.synchronize();
        state.staging.close(&self.context);
        state.casts.close(&self.context);
    }
}
