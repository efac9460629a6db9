//! Matrix products with cuBLASLt: the description of a product, and the algorithm that is chosen once for each
//! description.

use super::driver::out_of_memory;
use super::{Cuda, Libraries, Mut, Precision, Ref, Words};
use crate::tensor::Write;
use crate::{Error, Result};
use cudarc::cublaslt::sys::cublasComputeType_t::{CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_32F_FAST_TF32};
use cudarc::cublaslt::sys::cublasLtEpilogue_t::{
    CUBLASLT_EPILOGUE_BGRADB, CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_RELU,
    CUBLASLT_EPILOGUE_RELU_BIAS,
};
use cudarc::cublaslt::sys::cublasLtMatmulDescAttributes_t::{
    CUBLASLT_MATMUL_DESC_BIAS_POINTER as BIAS_POINTER, CUBLASLT_MATMUL_DESC_EPILOGUE as EPILOGUE,
    CUBLASLT_MATMUL_DESC_TRANSA as FIRST_TRANSPOSED, CUBLASLT_MATMUL_DESC_TRANSB as SECOND_TRANSPOSED,
};
use cudarc::cublaslt::sys::cublasLtMatmulPreferenceAttributes_t::{
    CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
};
use cudarc::cublaslt::sys::cublasLtMatrixLayoutAttribute_t::{
    CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
};
use cudarc::cublaslt::sys::cudaDataType_t::{CUDA_R_16BF, CUDA_R_32F};
use cudarc::cublaslt::sys::{
    self,
    cublasStatus_t::{CUBLAS_STATUS_ALLOC_FAILED, CUBLAS_STATUS_NOT_SUPPORTED, CUBLAS_STATUS_SUCCESS},
};
use cudarc::driver::sys::CUstream;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::c_void;
use std::ptr;

/// The largest workspace of an algorithm, in numbers: 32 MiB, which cuBLASLt recommends for Hopper.
const MAX_WORKSPACE: usize = 8 << 20;
/// The alignment in bytes that the epilogue needs of a bias.
const BIAS_ALIGNMENT: u64 = 16;

/// The epilogue of a product, which cuBLASLt computes in the same pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Epilogue {
    /// Nothing but the bias, if there is one.
    Plain,
    /// ReLU after the bias, if there is one.
    Relu,
    /// The bias is not added, but set to the sums of the rows of A: the gradient to a bias, where A is dyᵀ.
    RowSums,
}

/// `C = A·B` for a batch of `count` matrices, with the bias and ReLU that cuBLASLt applies in the same pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Gemm {
    /// The rows of A and C.
    pub rows: usize,
    /// The columns of A and rows of B.
    pub inner: usize,
    /// The columns of B and C.
    pub columns: usize,
    /// True if A is stored as Aᵀ.
    pub left_transposed: bool,
    /// True if B is stored as Bᵀ.
    pub right_transposed: bool,
    /// The distances, in numbers, between stored rows of A and of B.
    pub pitches: [usize; 2],
    /// The batch size; the matrices follow each other in memory.
    pub count: usize,
    /// The type of A and B: `f32`, `f32` that is rounded to TF32 when it is read, or bf16.
    pub precision: Precision,
    pub epilogue: Epilogue,
    /// [`Write::Set`] replaces C, and [`Write::Add`] adds to it.
    pub write: Write,
}

