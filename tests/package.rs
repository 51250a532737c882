//! The Debian package: every file that a user expects is in it, and the files work.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::help::commands;
use crate::support::{Sandbox, binary};

/// Where the files that the program prints are expected by `Cargo.toml`.
const PRINTED: &str = "target/package";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes the files that the program prints into this folder.
fn print_files(folder: &Path) {
    let mut script = Command::new(root().join("packaging/files.sh"));
    let status = script.arg(binary()).arg(folder).status().unwrap();
    assert!(status.success());
}

/// The manual page of each command and group.
fn pages() -> BTreeSet<String> {
    let page = |words: &Vec<String>| {
        let name: Vec<_> = std::iter::once("spec-kitty")
            .chain(words.iter().map(String::as_str))
            .collect();
        format!("{}.1", name.join("-"))
    };
    commands().iter().map(page).collect()
}

#[test]
fn the_program_prints_the_page_of_each_command_and_three_completions() {
    let sandbox = Sandbox::new();
    let folder = sandbox.root().join("package");
    print_files(&folder);
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names(folder.join("man")), pages());
    for page in pages() {
        let text = fs::read_to_string(folder.join("man").join(&page)).unwrap();
        for section in [
            "NAME",
            "EXAMPLES",
            "EXIT STATUS",
            "ENVIRONMENT",
            "FILES",
            "SEE ALSO",
        ] {
            let is_there = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")]
                .iter()
                .any(|heading| text.contains(heading));
            assert!(is_there, "{page} has no {section}");
        }
    }
    let completions = ["_spec-kitty", "man", "spec-kitty.bash", "spec-kitty.fish"];
    assert_eq!(names(folder.clone()), completions.map(str::to_owned).into());
    let zsh = fs::read_to_string(folder.join("_spec-kitty")).unwrap();
    assert!(zsh.starts_with("#compdef spec-kitty\n"), "{zsh}");
}

#[test]
fn the_package_has_program_pages_completions_documents_and_licence() {
    let has = |program: &str, argument: &str| {
        let run = Command::new(program).arg(argument).output();
        run.is_ok_and(|output| output.status.success())
    };
    if !has("cargo-deb", "--version") || !has("dpkg-deb", "--version") {
        println!("SKIPPED: no cargo-deb or dpkg-deb, so the package is not built");
        return;
    }
    let sandbox = Sandbox::new();
    // Its place in the checkout cannot be chosen, and git ignores it.
    print_files(&root().join(PRINTED));
    let target = sandbox.root().join("target");
    fs::create_dir_all(target.join("release")).unwrap();
    fs::copy(binary(), target.join("release/spec-kitty")).unwrap();
    let package = sandbox.root().join("spec-kitty.deb");
    let built = Command::new("cargo-deb")
        .args(["--no-build", "--no-strip", "--fast", "--locked", "--output"])
        .arg(&package)
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let listed = Command::new("dpkg-deb")
        .arg("--contents")
        .arg(&package)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let file = |line: &str| {
        let (mode, path) = (line.split(' ').next()?, line.rsplit(' ').next()?);
        (!mode.starts_with('d'))
            .then(|| (path.trim_start_matches("./").to_owned(), mode.to_owned()))
    };
    let files: Vec<_> = listed.lines().filter_map(file).collect();
    let found: BTreeSet<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut expected: BTreeSet<String> = [
        "usr/bin/spec-kitty",
        "usr/share/bash-completion/completions/spec-kitty",
        "usr/share/doc/spec-kitty/CHANGELOG.md",
        "usr/share/doc/spec-kitty/README.md",
        "usr/share/doc/spec-kitty/copyright",
        "usr/share/doc/spec-kitty/docs/picker.svg",
        "usr/share/fish/vendor_completions.d/spec-kitty.fish",
        "usr/share/zsh/vendor-completions/_spec-kitty",
    ]
    .map(str::to_owned)
    .into();
    expected.extend(
        pages()
            .iter()
            .map(|page| format!("usr/share/man/man1/{page}.gz")),
    );
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "md") {
            let name = file.file_name().unwrap().to_str().unwrap();
            expected.insert(format!("usr/share/doc/spec-kitty/docs/{name}"));
        }
    }
    assert_eq!(found, expected);
    for (path, mode) in files {
        let is_program = path == "usr/bin/spec-kitty";
        let expected = if is_program {
            "-rwxr-xr-x"
        } else {
            "-rw-r--r--"
        };
        assert_eq!(mode, expected, "{path}");
    }
}
