//! Every file of kernels, compiled by a real NVRTC for three generations of cards, without a warning. No card is needed, only the
//! library, whose path is in `DL_NVRTC`: `pip install nvidia-cuda-nvrtc-cu12` brings it.

use dl_emulation::Library;
use dl_runtime::device::cuda::options;
use dl_runtime::kernels::sources;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

const ARCHITECTURES: [&str; 3] = ["sm_80", "sm_90", "sm_100"];

/// Beside the options used at run time: a report of each kernel and one more warning. They change no code.
const REPORT: [&str; 2] = ["--ptxas-options=-v", "--ptxas-options=--warn-on-spills"];

/// With so many registers a block of 1024 threads still starts.
const MOST_REGISTERS: u32 = 64;

macro_rules! functions {
    ($($name:ident($($type:ty),*);)*) => {
        /// The functions of NVRTC, by their own names.
        #[allow(non_snake_case, reason = "named as in NVRTC")]
        struct Nvrtc {
            $($name: unsafe extern "C" fn($($type),*) -> c_int),*
        }
        impl Nvrtc {
            fn open(path: &str) -> Self {
                let library = Library::open(path).expect("DL_NVRTC is the path of the library");
                let find = |name: &str| {
                    let name = CString::new(name).expect("names have no zeros");
                    library.function(&name).unwrap_or_else(|| panic!("{path} has no {name:?}"))
                };
                Nvrtc {
                    // SAFETY: NVRTC's documentation gives its functions these signatures; an enum is returned as an int.
                    $($name: unsafe {
                        std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*) -> c_int>(find(stringify!($name)))
                    }),*
                }
            }
        }
    };
}
functions! {
    nvrtcVersion(*mut c_int, *mut c_int);
    nvrtcCreateProgram(*mut *mut c_void, *const c_char, *const c_char, c_int, *const *const c_char, *const *const c_char);
    nvrtcCompileProgram(*mut c_void, c_int, *const *const c_char);
    nvrtcGetProgramLogSize(*mut c_void, *mut usize);
    nvrtcGetProgramLog(*mut c_void, *mut c_char);
    nvrtcGetPTXSize(*mut c_void, *mut usize);
    nvrtcGetPTX(*mut c_void, *mut c_char);
    nvrtcDestroyProgram(*mut *mut c_void);
}

/// A text that NVRTC hands over by two functions: one for its length with the zero at its end, one for itself.
fn text(
    program: *mut c_void,
    size: unsafe extern "C" fn(*mut c_void, *mut usize) -> c_int,
    get: unsafe extern "C" fn(*mut c_void, *mut c_char) -> c_int,
) -> String {
    let mut bytes = 0;
    // SAFETY: the program lives; NVRTC writes one number, then as many bytes.
    unsafe {
        assert_eq!(size(program, &mut bytes), 0);
        let mut text = vec![0_u8; bytes + 1];
        assert_eq!(get(program, text.as_mut_ptr().cast()), 0);
        CStr::from_bytes_until_nul(&text).expect("it ends with a zero").to_string_lossy().into_owned()
    }
}

impl Nvrtc {
    fn version(&self) -> String {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: it writes two numbers.
        assert_eq!(unsafe { (self.nvrtcVersion)(&mut major, &mut minor) }, 0);
        format!("{major}.{minor}")
    }

    /// Compiles down to the code of the card; returns the log, and the PTX if there were no errors.
    fn compile(
        &self,
        (name, program): &(&str, String),
        headers: &[(&str, &str)],
        options: &[String],
    ) -> (String, Option<String>) {
        let c = |text: &str| CString::new(text).expect("texts have no zeros");
        let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).collect::<Vec<_>>();
        let (names, headers): (Vec<_>, Vec<_>) = headers.iter().map(|(name, text)| (c(name), c(text))).unzip();
        let options: Vec<_> = options.iter().map(|option| c(option)).collect();
        let (name, program) = (c(name), c(program));
        let (names, headers, options) = (pointers(&names), pointers(&headers), pointers(&options));
        let mut made = ptr::null_mut();
        // SAFETY: all texts end with a zero and live until the end of this function, the arrays have the lengths given.
        unsafe {
            let count = names.len() as c_int;
            let code = (self.nvrtcCreateProgram)(
                &mut made,
                program.as_ptr(),
                name.as_ptr(),
                count,
                headers.as_ptr(),
                names.as_ptr(),
            );
            assert_eq!(code, 0);
            let code = (self.nvrtcCompileProgram)(made, options.len() as c_int, options.as_ptr());
            let log = text(made, self.nvrtcGetProgramLogSize, self.nvrtcGetProgramLog);
            let ptx = (code == 0).then(|| text(made, self.nvrtcGetPTXSize, self.nvrtcGetPTX));
            (self.nvrtcDestroyProgram)(&mut made);
            (log, ptx)
        }
    }
}

