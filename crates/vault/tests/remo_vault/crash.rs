//! `kill -9` at random moments of writing.

use crate::killed_writer;
use crate::room::Room;

#[test]
fn the_store_holds_the_old_or_the_new_value_and_no_file_ever_plaintext() {
    let room = Room::with_key();
    killed_writer::rounds(&room, 50);
    room.set("gh", "after");
    assert_eq!(room.reveal("gh"), "after");
    assert_eq!(
        room.files(),
        ["key.txt", "store.age", "store.age.lock", "store.age.previous"],
        "nothing piles up"
    );
}