impl Gemm {
    /// Returns the workspace that [`Cuda::gemm`] needs, in numbers. It is for splitting long sums, and larger results
    /// need more.
    pub fn workspace(&self) -> usize {
        const SPLITS: usize = 16;
        let results = self.count * self.rows * self.columns;
        (SPLITS * results).next_power_of_two().clamp(1 << 18, MAX_WORKSPACE)
    }
    /// Returns whether the epilogue can read or write this bias.
    pub fn takes(bias: Ref<'_, f32>) -> bool {
        bias.address().is_multiple_of(BIAS_ALIGNMENT)
    }
    fn words(&self) -> [u64; 4] {
        let pair = |low: usize, high: usize| (high as u64) << 32 | low as u64;
        let Gemm { rows, inner, columns, left_transposed, right_transposed, .. } = *self;
        let flag = |flag: bool, bit: u32| usize::from(flag) << bit;
        let flags = flag(left_transposed, 0) | flag(right_transposed, 1) | flag(self.write == Write::Add, 2);
        let flags = flags | (self.precision as usize) << 4 | (self.epilogue as usize) << 8;
        [pair(rows, inner), pair(columns, self.count), pair(self.pitches[0], self.pitches[1]), flags as u64]
    }
    fn from_words(words: [u64; 4]) -> Self {
        let pair = |word: u64| (word as u32 as usize, (word >> 32) as usize);
        let ((rows, inner), (columns, count), (a, b)) = (pair(words[0]), pair(words[1]), pair(words[2]));
        let flag = |bit: u32| words[3] >> bit & 1 == 1;
        Gemm {
            rows,
            inner,
            columns,
            left_transposed: flag(0),
            right_transposed: flag(1),
            pitches: [a, b],
            count,
            precision: [Precision::F32, Precision::Tf32, Precision::Bf16][(words[3] >> 4 & 3) as usize],
            epilogue: [Epilogue::Plain, Epilogue::Relu, Epilogue::RowSums][(words[3] >> 8) as usize],
            write: if flag(2) { Write::Add } else { Write::Set },
        }
    }
}

/// The address of memory that begins an allocation, which is aligned for every algorithm.
pub(crate) const ALIGNED: u64 = 0;

