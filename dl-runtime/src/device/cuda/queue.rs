//! The queue of launches: work is collected here and then sent to the GPU, as one CUDA graph when the sequence repeats.
//!
//! A training step launches the same kernels on the same memory again and again; only a few numbers differ, such as
//! seeds and the step size. A sequence is therefore identified by its kernels, grids and argument_pointers. The first
//! time, its kernels are launched one by one. The second time, they are recorded as a graph. From then on, the nodes
//! whose arguments changed are updated and the graph is launched as a whole, which costs as much as one launch.

use super::Counts;
use super::cast_cache::CastCache;
use super::compile;
use super::driver::{Context, Stream, check};
use super::graph::Graph;
use super::kernel::{Grid, Kernel, Launch, Packed, Packing, Source};
use super::signature;
use crate::Result;
use crate::tensor::context::splitmix64;
use cudarc::driver::{CudaModule, sys};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::c_void;
use std::sync::Arc;
use std::{fmt, ptr, thread};

/// The arguments of a library call, as words.
pub(crate) type Words = [u64; 16];

/// A function that calls a library on the stream that it is given.
pub(crate) type Run = fn(&mut Libraries, &Words, sys::CUstream) -> Result<()>;

/// The libraries' handles and cached plans, which library calls share.
#[derive(Default)]
pub(crate) struct Libraries {
    pub cublas: Option<super::blas::Library>,
    /// `None` until it was looked for, then `Some(None)` if it is not installed.
    pub cudnn: Option<Option<super::dnn::Library>>,
}

/// Shorter sequences are launched one by one.
const MIN_GRAPH_LENGTH: usize = 3;
/// The number of sequences that are remembered.
const MAX_GRAPHS: usize = 64;

/// Queued work, and the graphs of earlier sequences.
pub(super) struct Queue {
    pub(super) context: *const c_void,
    pub(super) work: Vec<Work>,
    /// The arguments of all kernels in `work`.
    pub(super) packed: Packed,
    /// The ranges of memory (begin and end address) that queued library calls touch.
    touched: Vec<(u64, u64)>,
    libraries: Libraries,
    /// Declared before the modules, because a module may be unloaded only when no graph uses its kernels.
    sequences: HashMap<u64, Sequence>,
    /// Indexed by [`Kernel::id`].
    functions: Vec<Option<Function>>,
    /// Keyed by the address of the source.
    modules: HashMap<usize, Arc<CudaModule>>,
    /// Counts flushes, so that the least recently used sequence can be dropped.
    clock: u64,
}

// SAFETY: the driver's handles may be used from any thread that has made the context current, and the GPU's lock is
// held whenever they are used.
unsafe impl Send for Queue {}

/// One queued kernel or library call.
#[derive(Clone, Copy)]
pub(super) enum Work {
    Kernel {
        kernel: &'static Kernel,
        function: sys::CUfunction,
        grid: Grid,
        /// Index of its first argument in [`Packed::arguments`].
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
            Work::Call { .. } => f.write_str("library call"),
        }
    }
}

/// A kernel that is loaded on this GPU.
#[derive(Clone, Copy)]
struct Function {
    raw: sys::CUfunction,
    /// True once the arguments of its first launch were checked against its parameters.
    checked: bool,
}

