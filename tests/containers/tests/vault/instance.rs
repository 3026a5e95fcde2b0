//! An instance with a vault: a home, the host's programs, an unsealed key, a broker and an engine.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use remo_testbed::images::Image;
use remo_testbed::{Ended, Engine, bootstrap, run_within, vault_image};
use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, binaries, fnox, skip, wait};

/// How long one command may take on a busy machine: building the image is part of it.
pub(crate) const LIMIT: Duration = Duration::from_mins(10);

/// How long something may take to come about by itself; the health check looks every ten seconds, three times.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// Whom the key is unsealed for, on purpose none of the users of the base.
pub(crate) const USER: u32 = 4711;

/// A group of every Debian; the broker gives it the admin socket.
const GROUP: &str = "daemon";
pub(crate) const GROUP_NUMBER: u32 = 1;

static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// What the tests share, one at a time: an engine with the image costs a minute.
#[derive(Debug)]
struct Shared {
    turn: Mutex<Parts>,
}

/// The instance.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Dropped first: what runs in it has the broker's files open.
    pub(crate) engine: Engine,
    pub(crate) broker: Broker,
    pub(crate) directory: PrivateDirectory,
    place: PrivateDirectory,
    key: PrivateKey,
    /// What `remo vault build` said.
    pub(crate) build: Ended,
}

/// The memory-backed folder of the unsealed key.
#[derive(Debug)]
struct PrivateKey(PathBuf);

impl Drop for PrivateKey {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `test` with the instance, whose vault is up, while no other test has it.
pub(crate) fn with_vault(name: &str, test: impl FnOnce(&mut Parts)) {
    let name = format!("vault::{name}");
    let Some(fnox) = fnox::program(&name) else { return };
    if skip::without_root(&name) {
        return;
    }
    if let Err(reason) = bootstrap::ready() {
        skip::skipped(&name, &reason);
        return;
    }
    let shared = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            running
        } else {
            let new = Arc::new(Shared { turn: Mutex::new(Parts::start(&fnox)) });
            *shared = Arc::downgrade(&new);
            new
        }
    };
    let mut parts: MutexGuard<'_, Parts> = shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = parts.remo(&["vault", "up"]).succeeded();
    test(&mut parts);
}

impl Parts {
    fn start(fnox: &std::path::Path) -> Self {
        let directory = PrivateDirectory::new();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let config = format!("[paths]\nadmin_group = \"{GROUP}\"\n");
        let broker = Broker::start(&directory, &BrokerOptions { config, ..BrokerOptions::default() });
        let engine = Engine::start(&directory.socket_dir()).unwrap();
        engine.import(Image::Vault);
        let place = PrivateDirectory::new();
        let bin = place.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for name in ["remo", "remo-docker"] {
            fs::copy(binaries::path(name), bin.join(name)).unwrap();
        }
        symlink("remo-docker", bin.join("remo-docker-compose")).unwrap();
        fs::create_dir(place.path().join("home")).unwrap();
        let key = unsealed_key();
        let parts = Self {
            engine,
            broker,
            directory,
            place,
            key,
            build: run_within(LIMIT, &mut Command::new("/bin/true")),
        };
        let context = vault_image::context(fnox).to_str().unwrap();
        let base = Image::Vault.name();
        let build =
            parts.remo(&["vault", "build", "--context", context, "--base", base, "--offline"]).succeeded();
        Self { build, ..parts }
    }

    /// The environment of programs of the host.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let bin = self.place.path().join("bin");
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        [
            ("PATH", format!("{}:/usr/bin:/bin", bin.display())),
            ("HOME", text(self.place.path().join("home"))),
            ("REMO_INSTANCE", "box".to_owned()),
            ("REMO_PROJECTS_ROOT", text(self.directory.projects_root())),
            ("REMO_BROKER_ADMIN_SOCKET", text(self.directory.admin_socket())),
            ("REMO_VAULT_KEY_DIR", text(self.key.0.clone())),
            ("REMO_DOCKER_HOST", format!("unix://{}", self.engine.socket().display())),
            ("REMO_DOCKER", text(bootstrap::docker())),
            ("DOCKER_BUILDKIT", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A program of the host.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.place.path().join("bin").join(name)
    }

    pub(crate) fn run(&self, name: &str, words: &[&str]) -> Ended {
        let mut command = Command::new(self.program(name));
        command.args(words).env_clear().envs(self.environment()).current_dir("/");
        run_within(LIMIT, &mut command)
    }

    pub(crate) fn remo(&self, words: &[&str]) -> Ended {
        self.run("remo", words)
    }

    /// The id of the vault's container, which `remo vault up` prints.
    pub(crate) fn up(&self) -> String {
        self.remo(&["vault", "up"]).succeeded().stdout.trim().to_owned()
    }

    /// A command in the vault, as a person runs one.
    pub(crate) fn inside(&self, command: &str) -> Ended {
        self.remo(&["shell", "-p", "_remo-vault", "--exec", command])
    }

    /// What the engine has noted of the health of the vault.
    pub(crate) fn health(&self) -> String {
        self.engine
            .docker(&["inspect", "--format", "{{.State.Health.Status}}", "remo-vault"])
            .trim()
            .to_owned()
    }

    pub(crate) fn becomes(&self, health: &str) {
        wait::until_true(PATIENCE, health, || self.health() == health);
    }

    /// The folder of the unsealed key.
    pub(crate) fn key_folder(&self) -> PathBuf {
        self.key.0.clone()
    }

    /// What a project gets that may have `name`.
    pub(crate) fn served(&self, project: &str, name: &str) -> Option<String> {
        let answer = self.broker.raw(project).ask(&format!("{{\"op\":\"get\",\"name\":\"{name}\"}}"));
        answer["value"].as_str().map(str::to_owned)
    }

    /// Waits until a project gets `value` under `name`.
    pub(crate) fn is_served(&self, project: &str, name: &str, value: &str) {
        let began = Instant::now();
        wait::until_true(PATIENCE, "the value is served", || {
            self.served(project, name).as_deref() == Some(value)
        });
        assert!(began.elapsed() < PATIENCE);
    }
}

/// A vault key, as `remo-vault key unseal` leaves it: memory-backed, in a folder of root's.
fn unsealed_key() -> PrivateKey {
    let folder = tempfile_in_memory();
    let file = folder.join("key.txt");
    let made = Command::new(binaries::path("remo-vault"))
        .args(["key", "ensure", "--allow-plaintext", "--key-file"])
        .arg(&file)
        .env_clear()
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    chown(&file, Some(USER), Some(USER)).unwrap();
    PrivateKey(folder)
}

fn tempfile_in_memory() -> PathBuf {
    let folder = PathBuf::from(format!("/dev/shm/remo-key-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
