//! Names temporary files, and removes those that dead processes left.
//!
//! A process holds a lock on its temporary file while it writes, and the system releases the lock when the process ends. Process ids
//! alone are not enough: containers that share a folder use the same ids.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// Returns the name of the temporary file of this process for the file `name`.
pub(super) fn temporary_name(name: &OsStr, call: u64) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    // `process::id` panics on systems without processes.
    let process = if cfg!(target_family = "wasm") { 0 } else { std::process::id() };
    temporary.push(format!(".{process}-{call}.tmp"));
    temporary
}

/// Returns true if `candidate` is the name of a temporary file for the file `name`, in any process.
fn is_temporary(candidate: &OsStr, name: &OsStr) -> bool {
    let number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let numbers = candidate.as_encoded_bytes().strip_prefix(b".");
    let numbers = numbers.and_then(|rest| rest.strip_prefix(name.as_encoded_bytes())?.strip_prefix(b"."));
    let Some(numbers) = numbers.and_then(|rest| rest.strip_suffix(b".tmp")) else { return false };
    let mut parts = numbers.split(|byte| *byte == b'-');
    matches!((parts.next(), parts.next(), parts.next()), (Some(process), Some(call), None) if number(process) && number(call))
}

/// Removes the temporary files for `name` that dead processes left in a folder. Files that cannot be removed stay.
pub(super) fn remove(folder: &Path, name: &OsStr) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_temporary(&entry.file_name(), name) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let path = entry.path();
            // Locking needs no write access in general, but some systems require it.
            let file = File::options().read(true).write(true).open(&path).or_else(|_| File::open(&path));
            if let Ok(file) = file
                && file.try_lock().is_ok()
            {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Locks a temporary file that was just created; returns false if another process removes it.
pub(super) fn claim(path: &Path, file: &File) -> bool {
    match file.try_lock() {
        Ok(()) => is_at(path, file),
        Err(TryLockError::WouldBlock) => false,
        // On a system without locks no process gets one, so nothing is ever removed.
        Err(TryLockError::Error(_)) => true,
    }
}

/// Returns true if `path` is still the name of this file.
#[cfg(unix)]
fn is_at(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: fs::Metadata| (found.dev(), found.ino());
    fs::symlink_metadata(path).ok().map(id).is_some_and(|at| file.metadata().ok().map(id) == Some(at))
}

#[cfg(not(unix))]
fn is_at(path: &Path, _: &File) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_temporary_names_of_the_same_file_are_recognised() {
        let name = OsStr::new("net.safetensors");
        assert!(is_temporary(&temporary_name(name, 7), name));
        assert!(is_temporary(OsStr::new(".net.safetensors.1-0.tmp"), name));
        for other in [
            "net.safetensors",
            "net.safetensors.1-0.tmp",
            ".net.safetensors.tmp",
            ".net.safetensors.1.tmp",
            ".net.safetensors.1-.tmp",
            ".net.safetensors.-1.tmp",
            ".net.safetensors.1-0-2.tmp",
            ".net.safetensors.1-a.tmp",
            ".net.safetensors.1-0.tmp~",
            ".other.safetensors.1-0.tmp",
            ".net.safetensors.2.1-0.tmp",
            ".net.1-0.tmp",
        ] {
            assert!(!is_temporary(OsStr::new(other), name), "{other}");
        }
    }
}
