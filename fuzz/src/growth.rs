//! What may not grow while inputs come and go: open descriptors, files, and values in files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tripwire::Tripwires;

/// How many inputs there are between two looks.
const INTERVAL: u64 = 2048;

/// Descriptors that may be open beyond those after the first input: libFuzzer's own, and a connection that the
/// broker has not looked at yet.
const DESCRIPTORS_SLACK: usize = 16;

/// Most that all files may have together, in bytes: two audit logs of [`crate::instance::ROTATE_BYTES`], what one
/// turn writes beyond, and the small files of the state.
const FILES_MAX: u64 = 8 * 1024 * 1024;

/// Looks now and then.
#[derive(Debug)]
pub struct Growth {
    inputs: u64,
    descriptors: usize,
    directory: PathBuf,
}

impl Growth {
    /// Begins with what is there now.
    pub fn new(directory: &Path) -> Self {
        Self { inputs: 0, descriptors: open_descriptors(), directory: directory.to_owned() }
    }

    /// Counts one input, and looks when it is time. Without `tripwires` the content of files is the input's own
    /// affair.
    pub fn note(&mut self, tripwires: Option<&Tripwires>) {
        self.inputs += 1;
        if !self.inputs.is_multiple_of(INTERVAL) {
            return;
        }
        let descriptors = open_descriptors();
        assert!(
            descriptors <= self.descriptors + DESCRIPTORS_SLACK,
            "{descriptors} descriptors are open after {} inputs, at first {}",
            self.inputs,
            self.descriptors
        );
        let mut total = 0;
        for file in regular_files(&self.directory) {
            let content = fs::read(&file).expect("a file of the instance");
            total += content.len() as u64;
            if let Some(tripwires) = tripwires {
                tripwires.check_any(&content, &file.display().to_string());
            }
        }
        assert!(total <= FILES_MAX, "the files of the instance have {total} bytes");
    }
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("the descriptors of this process").count()
}

fn regular_files(directory: &Path) -> Vec<PathBuf> {
    let (mut files, mut waiting) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a folder of the instance") {
            let entry = entry.expect("an entry of a folder");
            let kind = entry.file_type().expect("the type of a file");
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}
