//! Builds the emulation's libraries and prints their folder, for programs that are started with it in `LD_LIBRARY_PATH`.

fn main() -> Result<(), &'static str> {
    println!("{}", dl_emulation::folder()?.display());
    Ok(())
}
