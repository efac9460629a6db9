//! Reads a folder of images, in which each class has a folder of its own, by the crate `image`.

use super::{Dataset, Source};
use crate::random::Rng;
use crate::tensor::pod::{flat_mut, grow};
use crate::{Error, IN_MEMORY, Result};
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use std::fs;
use std::path::{Path, PathBuf};
use std::slice::from_mut;

/// The name of the format in errors.
const FORMAT: &str = "image";

/// A folder of images such as `pets/cat/1.jpg` and `pets/dog/1.png`: the classes are the names of its folders, in the order of the
/// alphabet.
///
/// Files that end with `.png`, `.jpg` or `.jpeg` are images; others, and folders whose names begin with a dot, are left out.
///
/// ```no_run
/// # use dl_runtime as dl;
/// use dl::data::{Dataset, ImageFolder};
/// let folder = ImageFolder::open("pets")?.resized();
/// assert_eq!(folder.classes(), ["cat", "dog"]);
/// let data: Dataset<[[[f32; 64]; 64]; 3], u32> = folder.dataset()?;
/// # Ok::<(), dl::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageFolder {
    classes: Vec<String>,
    files: Vec<(PathBuf, u32)>,
    resized: bool,
}

impl ImageFolder {
    /// Finds the images of a folder, without reading them.
    ///
    /// # Errors
    /// [`Error::Io`] if a folder cannot be read, and [`Error::Format`] if there are no classes, or no images in one of them.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let mut found = ImageFolder { classes: Vec::new(), files: Vec::new(), resized: false };
        for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let (class, before) = (found.classes.len() as u32, found.files.len());
            let images = entries(&path)?.into_iter().filter(|path| is_image(path));
            found.files.extend(images.map(|path| (path, class)));
            if found.files.len() == before {
                return Err(wrong(&path, "`.png`, `.jpg` or `.jpeg` files of a class", "none"));
            }
            found.classes.push(name);
        }
        match found.classes.is_empty() {
            true => Err(wrong(folder, "a folder for each class", "none")),
            false => Ok(found),
        }
    }
    /// Scales images of other sizes to that of the samples, without keeping their proportions. By default they are errors.
    #[must_use]
    pub fn resized(mut self) -> Self {
        self.resized = true;
        self
    }
    /// Returns the names of the classes 0, 1 and so on.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }
    /// Returns the files with their classes, in the order of the samples.
    pub fn files(&self) -> &[(PathBuf, u32)] {
        &self.files
    }
    /// Reads all images into memory, as numbers from 0 to 1 of 1 (grey), 3 (red, green, blue) or 4 channels (and opacity).
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] for a file that is damaged, truncated or of another size, with its path.
    pub fn dataset<const W: usize, const H: usize, const C: usize>(&self) -> Result<Dataset<[[[f32; W]; H]; C], u32>> {
        let mut data = Dataset::default();
        grow(&mut data.inputs, self.files.len()).map_err(|error| Error::io(IN_MEMORY)(std::io::Error::other(error)))?;
        for ((path, class), input) in self.files.iter().zip(&mut data.inputs) {
            self.read(path, input)?;
            data.targets.push(*class);
        }
        Ok(data)
    }
    /// Returns a source that reads the images while a network trains, for more of them than fit into memory; `f` augments each.
    ///
    /// ```no_run
    /// # use dl_runtime as dl;
    /// use dl::data::{ImageFolder, augment};
    /// let folder = ImageFolder::open("pets")?;
    /// let source = folder.source(|image: &mut [[[f32; 64]; 64]; 3], rng| augment::horizontal_flip(image, rng));
    /// # Ok::<(), dl::Error>(())
    /// ```
    pub fn source<const W: usize, const H: usize, const C: usize, F>(&self, f: F) -> ImageSource<'_, W, H, C, F>
    where
        F: Fn(&mut [[[f32; W]; H]; C], &mut Rng) + Sync,
    {
        ImageSource { folder: self, f }
    }
    fn read<const W: usize, const H: usize, const C: usize>(
        &self,
        path: &Path,
        to: &mut [[[f32; W]; H]; C],
    ) -> Result<()> {
        const { assert!(C == 1 || C == 3 || C == 4, "images have 1, 3 or 4 channels") };
        let bytes = fs::read(path).map_err(Error::io(path))?;
        if is_cut_off(&bytes) {
            return Err(wrong(path, "a whole image", "one that ends too early"));
        }
        // The first bytes tell the format, since many files have wrong names.
        let mut image = image::load_from_memory(&bytes).map_err(|error| wrong(path, "a PNG or JPEG image", error))?;
        let (width, height) = (image.width() as usize, image.height() as usize);
        if (width, height) != (W, H) {
            if !self.resized {
                let found = format!("{width}×{height}; `.resized()` scales it");
                return Err(wrong(path, format!("an image of {W}×{H} pixels"), found));
            }
            image = image.resize_exact(W as u32, H as u32, FilterType::Triangle);
        }
        fill(image, to);
        Ok(())
    }
}

