//! Compiles the driver, NVRTC, cuBLASLt and cuDNN of the emulation, and with them every kernel file of dl-runtime, when a test
//! first asks for them: no feature of dl has to name this crate, and who tests on the CPU alone compiles no kernel.

use std::env::consts::{ARCH, OS};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A translation unit and where its object goes.
struct Unit {
    source: PathBuf,
    options: Vec<String>,
    object: PathBuf,
}

/// The folder of the libraries, which are built if these texts never were; says why where this machine cannot, and panics
/// where the sources are wrong.
pub fn build() -> Result<PathBuf, String> {
    if OS != "linux" || !matches!(ARCH, "x86_64" | "aarch64") {
        return Err("the emulation runs on Linux, on x86-64 and aarch64".into());
    }
    let compiler = std::env::var("CXX").unwrap_or("c++".into());
    if !Command::new(&compiler).arg("--version").output().is_ok_and(|o| o.status.success()) {
        return Err("no C++ compiler was found".into());
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runtime = here.join("../../../dl-runtime/src").canonicalize().map_err(|e| format!("dl-runtime: {e}"))?;
    let out = Path::new(env!("OUT_DIR"));
    let objects = out.join("objects");
    fs::create_dir_all(&objects).expect("OUT_DIR is writable");
    // Several programs of tests may run at once.
    let alone = File::create(out.join("lock")).expect("OUT_DIR is writable");
    alone.lock().expect("files can be locked");

    let (include, own) = (files(&here.join("include"), &["h"]), files(&here.join("cpp"), &["cpp", "h"]));
    let kernels: Vec<PathBuf> =
        files(&runtime, &["cu"]).into_iter().chain(files(&here.join("tests"), &["cu"])).collect();
    let headers = files(&runtime, &["cuh"]);

    // Every object file depends on these.
    let mut shared = compiler.clone();
    for header in include.iter().chain(own.iter().filter(|f| f.extension() == Some(OsStr::new("h")))) {
        shared += &text(header);
    }
    let of_kernels = headers.iter().fold(shared.clone(), |all, header| all + &text(header));
    let flags = ["-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-ffp-contract=off"];
    let mut options: Vec<String> = flags.map(String::from).to_vec();
    options.push(format!("-I{}", here.join("include").display()));
    options.push(format!("-I{}", here.join("cpp").display()));
    let mut kernel_options = options.clone();
    kernel_options.extend(["-w", "-DDL_EMULATED"].map(String::from));
    let mut folders: Vec<&Path> = headers.iter().filter_map(|h| h.parent()).collect();
    folders.dedup();
    kernel_options.extend(folders.iter().map(|f| format!("-I{}", f.display())));

    let mut driver = Vec::new();
    let (mut nvrtc, mut cublaslt, mut cudnn) = (Vec::new(), Vec::new(), Vec::new());
    let mut units = Vec::new();
    for source in own.iter().filter(|f| f.extension() == Some(OsStr::new("cpp"))) {
        let object = objects.join(format!("{:016x}.o", hash(&(shared.clone() + &text(source)))));
        match source.file_stem().and_then(OsStr::to_str) {
            Some("nvrtc") => &mut nvrtc,
            Some("cublaslt") => &mut cublaslt,
            Some("cudnn") => &mut cudnn,
            _ => &mut driver,
        }
        .push(object.clone());
        let mut options = options.clone();
        options.extend(["-Wall".into(), "-Wextra".into()]);
        units.push(Unit { source: source.clone(), options, object });
    }
    let mut table = String::from("#include \"driver.h\"\nnamespace emulation {\nconst Source SOURCES[] = {\n");
    for file in kernels.iter().chain(&headers) {
        let (name, text) = (name_of(file, &runtime, here), text(file));
        writeln!(table, "    {{\"{name}\", {}u, {:#x}u}},", text.len(), hash(&text)).unwrap();
    }
    table += "    {nullptr, 0, 0},\n};\n}\n";
    units.push(written(&objects, table, &options, &shared, &mut driver));
    for kernel in &kernels {
        let name = name_of(kernel, &runtime, here);
        // In a namespace of its own: files may use the same names for their helpers and structs.
        let unit = format!(
            "#define DL_FILE \"{name}\"\n#include \"common.cuh\"\nnamespace {{\n#line 1 \"{name}\"\n{}\n}}\n",
            text(kernel)
        );
        units.push(written(&objects, unit, &kernel_options, &of_kernels, &mut driver));
    }

    let all = units.iter().fold(String::new(), |all, unit| all + &unit.object.display().to_string());
    let libraries = out.join(format!("libraries-{:016x}", hash(&all)));
    if libraries.is_dir() {
        return Ok(libraries);
    }
    // Not by `eprintln!`, which tests would capture.
    let _ = writeln!(std::io::stderr(), "compiling the kernels for the emulated GPU");
    compile(&compiler, &units);
    let unfinished = out.join("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir(&unfinished).expect("OUT_DIR is writable");
    link(&compiler, &unfinished, "libcuda.so", &driver, None);
    link(&compiler, &unfinished, "libnvrtc.so", &nvrtc, Some("libcuda.so"));
    link(&compiler, &unfinished, "libcublasLt.so", &cublaslt, Some("libcuda.so"));
    link(&compiler, &unfinished, "libcudnn.so", &cudnn, Some("libcuda.so"));
    // Of former texts.
    for file in entries(out).filter(|f| f.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"libraries-")))
    {
        let _ = fs::remove_dir_all(file);
    }
    for file in entries(&objects).filter(|f| !units.iter().any(|u| u.object == *f || u.source == *f)) {
        let _ = fs::remove_file(file);
    }
    fs::rename(unfinished, &libraries).expect("OUT_DIR is writable");
    Ok(libraries)
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// FNV-1a, as in cpp/kernels.cpp.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The files of a folder and those below it, in the order of their paths.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|e| extensions.contains(&e)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn name_of(file: &Path, runtime: &Path, here: &Path) -> String {
    let name = file.strip_prefix(runtime).or(file.strip_prefix(here)).expect("it lies below one of them");
    name.to_str().expect("names are ASCII").into()
}

