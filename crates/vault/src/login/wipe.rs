//! Overwriting and removing a tree of files, links not followed.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, SeekFrom, seek};
use rustix::io::Errno;

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// Overwrites every file at or below `path` and removes it. Nothing there is a success.
pub(super) fn tree(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if metadata.is_dir() {
        // A folder that was closed even to its owner.
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(path)? {
            tree(&entry?.path())?;
        }
        return fs::remove_dir(path);
    }
    // A file that has another name elsewhere may be somebody's data.
    if metadata.is_file() && metadata.nlink() == 1 {
        // What cannot be overwritten is still removed; memory that is freed is not handed out unwiped.
        let _ = overwrite(path);
    }
    fs::remove_file(path)
}

fn overwrite(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.permissions().mode() & 0o200 == 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    let no_follow = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).custom_flags(no_follow).open(path)?;
    let mut position = 0;
    // Where there is data only: zeros in the holes of a file would take memory.
    loop {
        let begin = match seek(&file, SeekFrom::Data(position)) {
            Err(Errno::NXIO) => return Ok(()),
            begin => begin?,
        };
        position = seek(&file, SeekFrom::Hole(begin))?;
        seek(&file, SeekFrom::Start(begin))?;
        let mut left = position - begin;
        while left > 0 {
            let length = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            file.write_all(&ZEROS[..length])?;
            left -= length as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn everything_goes_and_nothing_outside_is_touched() {
        let folder = std::env::temp_dir().join(format!("remo-vault-wipe-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let tool = folder.join("tool");
        fs::create_dir_all(tool.join("closed/deep")).unwrap();
        let (outside, kept) = (folder.join("outside"), folder.join("kept"));
        fs::write(&outside, "data").unwrap();
        fs::write(&kept, "data").unwrap();
        symlink(&outside, tool.join("link")).unwrap();
        symlink(&folder, tool.join("up")).unwrap();
        fs::hard_link(&kept, tool.join("second")).unwrap();
        fs::write(tool.join("closed/deep/read-only"), "token").unwrap();
        fs::set_permissions(tool.join("closed/deep/read-only"), Permissions::from_mode(0o400)).unwrap();
        let sparse = fs::File::create(tool.join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        fs::set_permissions(tool.join("closed"), Permissions::from_mode(0o000)).unwrap();
        tree(&tool).unwrap();
        assert!(!tool.exists());
        assert_eq!(fs::read(&outside).unwrap(), b"data");
        assert_eq!(fs::read(&kept).unwrap(), b"data");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_content_is_overwritten_before_the_name_goes() {
        let path = std::env::temp_dir().join(format!("remo-vault-overwrite-{}", std::process::id()));
        fs::write(&path, vec![b'x'; ZEROS.len() + 7]).unwrap();
        overwrite(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), vec![0; ZEROS.len() + 7]);
        fs::remove_file(path).unwrap();
    }
}
