//! From the text of kernels to the GPU's code: NVRTC, and what it made before, kept on disk.

use super::driver::{Context, check};
use super::kernel::Source;
use crate::{Error, Result};
use cudarc::driver::CudaModule;
// cudarc's `compile_ptx` takes no headers by name and makes no code of a GPU.
use cudarc::nvrtc::{Ptx, sys as nvrtc};
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;

/// The code of `source`, compiled, or as it was compiled before.
pub(super) fn load(context: &Context, source: &Source) -> Result<Arc<CudaModule>> {
    let target = Target::of(context)?;
    let file = target.file(source);
    let module = |mut code: Vec<u8>| {
        // The driver reads on to a zero where the code is text.
        code.push(0);
        check(context.cuda.load_module(Ptx::from_binary(code)), || format!("loading the kernels of {}", source.name))
    };
    if let Some(code) = file.as_deref().and_then(kept)
        && let Ok(module) = module(code)
    {
        return Ok(module);
    }
    let code = target.compile(source)?;
    let module = module(code.clone())?;
    if let Some(file) = file {
        // It is there for the next start; without it that only takes longer.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = crate::io::write_atomic(file, |to| {
            to.write_all(&code)?;
            to.write_all(&hash(&[&code]).to_le_bytes())
        });
    }
    Ok(module)
}

/// What code is made for.
struct Target {
    /// Such as `sm_90`; `compute_90` where NVRTC is older than the GPU, whose driver then makes the rest.
    architecture: String,
    /// NVRTC's.
    version: (i32, i32),
}

impl Target {
    fn of(context: &Context) -> Result<Self> {
        let (mut major, mut minor, mut count) = (0, 0, 0);
        let mut known;
        let doing = "asking NVRTC which GPUs it knows";
        // SAFETY: the library is there (`Context::new`); it writes two numbers, then a count, then so many numbers.
        unsafe {
            succeed(nvrtc::nvrtcVersion(&mut major, &mut minor), doing)?;
            succeed(nvrtc::nvrtcGetNumSupportedArchs(&mut count), doing)?;
            known = vec![0; usize::try_from(count).unwrap_or(0)];
            succeed(nvrtc::nvrtcGetSupportedArchs(known.as_mut_ptr()), doing)?;
        }
        let mine = context.capability;
        let newest = known.iter().copied().filter(|known| *known <= mine).max().unwrap_or(mine);
        let kind = if newest == mine { "sm" } else { "compute" };
        Ok(Target { architecture: format!("{kind}_{newest}"), version: (major, minor) })
    }
    /// Where the code of `source` is kept: a folder of `DL_KERNEL_CACHE`, or of the user's cache.
    fn file(&self, source: &Source) -> Option<PathBuf> {
        let folder = match std::env::var_os("DL_KERNEL_CACHE") {
            Some(folder) if folder.is_empty() => return None,
            Some(folder) => PathBuf::from(folder),
            None => {
                let home = |name, rest| std::env::var_os(name).map(|home| PathBuf::from(home).join(rest));
                home("XDG_CACHE_HOME", "dl/kernels")
                    .or_else(|| home("LOCALAPPDATA", "dl/kernels"))
                    .or_else(|| home("HOME", ".cache/dl/kernels"))?
            }
        };
        let made_for = [options(&self.architecture).join(" "), format!("{:?}", self.version)];
        let mut texts = vec![source.text.as_bytes(), made_for[0].as_bytes(), made_for[1].as_bytes()];
        texts.extend(source.headers().iter().map(|header| header.text.as_bytes()));
        let name = source.name.trim_end_matches(".cu");
        Some(folder.join(format!("{name}-{}-{:032x}", self.architecture, hash(&texts))))
    }
    fn compile(&self, source: &Source) -> Result<Vec<u8>> {
        let c = |text: &str| CString::new(text).unwrap_or_default();
        let text = c(&program(source));
        let name = c(source.name);
        let (headers, names): (Vec<CString>, Vec<CString>) =
            source.headers().iter().map(|header| (c(header.text), c(header.name))).unzip();
        let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).collect::<Vec<*const c_char>>();
        let options = options(&self.architecture).map(|option| c(&option));
        let doing = format!("compiling {} with NVRTC", source.name);
        let mut made = ptr::null_mut();
        // SAFETY: all texts end with a zero and live through the calls, the arrays have the lengths given.
        unsafe {
            let (headers, names) = (pointers(&headers), pointers(&names));
            let count = headers.len() as i32;
            succeed(
                nvrtc::nvrtcCreateProgram(
                    &mut made,
                    text.as_ptr(),
                    name.as_ptr(),
                    count,
                    headers.as_ptr(),
                    names.as_ptr(),
                ),
                &doing,
            )?;
            let program = Program(made);
            let options = pointers(&options);
            let code = nvrtc::nvrtcCompileProgram(program.0, options.len() as i32, options.as_ptr());
            if code != nvrtc::nvrtcResult::NVRTC_SUCCESS {
                return Err(failed(&doing, program.log().trim_end().into()));
            }
            let mut bytes = 0;
            let cubin = self.architecture.starts_with("sm");
            let size = if cubin { nvrtc::nvrtcGetCUBINSize } else { nvrtc::nvrtcGetPTXSize };
            succeed(size(program.0, &mut bytes), &doing)?;
            let mut code = vec![0_u8; bytes];
            let get = if cubin { nvrtc::nvrtcGetCUBIN } else { nvrtc::nvrtcGetPTX };
            succeed(get(program.0, code.as_mut_ptr().cast()), &doing)?;
            Ok(code)
        }
    }
}