/// A generated translation unit.
fn written(objects: &Path, text: String, options: &[String], depends: &str, library: &mut Vec<PathBuf>) -> Unit {
    let key = hash(&(text.clone() + depends));
    let (source, object) = (objects.join(format!("{key:016x}.cpp")), objects.join(format!("{key:016x}.o")));
    if !source.exists() {
        fs::write(&source, text).expect("OUT_DIR is writable");
    }
    library.push(object.clone());
    Unit { source, options: options.to_vec(), object }
}

fn compile(compiler: &str, units: &[Unit]) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if unit.object.exists() {
                        continue;
                    }
                    let (mut command, unfinished) = (Command::new(compiler), unit.object.with_extension("part"));
                    command.args(&unit.options).arg("-c").arg(&unit.source);
                    run(command.arg("-o").arg(&unfinished));
                    fs::rename(unfinished, &unit.object).expect("OUT_DIR is writable");
                }
            });
        }
    });
}

fn link(compiler: &str, libraries: &Path, name: &str, objects: &[PathBuf], needs: Option<&str>) {
    let mut command = Command::new(compiler);
    command.args(["-shared", "-Wl,-rpath,$ORIGIN", "-Wl,--no-undefined"]).arg(format!("-Wl,-soname,{name}"));
    command.args(objects).arg("-o").arg(libraries.join(name));
    command.args(needs.map(|name| libraries.join(name)));
    run(command.args(["-lm", "-lpthread"]));
}

fn run(command: &mut Command) {
    let output = command.output().expect("the compiler was found before");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{words}");
    if !words.is_empty() {
        let _ = writeln!(std::io::stderr(), "{words}");
    }
}