/// Writes the pixels, channel by channel.
fn fill<const W: usize, const H: usize, const C: usize>(image: DynamicImage, to: &mut [[[f32; W]; H]; C]) {
    let pixels = match C {
        1 => image.into_luma8().into_raw(),
        3 => image.into_rgb8().into_raw(),
        _ => image.into_rgba8().into_raw(),
    };
    for (channel, plane) in to.iter_mut().enumerate() {
        let bytes = pixels.iter().skip(channel).step_by(C);
        flat_mut(from_mut(plane)).iter_mut().zip(bytes).for_each(|(to, byte)| *to = f32::from(*byte) / 255.0);
    }
}

/// A folder of images that are read during training: [`ImageFolder::source`].
#[derive(Clone, Copy, Debug)]
pub struct ImageSource<'f, const W: usize, const H: usize, const C: usize, F> {
    folder: &'f ImageFolder,
    f: F,
}

impl<const W: usize, const H: usize, const C: usize, F> Source for ImageSource<'_, W, H, C, F>
where
    F: Fn(&mut [[[f32; W]; H]; C], &mut Rng) + Sync,
{
    type Input = [[[f32; W]; H]; C];
    type Target = u32;

    fn len(&self) -> usize {
        self.folder.files.len()
    }
    fn sample(&self, index: usize, rng: &mut Rng, input: &mut Self::Input, target: &mut u32) -> Result<()> {
        let (path, class) = &self.folder.files[index];
        self.folder.read(path, input)?;
        (self.f)(input, rng);
        *target = *class;
        Ok(())
    }
}

/// Returns the paths in a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(Error::io(folder))?;
    paths.sort_unstable();
    Ok(paths)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    path.is_file() && ["png", "jpg", "jpeg"].iter().any(|known| extension == *known)
}

/// Returns true for a JPEG file without an end after the start of its last scan: decoders fill the rest with grey and report nothing.
fn is_cut_off(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xFF, marker]);
    let jpeg = image::guess_format(bytes).is_ok_and(|format| format == ImageFormat::Jpeg);
    // Neither marker occurs in the data of a scan, where 0 follows 0xFF.
    jpeg && last(0xDA).is_some_and(|scan| last(0xD9).is_none_or(|end| end < scan))
}