impl Cuda {
    /// Returns whether cuBLASLt has an algorithm for a product of matrices at the addresses of A, B, C and the bias, which is 0 if there
    /// is none.
    pub(crate) fn by_blas(&self, gemm: &Gemm, addresses: [u64; 4]) -> bool {
        let mut state = self.state();
        let plan = self.gpu.context.enter().and_then(|()| {
            let library = Library::get(state.queue.libraries())?;
            library.plan(gemm, addresses).map(|plan| plan.is_some())
        });
        plan.unwrap_or_else(|error| {
            // Nothing is queued after an error.
            state.error.get_or_insert(error);
            true
        })
    }
    /// Queues a product with cuBLASLt, after [`Cuda::by_blas`]. It writes the bias with [`Epilogue::RowSums`]. `workspace` has
    /// [`Gemm::workspace`] numbers.
    pub(crate) fn gemm(
        &self,
        gemm: &Gemm,
        [a, b]: [Ref<'_, f32>; 2],
        bias: Option<Ref<'_, f32>>,
        c: &Mut<'_, f32>,
        workspace: &Mut<'_, f32>,
    ) {
        let addresses = [a.address(), b.address(), c.address(), bias.map_or(0, Ref::address), workspace.address()];
        let mut words = [0; 9];
        words[..5].copy_from_slice(&addresses);
        words[5..].copy_from_slice(&gemm.words());
        let bytes = |len: usize| 4 * len as u64;
        let touched = [
            (addresses[0], bytes(a.len())),
            (addresses[1], bytes(b.len())),
            (addresses[2], bytes(c.len())),
            (addresses[3], bytes(bias.map_or(0, Ref::len))),
            // The handle whose scratch memory this is may be dropped before the product is sent.
            (addresses[4], bytes(workspace.len())),
        ];
        self.call(multiply, &words, &touched);
    }
}

/// Computes the product that [`Cuda::gemm`] packed into words.
fn multiply(libraries: &mut Libraries, words: &Words, stream: CUstream) -> Result<()> {
    let [a, b, c, bias, workspace] = [words[0], words[1], words[2], words[3], words[4]];
    let gemm = Gemm::from_words([words[5], words[6], words[7], words[8]]);
    Library::get(libraries)?.multiply(gemm, [a, b, c, bias], workspace, stream)
}

/// The handle of cuBLASLt, and the plans that were made so far.
pub(crate) struct Library {
    handle: sys::cublasLtHandle_t,
    /// `None` for a product for which the library has no algorithm.
    plans: HashMap<(Gemm, [u32; 3], bool), Option<Plan>>,
    /// The products that the library did not compute, in words.
    pub remarks: Vec<String>,
}

// SAFETY: cuBLASLt's handles and descriptors may be used from any thread, and here they are used under the GPU's lock.
unsafe impl Send for Library {}

impl Library {
    /// Returns the library, which is started at the first use.
    fn get(libraries: &mut Libraries) -> Result<&mut Self> {
        match &mut libraries.cublas {
            Some(library) => Ok(library),
            none => Ok(none.insert(Library::new()?)),
        }
    }
    fn new() -> Result<Self> {
        let mut handle = ptr::null_mut();
        // SAFETY: the library is loaded (`Context::new` checked) and the context is current; it writes one handle.
        check(unsafe { sys::cublasLtCreate(&mut handle) }).map_err(|code| failed("starting cuBLASLt".into(), code))?;
        Ok(Library { handle, plans: HashMap::new(), remarks: Vec::new() })
    }
    fn multiply(&mut self, gemm: Gemm, addresses: [u64; 4], workspace: u64, stream: CUstream) -> Result<()> {
        let handle = self.handle;
        match self.plan(&gemm, addresses)? {
            Some(plan) => plan.start(handle, gemm, addresses, workspace, stream),
            None => Err(CUBLAS_STATUS_NOT_SUPPORTED),
        }
        .map_err(|code| failed(doing(&gemm), code))
    }
    /// Returns the plan of a product; `None` if the library has no algorithm for it. The context must be current.
    fn plan(&mut self, gemm: &Gemm, [a, b, c, bias]: [u64; 4]) -> Result<Option<&mut Plan>> {
        // The choice of algorithm depends on the largest power of two that divides each address.
        let alignments = [a, b, c].map(|address| 1 << address.trailing_zeros().min(8));
        let plan = match self.plans.entry((*gemm, alignments, bias != 0)) {
            Entry::Occupied(plan) => plan.into_mut(),
            Entry::Vacant(new) => new.insert(match Plan::new(self.handle, gemm, alignments, bias) {
                Ok(plan) => Some(plan),
                Err(CUBLAS_STATUS_NOT_SUPPORTED) => {
                    self.remarks.push(format!("cuBLASLt has no algorithm for {}, {gemm:?}", doing(gemm)));
                    None
                }
                Err(code) => return Err(failed(doing(gemm), code)),
            }),
        };
        Ok(plan.as_mut())
    }
}

impl Plan {
    fn start(
        &mut self,
        handle: sys::cublasLtHandle_t,
        gemm: Gemm,
        [a, b, c, bias]: [u64; 4],
        workspace: u64,
        stream: CUstream,
    ) -> CublasResult<()> {
        if bias != 0 {
            self.product.set(BIAS_POINTER, bias)?;
        }
        let (alpha, beta) = (1.0f32, if gemm.write == Write::Add { 1.0f32 } else { 0.0 });
        let memory = |address: u64| address as *mut c_void;
        // SAFETY: the plan owns the descriptors; the addresses are of GPU memory that holds what they describe
        // (`Cuda::gemm`) and is alive until the stream has passed; alpha and beta are read during the call.
        check(unsafe {
            sys::cublasLtMatmul(
                handle,
                self.product.raw,
                (&raw const alpha).cast(),
                memory(b),
                self.b.raw,
                memory(a),
                self.a.raw,
                (&raw const beta).cast(),
                memory(c),
                self.c.raw,
                memory(c),
                self.c.raw,
                &self.algorithm,
                memory(workspace),
                4 * gemm.workspace(),
                stream.cast(),
            )
        })
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.plans.clear();
        // SAFETY: the handle was created in `new` and is destroyed once.
        let _ = unsafe { sys::cublasLtDestroy(self.handle) };
    }
}

/// A descriptor of the library, of type `T` with attributes `A`.
struct Descriptor<T, A> {
    raw: *mut T,
    set: unsafe fn(*mut T, A, *const c_void, usize) -> sys::cublasStatus_t,
    destroy: unsafe fn(*mut T) -> sys::cublasStatus_t,
}

impl<T, A> Descriptor<T, A> {
    fn set<V>(&self, attribute: A, value: V) -> CublasResult<()> {
        // SAFETY: the descriptor is alive; the library copies a value of this size, or rejects it.
        check(unsafe { (self.set)(self.raw, attribute, (&raw const value).cast(), size_of::<V>()) })
    }
}

impl<T, A> Drop for Descriptor<T, A> {
    fn drop(&mut self) {
        // SAFETY: the descriptor was created where `raw` was set, and is destroyed once.
        let _ = unsafe { (self.destroy)(self.raw) };
    }
}

type Matrix = Descriptor<sys::cublasLtMatrixLayoutOpaque_t, sys::cublasLtMatrixLayoutAttribute_t>;

/// The descriptors of one product, and its algorithm.
struct Plan {
    product: Descriptor<sys::cublasLtMatmulDescOpaque_t, sys::cublasLtMatmulDescAttributes_t>,
    a: Matrix,
    b: Matrix,
    c: Matrix,
    algorithm: sys::cublasLtMatmulAlgo_t,
}

impl Plan {
    /// cuBLASLt's matrices are column-major. It takes our rows for columns, so it sees every matrix transposed. Since
    /// Cᵀ = Bᵀ·Aᵀ, it gets B as its first factor and A as its second, and writes C in our layout. A factor that is
    /// stored transposed has to be transposed for cuBLASLt, too.
    fn new(handle: sys::cublasLtHandle_t, gemm: &Gemm, alignments: [u32; 3], bias: u64) -> CublasResult<Self> {
        let p = gemm;
        let (compute, inputs) = match gemm.precision {
            Precision::F32 => (CUBLAS_COMPUTE_32F, CUDA_R_32F),
            Precision::Tf32 => (CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F),
            Precision::Bf16 => (CUBLAS_COMPUTE_32F, CUDA_R_16BF),
        };
        let stored = |rows, columns, transposed| if transposed { [columns, rows] } else { [rows, columns] };
        let [a_pitch, b_pitch] = gemm.pitches;
        let mut plan = Plan {
            product: product(compute)?,
            a: matrix(inputs, stored(p.rows, p.inner, p.left_transposed), a_pitch, gemm.count)?,
            b: matrix(inputs, stored(p.inner, p.columns, p.right_transposed), b_pitch, gemm.count)?,
            c: matrix(CUDA_R_32F, [p.rows, p.columns], p.columns, gemm.count)?,
            algorithm: sys::cublasLtMatmulAlgo_t { data: [0; 8] },
        };
        plan.product.set(FIRST_TRANSPOSED, i32::from(p.right_transposed))?;
        plan.product.set(SECOND_TRANSPOSED, i32::from(p.left_transposed))?;
        let epilogue = match (bias != 0, gemm.epilogue) {
            (false, Epilogue::Plain) => CUBLASLT_EPILOGUE_DEFAULT,
            (false, Epilogue::Relu) => CUBLASLT_EPILOGUE_RELU,
            (true, Epilogue::Plain) => CUBLASLT_EPILOGUE_BIAS,
            (true, Epilogue::Relu) => CUBLASLT_EPILOGUE_RELU_BIAS,
            // Our A is the library's second factor, B: "The bias size corresponds to the number of columns of the matrix D. The reduction
            // happens over the GEMM's k dimension" (cuBLAS, `cublasLtEpilogue_t`).
            (_, Epilogue::RowSums) => CUBLASLT_EPILOGUE_BGRADB,
        };
        plan.product.set(EPILOGUE, epilogue as u32)?;
        if bias != 0 {
            // The choice of algorithm depends on the alignment of the bias.
            plan.product.set(BIAS_POINTER, bias)?;
        }
        plan.algorithm = plan.choose(handle, 4 * gemm.workspace(), alignments)?;
        Ok(plan)
    }
    /// Chooses the algorithm that the library estimates to be the fastest of those that give the same bits in every
    /// run.
    fn choose(
        &self,
        handle: sys::cublasLtHandle_t,
        workspace: usize,
        [a_alignment, b_alignment, c_alignment]: [u32; 3],
    ) -> CublasResult<sys::cublasLtMatmulAlgo_t> {
        let mut preference = Descriptor {
            raw: ptr::null_mut(),
            set: sys::cublasLtMatmulPreferenceSetAttribute,
            destroy: sys::cublasLtMatmulPreferenceDestroy,
        };
        // SAFETY: the library writes one handle.
        check(unsafe { sys::cublasLtMatmulPreferenceCreate(&mut preference.raw) })?;
        preference.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace as u64)?;
        // The parts of a split sum are added from the workspace in a fixed order, not in the order in which they
        // finish.
        let in_order = sys::cublasLtReductionScheme_t::CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE as u32;
        preference.set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, in_order)?;
        preference.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, b_alignment)?;
        preference.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, a_alignment)?;
        preference.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, c_alignment)?;
        preference.set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, c_alignment)?;
        // SAFETY: the struct consists of numbers, for which zero is valid; the status zero is success.
        let mut best: sys::cublasLtMatmulHeuristicResult_t = unsafe { std::mem::zeroed() };
        let mut found = 0;
        let [a, b, c] = [&self.a, &self.b, &self.c].map(|matrix| matrix.raw);
        // SAFETY: all handles are alive, and there is room for the one result that is requested.
        check(unsafe {
            sys::cublasLtMatmulAlgoGetHeuristic(
                handle,
                self.product.raw,
                b,
                a,
                c,
                c,
                preference.raw,
                1,
                &mut best,
                &mut found,
            )
        })?;
        check(if found == 0 { CUBLAS_STATUS_NOT_SUPPORTED } else { best.state })?;
        Ok(best.algo)
    }
}

