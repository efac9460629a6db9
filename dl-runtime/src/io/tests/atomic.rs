//! Tests of saving over existing files, links, pipes and devices, and over the leftovers of killed processes.

use super::files::folder;
use super::model::Net;
use crate::Model;
use crate::io::safetensors::{Reader, Writer};
use crate::io::write_atomic;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Returns the names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Starts a test of this file, which is otherwise ignored, in a process of its own.
fn start(test: &str, path: &Path, stdout: Stdio) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("io::tests::atomic::{test}"), "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PLACE, path).stdout(stdout).stderr(Stdio::null()).spawn().unwrap()
}

const PLACE: &str = "DL_TEST_PLACE";

fn place() -> Option<PathBuf> {
    std::env::var_os(PLACE).map(PathBuf::from)
}

/// Writes a file of 1 MB that contains one number, repeated.
fn save(path: &Path, number: u32) {
    let numbers = vec![number as f32; 1 << 18];
    Writer::new().metadata("number", number.to_string()).tensor("x", &[1 << 18], &numbers).write(path).unwrap();
}

/// Returns the number in a file of [`save`], and checks every byte.
fn number(path: &Path) -> u32 {
    let mut reader = Reader::open(path).unwrap();
    let number = reader.metadata()["number"].parse().unwrap();
    let mut numbers = vec![0.0; 1 << 18];
    reader.read("x", &mut numbers).unwrap();
    assert!(numbers.iter().all(|found| *found == number as f32));
    number
}

#[test]
#[ignore = "another test starts it and kills it"]
fn saves_until_it_is_killed() {
    let Some(path) = place() else { return };
    let first = number(&path) + 1;
    println!("\nsaving");
    (first..first + 100_000).for_each(|number| save(&path, number));
}

