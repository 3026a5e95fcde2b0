//! A TPM 2.0 in software: the real `swtpm`, as one machine's own.
//!
//! On a real machine the kernel's resource manager (`/dev/tpmrm0`) makes room for programs that leave sessions
//! behind, as systemd does at each use. `swtpm` has none, so a small relay does what the kernel does: when the TPM
//! has no room left, the oldest session or object makes way.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::{skip, wait};

/// Tag and size stand before the code of a command or an answer (TPM 2.0, part 1, 18).
const HEADER: usize = 10;

/// `TPM2_FlushContext`
const FLUSH_CONTEXT: u32 = 0x0165;

/// Commands whose answers begin with the handle of something that takes room: `CreatePrimary`, `Load`,
/// `ContextLoad`, `LoadExternal`, `StartAuthSession`, `CreateLoaded`.
const TAKES_ROOM: [u32; 6] = [0x0131, 0x0157, 0x0161, 0x0167, 0x0176, 0x0191];

/// `TPM_RC_OBJECT_MEMORY`
const NO_ROOM_FOR_OBJECTS: u32 = 0x0902;

/// `TPM_RC_SESSION_MEMORY`
const NO_ROOM_FOR_SESSIONS: u32 = 0x0903;

/// `TPM2_PCR_Extend`
const PCR_EXTEND: u32 = 0x0182;

/// A running TPM; ended when it is dropped.
#[derive(Debug)]
pub struct Swtpm {
    state: TempDir,
    process: Child,
    port: u16,
}

