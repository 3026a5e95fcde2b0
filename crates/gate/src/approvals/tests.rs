use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn grant(source: &str) -> Grant {
    Grant::new("bind", &[("source", source)], format!("mounts {source}"))
}

#[test]
fn exactly_what_was_approved_is_pinned_until_it_is_withdrawn() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state/remo");
    let store = Store::open(&state).unwrap();
    assert_eq!(store.pinned("project-a").unwrap(), []);
    store.approve("project-a", &[grant("/opt/a")]).unwrap();
    store.approve("project-a", &[grant("/opt/a"), grant("/opt/b")]).unwrap();
    let pins = store.pinned("project-a").unwrap();
    let texts: Vec<&str> = pins.iter().map(|pin| pin.text.as_str()).collect();
    assert_eq!(texts, ["bind source=\"/opt/a\"", "bind source=\"/opt/b\""]);
    assert_eq!(pins[0].sha256, digest("bind source=\"/opt/a\""));
    assert_eq!(store.pinned("project-b").unwrap(), [], "approvals are of one project");
    assert!(store.withdraw("project-a", &pins[0].sha256).unwrap());
    assert!(!store.withdraw("project-a", &pins[0].sha256).unwrap());
    assert_eq!(store.pinned("project-a").unwrap().len(), 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("gate/project-a.approved.json")), 0o600);
}

#[test]
fn a_store_that_was_tampered_with_approves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path()).unwrap();
    store.approve("project-a", &[grant("/opt/a")]).unwrap();
    let path = place.path().join("gate/project-a.approved.json");
    let content = fs::read_to_string(&path).unwrap();
    fs::write(&path, content.replace("/opt/a", "/etc/x")).unwrap();
    let error = store.pinned("project-a").unwrap_err().to_string();
    assert!(error.contains("is not that of its text"), "{error}");
    fs::write(&path, &content).unwrap();
    assert_eq!(store.pinned("project-a").unwrap().len(), 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let error = store.pinned("project-a").unwrap_err().to_string();
    assert!(error.contains("only this user can write"), "{error}");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/null", &path).unwrap();
    assert!(store.pinned("project-a").is_err(), "a link is not followed");
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("remo");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Store::open(&state).unwrap_err().to_string();
    assert!(error.contains("only this user can write"), "{error}");
}

#[test]
fn approvals_at_the_same_time_are_all_kept() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..4 {
                    store.approve("project-a", &[grant(&format!("/opt/{thread}-{number}"))]).unwrap();
                }
            });
        }
    });
    assert_eq!(store.pinned("project-a").unwrap().len(), 32);
}

#[test]
fn what_was_asked_for_waits_to_be_approved() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path()).unwrap();
    store.record_wanted("project-a", [grant("/opt/a"), grant("/opt/b")].iter()).unwrap();
    store.record_wanted("project-a", [grant("/opt/b")].iter()).unwrap();
    let wanted = store.wanted("project-a").unwrap();
    assert_eq!(wanted.len(), 1, "the most recent command counts");
    assert_eq!(wanted[0].words, "mounts /opt/b");
    assert_eq!(store.pinned("project-a").unwrap(), [], "asking approves nothing");
}