fn wrong(path: &Path, expected: impl Into<String>, found: impl ToString) -> Error {
    Error::Format { path: path.into(), format: FORMAT, expected: expected.into(), found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// A new folder with two classes of images, whose files are named so that their order differs from that of creation.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("dl-images-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for class in ["dog", "cat", ".cache"] {
            fs::create_dir_all(folder.join(class)).unwrap();
        }
        for (file, red) in [("dog/2.png", 200), ("dog/1.PNG", 100), ("cat/b.png", 50)] {
            picture(4, 3, red).save_with_format(folder.join(file), ImageFormat::Png).unwrap();
        }
        picture(4, 3, 10).save_with_format(folder.join("cat/a.jpg"), ImageFormat::Jpeg).unwrap();
        fs::write(folder.join("cat/notes.txt"), "no image").unwrap();
        folder
    }

    /// Pixels that differ by place and channel.
    fn picture(width: u32, height: u32, red: u8) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([red, 10 * x as u8, 20 * y as u8]))
    }

    type Pixels = [[[f32; 4]; 3]; 3];

    #[test]
    fn classes_and_files_are_sorted() {
        let path = folder("sorted");
        let found = ImageFolder::open(&path).unwrap();
        assert_eq!(found.classes(), ["cat", "dog"]);
        let names: Vec<_> =
            found.files().iter().map(|(file, class)| (file.file_name().unwrap().to_str().unwrap(), *class)).collect();
        assert_eq!(names, [("a.jpg", 0), ("b.png", 0), ("1.PNG", 1), ("2.png", 1)]);
        let data: Dataset<Pixels, u32> = found.dataset().unwrap();
        assert_eq!(data.targets, [0, 0, 1, 1]);
        for (sample, red) in [(1, 50_u8), (2, 100), (3, 200)] {
            for (y, x) in (0..3).flat_map(|y| (0..4).map(move |x| (y, x))) {
                let pixel = [0, 1, 2].map(|c: usize| data.inputs[sample][c][y][x]);
                assert_eq!(pixel, [red, 10 * x as u8, 20 * y as u8].map(|byte| f32::from(byte) / 255.0));
            }
        }
        // The source reads the same, and augments it.
        let source = found.source(|image: &mut Pixels, _| image[0][0][0] += 1.0);
        let (mut input, mut target) = (data.inputs[0], 9);
        source.sample(2, &mut Rng::new(1), &mut input, &mut target).unwrap();
        input[0][0][0] -= 1.0;
        assert!((input[0][0][0] - data.inputs[2][0][0][0]).abs() < 1e-6);
        assert_eq!((source.len(), input[1], target), (4, data.inputs[2][1], 1));
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn other_sizes_are_errors_or_scaled() {
        let path = folder("sizes");
        picture(8, 6, 77).save(path.join("dog/3.png")).unwrap();
        let found = ImageFolder::open(&path).unwrap();
        let error = found.dataset::<4, 3, 3>().unwrap_err().to_string();
        let file = path.join("dog/3.png");
        let expected = "not a valid image file: expected an image of 4×3 pixels, found 8×6; `.resized()` scales it";
        assert_eq!(error, format!("{}: {expected}", file.display()));
        let scaled = found.resized().dataset::<4, 3, 1>().unwrap();
        assert_eq!(scaled.len(), 5);
        assert!(scaled.inputs[4].as_flattened().as_flattened().iter().all(|grey| (0.05..0.4).contains(grey)));
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn damaged_files_and_empty_folders_are_errors_with_their_path() {
        let path = folder("damaged");
        let fails = |file: &str, bytes: &[u8]| {
            let whole = fs::read(path.join(file)).unwrap();
            fs::write(path.join(file), bytes).unwrap();
            let error = ImageFolder::open(&path).unwrap().dataset::<4, 3, 3>().unwrap_err();
            fs::write(path.join(file), whole).unwrap();
            assert!(matches!(&error, Error::Format { path: found, .. } if *found == path.join(file)), "{error}");
        };
        for file in ["dog/2.png", "cat/a.jpg"] {
            let bytes = fs::read(path.join(file)).unwrap();
            for end in [0, 1, 10, bytes.len() / 2, bytes.len() - 14] {
                fails(file, &bytes[..end]);
            }
        }
        fails("cat/a.jpg", b"GIF89a");
        ImageFolder::open(&path).unwrap().dataset::<4, 3, 3>().unwrap();

        let text = |path: &Path| ImageFolder::open(path).unwrap_err().to_string();
        fs::create_dir(path.join("bird")).unwrap();
        let end = "not a valid image file: expected `.png`, `.jpg` or `.jpeg` files of a class, found none";
        assert_eq!(text(&path), format!("{}: {end}", path.join("bird").display()));
        let end = "not a valid image file: expected a folder for each class, found none";
        assert_eq!(text(&path.join("dog")), format!("{}: {end}", path.join("dog").display()));
        assert!(matches!(ImageFolder::open(path.join("fish")), Err(Error::Io { .. })));
        fs::remove_dir_all(path).unwrap();
    }
}
