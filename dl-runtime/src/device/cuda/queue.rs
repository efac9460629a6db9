//! Work that was asked for: gathered, then sent to the GPU, the second time as one CUDA graph.
//!
//! A training step asks for the same kernels over the same memory again and again; only a few numbers differ (seeds, the
//! size of a step). So a sequence of work is known by its kernels, grids and addresses. The first time it is started
//! piece by piece; the second time it is recorded as a graph; from then on the pieces whose numbers changed are updated
//! and the graph is started as a whole, for the price of one launch.

use super::cast_cache::CastCache;
use super::compile;
use super::driver::{Context, check};
use super::graph::Graph;
use super::kernel::{Arguments, Grid, Kernel, Packed, Packing, Source};
use super::{Counts, Gpu};
use crate::Result;
use crate::tensor::context::splitmix64;
use cudarc::driver::{CudaModule, sys};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::c_void;
use std::sync::Arc;
use std::{fmt, ptr, thread};

/// Numbers that describe a call of a library.
pub(crate) type Words = [u64; 16];

/// A call of a library on the stream it is given.
pub(crate) type Run = fn(&mut Libraries, &Words, sys::CUstream) -> Result<()>;

/// What calls of libraries share.
#[derive(Default)]
pub(crate) struct Libraries {
    pub cublas: Option<super::blas::Library>,
    /// Once it was looked for: if it is installed.
    pub cudnn: Option<Option<super::dnn::Library>>,
}

/// Sequences shorter than this are started piece by piece.
const WORTH_A_GRAPH: usize = 3;
/// Sequences remembered.
const MOST_GRAPHS: usize = 64;

/// Work asked for and not yet sent, and the graphs of sequences that came before.
pub(super) struct Queue {
    pub(super) context: *const c_void,
    pub(super) work: Vec<Work>,
    /// The arguments of all kernels in `work`.
    pub(super) packed: Packed,
    /// Begin and end of the memory that calls of libraries touch.
    touched: Vec<(u64, u64)>,
    libraries: Libraries,
    /// Before the modules, which go when no graph has their kernels any more.
    sequences: HashMap<u64, Sequence>,
    /// By [`Kernel::id`].
    functions: Vec<Option<Function>>,
    /// By the address of the source.
    modules: HashMap<usize, Arc<CudaModule>>,
    /// Counts flushes, to forget the sequence that was not used for longest.
    clock: u64,
}

// SAFETY: the driver's handles may be used from any thread that has made the context current, and are used under the lock
// of the GPU.
unsafe impl Send for Queue {}

/// One piece of work.
#[derive(Clone, Copy)]
pub(super) enum Work {
    Kernel {
        kernel: &'static Kernel,
        function: sys::CUfunction,
        grid: Grid,
        /// Of [`Packed::arguments`].
        first: usize,
        count: usize,
    },
    Call {
        run: Run,
        words: Words,
    },
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Work::Kernel { kernel, grid: Grid { blocks: [x, y, z], threads }, .. } => {
                write!(f, "{} {x}x{y}x{z} of {threads}", kernel.name)
            }
            Work::Call { .. } => f.write_str("a library's"),
        }
    }
}

/// A kernel on this GPU.
#[derive(Clone, Copy)]
struct Function {
    raw: sys::CUfunction,
    /// Whether its first launch had the parameters that the kernel has.
    checked: bool,
}

/// A sequence that was asked for before.
struct Sequence {
    used: u64,
    work: Vec<Work>,
    graph: Option<Graph>,
}

