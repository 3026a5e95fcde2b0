//! No command prints a value, in whatever form and state.

use remo_testkit::{Needle, Scan, file_scan};

use crate::room::{AWS_ID, AWS_KEY, GH, MANIFEST, Room, write_manifest};

#[test]
fn no_output_and_no_file_holds_a_value() {
    let room = Room::stocked();
    let everything = |room: &Room| {
        for command in [
            "remo-list-creds",
            "remo-vend-status",
            "remo-test-project web",
            "remo-reload web --yes",
            "remo-vault message",
        ] {
            room.run(command);
            if !command.starts_with("remo-vault ") {
                room.run(&format!("{command} --json"));
            }
        }
    };
    everything(&room);
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let watcher = room.watcher();
    everything(&room);
    room.run("remo-vault push").expect(0);
    everything(&room);
    write_manifest(&web, "[secrets.gh]\nfields = { A = \"b\" }\n[secrets.aws]\n");
    everything(&room);
    room.run("remo-vault clear").expect(0);
    everything(&room);
    drop(watcher);
    drop(broker);
    everything(&room);
    let printed = room.path().join("printed.txt");
    std::fs::write(&printed, room.printed()).unwrap();
    let needles = [("gh", GH), ("id", AWS_ID), ("key", AWS_KEY)]
        .map(|(label, value)| Needle::new(label, value.as_bytes()));
    assert!(room.printed().len() > 10_000, "everything was printed");
    let scan = file_scan(&[room.path()], &needles);
    assert!(matches!(scan, Scan::Clean { bytes: 10_000.. }), "{scan:?}");
}
