//! Checks that every file here is a test program: `Cargo.toml` lists them.

#[test]
fn all_files_are_listed() {
    let folder = std::env!("CARGO_MANIFEST_DIR");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).unwrap();
    let mut programs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.join("Cargo.toml").exists() {
            continue; // a package of its own
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let file = if path.join("main.rs").exists() { format!("{name}/main.rs") } else { name };
        if file.ends_with(".rs") && file != "lib.rs" {
            assert!(manifest.contains(&format!("path = \"{file}\"\n")), "tests/Cargo.toml does not list tests/{file}");
            programs += 1;
        }
    }
    assert_eq!(programs, manifest.matches("[[test]]").count());
}
