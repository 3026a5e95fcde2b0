//! The store of fnox: a login ends there by the same way.

use crate::scene::Scene;

#[test]
fn a_login_ends_in_a_store_of_fnox_and_its_records_beside_it() {
    let Some(program) =
        remo_testkit::fnox::program("fnox::a_login_ends_in_a_store_of_fnox_and_its_records_beside_it")
    else {
        return;
    };
    let scene = Scene::of_fnox(program);
    scene.room.run(&["init"]).expect(0);
    scene.feed(&["token", "--name", "stripe"], "sk_tripwire_stripe\n").expect(0);
    scene.feed(&["aws"], "AKIATRIPWIRE\ntripwire/secret+key\n").expect(0);
    assert_eq!(scene.room.names(), ["aws", "stripe"]);
    assert_eq!(scene.room.reveal("stripe"), "sk_tripwire_stripe");
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("aws")).unwrap();
    assert_eq!(stored["aws_secret_access_key"], "tripwire/secret+key");
    let status: serde_json::Value =
        serde_json::from_str(&scene.run(&["status", "--json"]).expect(0).stdout).unwrap();
    assert_eq!(status["logins"].as_array().unwrap().len(), 2);
    let files = scene.room.files();
    assert!(files.contains(&"fnox.toml".to_owned()) && files.contains(&"logins.age".to_owned()), "{files:?}");
    scene.expect_nothing_left(&["AKIATRIPWIRE", "tripwire/secret+key", "sk_tripwire_stripe"]);
}
