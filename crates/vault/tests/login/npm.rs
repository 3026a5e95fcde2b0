//! npm: the real one, in its browser login, whose browser side is the stand-in.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::scene::{Scene, without};
use crate::stand_in::{self, json};

#[test]
fn npm_waits_for_the_browser_and_its_token_becomes_a_bundle() {
    if without("npm", "npm::npm_waits_for_the_browser_and_its_token_becomes_a_bundle") {
        return;
    }
    let scene = Scene::new();
    let looks = AtomicU32::new(0);
    let (registry, asked) = stand_in::on_a_port(move |own, request| match request.path.as_str() {
        "/-/v1/login" => json(&serde_json::json!({
            "loginUrl": format!("http://{own}/login/1"),
            "doneUrl": format!("http://{own}/done/1"),
        })),
        // The first look comes too early: nobody has logged in yet.
        "/done/1" if looks.fetch_add(1, Ordering::Relaxed) == 0 => {
            (202, vec![("Retry-After", "1".to_owned())], "{}".to_owned())
        }
        "/done/1" => json(&serde_json::json!({ "token": "npm_tripwire0123456789" })),
        _ => (404, Vec::new(), "{}".to_owned()),
    });
    let done =
        scene.feed_traced(&["npm"], &format!("http\n{registry}/\n"), &["tripwire"], "npm (strace)").expect(0);
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("npm")).unwrap();
    let expected =
        serde_json::json!({ "token": "npm_tripwire0123456789", "registry": format!("{registry}/") });
    assert_eq!(stored, expected, "{}", done.stderr);
    assert_eq!(asked.lock().unwrap()[0].method, "POST");
    scene.expect_nothing_left(&["npm_tripwire0123456789"]);
}
