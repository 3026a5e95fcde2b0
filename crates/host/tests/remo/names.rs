//! Names that lead elsewhere.

use std::os::unix::fs::symlink;

use crate::stage::Stage;

#[test]
fn a_name_never_leads_out_of_the_projects_root() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.directory.path().join("elsewhere/.devcontainer")).unwrap();
    symlink(stage.directory.path().join("elsewhere"), stage.project("linked")).unwrap();
    for name in ["../elsewhere", "/etc", ".", "..", ".git", "a/b", ""] {
        for words in [
            vec!["up", "--", name],
            vec!["trust", "--yes", "--", name],
            vec!["delete", "--yes", name, "--", name],
        ] {
            let ended = stage.remo(&words);
            assert_eq!(ended.code, 2, "{words:?}: {ended:?}");
        }
    }
    stage.remo(&["up", "linked"]).expect(1, "is no folder but a link");
    stage.remo(&["delete", "linked", "--yes", "linked"]).expect(1, "is no folder but a link");
    stage.remo(&["up", "missing"]).expect(1, "there is no project missing");
    assert!(stage.broker.status().projects.is_empty(), "nothing was registered");
    assert!(stage.directory.path().join("elsewhere/.devcontainer").exists());
}

#[test]
fn names_of_others_do_not_steer_the_terminal() {
    let stage = Stage::new();
    let ended = stage.remo(&["up", "a\u{1b}[2J"]).expect(2, "is no project");
    assert!(!ended.err.contains('\u{1b}'), "{ended:?}");
    // The operating system takes such a folder; nothing that lists projects shows it.
    std::fs::create_dir(stage.project("b\u{1b}[2J")).unwrap();
    let ended = stage.remo(&["status"]).expect(0, "There is no project yet");
    assert!(!ended.out.contains('\u{1b}'), "{ended:?}");
}