/// A sequence that was sent before.
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
    /// Queues a kernel, which is compiled at its first use.
    pub fn kernel<L: Launch>(&mut self, context: &Context, grid: Grid, launch: L, casts: &mut CastCache) -> Result<()> {
        let kernel = launch.kernel();
        let function = self.function(context, kernel)?;
        let first = self.packed.arguments.len();
        kernel.parameters.extensions.iter().for_each(|(extension, _)| extension.pack_unused(&mut self.packed));
        launch.pack(&mut self.packed);
        let count = self.packed.arguments.len() - first;
        if !function.checked {
            let arguments = &self.packed.arguments[first..];
            check_parameters(context, kernel, function.raw, arguments)?;
            if cfg!(debug_assertions) {
                signature::assert_arguments(kernel, L::PARAMETERS, arguments);
            }
            self.functions[kernel.id()] = Some(Function { checked: true, ..function });
        }
        for argument in self.packed.arguments[first..].iter().filter(|argument| argument.is_written()) {
            let at = argument.word as usize;
            casts.written(self.packed.words[at], self.packed.words[at] + 4 * self.packed.words[at + 1]);
        }
        self.work.push(Work::Kernel { kernel, function: function.raw, grid, first, count });
        Ok(())
    }
    /// Queues a call of a library.
    pub fn call(&mut self, run: Run, words: &[u64], touched: &[(u64, u64)]) {
        let mut all = [0; 16];
        all[..words.len()].copy_from_slice(words);
        self.work.push(Work::Call { run, words: all });
        self.touched.extend(touched.iter().map(|(address, bytes)| (*address, address + bytes)));
    }
    pub fn libraries(&mut self) -> &mut Libraries {
        &mut self.libraries
    }
    /// Returns whether queued work may touch the `bytes` from `address` on.
    pub fn touches(&self, address: u64, bytes: u64) -> bool {
        let overlaps = |from: u64, to: u64| from < address + bytes && address < to;
        let spans = self.packed.arguments.iter().filter(|argument| argument.is_span()).any(|argument| {
            let at = argument.word as usize;
            // Every element has four bytes.
            overlaps(self.packed.words[at], self.packed.words[at] + 4 * self.packed.words[at + 1])
        });
        spans || self.touched.iter().any(|(from, to)| overlaps(*from, *to))
    }
    /// Drops the queued work.
    pub fn clear(&mut self) {
        self.work.clear();
        self.packed.clear();
        self.touched.clear();
    }
    /// Sends the queued work to the GPU.
    pub fn flush(&mut self, stream: &Stream, counts: &mut Counts) -> Result<()> {
        let sent = self.send(stream, counts);
        self.clear();
        sent
    }

    fn send(&mut self, stream: &Stream, counts: &mut Counts) -> Result<()> {
        if self.work.len() < MIN_GRAPH_LENGTH {
            return self.launch_each(stream, counts);
        }
        self.clock += 1;
        let key = self.key();
        let Some(sequence) = self.sequences.get_mut(&key) else {
            self.evict_oldest();
            self.sequences.insert(key, Sequence { used: self.clock, work: self.work.clone(), graph: None });
            return self.launch_each(stream, counts);
        };
        sequence.used = self.clock;
        match sequence.graph.take() {
            Some(mut graph) => {
                self.update(&mut graph)?;
                self.launch(key, graph, counts)
            }
            None => {
                let graph = self.record(stream)?;
                counts.graphs += 1;
                self.launch(key, graph, counts)
            }
        }
    }
    /// Lists the kernels and calls of the sequence that was sent last, leaving out sequences too short for a graph.
    pub fn last_work(&self) -> Vec<String> {
        let last = self.sequences.values().max_by_key(|sequence| sequence.used);
        last.map_or(Vec::new(), |sequence| sequence.work.iter().map(Work::to_string).collect())
    }
    fn launch(&mut self, key: u64, graph: Graph, counts: &mut Counts) -> Result<()> {
        counts.graph_launches += 1;
        // The memory of its kernels is alive, since a buffer waits for the stream before it is freed.
        let launched = check(graph.cuda.launch(), || "starting a graph".into());
        if let Some(sequence) = self.sequences.get_mut(&key) {
            sequence.graph = Some(graph);
        }
        launched
    }
    /// Hashes what identifies a sequence: kernels, grids, argument_pointers and lengths, and library calls.
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
                        if argument.is_span() {
                            key = words(key, &self.packed.words[argument.word as usize..][..2]);
                        }
                    }
                }
                Work::Call { run, words: all } => key = words(splitmix64(key, *run as usize as u64), all),
            }
        }
        key
    }
    /// Drops the least recently used sequence when there are too many.
    fn evict_oldest(&mut self) {
        if self.sequences.len() >= MAX_GRAPHS
            && let Some(oldest) = self.sequences.iter().min_by_key(|(_, sequence)| sequence.used).map(|(key, _)| *key)
        {
            self.sequences.remove(&oldest);
        }
    }

    /// Launches the queued work one by one.
    fn launch_each(&mut self, stream: &Stream, counts: &mut Counts) -> Result<()> {
        for index in 0..self.work.len() {
            self.launch_one(index, stream.raw())?;
            counts.launches += 1;
        }
        Ok(())
    }
    pub(super) fn launch_one(&mut self, index: usize, stream: sys::CUstream) -> Result<()> {
        match self.work[index] {
            Work::Kernel { function, grid, first, count, .. } => {
                let mut arguments = [ptr::null_mut(); 16];
                self.argument_pointers(first, count, &mut arguments);
                let [x, y, z] = grid.blocks;
                // The driver is called directly, since cudarc's `launch_builder` allocates a list of arguments for each
                // launch.
                // SAFETY: the kernel has these parameters (`check_parameters`), and the driver copies them; the memory
                // that they point to lives until the stream has passed (`Buffer::drop`).
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
    /// Writes pointers to the arguments of a kernel into `to`.
    pub(super) fn argument_pointers(&self, first: usize, count: usize, to: &mut [*mut c_void; 16]) {
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
    /// Loads the kernels of all files, on several threads because compiling them takes most of the time.
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

/// Identifies a file of kernels by its address.
fn address(source: &'static Source) -> usize {
    ptr::from_ref(source) as usize
}

/// Panics if a kernel has other parameters than it is launched with. Drivers before CUDA 12.4 cannot tell.
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
        // SAFETY: the function is alive; the driver writes two numbers, or returns that there is no such parameter.
        let code = unsafe { sys::cuFuncGetParamInfo(function, index, &mut offset, &mut size) };
        (code == sys::CUresult::CUDA_SUCCESS).then_some(size)
    };
    let found: Vec<usize> = (0..).map_while(size).collect();
    let given: Vec<usize> = arguments.iter().map(|argument| argument.bytes as usize).collect();
    assert!(found == given, "the kernel {} has parameters of {found:?} bytes, not of {given:?}", kernel.name);
    Ok(())
}
