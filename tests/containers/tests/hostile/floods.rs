//! Wearing the broker out. The victim is served all the while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, tool_command};

attacks! {
    guesses_names, User, "asks for thousands of names that it does not have";
    stalls_and_floods_in_every_way_at_once, Root,
        "thousands of connections, half lines, lines of 8 MiB and readers that do not read, at the same time";
    fills_the_audit_log, User, "fetches what it has without end";
}

/// How long an attack goes on, in seconds.
const SECONDS: &str = "5";

const SOCKET: &str = "/run/remo-broker/attacker.sock";

/// Does `attack` while the victim fetches again and again; what the attack printed.
fn beside_the_victim(world: &World, attack: impl Fn() -> String + Sync) -> String {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let said = scope.spawn(|| {
            let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&attack));
            over.store(true, Ordering::Relaxed);
            said
        });
        let mut served = 0;
        while !over.load(Ordering::Relaxed) {
            world.victim_is_served();
            served += 1;
        }
        assert!(served > 0);
        said.join().unwrap().unwrap()
    })
}

fn flood(world: &World, way: &str) -> String {
    let command = tool_command("flood.pl", &[SOCKET, way, SECONDS]);
    let ended = world.root(&world.container("attacker"), &command);
    assert!(ended.status.success(), "{ended:?}");
    ended.stdout
}

/// How many answers of a kind the tool counted.
fn count(said: &str, kind: &str) -> u64 {
    said.split_whitespace()
        .filter_map(|word| word.split_once('='))
        .filter(|(name, _)| *name == kind)
        .map(|(_, count)| count.parse::<u64>().unwrap())
        .sum()
}

fn guesses_names(world: &World) -> Outcome {
    let mark = world.mark();
    let command = tool_command("flood.pl", &[SOCKET, "guess", SECONDS]);
    let said = beside_the_victim(world, || world.user("attacker", &command).succeeded().stdout);
    assert_eq!(count(&said, "ok"), 0, "{said}");
    assert!(count(&said, "denied") >= 20 && count(&said, "rate_limited") > 100, "{said}");
    assert!(count(&said, "denied") < 20 + 5 * 30, "{said}");
    let record = world.record(mark, |line| line["event"] == "fetch" && line["decision"] == "deny");
    let limited = world.record(mark, |line| line["event"] == "rate.limited" && line["project"] == "attacker");
    let lines = world.since(mark).iter().filter(|line| line["project"] == "attacker").count() as u64;
    assert!(lines < count(&said, "denied") + 60, "{lines} lines for {said}");
    let record =
        record.replace(record.split("secret_name=").nth(1).unwrap().split(' ').next().unwrap(), "guess_1");
    outcome(
        "denied on record, soon limited and counted in one line a second; the victim is served",
        format!("{record}\n{limited}"),
    )
}

fn stalls_and_floods_in_every_way_at_once(world: &World) -> Outcome {
    let ways = ["connections", "half", "huge", "stall"];
    let said = beside_the_victim(world, || {
        thread::scope(|scope| {
            let attacks = ways.map(|way| scope.spawn(move || flood(world, way)));
            attacks.map(|attack| attack.join().unwrap()).join("\n")
        })
    });
    assert!(count(&said, "half") > 100 && count(&said, "connected") > 1000, "{said}");
    // What it held is given back, and it is served itself.
    remo_testkit::wait::until_true(remo_testkit::wait::PATIENCE, "the attacker's own turn", || {
        world.user("attacker", "remo-fetch-secrets check").status.success()
    });
    outcome(
        "errors at the limits; the victim is served all the while, the attacker again afterwards",
        "too many connections; rate_limited",
    )
}

fn fills_the_audit_log(world: &World) -> Outcome {
    let mark = world.mark();
    let command = tool_command("flood.pl", &["/run/remo-broker/composed.sock", "allowed", SECONDS, "side"]);
    let mut said = String::new();
    // On a slow machine once is not enough.
    for _ in 0..20 {
        said.push_str(&beside_the_victim(world, || world.user("composed", &command).succeeded().stdout));
        if count(&said, "rate_limited") > 0 {
            break;
        }
    }
    assert!(count(&said, "rate_limited") > 0 && count(&said, "ok") > 100, "{said}");
    let lines = world.since(mark);
    let bytes: usize =
        lines.iter().filter(|line| line["project"] == "composed").map(|line| line.to_string().len()).sum();
    assert!(bytes < 2 << 20, "{bytes} bytes");
    let limited = world.record(mark, |line| line["event"] == "rate.limited" && line["project"] == "composed");
    let attacks_on_record = lines.iter().filter(|line| line["project"] == "victim").count();
    assert!(attacks_on_record > 0, "the victim's fetches are on record");
    outcome("limited itself once its hour's part is used up; the victim is served and on record", limited)
}
