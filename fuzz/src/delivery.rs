//! From the bytes of the fuzzer to what is sent where, and how.
//!
//! The first byte chooses: `p` an approved project's socket, `u` one that is not approved, `a` the admin
//! socket; the rest is sent at once. In upper case it is sent in two pieces, and with `q`, `v` and `b` it is
//! repeated; a second byte says where it is cut, or how often it is repeated. Anything else goes as a whole to
//! an approved project's socket and then to the admin socket, so that a file with a message is a seed as it is.

/// A socket of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The socket of a project that is approved.
    Approved,
    /// The socket of a project that is not.
    Unapproved,
    /// The admin socket.
    Admin,
}

/// What is sent over one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where.
    pub door: Door,
    /// All of it.
    pub bytes: Vec<u8>,
    /// Where it is cut into two pieces.
    pub cut: Option<usize>,
}

/// The longest that a repetition becomes, in bytes: over every limit of a line.
const REPEATED_MAX: usize = 1_100_000;

/// The most lines that a repetition becomes: more than the broker handles in one turn, and few enough that
/// their answers are read in a moment.
const REPEATED_LINES_MAX: usize = 256;

/// The projects root as the committed messages write it. The real one takes its place, so that they do what
/// they say.
const WRITTEN_ROOT: &str = "/home/me/projects";

impl Delivery {
    /// Reads an input.
    pub fn all_of(input: &[u8], projects_root: &str) -> Vec<Self> {
        let once = |door, bytes: &[u8]| Self { door, bytes: rooted(bytes, projects_root), cut: None };
        let (Some((first, rest)), second) = (input.split_first(), input.get(1)) else { return Vec::new() };
        let (number, after) = (second.copied().unwrap_or(0), rest.get(1..).unwrap_or_default());
        let door = match first.to_ascii_lowercase() {
            b'p' | b'q' => Door::Approved,
            b'u' | b'v' => Door::Unapproved,
            b'a' | b'b' => Door::Admin,
            _ => return vec![once(Door::Approved, input), once(Door::Admin, input)],
        };
        vec![match first {
            b'p' | b'u' | b'a' => once(door, rest),
            b'q' | b'v' | b'b' => once(door, &repeated(after, number)),
            _ => {
                let whole = once(door, after);
                let cut = whole.bytes.len() * usize::from(number) / (usize::from(u8::MAX) + 1);
                Self { cut: Some(cut), ..whole }
            }
        }]
    }
}

/// `bytes` 1 to 32,768 times, as far as the limits allow.
fn repeated(bytes: &[u8], number: u8) -> Vec<u8> {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    let times = (1_usize << (number % 16))
        .min(REPEATED_MAX / bytes.len().max(1))
        .min(REPEATED_LINES_MAX / lines.max(1))
        .max(1);
    bytes.repeat(times)
}

fn rooted(bytes: &[u8], projects_root: &str) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for at in memchr::memmem::find_iter(bytes, WRITTEN_ROOT) {
        result.extend_from_slice(&bytes[copied..at]);
        result.extend_from_slice(projects_root.as_bytes());
        copied = at + WRITTEN_ROOT.len();
    }
    result.extend_from_slice(&bytes[copied..]);
    result
}

/// The whole lines of a stream, without their newlines, and what is behind the last.
pub fn lines(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let (mut lines, mut start) = (Vec::new(), 0);
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.push(&bytes[start..end]);
        start = end + 1;
    }
    (lines, &bytes[start..])
}