#[test]
fn a_process_killed_while_it_saves_leaves_the_old_file_or_the_new_one() {
    let folder = folder("kills");
    let path = folder.join("net.safetensors");
    save(&path, 0);
    let (mut last, mut left, mut wait) = (0, 0, 1_u64);
    for _ in 0..200 {
        let mut child = start("saves_until_it_is_killed", &path, Stdio::piped());
        let output = BufReader::new(child.stdout.take().unwrap());
        assert!(output.lines().any(|line| line.unwrap() == "saving"));
        // The process is killed at random moments, up to 16 ms after it started.
        wait = wait.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(std::time::Duration::from_micros(wait >> 50));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = number(&path);
        assert!(found >= last);
        last = found;
        // The leftover of the previous process is removed, unless this one was killed before its first save.
        let temporary = names(&folder).len() - 1;
        assert!(temporary <= 1, "{:?}", names(&folder));
        left += temporary;
    }
    assert!(last > 0 && left > 0, "{last} files, and {left} times killed within one");
    save(&path, last + 1);
    assert_eq!(number(&path), last + 1);
    assert_eq!(names(&folder), ["net.safetensors"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn only_leftovers_of_dead_processes_are_removed() {
    let folder = folder("leftovers");
    let path = folder.join("net");
    let own = format!(".net.{}-999.tmp", std::process::id());
    let dead = [".net.1-0.tmp", ".net.4000000000-12.tmp", &own];
    let other = [".net.tmp", ".net.1-0.tmp.safetensors", ".net2.1-0.tmp", ".net.safetensors.1-0.tmp", "net.1-0.tmp"];
    dead.iter().chain(&other).for_each(|name| fs::write(folder.join(name), "part").unwrap());
    fs::create_dir(folder.join(".net.2-0.tmp")).unwrap();
    let alive = File::create(folder.join(".net.3-0.tmp")).unwrap();
    alive.lock().unwrap();

    Net::counting().save(&path).unwrap();
    let mut expected: Vec<&str> = other.to_vec();
    expected.extend([".net.2-0.tmp", ".net.3-0.tmp", "net"]);
    expected.sort_unstable();
    assert_eq!(names(&folder), expected);

    drop(alive);
    // A process that another test starts at this moment has the lock too, until its program begins.
    let is_removed = |_| {
        Net::counting().save(&path).unwrap();
        let removed = !folder.join(".net.3-0.tmp").exists();
        if !removed {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        removed
    };
    assert!((0..500).any(is_removed));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn many_threads_save_to_one_place() {
    let folder = folder("threads");
    let path = folder.join("net.safetensors");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = &path;
            scope.spawn(move || (0..10).for_each(|call| save(path, thread * 10 + call)));
        }
    });
    number(&path);
    assert_eq!(names(&folder), ["net.safetensors"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_folder_is_not_replaced() {
    let folder = folder("folder");
    let error = Net::counting().save(&folder).unwrap_err().to_string();
    assert_eq!(error, format!("{}: is a directory", folder.display()));
    assert!(Net::counting().save("").unwrap_err().to_string().ends_with("not the name of a file"));
    assert!(names(&folder).is_empty());
    fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn the_mode_of_a_file_is_kept() {
        let folder = folder("mode");
        let (path, plain) = (folder.join("net.safetensors"), folder.join("plain"));
        fs::write(&plain, "").unwrap();
        Net::counting().save(&path).unwrap();
        assert_eq!(mode(&path), mode(&plain));
        for kept in [0o600, 0o640, 0o444, 0o666, 0o755] {
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            let owner = fs::metadata(&path).unwrap().uid();
            write_atomic(&path, |to| {
                // The temporary file has the same permissions while it is written.
                let temporary = names(&folder).into_iter().find(|name| name.ends_with(".tmp")).unwrap();
                assert_eq!(mode(&folder.join(temporary)), kept);
                to.write_all(b"new")
            })
            .unwrap();
            assert_eq!((mode(&path), fs::metadata(&path).unwrap().uid()), (kept, owner));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn links_stay_and_their_targets_are_replaced() {
        let folder = folder("links");
        let (there, link) = (folder.join("there"), folder.join("link"));
        fs::create_dir(&there).unwrap();
        // The paths are a link to a file through another link, both relative, and a link to a file that does not exist yet.
        symlink("there/second", &link).unwrap();
        symlink("net.safetensors", there.join("second")).unwrap();
        for number in [1, 2] {
            save(&link, number);
            assert_eq!(super::number(&there.join("net.safetensors")), number);
            assert!(link.is_symlink() && there.join("second").is_symlink());
        }
        assert_eq!(
            (names(&folder), names(&there)),
            (vec!["link".into(), "there".into()], vec!["net.safetensors".into(), "second".into()])
        );
        let circle = folder.join("circle");
        symlink("circle", &circle).unwrap();
        let error = Net::counting().save(&circle).unwrap_err().to_string();
        assert_eq!(error, format!("{}: too many symbolic links", circle.display()));
        assert!(circle.is_symlink());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn pipes_are_written_to() {
        let folder = folder("pipe");
        let pipe = folder.join("pipe");
        if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
            return println!("SKIP: no `mkfifo` here");
        }
        symlink("pipe", folder.join("link")).unwrap();
        for path in [&pipe, &folder.join("link")] {
            let reader = std::thread::spawn({
                let pipe = pipe.clone();
                move || fs::read(pipe).unwrap()
            });
            // The file is no pipe any more, so writing does not wait for a reader.
            Net::counting().save(path).unwrap();
            assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
            assert_eq!(reader.join().unwrap(), Net::counting().to_bytes().unwrap());
        }
        assert_eq!(names(&folder), ["link", "pipe"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn devices_are_written_to() {
        let folder = folder("device");
        let null = folder.join("null");
        let made = Command::new("mknod").arg(&null).args(["c", "1", "3"]).stderr(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            return println!("SKIP: only the superuser may make a device to try it with");
        }
        Net::counting().save(&null).unwrap();
        assert!(fs::metadata(&null).unwrap().file_type().is_char_device());
        assert_eq!(names(&folder), ["null"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[ignore = "another test starts it, and reads what it saves"]
    fn saves_to_an_open_file() {
        let Some(path) = place() else { return };
        Net::counting().save(path).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_standard_output_is_written_to() {
        let folder = folder("stdout");
        let bytes = Net::counting().to_bytes().unwrap();
        let contains = |output: &[u8]| output.windows(bytes.len()).any(|part| part == bytes);
        for open in ["/proc/self/fd/1", "/dev/fd/1", "/dev/stdout"] {
            if !Path::new(open).exists() {
                println!("SKIP: no {open} here");
                continue;
            }
            let to_pipe = start("unix::saves_to_an_open_file", Path::new(open), Stdio::piped());
            assert!(contains(&to_pipe.wait_with_output().unwrap().stdout), "{open}");
            // A file that was opened for the process continues at its position, and stays the same file.
            let file = folder.join("output");
            fs::write(&file, "").unwrap();
            let before = fs::metadata(&file).unwrap().ino();
            let output = File::options().append(true).open(&file).unwrap();
            assert!(start("unix::saves_to_an_open_file", Path::new(open), output.into()).wait().unwrap().success());
            assert!(contains(&fs::read(&file).unwrap()), "{open}");
            assert_eq!(fs::metadata(&file).unwrap().ino(), before);
        }
        assert_eq!(names(&folder), ["output"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
