//! Atomic writing: after a crash or on a full disk there is the old file or the new one, never a part.

use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes the file at `path` by calling `fill`, first into a temporary file in the same folder, which then takes its name.
///
/// The contents are on the disk before the name changes. Where `path` is a symbolic link, its target is replaced.
///
/// # Errors
/// [`Error::Io`] when anything fails. The temporary file is then removed, and the old file at `path` is still there.
pub fn write_atomic(path: impl AsRef<Path>, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    replace(&place, fill).map_err(Error::io(path))
}

/// Tries whether [`write_atomic`] can write at `path`, where a file of that name stays as it is.
///
/// # Errors
/// [`Error::Io`], which names a folder that is not there.
pub(crate) fn check_writable(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let fail = |kind, text: String| Err(Error::io(path)(io::Error::new(kind, text)));
    match fs::metadata(&place) {
        Ok(found) if found.is_dir() => return fail(io::ErrorKind::IsADirectory, "it is a folder, not a file".into()),
        // Pipes and devices are written as they are.
        Ok(found) if !found.is_file() => return Ok(()),
        _ => {}
    }
    let folder = folder_of(&place);
    if !folder.is_dir() {
        return fail(io::ErrorKind::NotFound, format!("there is no folder {}", folder.display()));
    }
    create_beside(&place).and_then(|(temporary, _)| fs::remove_file(temporary)).map_err(Error::io(path))
}

fn replace(place: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let (temporary, file) = create_beside(place)?;
    write_through(file, fill).and_then(|()| fs::rename(&temporary, place)).inspect_err(|_| {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    })?;
    // The new name itself reaches the disk with its folder; where folders cannot be synchronised, it is on its way.
    if let Ok(folder) = File::open(folder_of(place)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn write_through(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    fill(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// A new file in the folder of `place`, under a name that no other call uses.
fn create_beside(place: &Path) -> io::Result<(PathBuf, File)> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let Some(name) = place.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"));
    };
    loop {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{call}.tmp", std::process::id()));
        let temporary = folder_of(place).join(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            // The remains of a process that had the same number and died.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return Ok((temporary, file?)),
        }
    }
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