impl Queue {
    pub fn new(context: &Context) -> Result<Self> {
        Ok(Queue {
            context: context.cuda.cu_ctx().cast(),
            work: Vec::new(),
            packed: Packed::default(),
            touched: Vec::new(),
            libraries: Libraries::default(),
            sequences: HashMap::new(),
            functions: Vec::new(),
            modules: HashMap::new(),
            clock: 0,
        })
    }
    /// Adds a kernel, compiled at its first use.
    pub fn kernel(
        &mut self,
        context: &Context,
        kernel: &'static Kernel,
        grid: Grid,
        arguments: impl Arguments,
        derived: &mut CastCache,
    ) -> Result<()> {
        let function = self.function(context, kernel)?;
        let first = self.packed.arguments.len();
        arguments.pack(&mut self.packed);
        let count = self.packed.arguments.len() - first;
        if !function.checked {
            check_parameters(context, kernel, function.raw, &self.packed.arguments[first..])?;
            self.functions[kernel.id()] = Some(Function { checked: true, ..function });
        }
        for argument in self.packed.arguments[first..].iter().filter(|argument| argument.written) {
            let at = argument.word as usize;
            derived.written(self.packed.words[at], self.packed.words[at] + 4 * self.packed.words[at + 1]);
        }
        self.work.push(Work::Kernel { kernel, function: function.raw, grid, first, count });
        Ok(())
    }
    /// Adds a call of a library.
    pub fn call(&mut self, run: Run, words: &[u64], touched: &[(u64, u64)]) {
        let mut all = [0; 16];
        all[..words.len()].copy_from_slice(words);
        self.work.push(Work::Call { run, words: all });
        self.touched.extend(touched.iter().map(|(address, bytes)| (*address, address + bytes)));
    }
    /// What calls of libraries share.
    pub fn libraries(&mut self) -> &mut Libraries {
        &mut self.libraries
    }
    /// Whether work that was not sent yet may touch `bytes` from `address` on.
    pub fn touches(&self, address: u64, bytes: u64) -> bool {
        let meets = |from: u64, to: u64| from < address + bytes && address < to;
        let spans = self.packed.arguments.iter().filter(|argument| argument.span).any(|argument| {
            let at = argument.word as usize;
            // Elements are of four bytes.
            meets(self.packed.words[at], self.packed.words[at] + 4 * self.packed.words[at + 1])
        });
        spans || self.touched.iter().any(|(from, to)| meets(*from, *to))
    }
    /// Drops what was asked for.
    pub fn forget(&mut self) {
        self.work.clear();
        self.packed.clear();
        self.touched.clear();
    }
    /// Sends what was asked for to the GPU.
    pub fn flush(&mut self, gpu: &Gpu, counts: &mut Counts) -> Result<()> {
        let sent = self.send(gpu, counts);
        self.forget();
        sent
    }

    fn send(&mut self, gpu: &Gpu, counts: &mut Counts) -> Result<()> {
        if self.work.len() < WORTH_A_GRAPH {
            return self.start(gpu, counts);
        }
        self.clock += 1;
        let key = self.key();
        let Some(sequence) = self.sequences.get_mut(&key) else {
            self.make_room();
            self.sequences.insert(key, Sequence { used: self.clock, work: self.work.clone(), graph: None });
            return self.start(gpu, counts);
        };
        sequence.used = self.clock;
        match sequence.graph.take() {
            Some(mut graph) => {
                self.update(&mut graph)?;
                self.launch(key, graph, counts)
            }
            None => {
                let graph = self.record(gpu)?;
                counts.graphs += 1;
                self.launch(key, graph, counts)
            }
        }
    }
    /// What was sent last of what is worth a graph, piece by piece.
    pub fn last(&self) -> Vec<String> {
        let last = self.sequences.values().max_by_key(|sequence| sequence.used);
        last.map_or(Vec::new(), |sequence| sequence.work.iter().map(Work::to_string).collect())
    }
    fn launch(&mut self, key: u64, graph: Graph, counts: &mut Counts) -> Result<()> {
        counts.graph_launches += 1;
        // Its kernels' memory lives, since buffers wait for the stream before they go.
        let launched = check(graph.cuda.launch(), || "starting a graph".into());
        if let Some(sequence) = self.sequences.get_mut(&key) {
            sequence.graph = Some(graph);
        }
        launched
    }
    /// What a sequence is known by: kernels, grids, addresses and lengths, calls of libraries.
    fn key(&self) -> u64 {
        let words = |key, words: &[u64]| words.iter().fold(key, |key, word| splitmix64(key, *word));
        let mut key = self.work.len() as u64;
        for work in &self.work {
            match work {
                Work::Kernel { function, grid, first, count, .. } => {
                    let [x, y, z] = grid.blocks.map(u64::from);
                    key = words(key, &[*function as u64, x, y << 32 | z, u64::from(grid.threads)]);
                    for argument in &self.packed.arguments[*first..first + count] {
                        key = splitmix64(key, u64::from(argument.bytes));
                        if argument.span {
                            key = words(key, &self.packed.words[argument.word as usize..][..2]);
                        }
                    }
                }
                Work::Call { run, words: all } => key = words(splitmix64(key, *run as usize as u64), all),
            }
        }
        key
    }
    /// Forgets the sequence that was not used for longest, when there are many.
    fn make_room(&mut self) {
        if self.sequences.len() >= MOST_GRAPHS
            && let Some(oldest) = self.sequences.iter().min_by_key(|(_, sequence)| sequence.used).map(|(key, _)| *key)
        {
            self.sequences.remove(&oldest);
        }
    }

