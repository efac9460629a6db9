//! Other machines than this one: folders with some of the emulation's libraries, and programs that see no others.

use std::process::Command;

/// The emulation's libraries.
pub const DRIVER: &str = "libcuda";
pub const NVRTC: &str = "libnvrtc";
pub const CUBLAS: &str = "libcublasLt";
pub const ALL: [&str; 3] = [DRIVER, NVRTC, CUBLAS];

/// The variables that tell a program started by [`Machine::says`] its job, and the libraries it must not find.
pub const JOB: &str = "DL_TEST_JOB";
pub const ABSENT: &str = "DL_TEST_ABSENT";
/// The beginning of the lines that it says.
pub const MARK: &str = "> ";

/// A machine with some libraries.
pub struct Machine {
    libraries: tempfile::TempDir,
    absent: Vec<&'static str>,
    variables: Vec<(&'static str, Option<String>)>,
}

impl Machine {
    /// One with these libraries; none where the emulation could not be built.
    pub fn with(libraries: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for library in libraries {
            let from = dl_emulation::folder().inspect_err(|why| println!("SKIP: CUDA is not emulated: {why}")).ok()?;
            let file = format!("{library}.so");
            std::fs::copy(from.join(&file), folder.path().join(&file)).unwrap();
        }
        let absent = ALL.into_iter().filter(|library| !libraries.contains(library)).collect();
        Some(Machine { libraries: folder, absent, variables: Vec::new() })
    }
    /// With a variable in its environment.
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.variables.push((name, Some(value.to_string())));
        self
    }
    /// Without a variable in its environment.
    pub fn unset(mut self, name: &'static str) -> Self {
        self.variables.push((name, None));
        self
    }
    /// With a library from before it had this function: the name is another in its table.
    pub fn without(self, library: &str, function: &str) -> Self {
        let path = self.libraries.path().join(format!("{library}.so"));
        let mut bytes = std::fs::read(&path).unwrap();
        let name = format!("\0{function}\0").into_bytes();
        let places: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(&name)).collect();
        assert!(!places.is_empty(), "{library} has no function {function}");
        for at in places {
            bytes[at + 1] = b'_';
        }
        std::fs::write(path, bytes).unwrap();
        self
    }
    /// The lines that a program says which is started on this machine to do `job`; none where it would see the libraries of
    /// the machine that runs the tests. It has to end well, so without a panic.
    pub fn says(&self, job: &str) -> Option<Vec<String>> {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["jobs::child", "--exact", "--nocapture"]);
        let ours = |name: &str| name.starts_with("DL_") || name == "CUDA_VISIBLE_DEVICES";
        std::env::vars().filter(|(name, _)| ours(name)).for_each(|(name, _)| _ = program.env_remove(name));
        program.env("LD_LIBRARY_PATH", self.libraries.path()).env(JOB, job).env(ABSENT, self.absent.join(" "));
        // Nothing of the user's is read or written.
        program.env("DL_KERNEL_CACHE", "");
        for (name, value) in &self.variables {
            match value {
                Some(value) => program.env(name, value),
                None => program.env_remove(name),
            };
        }
        let output = program.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the program failed:\n{text}{}", String::from_utf8_lossy(&output.stdout));
        let lines: Vec<String> = text.lines().filter_map(|line| line.strip_prefix(MARK)).map(String::from).collect();
        match lines.iter().find(|line| line.starts_with("SKIP")) {
            Some(skip) => {
                println!("{skip}");
                None
            }
            None => Some(lines),
        }
    }
}