/// The code in a file, if it is whole. The driver does not know where it ends, and would read on.
fn kept(file: &Path) -> Option<Vec<u8>> {
    let mut code = std::fs::read(file).ok()?;
    let end = code.last_chunk::<16>().map(|hash| u128::from_le_bytes(*hash))?;
    code.truncate(code.len() - 16);
    (hash(&[&code]) == end).then_some(code)
}

/// FNV-1a over texts, each with a zero behind it.
fn hash(texts: &[&[u8]]) -> u128 {
    let bytes = texts.iter().flat_map(|text| text.iter().chain(&[0]));
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B)
    })
}

/// What NVRTC is given for a file of kernels.
pub(crate) fn program(source: &Source) -> String {
    format!("#include \"common.cuh\"\n#line 1 \"{}\"\n{}", source.name, source.text)
}

/// The options of NVRTC, for an architecture such as `sm_90`.
pub fn options(architecture: &str) -> [String; 2] {
    [format!("--gpu-architecture={architecture}"), "--std=c++17".into()]
}

struct Program(nvrtc::nvrtcProgram);

impl Program {
    fn log(&self) -> String {
        let mut bytes = 0;
        // SAFETY: the program lives; NVRTC writes a number, then as many bytes as it says, the last of them a zero.
        unsafe {
            if nvrtc::nvrtcGetProgramLogSize(self.0, &mut bytes) != nvrtc::nvrtcResult::NVRTC_SUCCESS {
                return String::new();
            }
            let mut log = vec![0_u8; bytes + 1];
            nvrtc::nvrtcGetProgramLog(self.0, log.as_mut_ptr().cast());
            CStr::from_bytes_until_nul(&log).map_or(String::new(), |log| log.to_string_lossy().into_owned())
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: made once, destroyed once.
        let _ = unsafe { nvrtc::nvrtcDestroyProgram(&mut self.0) };
    }
}

fn succeed(code: nvrtc::nvrtcResult, doing: &str) -> Result<()> {
    match code {
        nvrtc::nvrtcResult::NVRTC_SUCCESS => Ok(()),
        // SAFETY: NVRTC returns a constant string for every number.
        code => {
            Err(failed(doing, unsafe { CStr::from_ptr(nvrtc::nvrtcGetErrorString(code)) }.to_string_lossy().into()))
        }
    }
}

fn failed(doing: &str, reason: String) -> Error {
    Error::DeviceFailed { doing: doing.into(), reason }
}
