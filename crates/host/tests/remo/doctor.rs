//! What the doctor finds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::stage::Stage;

fn check(stage: &Stage, code: &str) -> (String, String) {
    let ended = stage.remo(&["doctor", "--json"]);
    let checks: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let found = checks.as_array().unwrap().iter().find(|check| check["code"] == code).unwrap().clone();
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("remedy"))
}

#[test]
fn each_finding_comes_with_its_remedy() {
    let mut stage = Stage::new();
    let ended = stage.remo(&["doctor"]).expect(1, "BAD   vault: its container is not known");
    assert!(ended.out.contains("> make the vault: remo vault up"), "{}", ended.out);
    assert_eq!(check(&stage, "broker").0, "good");
    assert_eq!(check(&stage, "projects-root").0, "good");
    fs::set_permissions(stage.directory.projects_root(), fs::Permissions::from_mode(0o777)).unwrap();
    let (verdict, remedy) = check(&stage, "projects-root");
    assert!(verdict == "bad" && remedy.contains("chmod go-w"), "{verdict} {remedy}");
    fs::create_dir(stage.project("My Project")).unwrap();
    assert_eq!(check(&stage, "project-names").0, "weak");
    fs::set_permissions(stage.state(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(check(&stage, "state").0, "bad");
    fs::set_permissions(stage.state(), fs::Permissions::from_mode(0o700)).unwrap();
    let (verdict, _) = check(&stage, "docker");
    assert_eq!(verdict, "bad", "there is no engine");
    stage.broker.kill();
    let (verdict, remedy) = check(&stage, "broker");
    assert!(verdict == "bad" && remedy.contains("systemctl start remo-broker"), "{verdict} {remedy}");
}
