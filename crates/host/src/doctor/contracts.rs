//! Contracts that hold on an instance whatever was started: who may write where.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{Check, Verdict};
use crate::engine::Engine;
use crate::install::system::BROKER_USER;
use crate::places::Places;

/// Where the broker's sockets are, unless it is told otherwise.
const RUN_DIRECTORY: &str = "/run/remo-broker";

/// Where the vault's key is sealed, and where it is unsealed to at boot.
const KEY: [&str; 2] = ["/var/lib/remo-vault-key", "/run/remo-vault-key"];

/// Owner and modes of the broker's directories; nothing where the broker is elsewhere.
pub(super) fn run_directory(places: &Places) -> Option<Check> {
    let directory = Path::new(RUN_DIRECTORY);
    places.admin_socket.starts_with(directory).then(|| judged(directory))
}

fn judged(directory: &Path) -> Check {
    let code = "run-directory";
    let bad = |found: String| {
        Check::of(code, Verdict::Bad, found, "let it be made again: sudo systemctl restart remo-broker")
    };
    let (own, projects) = (fs::metadata(directory), fs::metadata(directory.join("projects")));
    let (Ok(own), Ok(projects)) = (own, projects) else {
        return bad(format!("{} is not there, or has no projects in it", directory.display()));
    };
    let owners = [Some(0), broker_user()];
    if !owners.contains(&Some(own.uid())) || own.mode() & 0o022 != 0 {
        return bad(format!("others than the broker can put sockets into {}", directory.display()));
    }
    if projects.mode() & 0o007 != 0 {
        return bad(format!(
            "every user of this host reaches the sockets in {}/projects",
            directory.display()
        ));
    }
    Check::good(code, directory.display().to_string())
}

/// The number of the user that the unit runs the broker as.
fn broker_user() -> Option<u32> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(BROKER_USER)).then_some(fields))?;
    fields.nth(1)?.parse().ok()
}

/// The vault's key: made, and unsealed.
pub(super) fn key() -> Check {
    let [sealed, unsealed] = KEY.map(Path::new);
    key_at(sealed, unsealed)
}

fn key_at(sealed: &Path, unsealed: &Path) -> Check {
    let code = "vault-key";
    if !sealed.is_dir() {
        return Check::of(
            code,
            Verdict::Weak,
            "none was sealed on this host",
            "make one: sudo remo-vault key ensure",
        );
    }
    if !unsealed.is_dir() {
        return Check::of(
            code,
            Verdict::Bad,
            "it is sealed, and was not unsealed since the boot",
            "unseal it: sudo systemctl start remo-vault-key",
        );
    }
    Check::good(code, "sealed and unsealed; its tier: sudo remo-vault key status")
}

/// Compose, which some configurations need.
pub(super) fn compose(places: &Places) -> Check {
    let code = "compose";
    let named = places.variable("REMO_DOCKER_COMPOSE").is_some_and(|path| Path::new(path).is_file());
    let own = ["/usr/bin", "/usr/local/bin", "/bin"].map(|folder| Path::new(folder).join("docker-compose"));
    if named || own.iter().any(|path| path.is_file()) {
        return Check::good(code, "docker-compose is there");
    }
    let plugin =
        Engine::new(places).ok().and_then(|engine| engine.ask(&["compose", "version", "--short"]).ok());
    match plugin {
        Some(version) => Check::good(code, format!("version {}", version.trim())),
        None => Check::of(
            code,
            Verdict::Weak,
            "not found; configurations with a Compose file do not start",
            "install docker-compose or Docker's compose plugin",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn directories_that_others_write_or_enter_are_found() {
        let place = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(judged(place.path()).verdict, Verdict::Bad, "no projects");
        let projects = place.path().join("projects");
        fs::create_dir(&projects).unwrap();
        mode(&projects, 0o750);
        mode(place.path(), 0o755);
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(judged(place.path()).verdict, if is_root { Verdict::Good } else { Verdict::Bad });
        mode(&projects, 0o755);
        assert_eq!(judged(place.path()).verdict, Verdict::Bad, "others enter");
        mode(&projects, 0o750);
        mode(place.path(), 0o775);
        assert_eq!(judged(place.path()).verdict, Verdict::Bad, "others write");
    }

    #[test]
    fn a_key_that_is_not_unsealed_is_found() {
        let place = tempfile::tempdir().unwrap();
        let (sealed, unsealed) = (place.path().join("sealed"), place.path().join("unsealed"));
        assert_eq!(key_at(&sealed, &unsealed).verdict, Verdict::Weak);
        fs::create_dir(&sealed).unwrap();
        assert_eq!(key_at(&sealed, &unsealed).verdict, Verdict::Bad);
        fs::create_dir(&unsealed).unwrap();
        assert_eq!(key_at(&sealed, &unsealed).verdict, Verdict::Good);
    }
}