    /// Starts the work piece by piece.
    fn start(&mut self, gpu: &Gpu, counts: &mut Counts) -> Result<()> {
        for index in 0..self.work.len() {
            self.start_one(index, gpu.stream.raw())?;
            counts.launches += 1;
        }
        Ok(())
    }
    pub(super) fn start_one(&mut self, index: usize, stream: sys::CUstream) -> Result<()> {
        match self.work[index] {
            Work::Kernel { function, grid, first, count, .. } => {
                let mut arguments = [ptr::null_mut(); 16];
                self.addresses(first, count, &mut arguments);
                let [x, y, z] = grid.blocks;
                // cudarc's `launch_builder` allocates a list of arguments for each launch.
                // SAFETY: the kernel has these parameters (`check_parameters`), which the driver copies; the memory they
                // name lives until the stream has passed (`Buffer::drop`).
                check(
                    unsafe {
                        sys::cuLaunchKernel(
                            function,
                            x,
                            y,
                            z,
                            grid.threads,
                            1,
                            1,
                            0,
                            stream,
                            arguments.as_mut_ptr(),
                            ptr::null_mut(),
                        )
                    }
                    .result(),
                    || format!("starting a kernel over {grid:?}"),
                )
            }
            Work::Call { run, words } => run(&mut self.libraries, &words, stream),
        }
    }
    /// The addresses of the arguments of a kernel.
    pub(super) fn addresses(&self, first: usize, count: usize, to: &mut [*mut c_void; 16]) {
        for (to, argument) in to.iter_mut().zip(&self.packed.arguments[first..first + count]) {
            *to = (&raw const self.packed.words[argument.word as usize]).cast_mut().cast();
        }
    }

    fn function(&mut self, context: &Context, kernel: &'static Kernel) -> Result<Function> {
        let id = kernel.id();
        if let Some(Some(function)) = self.functions.get(id) {
            return Ok(*function);
        }
        context.enter()?;
        let module = match self.modules.entry(address(kernel.source)) {
            Entry::Occupied(module) => module.into_mut(),
            Entry::Vacant(place) => place.insert(compile::load(context, kernel.source)?),
        };
        let function = check(module.load_function(kernel.name), || format!("looking for the kernel {}", kernel.name))?;
        let function = Function { raw: function.cu_function(), checked: false };
        if self.functions.len() <= id {
            self.functions.resize(id + 1, None);
        }
        self.functions[id] = Some(function);
        Ok(function)
    }
    /// Makes the kernels of all files ready, side by side, since most time goes into compiling them.
    pub fn load_all(&mut self, context: &Context, sources: &[&'static Source]) -> Result<()> {
        let missing = sources.iter().filter(|source| !self.modules.contains_key(&address(source)));
        let load = |source: &'static Source| {
            context.enter()?;
            Ok((address(source), compile::load(context, source)?))
        };
        let loaded = thread::scope(|scope| {
            let threads: Vec<_> = missing.map(|source| scope.spawn(move || load(source))).collect();
            threads.into_iter().map(|thread| thread.join().expect("compiling does not panic")).collect::<Vec<_>>()
        });
        let mut all = Ok(());
        for module in loaded {
            match module {
                Ok((source, module)) => _ = self.modules.insert(source, module),
                Err(error) => all = all.and(Err(error)),
            }
        }
        all
    }
}

/// What a file of kernels is known by.
fn address(source: &'static Source) -> usize {
    ptr::from_ref(source) as usize
}

/// That a kernel has the parameters that it is launched with; drivers before CUDA 12.4 do not say.
fn check_parameters(
    context: &Context,
    kernel: &Kernel,
    function: sys::CUfunction,
    arguments: &[Packing],
) -> Result<()> {
    if context.version < 12_040 {
        return Ok(());
    }
    let size = |index| {
        let (mut offset, mut size) = (0, 0);
        // SAFETY: the function lives; the driver writes two numbers, or says that there is no such parameter.
        let code = unsafe { sys::cuFuncGetParamInfo(function, index, &mut offset, &mut size) };
        (code == sys::CUresult::CUDA_SUCCESS).then_some(size)
    };
    let found: Vec<usize> = (0..).map_while(size).collect();
    let given: Vec<usize> = arguments.iter().map(|argument| argument.bytes as usize).collect();
    assert!(found == given, "the kernel {} has parameters of {found:?} bytes, not of {given:?}", kernel.name);
    Ok(())
}
