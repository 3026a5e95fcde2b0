//! A disk that is soon full: a small tmpfs, for root only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted tmpfs of fixed size; unmounted when it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts `kibibytes` at `path`, or says why the system does not permit it.
    ///
    /// # Errors
    /// What `mount` said.
    pub fn mount(path: &Path, kibibytes: u32) -> Result<Self, String> {
        fs::create_dir_all(path).map_err(|error| error.to_string())?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k,mode=0755"), "remo-small-disk"])
            .arg(path)
            .output()
            .map_err(|error| format!("mount: {error}"))?;
        if output.status.success() {
            Ok(Self { path: path.to_owned() })
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// Makes the disk read-only, or writable again; fails while a file is open for writing.
    ///
    /// # Errors
    /// What `mount` said.
    pub fn set_read_only(&self, read_only: bool) -> Result<(), String> {
        let mode = if read_only { "remount,ro" } else { "remount,rw" };
        let output = Command::new("mount").args(["-o", mode]).arg(&self.path).output();
        let output = output.map_err(|error| format!("mount: {error}"))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// Writes a file until nothing more fits.
    ///
    /// # Panics
    /// When the disk takes more than it has.
    pub fn fill(&self) {
        use std::io::Write as _;
        let mut file = fs::File::create(self.path.join("ballast")).expect("a file on the small disk");
        for _ in 0..1_000_000 {
            if file.write_all(&[b'x'; 1024]).is_err() {
                // What is left is less than one block: byte by byte.
                while file.write_all(b"x").is_ok() {}
                return;
            }
        }
        panic!("the small disk is not small");
    }

    /// Makes room again.
    ///
    /// # Panics
    /// When there was no [`SmallDisk::fill`] before.
    pub fn relieve(&self) {
        fs::remove_file(self.path.join("ballast")).expect("the ballast");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a daemon of the test may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
