//! Atomic writing: after a crash or on a full disk, either the old file or the new one exists, and never a part of it.

use super::leftovers;
use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes the file at `path` by calling `fill` on a temporary file in the same folder, which is then renamed to `path`.
///
/// The content is on the disk before the file is renamed. The new file has the permissions of the old one, and its owner if the system
/// allows that. If `path` is a symbolic link, its target is replaced. Anything but a regular file (a pipe, a device, an open file such as
/// `/dev/stdout`) is written to directly.
///
/// A process that dies while writing leaves its temporary file, `.NAME.PROCESS-CALL.tmp`; the next call for the same file removes it.
///
/// # Errors
/// Returns [`Error::Io`] if anything fails. The temporary file is then removed, and the old file at `path` still exists.
pub fn write_atomic(path: impl AsRef<Path>, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    write(path, fill).map_err(Error::io(path))
}

/// Checks that [`write_atomic`] can write at `path`, without changing a file that exists there.
///
/// # Errors
/// Returns [`Error::Io`], which names a missing folder.
pub(crate) fn check_writable(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let place = follow(path).map_err(Error::io(path))?;
    let fail = |kind, text: String| Err(Error::io(path)(io::Error::new(kind, text)));
    match fs::metadata(&place) {
        Ok(found) if found.is_dir() => return fail(ErrorKind::IsADirectory, "it is a folder, not a file".into()),
        // Pipes and devices are written to directly.
        Ok(found) if !found.is_file() => return Ok(()),
        // A browser has no files.
        Err(error) if error.kind() == ErrorKind::Unsupported => return Err(Error::io(path)(error)),
        _ => {}
    }
    let folder = folder_of(&place);
    if !folder.is_dir() {
        return fail(ErrorKind::NotFound, format!("there is no folder {}", folder.display()));
    }
    let Some(name) = place.file_name() else {
        return fail(ErrorKind::InvalidInput, "not the name of a file".into());
    };
    create_in(folder, name, true).and_then(|(temporary, _)| fs::remove_file(temporary)).map_err(Error::io(path))
}

fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let place = follow(path)?;
    match fs::metadata(&place) {
        Ok(old) if old.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(old) if old.is_file() && !is_open_file(&place) => replace(&place, Some(&old), fill),
        // An open file is continued at its end.
        Ok(_) => write_to(OpenOptions::new().append(true).open(&place)?, fill).map(drop),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(&place, None, fill),
        Err(error) => Err(error),
    }
}

/// Follows symbolic links, also to a file that does not exist yet, but not the links of the system to open files.
fn follow(path: &Path) -> io::Result<PathBuf> {
    // The limit is that of Linux.
    const LINKS: usize = 40;
    let mut place = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&place) {
            Ok(target) if !is_open_file(&place) => place = folder_of(&place).join(target),
            _ => return Ok(place),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "too many symbolic links"))
}

/// Returns true for the name of a file that a process has open, such as `/proc/self/fd/1`.
fn is_open_file(place: &Path) -> bool {
    let folder = fs::canonicalize(folder_of(place)).unwrap_or_default();
    cfg!(unix) && folder.ends_with("fd") && (folder.starts_with("/proc") || folder.starts_with("/dev"))
}

fn replace(
    place: &Path,
    old: Option<&fs::Metadata>,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let Some(name) = place.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not the name of a file"));
    };
    leftovers::remove(folder_of(place), name);
    let (temporary, file) = create_in(folder_of(place), name, old.is_some())?;
    // The file stays open and locked until it is renamed, so that no other process takes it for a leftover.
    let written = old.map_or(Ok(()), |old| keep(&file, old)).and_then(|()| write_to(file, fill)).and_then(|file| {
        file.sync_all()?;
        fs::rename(&temporary, place)
    });
    written.inspect_err(|_| {
        // An error here is ignored, because the first error is the one to report.
        let _ = fs::remove_file(&temporary);
    })?;
    // Synchronising the folder writes the new name to the disk; on systems where folders cannot be synchronised, it is written later.
    if let Ok(folder) = File::open(folder_of(place)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Gives a file the owner and the permissions of the old one.
fn keep(file: &File, old: &fs::Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only the superuser can change the owner of a file; for others, the new file belongs to the user who writes it.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())
    }
    // Other systems only have a read-only flag, which would prevent renaming.
    #[cfg(not(unix))]
    {
        let _ = (file, old);
        Ok(())
    }
}

fn write_to(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut writer = BufWriter::new(file);
    fill(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Creates and locks a new file in this folder, under a name that no other call uses; only the user can read it if it is `private`.
fn create_in(folder: &Path, name: &std::ffi::OsStr, private: bool) -> io::Result<(PathBuf, File)> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if private {
        for_the_user_alone(&mut options);
    }
    loop {
        let temporary = folder.join(leftovers::temporary_name(name, CALLS.fetch_add(1, Ordering::Relaxed)));
        match options.open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) if leftovers::claim(&temporary, &file) => return Ok((temporary, file)),
            // Another process took the file for a leftover, in the moment before it was locked.
            Ok(_) => {}
        }
    }
}

#[cfg(unix)]
fn for_the_user_alone(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn for_the_user_alone(_: &mut OpenOptions) {}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
