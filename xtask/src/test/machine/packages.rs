//! Debian packages that tests call, and how to tell whether they are there.
//!
//! Only the folders of the system count: something else of the same name that comes first on a user's `PATH`, such
//! as a shim of a Python or Node version manager, is not the program that the tests were written for.

use std::path::Path;

/// Where Debian puts programs.
const PROGRAMS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// Where Debian and others put libraries, besides the folder of the architecture.
const LIBRARIES: [&str; 4] = ["/usr/lib", "/lib", "/usr/lib64", "/lib64"];

/// A package and what calls it.
pub(super) struct Needed {
    /// Its name in Debian 12.
    pub(super) package: &'static str,
    /// The file by which it is known to be there.
    content: Content,
    /// What misses it.
    pub(super) by: &'static str,
}

/// A file of a package.
enum Content {
    Program(&'static str),
    Library(&'static str),
}

use Content::{Library, Program};

const TPM: &str = "the tests that seal the vault key with a software TPM";

const CONTAINERS: &str = "the tests in real containers";

const PACKAGES: &str = "the tests of the Debian packages";

/// Tests that miss one of these report themselves as skipped, by name.
pub(super) const NEEDED: &[Needed] = &[
    Needed {
        package: "socat",
        content: Program("socat"),
        by: "the tests that drive the protocol by hand with a client that is not ours",
    },
    Needed { package: "tmux", content: Program("tmux"), by: "the tests that type into a real terminal" },
    Needed {
        package: "strace",
        content: Program("strace"),
        by: "the tests that look for values in arguments and environments",
    },
    Needed { package: "systemd", content: Program("systemd-creds"), by: "the tests that seal the vault key" },
    Needed { package: "swtpm", content: Program("swtpm"), by: TPM },
    Needed { package: "swtpm-tools", content: Program("swtpm_setup"), by: TPM },
    Needed { package: "libtss2-tcti-swtpm0", content: Library("libtss2-tcti-swtpm.so.0"), by: TPM },
    Needed { package: "libtss2-esys-3.0.2-0", content: Library("libtss2-esys.so.0"), by: TPM },
    Needed { package: "libtss2-rc0", content: Library("libtss2-rc.so.0"), by: TPM },
    Needed { package: "libtss2-mu0", content: Library("libtss2-mu.so.0"), by: TPM },
    Needed { package: "gh", content: Program("gh"), by: "the tests of remo-login gh" },
    Needed { package: "awscli", content: Program("aws"), by: "the tests of remo-login aws" },
    Needed { package: "npm", content: Program("npm"), by: "the tests of remo-login npm" },
    Needed { package: "docker.io", content: Program("docker"), by: "the tests of remo-login docker" },
    Needed {
        package: "busybox-static",
        content: Program("busybox"),
        by: "the tests of shell code for a POSIX shell alone",
    },
    Needed { package: "fish", content: Program("fish"), by: "the tests of shell code for fish" },
    Needed { package: "zsh", content: Program("zsh"), by: "the tests of shell code for zsh" },
    Needed { package: "iptables", content: Program("iptables"), by: CONTAINERS },
    Needed { package: "nftables", content: Program("nft"), by: CONTAINERS },
    Needed { package: "iproute2", content: Program("ip"), by: CONTAINERS },
    Needed { package: "docker-compose", content: Program("docker-compose"), by: CONTAINERS },
    Needed { package: "docker-registry", content: Program("docker-registry"), by: CONTAINERS },
    Needed { package: "debootstrap", content: Program("debootstrap"), by: CONTAINERS },
    Needed { package: "openssh-client", content: Program("ssh"), by: "the tests that log in to an instance" },
    Needed { package: "debhelper", content: Program("dh"), by: PACKAGES },
    Needed { package: "dpkg-dev", content: Program("dpkg-buildpackage"), by: PACKAGES },
    Needed { package: "lintian", content: Program("lintian"), by: PACKAGES },
    Needed { package: "man-db", content: Program("man"), by: PACKAGES },
    Needed { package: "libudev1", content: Library("libudev.so.1"), by: "fnox, which links it" },
    Needed { package: "python3-pip", content: Program("pip3"), by: "fetching fnox" },
];

impl Needed {
    /// Whether the file is where the system has it.
    pub(super) fn is_there(&self) -> bool {
        let of_architecture = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        match self.content {
            Program(name) => exists_in(&PROGRAMS, name),
            Library(name) => exists_in(&LIBRARIES, name) || exists_in(&[&of_architecture], name),
        }
    }
}

/// Whether this is a system that Debian packages can be installed on.
pub(super) fn has_apt() -> bool {
    exists_in(&PROGRAMS, "apt-get")
}

fn exists_in(folders: &[&str], name: &str) -> bool {
    folders.iter().any(|folder| Path::new(folder).join(name).is_file())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_program_counts_where_the_system_has_it_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("only-here"), "").unwrap();
        let path = folder.path().to_str().unwrap();
        assert!(exists_in(&[path], "only-here"));
        // A user's own folder is none of those that are looked into.
        assert!(!Needed { package: "x", content: Program("only-here"), by: "x" }.is_there());
        assert!(Needed { package: "x", content: Program("sh"), by: "x" }.is_there());
    }

    #[test]
    fn a_package_is_named_once() {
        let names: HashSet<&str> = NEEDED.iter().map(|needed| needed.package).collect();
        assert_eq!(names.len(), NEEDED.len());
    }
}