fn product(
    compute: sys::cublasComputeType_t,
) -> CublasResult<Descriptor<sys::cublasLtMatmulDescOpaque_t, sys::cublasLtMatmulDescAttributes_t>> {
    let mut product = Descriptor {
        raw: ptr::null_mut(),
        set: sys::cublasLtMatmulDescSetAttribute,
        destroy: sys::cublasLtMatmulDescDestroy,
    };
    // SAFETY: the library writes one handle.
    check(unsafe { sys::cublasLtMatmulDescCreate(&mut product.raw, compute, CUDA_R_32F) })?;
    Ok(product)
}

/// The layout of `count` matrices of `rows` by `columns`, in our row-major view.
fn matrix(of: sys::cudaDataType_t, [rows, columns]: [usize; 2], pitch: usize, count: usize) -> CublasResult<Matrix> {
    let mut matrix = Descriptor {
        raw: ptr::null_mut(),
        set: sys::cublasLtMatrixLayoutSetAttribute,
        destroy: sys::cublasLtMatrixLayoutDestroy,
    };
    // SAFETY: the library writes one handle.
    check(unsafe { sys::cublasLtMatrixLayoutCreate(&mut matrix.raw, of, columns as u64, rows as u64, pitch as i64) })?;
    matrix.set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, count as i32)?;
    matrix.set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, (rows * pitch) as i64)?;
    Ok(matrix)
}

/// Says what a product computes.
fn doing(Gemm { rows, inner, columns, .. }: &Gemm) -> String {
    format!("multiplying matrices of {rows} by {inner} and {inner} by {columns}")
}

/// The result of a call of cuBLASLt.
type CublasResult<T> = std::result::Result<T, sys::cublasStatus_t>;

fn check(code: sys::cublasStatus_t) -> CublasResult<()> {
    if code == CUBLAS_STATUS_SUCCESS { Ok(()) } else { Err(code) }
}
fn failed(doing: String, code: sys::cublasStatus_t) -> Error {
    match code {
        CUBLAS_STATUS_ALLOC_FAILED => out_of_memory(None),
        code => Error::DeviceFailed { doing, reason: format!("cuBLASLt returned {code:?}") },
    }
}