/// The figures of a kernel in a log; memory in bytes.
struct Kernel<'a> {
    name: &'a str,
    registers: u32,
    shared: u32,
    local: u32,
}

fn kernels(log: &str) -> Vec<Kernel<'_>> {
    let kernel = |report: &'static str, part: &str| {
        let (before, _) = part.split_once(report)?;
        before.rsplit(' ').next()?.parse().ok()
    };
    let parts = log.split("Compiling entry function '").skip(1);
    let read = parts.map(|part| Kernel {
        name: part.split('\'').next().unwrap_or_default(),
        registers: kernel(" registers", part).expect("every kernel uses registers"),
        shared: kernel(" bytes smem", part).unwrap_or(0),
        local: kernel(" bytes stack frame", part).unwrap_or(0),
    });
    read.collect()
}

/// The lines of a log that are not part of the report.
fn complaints(log: &str) -> String {
    let report =
        |line: &&str| line.is_empty() || line.starts_with("ptxas info ") || line.starts_with("ptxas         .");
    log.lines().filter(|line| !report(line)).collect::<Vec<_>>().join("\n")
}

/// The kernels of a PTX text, and whether their text says how many threads a block has (`KERNEL_OF`).
fn entries(ptx: &str) -> Vec<(&str, bool)> {
    let head = |part: &'_ str| part.split('{').next().unwrap_or_default().contains(".maxntid");
    ptx.split(".entry ").skip(1).map(|part| (part.split('(').next().unwrap_or_default(), head(part))).collect()
}

#[test]
fn every_kernel_compiles_without_a_warning() {
    let Ok(path) = std::env::var("DL_NVRTC") else {
        println!("SKIP: DL_NVRTC does not say where a real NVRTC is");
        return;
    };
    let nvrtc = Nvrtc::open(&path);
    let (programs, headers) = sources();
    let (mut count, mut wrong) = (0, Vec::new());
    for program in &programs {
        for architecture in ARCHITECTURES {
            let file = format!("{} for {architecture}", program.0);
            let options: Vec<_> = options(architecture).into_iter().chain(REPORT.map(String::from)).collect();
            let (log, ptx) = nvrtc.compile(program, &headers, &options);
            let complaints = complaints(&log);
            let Some(ptx) = ptx.filter(|_| complaints.is_empty()) else {
                println!("{file}:\n{complaints}");
                wrong.push(file);
                continue;
            };
            let (kernels, entries) = (kernels(&log), entries(&ptx));
            assert_eq!(kernels.len(), entries.len(), "{file}: the log reports all kernels\n{log}");
            for kernel in &kernels {
                let bounded = entries.iter().any(|(name, bounded)| *name == kernel.name && *bounded);
                if !bounded && kernel.registers > MOST_REGISTERS {
                    let (name, registers) = (kernel.name, kernel.registers);
                    println!("{file}: {name} uses {registers} registers; KERNEL_OF says how many threads it is for");
                    wrong.push(file.clone());
                }
            }
            let most = |of: fn(&Kernel) -> u32| kernels.iter().map(of).max().unwrap_or(0);
            println!(
                "{file}: {} kernels, at most {} registers, {} bytes of shared memory and {} of local memory",
                kernels.len(),
                most(|kernel| kernel.registers),
                most(|kernel| kernel.shared),
                most(|kernel| kernel.local),
            );
            count += kernels.len();
        }
    }
    assert!(wrong.is_empty(), "NVRTC {}: {}", nvrtc.version(), wrong.join(", "));
    let (version, files) = (nvrtc.version(), programs.len());
    println!("NVRTC {version}: {files} files, {count} kernels for {ARCHITECTURES:?} compiled without a warning");
}
