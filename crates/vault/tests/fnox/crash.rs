//! `kill -9` at random moments of writing, with the real fnox doing the work.

use remo_testkit::wait;

use crate::killed_writer;
use crate::ours::FnoxRoom;

#[test]
fn a_killed_writer_costs_no_entry_and_leaves_no_plaintext() {
    let Some(room) = FnoxRoom::empty("a_killed_writer_costs_no_entry_and_leaves_no_plaintext") else {
        return;
    };
    killed_writer::rounds(&room, 10);
    // A fnox that outlived its writer may still write to a draft that has no reader any more; the next one cleans up.
    let mut number = 0;
    wait::until_true(wait::PATIENCE, "nothing piles up", || {
        number += 1;
        room.set("gh", &format!("after {number}"));
        assert_eq!(room.reveal("gh"), format!("after {number}"));
        room.files() == ["fnox.toml", "fnox.toml.lock", "fnox.toml.previous", "key.txt"]
    });
}
