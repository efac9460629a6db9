//! Compiles kernel files for the GPU with NVRTC, and keeps the compiled code in a cache on disk.

use super::driver::{Context, check};
use super::kernel::Source;
use crate::{Error, Result};
use cudarc::driver::CudaModule;
// NVRTC is called directly, since cudarc's `compile_ptx` cannot be given headers by name and does not make machine
// code.
use cudarc::nvrtc::{Ptx, sys as nvrtc};
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;

/// Loads the kernels of `source`, from the cache if they were compiled before.
pub(super) fn load(context: &Context, source: &Source) -> Result<Arc<CudaModule>> {
    let target = Target::of(context)?;
    let file = target.file(source);
    let module = |mut code: Vec<u8>| {
        // PTX is text, which the driver reads up to a zero.
        code.push(0);
        check(context.cuda.load_module(Ptx::from_binary(code)), || format!("loading the kernels of {}", source.name))
    };
    if let Some(code) = file.as_deref().and_then(cached)
        && let Ok(module) = module(code)
    {
        return Ok(module);
    }
    let code = target.compile(source)?;
    let module = module(code.clone())?;
    if let Some(file) = file {
        // The cache only saves time at the next start, so failing to write it is no error.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = crate::io::write_atomic(file, |to| {
            to.write_all(&code)?;
            to.write_all(&hash(&[&code]).to_le_bytes())
        });
    }
    Ok(module)
}

/// The target of a compilation.
struct Target {
    /// Such as `sm_90`; or `compute_90` where NVRTC is older than the GPU. It then makes PTX, which the driver
    /// translates.
    architecture: String,
    /// The version of NVRTC.
    version: (i32, i32),
}

impl Target {
    fn of(context: &Context) -> Result<Self> {
        let (mut major, mut minor, mut count) = (0, 0, 0);
        let mut known;
        let doing = "asking NVRTC which GPUs it knows";
        // SAFETY: the library is loaded (`Context::new`); it writes two numbers, then a count, then that many numbers.
        unsafe {
            succeed(nvrtc::nvrtcVersion(&mut major, &mut minor), doing)?;
            succeed(nvrtc::nvrtcGetNumSupportedArchs(&mut count), doing)?;
            known = vec![0; usize::try_from(count).unwrap_or(0)];
            succeed(nvrtc::nvrtcGetSupportedArchs(known.as_mut_ptr()), doing)?;
        }
        let capability = context.capability;
        let newest = known.iter().copied().filter(|known| *known <= capability).max().unwrap_or(capability);
        let kind = if newest == capability { "sm" } else { "compute" };
        Ok(Target { architecture: format!("{kind}_{newest}"), version: (major, minor) })
    }
    /// Returns the cache file for `source`: in the folder `DL_KERNEL_CACHE`, or in the user's cache folder. None if the
    /// variable is empty or there is no such folder.
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
        let target = [options(&self.architecture).join(" "), format!("{:?}", self.version)];
        let mut texts = vec![source.text.as_bytes(), target[0].as_bytes(), target[1].as_bytes()];
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
        // SAFETY: all texts end with a zero and live through the calls, and the arrays have the lengths given.
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

/// Reads the code from a cache file if the file is complete. The check is needed because the driver does not know where
/// the code ends and would read beyond it.
fn cached(file: &Path) -> Option<Vec<u8>> {
    let mut code = std::fs::read(file).ok()?;
    let end = code.last_chunk::<16>().map(|hash| u128::from_le_bytes(*hash))?;
    code.truncate(code.len() - 16);
    (hash(&[&code]) == end).then_some(code)
}

/// The FNV-1a hash of texts, each followed by a zero.
fn hash(texts: &[&[u8]]) -> u128 {
    let bytes = texts.iter().flat_map(|text| text.iter().chain(&[0]));
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B)
    })
}

/// The text that NVRTC compiles for a kernel file.
pub(crate) fn program(source: &Source) -> String {
    format!("#include \"common.cuh\"\n#line 1 \"{}\"\n{}", source.name, source.text)
}

/// The options for NVRTC, for an architecture such as `sm_90`.
pub fn options(architecture: &str) -> [String; 2] {
    [format!("--gpu-architecture={architecture}"), "--std=c++17".into()]
}

struct Program(nvrtc::nvrtcProgram);

impl Program {
    fn log(&self) -> String {
        let mut bytes = 0;
        // SAFETY: the program is alive; NVRTC writes a number, then as many bytes as it said, of which the last is a
        // zero.
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
        // SAFETY: the program was created once and is destroyed once.
        let _ = unsafe { nvrtc::nvrtcDestroyProgram(&mut self.0) };
    }
}

fn succeed(code: nvrtc::nvrtcResult, doing: &str) -> Result<()> {
    match code {
        nvrtc::nvrtcResult::NVRTC_SUCCESS => Ok(()),
        // SAFETY: NVRTC returns a constant string for every code.
        code => {
            Err(failed(doing, unsafe { CStr::from_ptr(nvrtc::nvrtcGetErrorString(code)) }.to_string_lossy().into()))
        }
    }
}

fn failed(doing: &str, reason: String) -> Error {
    Error::DeviceFailed { doing: doing.into(), reason }
}