impl Swtpm {
    /// A new TPM for the test `name`; `None`, and the test is reported as skipped, where there is no `swtpm`.
    ///
    /// # Panics
    /// When it is there and does not start.
    pub fn start(name: &str) -> Option<Self> {
        let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !there("swtpm") || !there("swtpm_setup") {
            skip::skipped(
                name,
                "there is no swtpm; on Debian: apt install swtpm swtpm-tools libtss2-tcti-swtpm0",
            );
            return None;
        }
        let state = tempfile::Builder::new().prefix("remo-tpm-").tempdir_in("/tmp").expect("a folder");
        let made = Command::new("swtpm_setup")
            .args(["--tpm2", "--create-ek-cert", "--tpmstate"])
            .arg(state.path())
            .output()
            .expect("swtpm_setup runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let process = run(state.path());
        let port = relay(state.path());
        Some(Self { state, process, port })
    }

    /// The device as systemd names it.
    pub fn device(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    /// Switches the machine off and on again: the TPM forgets its registers, and keeps its keys.
    ///
    /// # Panics
    /// When it does not start again.
    pub fn reboot(&mut self) {
        self.end();
        self.process = run(self.state.path());
    }

    /// Measures something into register 7, as a firmware does that starts another system.
    ///
    /// # Panics
    /// When the TPM refuses.
    pub fn measure(&self, what: u8) {
        let mut extend = vec![0x80, 0x02, 0, 0, 0, 65];
        extend.extend(PCR_EXTEND.to_be_bytes());
        extend.extend(7_u32.to_be_bytes());
        // An empty password authorises.
        extend.extend([0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0]);
        // One digest, of SHA-256.
        extend.extend([0, 0, 0, 1, 0, 0x0b]);
        extend.extend([what; 32]);
        let mut tpm = UnixStream::connect(data_socket(self.state.path())).expect("the TPM listens");
        let answer = ask(&mut tpm, &extend).expect("the TPM answers");
        assert_eq!(answer[6..HEADER], [0; 4], "the TPM extends its register");
    }

    /// Lets the TPM answer nothing any more.
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze(&self) {
        let process = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(process, rustix::process::Signal::STOP).expect("the TPM is stopped");
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        self.end();
    }
}

fn data_socket(state: &Path) -> PathBuf {
    state.join("data")
}

fn control_socket(state: &Path) -> PathBuf {
    state.join("control")
}

fn run(state: &Path) -> Child {
    let sockets = [data_socket(state), control_socket(state)];
    for socket in &sockets {
        let _ = std::fs::remove_file(socket);
    }
    let process = Command::new("swtpm")
        .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
        .args(["--tpmstate", &format!("dir={}", state.display())])
        .args(["--server", &format!("type=unixio,path={}", sockets[0].display())])
        .args(["--ctrl", &format!("type=unixio,path={}", sockets[1].display())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("swtpm runs");
    wait::until_true(wait::PATIENCE, "the TPM", || sockets.iter().all(|socket| socket.exists()));
    process
}

/// Listens on two ports, one behind the other, as the TCG interface wants it; the first one is returned. The threads
/// live as long as the test program.
fn relay(state: &Path) -> u16 {
    let (data, control) = wait::until(wait::PATIENCE, "two free ports", || {
        let data = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        let next = data.local_addr().ok()?.port().checked_add(1)?;
        Some((data, TcpListener::bind((Ipv4Addr::LOCALHOST, next)).ok()?))
    });
    let port = data.local_addr().expect("a bound port").port();
    let (data_socket, control_socket) = (data_socket(state), control_socket(state));
    thread::spawn(move || {
        let mut held = Vec::new();
        for client in data.incoming().map_while(Result::ok) {
            // A TPM that was switched off, or a client that went away, ends this conversation only.
            let _ = converse(client, &data_socket, &mut held);
        }
    });
    thread::spawn(move || {
        for client in control.incoming().map_while(Result::ok) {
            let _ = pass_on(client, &control_socket);
        }
    });
    port
}

/// Passes commands and answers on until the client goes. `held` are the handles that take room, the oldest first.
fn converse(mut client: TcpStream, socket: &Path, held: &mut Vec<u32>) -> io::Result<()> {
    let mut tpm = UnixStream::connect(socket)?;
    while let Ok(command) = message(&mut client) {
        let code = number_at(&command, 6);
        let answer = loop {
            let answer = ask(&mut tpm, &command)?;
            let problem = number_at(&answer, 6);
            // The first byte of a handle says what it is: 2 and 3 are sessions, 128 an object.
            let oldest = held.iter().position(|handle| match handle >> 24 {
                0x80 => problem == NO_ROOM_FOR_OBJECTS,
                _ => problem == NO_ROOM_FOR_SESSIONS,
            });
            let Some(oldest) = oldest else { break answer };
            flush(&mut tpm, held.remove(oldest))?;
        };
        if number_at(&answer, 6) == 0 && TAKES_ROOM.contains(&code) {
            held.push(number_at(&answer, HEADER));
        } else if code == FLUSH_CONTEXT {
            held.retain(|handle| *handle != number_at(&command, HEADER));
        }
        client.write_all(&answer)?;
    }
    Ok(())
}

fn flush(tpm: &mut UnixStream, handle: u32) -> io::Result<()> {
    let mut command = vec![0x80, 0x01, 0, 0, 0, 14];
    command.extend(FLUSH_CONTEXT.to_be_bytes());
    command.extend(handle.to_be_bytes());
    ask(tpm, &command).map(drop)
}

/// Four bytes of a message as a number; 0 where it is shorter.
fn number_at(message: &[u8], offset: usize) -> u32 {
    let bytes = message.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u32::from_be_bytes)
}

fn ask(tpm: &mut UnixStream, command: &[u8]) -> io::Result<Vec<u8>> {
    tpm.write_all(command)?;
    message(tpm)
}

/// One command or answer, whose header says how long it is.
fn message(stream: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut message = vec![0; HEADER];
    stream.read_exact(&mut message)?;
    let size = u32::from_be_bytes([message[2], message[3], message[4], message[5]]);
    let rest = (size as usize).checked_sub(HEADER).ok_or(io::ErrorKind::InvalidData)?;
    stream.take(rest as u64).read_to_end(&mut message)?;
    Ok(message)
}

/// Passes the control channel on, in both directions.
fn pass_on(client: TcpStream, socket: &Path) -> io::Result<()> {
    let control = UnixStream::connect(socket)?;
    let (mut from_client, mut to_control) = (client.try_clone()?, control.try_clone()?);
    let (mut from_control, mut to_client) = (control, client);
    let up = thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_control);
        let _ = to_control.shutdown(std::net::Shutdown::Both);
    });
    let _ = io::copy(&mut from_control, &mut to_client);
    let _ = up.join();
    Ok(())
}
