//! Compiles the driver, NVRTC, cuBLASLt and cuDNN of the emulation, and with them every kernel file of dl-runtime.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "build")]
    if let Err(why) = build::all() {
        println!("cargo:rustc-env=DL_EMULATION_MISSING={why}");
    }
    #[cfg(not(feature = "build"))]
    println!("cargo:rustc-env=DL_EMULATION_MISSING=the feature `build` of dl-emulation is off");
}

#[cfg(feature = "build")]
mod build {
    use std::ffi::OsStr;
    use std::fmt::Write;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A translation unit and where its object goes.
    struct Unit {
        source: PathBuf,
        options: Vec<String>,
        object: PathBuf,
    }

    /// Builds the libraries; says why where this machine cannot, and panics where the sources are wrong.
    pub fn all() -> Result<(), String> {
        let (os, arch) = (variable("CARGO_CFG_TARGET_OS"), variable("CARGO_CFG_TARGET_ARCH"));
        if os != "linux" || !matches!(arch.as_str(), "x86_64" | "aarch64") {
            return Err("the emulation runs on Linux, on x86-64 and aarch64".into());
        }
        let compiler = cc::Build::new().cpp(true).opt_level(2).debug(false).try_get_compiler();
        let compiler = compiler.map_err(|_| String::from("no C++ compiler was found"))?;
        if !compiler.to_command().arg("--version").output().is_ok_and(|o| o.status.success()) {
            return Err("no C++ compiler was found".into());
        }

        let here = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
        let runtime = here.join("../../../dl-runtime/src").canonicalize().expect("dl-runtime lies beside");
        let out = PathBuf::from(variable("OUT_DIR"));
        let (objects, libraries) = (out.join("objects"), out.join("libraries"));
        let _ = fs::remove_dir_all(&libraries);
        fs::create_dir_all(&objects).and(fs::create_dir_all(&libraries)).expect("OUT_DIR is writable");

        let (include, own) = (files(&here.join("include"), &["h"]), files(&here.join("cpp"), &["cpp", "h"]));
        let kernels: Vec<PathBuf> =
            files(&runtime, &["cu"]).into_iter().chain(files(&here.join("tests"), &["cu"])).collect();
        let headers = files(&runtime, &["cuh"]);
        for folder in [&here.join("include"), &here.join("cpp"), &here.join("tests"), &runtime] {
            println!("cargo:rerun-if-changed={}", folder.display());
        }

        // What every object depends on.
        let mut shared = format!("{:?}", compiler.to_command());
        for header in include.iter().chain(own.iter().filter(|f| f.extension() == Some(OsStr::new("h")))) {
            shared += &text(header);
        }
        let of_kernels = headers.iter().fold(shared.clone(), |all, header| all + &text(header));
        let flags =
            ["-std=c++17", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-ffp-contract=off"].map(String::from);
        let mut options: Vec<String> = flags.to_vec();
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
            let (name, text) = (name_of(file, &runtime, &here), text(file));
            writeln!(table, "    {{\"{name}\", {}u, {:#x}u}},", text.len(), hash(&text)).unwrap();
        }
        table += "    {nullptr, 0, 0},\n};\n}\n";
        units.push(written(&objects, table, &options, &shared, &mut driver));
        for kernel in &kernels {
            let name = name_of(kernel, &runtime, &here);
            // In a namespace of its own: files may use the same names for their helpers and structs.
            let unit = format!(
                "#define DL_FILE \"{name}\"\n#include \"common.cuh\"\nnamespace {{\n#line 1 \"{name}\"\n{}\n}}\n",
                text(kernel)
            );
            units.push(written(&objects, unit, &kernel_options, &of_kernels, &mut driver));
        }
        compile(&compiler, &units);
        // Objects of former texts.
        for file in fs::read_dir(&objects).expect("the folder was made").flatten().map(|f| f.path()) {
            if !units.iter().any(|u| u.object == file || u.source == file) {
                let _ = fs::remove_file(file);
            }
        }

        link(&compiler, &libraries, "libcuda.so", &driver, None);
        link(&compiler, &libraries, "libnvrtc.so", &nvrtc, Some("libcuda.so"));
        link(&compiler, &libraries, "libcublasLt.so", &cublaslt, Some("libcuda.so"));
        link(&compiler, &libraries, "libcudnn.so", &cudnn, Some("libcuda.so"));
        println!("cargo:rustc-env=DL_EMULATION_LIBRARIES={}", libraries.display());
        Ok(())
    }

    fn variable(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
    }

    fn text(file: &Path) -> String {
        fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    }

    /// FNV-1a, as in cpp/kernels.cpp.
    fn hash(text: &str) -> u64 {
        text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
    }

    /// The files of a folder and those below it, in the order of their paths.
    fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
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
        fs::write(&source, text).expect("OUT_DIR is writable");
        library.push(object.clone());
        Unit { source, options: options.to_vec(), object }
    }

    fn compile(compiler: &cc::Tool, units: &[Unit]) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if unit.object.exists() {
                            continue;
                        }
                        let unfinished = unit.object.with_extension("part");
                        run(compiler
                            .to_command()
                            .args(&unit.options)
                            .arg("-c")
                            .arg(&unit.source)
                            .arg("-o")
                            .arg(&unfinished));
                        fs::rename(unfinished, &unit.object).expect("OUT_DIR is writable");
                    }
                });
            }
        });
    }

    fn link(compiler: &cc::Tool, libraries: &Path, name: &str, objects: &[PathBuf], needs: Option<&str>) {
        let mut command = compiler.to_command();
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
            println!("cargo:warning={}", words.lines().next().unwrap_or_default());
        }
    }
}
