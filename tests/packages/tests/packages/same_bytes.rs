//! The same programs make the same packages, wherever and whenever that is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::{NAMES, file, packaged, root, run};

#[test]
fn made_twice_they_are_the_same_bytes() {
    let Some(first) = packaged("same_bytes::made_twice_they_are_the_same_bytes") else { return };
    // A folder of another name, depth and mode, later.
    let other = tempfile::tempdir().unwrap();
    let deep = other.path().join("a folder/below");
    fs::create_dir_all(&deep).unwrap();
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o700)).unwrap();
    remo_testbed::packages::make(&deep);
    for name in NAMES {
        let (one, two) = (file(first, name), file(&deep.join("debian"), name));
        assert_eq!(one.file_name(), two.file_name());
        let (one, two) = (fs::read(one).unwrap(), fs::read(two).unwrap());
        assert!(!one.is_empty() && one == two, "{name} is another one");
    }
}

/// The helper as it is shipped; `cargo xtask package` looks at the other programs itself, which tests take as they are.
#[test]
fn shipped_programs_do_not_say_where_they_were_built() {
    let Some(folder) = packaged("same_bytes::shipped_programs_do_not_say_where_they_were_built") else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    run(Command::new("dpkg-deb").arg("--extract").arg(file(folder, "remo-secrets-feature")).arg(out.path()));
    let blobs = out.path().join("usr/share/remo/feature/oci/blobs/sha256");
    let mut helper = 0;
    let home =
        std::env::var("CARGO_HOME").ok().or_else(|| Some(format!("{}/.cargo", std::env::var("HOME").ok()?)));
    let places = [root().canonicalize().unwrap().to_str().unwrap().to_owned(), home.unwrap()];
    for blob in fs::read_dir(blobs).unwrap().flatten() {
        let content = fs::read(blob.path()).unwrap();
        let holds = |text: &str| content.windows(text.len()).any(|part| part == text.as_bytes());
        helper += usize::from(holds("\u{7f}ELF") && holds("REMO_BROKER_PROJECT_SOCKET"));
        for place in &places {
            assert!(!holds(place), "{} names {place}", blob.path().display());
        }
    }
    assert_eq!(helper, 1, "one of them is the helper");
}
