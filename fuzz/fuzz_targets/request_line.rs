//! Requests of both planes, over the real sockets of a real broker. `fuzz/README.md` says what is checked.

#![no_main]

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use remo_fuzz::admin_answers::Expectation;
use remo_fuzz::conversation::{answer_lines, converse};
use remo_fuzz::delivery::{Delivery, Door};
use remo_fuzz::echo;
use remo_fuzz::growth::Growth;
use remo_fuzz::instance::{APPROVED, Instance, UNAPPROVED};
use remo_fuzz::project_answers::Knowledge;
use remo_fuzz::tripwire::{Tripwires, snapshot};
use remo_wire::client::Client;
use remo_wire::error::{ErrorCode, ErrorResponse};

/// As in every binary of the product: it is part of what is tested.
#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| Mutex::new(Bench::new()));

fuzz_target!(|input: &[u8]| {
    let mut bench = BENCH.lock().expect("one input at a time");
    bench.run(input);
});

/// The instance and what is known about it.
struct Bench {
    instance: Instance,
    root: String,
    tripwires: Tripwires,
    growth: Growth,
    approved: Knowledge,
    unapproved: Knowledge,
    /// A kept connection, to see that the broker answers.
    kept: Client,
}

impl Bench {
    fn new() -> Self {
        let mut instance = Instance::start();
        instance.restore(snapshot());
        Self {
            root: instance.projects_root(),
            tripwires: Tripwires::default(),
            approved: Knowledge::of(&instance, APPROVED),
            unapproved: Knowledge::of(&instance, UNAPPROVED),
            kept: instance.project(APPROVED),
            growth: Growth::new(instance.directory()),
            instance,
        }
    }

    fn run(&mut self, input: &[u8]) {
        for delivery in Delivery::all_of(input, &self.root) {
            let answers = self.deliver(&delivery);
            self.look_for_echoes(&delivery, &answers);
        }
        self.kept.ping().expect("the broker answers afterwards");
        self.growth.note(Some(&self.tripwires));
    }

    /// Sends it and checks the answers.
    fn deliver(&mut self, delivery: &Delivery) -> Vec<u8> {
        match delivery.door {
            Door::Approved => self.ask_project(APPROVED, delivery),
            Door::Unapproved => self.ask_project(UNAPPROVED, delivery),
            Door::Admin => self.ask_admin(delivery),
        }
    }

    fn ask_project(&mut self, project: &str, delivery: &Delivery) -> Vec<u8> {
        let knowledge = if project == APPROVED { &self.approved } else { &self.unapproved };
        let mut sent = delivery.bytes.clone();
        if knowledge.is_left_watching(&sent) {
            // One more line on a connection that watches ends it, whatever the line is.
            sent.push(b'\n');
        }
        let answers = send(&self.instance.project_socket(project), &sent, delivery.cut, &mut self.kept);
        knowledge.check(&sent, &answer_lines(&answers));
        self.tripwires.check_outside(&answers, "an answer to a project");
        if project == UNAPPROVED {
            self.tripwires.check_any(&answers, "an answer to a project that is not approved");
        }
        answers
    }

    fn ask_admin(&mut self, delivery: &Delivery) -> Vec<u8> {
        let expectation = Expectation::of(&delivery.bytes);
        let socket = self.instance.admin_socket();
        let answers = if delivery.cut.is_some() {
            // On a connection of its own: the input may close those of the project.
            let mut kept = Client::connect(&socket).expect("a connection to the admin socket");
            send_between(&socket, &delivery.bytes, delivery.cut, || drop(kept.status().expect("a status")))
        } else {
            converse(&socket, &[&delivery.bytes], || {})
        };
        expectation.check(&answer_lines(&answers));
        self.tripwires.check_any(&answers, "an answer of the admin socket");
        if expectation.changes_something() {
            self.instance.restore(snapshot());
            self.approved = Knowledge::of(&self.instance, APPROVED);
            self.unapproved = Knowledge::of(&self.instance, UNAPPROVED);
            self.kept = self.instance.project(APPROVED);
        }
        answers
    }

    /// No error repeats a long run of the input.
    fn look_for_echoes(&mut self, delivery: &Delivery, answers: &[u8]) {
        for message in messages(answers) {
            let Some(run) = echo::suspect(&message, &delivery.bytes) else { continue };
            let changed = Delivery { bytes: echo::with_altered(&delivery.bytes, run), ..delivery.clone() };
            let altered = echo::altered(run);
            if altered == run {
                continue;
            }
            let again = self.deliver(&changed);
            let repeats = |message: &String| memchr::memmem::find(message.as_bytes(), &altered).is_some();
            assert!(!messages(&again).iter().any(repeats), "an error repeats its input: {message:?}");
        }
    }
}

fn send(socket: &std::path::Path, bytes: &[u8], cut: Option<usize>, kept: &mut Client) -> Vec<u8> {
    send_between(socket, bytes, cut, || drop(kept.ping().expect("the broker answers meanwhile")))
}

/// Sends in one piece or two. Something else is answered in between, so that the broker has read the first piece
/// before the second comes.
fn send_between(
    socket: &std::path::Path,
    bytes: &[u8],
    cut: Option<usize>,
    between: impl FnMut(),
) -> Vec<u8> {
    let (first, second) = bytes.split_at(cut.unwrap_or(0));
    if cut.is_some() {
        converse(socket, &[first, second], between)
    } else {
        converse(socket, &[second], between)
    }
}

/// The messages of all errors, each once.
fn messages(answers: &[u8]) -> HashSet<String> {
    let mut lines = answer_lines(answers);
    lines.dedup();
    lines
        .into_iter()
        .filter_map(|line| serde_json::from_slice(line).ok())
        .map(|error: ErrorResponse| {
            assert_ne!(error.code, ErrorCode::Unknown, "an unknown code");
            error.message
        })
        .collect()
}
