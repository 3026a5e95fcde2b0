//! `remo-test-project`.

use crate::room::{MANIFEST, Room, write_manifest};

#[test]
fn every_binding_is_judged_by_the_pin_and_what_is_pending_is_named() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    room.run("remo-vault push").expect(0);
    let test = || room.run("remo-test-project web --json");
    let json = test().expect(1).json();
    assert_eq!(json["passes"], false);
    assert_eq!(json["project"]["manifest"], "unapproved");
    assert_eq!(json["project"]["bindings"][0]["outcome"], "not_approved");
    room.run("remo-reload web --yes").expect(0);
    let json = test().expect(0).json();
    assert_eq!(json["passes"], true);
    assert_eq!(
        json["project"]["bindings"][0]["goes_to"],
        "file ~/.aws/credentials (mode 0600, by a template)"
    );
    assert_eq!(json["project"]["bindings"][1]["goes_to"], "variable GH_TOKEN");

    // An optional secret that is missing does not fail; a required one that is pending does.
    write_manifest(&web, &format!("{MANIFEST}\n[secrets.npm]\nrequired = false\n"));
    let json = test().expect(0).json();
    assert_eq!(json["project"]["bindings"][2]["approval"], "pending");
    room.run("remo-reload web --yes").expect(0);
    assert_eq!(test().expect(0).json()["project"]["bindings"][2]["outcome"], "missing");
    write_manifest(&web, &format!("{MANIFEST}\n[secrets.npm]\n"));
    assert_eq!(test().expect(1).json()["project"]["bindings"][2]["approval"], "changed");
    room.run("remo-reload web --yes").expect(0);
    assert_eq!(test().expect(1).json()["project"]["missing_required"], serde_json::json!(["npm"]));
    room.set("npm", "npm-tripwire-of-the-desk");
    room.run("remo-vault push").expect(0);
    test().expect(0);
}

#[test]
fn what_does_not_fit_is_said_in_the_words_of_the_project_side() {
    let room = Room::stocked();
    let broker = room.broker();
    room.run("remo-vault push").expect(0);
    let web = room.project(&broker, "web", "");
    for (manifest, words) in [
        ("[secrets.aws]\n", "is a bundle, which AWS cannot hold as a whole"),
        ("[secrets.aws]\nfields = { U = \"user\" }\n", "the bundle has no field user, which U is to hold"),
        ("[secrets.gh]\nfields = { U = \"user\" }\n", "is one value, but the manifest names fields"),
        (
            "[secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/x\"\ntemplate = \"{{user}}\"\n",
            "the placeholder {{user}} is unknown; aws is a bundle",
        ),
    ] {
        write_manifest(&web, manifest);
        room.run("remo-reload web --yes").expect(0);
        let text = room.run("remo-test-project web").expect(1).stdout;
        assert!(text.contains(words) && text.contains("  > "), "{text}");
        // The same from the vault's status: a required secret that cannot be injected.
        let json = room.run("remo-vend-status --json").expect(1).json();
        let codes: Vec<_> =
            json["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"required_unfit"), "{codes:?}");
    }
}

#[test]
fn testing_leaves_no_record_of_a_fetch_and_takes_no_lease() {
    let room = Room::stocked();
    let broker = room.broker();
    room.project(&broker, "web", MANIFEST);
    room.run("remo-vault push").expect(0);
    room.run("remo-reload web --yes").expect(0);
    room.run("remo-test-project web").expect(0);
    assert_eq!(broker.status().projects[0].cache_entries, 0);
    let log = std::fs::read_to_string(broker.audit_log()).unwrap();
    assert!(log.contains("manifest.approved") && !log.contains("\"fetch\""), "{log}");
}
