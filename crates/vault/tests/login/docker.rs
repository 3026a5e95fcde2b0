//! A container registry: the real docker command, which needs no engine for it.

use crate::scene::{Scene, without};
use crate::stand_in;

#[test]
fn docker_logs_in_and_its_entry_becomes_a_bundle() {
    if without("docker", "docker::docker_logs_in_and_its_entry_becomes_a_bundle") {
        return;
    }
    let scene = Scene::new();
    // me:tripwire-password
    let auth = "bWU6dHJpcHdpcmUtcGFzc3dvcmQ=";
    let (registry, asked) = stand_in::on_a_port(move |_, request| {
        if request.header("authorization") == Some(&format!("Basic {auth}")) {
            (200, Vec::new(), "{}".to_owned())
        } else {
            (401, vec![("WWW-Authenticate", "Basic realm=\"test\"".to_owned())], "{}".to_owned())
        }
    });
    let input = format!("{registry}\nme\ntripwire-password\n");
    scene.feed_traced(&["docker"], &input, &["tripwire", auth], "docker (strace)").expect(0);
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("docker")).unwrap();
    assert_eq!(stored, serde_json::json!({ "auth": auth, "registry": registry }));
    assert!(asked.lock().unwrap().iter().all(|request| request.path.starts_with("/v2/")));
    scene.expect_nothing_left(&["tripwire-password", auth]);

    let input = format!("{registry}\nme\ntripwire-wrong\n");
    let refused = scene.feed(&["docker", "--name", "docker_work"], &input).expect(1);
    assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
    assert_eq!(scene.room.names(), ["docker"]);
}
