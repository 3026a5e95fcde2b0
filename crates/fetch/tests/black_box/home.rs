//! What code in the container may have planted in the home (R-7.3).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::stage::{BINDINGS, Stage, everything_below};

const DEEP: &str = r#"
[secrets.aws]
fetch_as = "file"
file_path = "~/.config/app/credentials/token"
"#;

fn stage(bindings: &str) -> (Stage, PathBuf) {
    let stage = Stage::new(bindings);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    let outside = stage.directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    (stage, outside)
}

fn nothing_was_written(stage: &Stage, outside: &Path) {
    assert!(everything_below(outside).is_empty(), "{:?}", everything_below(outside));
    assert!(!stage.current("env.nul").exists(), "nothing is injected when one file is refused");
}

#[test]
fn a_link_at_any_level_is_refused() {
    for level in [".config", ".config/app", ".config/app/credentials"] {
        let (stage, outside) = stage(DEEP);
        let planted = stage.home.join(level);
        fs::create_dir_all(planted.parent().unwrap()).unwrap();
        fs::create_dir_all(outside.join("app/credentials")).unwrap();
        symlink(&outside, &planted).unwrap();
        for command in [&[][..], &["exec", "--", "true"]] {
            stage.run(command).failed(69, &["aws: ", planted.to_str().unwrap(), "is a symbolic link"]);
            nothing_was_written(&stage, &outside);
        }
    }
}

#[test]
fn a_link_at_the_path_itself_is_not_followed_nor_replaced() {
    let (stage, outside) = stage(BINDINGS);
    fs::create_dir(stage.home.join(".aws")).unwrap();
    let victim = outside.join("victim");
    symlink(&victim, stage.credentials()).unwrap();
    stage.run(&[]).failed(69, &["is taken by a symbolic link that is not ours", "mv "]);
    nothing_was_written(&stage, &outside);
    assert_eq!(fs::read_link(stage.credentials()).unwrap(), victim);
}

#[test]
fn a_file_or_directory_at_the_path_is_not_overwritten() {
    let (stage, outside) = stage(BINDINGS);
    fs::create_dir(stage.home.join(".aws")).unwrap();
    fs::write(stage.credentials(), "mine").unwrap();
    stage.run(&[]).failed(69, &["is taken by a file that is not ours", "is not overwritten"]);
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "mine");
    nothing_was_written(&stage, &outside);
    fs::remove_file(stage.credentials()).unwrap();
    fs::create_dir(stage.credentials()).unwrap();
    stage.run(&[]).failed(69, &["is taken by a directory that is not ours"]);
    nothing_was_written(&stage, &outside);
}

#[test]
fn a_file_in_the_place_of_a_directory_is_refused() {
    let (stage, outside) = stage(BINDINGS);
    fs::write(stage.home.join(".aws"), "mine").unwrap();
    stage.run(&[]).failed(69, &["is not a directory"]);
    assert_eq!(fs::read_to_string(stage.home.join(".aws")).unwrap(), "mine");
    nothing_was_written(&stage, &outside);
}

#[test]
fn one_file_that_is_refused_takes_back_links_that_were_made() {
    let (stage, outside) = stage(
        "[secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/.aws/credentials\"\n\
         [secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/.gh/token\"\n",
    );
    fs::create_dir(stage.home.join(".gh")).unwrap();
    fs::write(stage.home.join(".gh/token"), "mine").unwrap();
    stage.run(&[]).failed(69, &["gh: "]);
    assert!(fs::symlink_metadata(stage.credentials()).is_err());
    nothing_was_written(&stage, &outside);
}

#[test]
fn our_own_link_of_an_earlier_container_is_taken_over() {
    let (stage, _) = stage(BINDINGS);
    fs::create_dir(stage.home.join(".aws")).unwrap();
    symlink(stage.secrets.join("exec/long-gone/files/aws"), stage.credentials()).unwrap();
    stage.run(&[]).succeeded();
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "b");
    assert_eq!(everything_below(&stage.home), [stage.credentials()]);
}

#[test]
fn a_link_that_only_begins_like_ours_is_not_ours() {
    let (stage, outside) = stage(BINDINGS);
    fs::create_dir(stage.home.join(".aws")).unwrap();
    fs::write(stage.directory.secrets_dir().join("evil"), "planted").unwrap();
    for planted in ["../evil", "current/../../evil", "exec/../../evil"] {
        let planted = stage.secrets.join(planted);
        symlink(&planted, stage.credentials()).unwrap();
        for command in [&["exec", "--", "cat", stage.credentials().to_str().unwrap()][..], &[], &["check"]] {
            let ended = stage.run(command);
            assert_eq!(ended.code, Some(69), "{planted:?} {ended:?}");
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(said.contains("is taken by a symbolic link that is not ours"), "{planted:?} {said}");
            assert!(!said.contains("planted"), "{said}");
        }
        assert_eq!(fs::read_link(stage.credentials()).unwrap(), planted);
        fs::remove_file(stage.credentials()).unwrap();
    }
    nothing_was_written(&stage, &outside);
}

#[test]
fn a_link_to_the_file_of_another_secret_is_not_handed_out() {
    let (stage, _) = stage(
        "[secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/.aws/credentials\"\n\
         [secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/.gh/token\"\n",
    );
    stage.run(&[]).succeeded();
    let right = fs::read_link(stage.credentials()).unwrap();
    fs::remove_file(stage.credentials()).unwrap();
    symlink(stage.current("files/gh"), stage.credentials()).unwrap();
    let ended = stage.run(&["exec", "--", "cat", stage.credentials().to_str().unwrap()]);
    ended.succeeded();
    assert_eq!(ended.stdout, "b");
    assert_eq!(fs::read_link(stage.credentials()).unwrap(), right);
}

#[test]
fn root_leaves_the_home_of_somebody_else_alone() {
    const USER: u32 = 4242;
    if remo_testkit::skip::without_root("home::root_leaves_the_home_of_somebody_else_alone") {
        return;
    }
    let (stage, outside) = stage(BINDINGS);
    std::os::unix::fs::chown(&stage.home, Some(USER), Some(USER)).unwrap();
    for command in [&[][..], &["watch"], &["exec", "--", "true"]] {
        stage
            .run(command)
            .failed(69, &["belongs to user 4242, and this is root", "run as user 4242: setpriv"]);
        assert_eq!(fs::read_dir(&stage.home).unwrap().count(), 0, "{command:?}");
    }
    nothing_was_written(&stage, &outside);
    // Without a file, one command does not need the home.
    stage.bind("[secrets.gh]\n");
    stage.broker.reload(&stage.project, None).unwrap();
    stage.run(&["exec", "--", "true"]).succeeded();
}

#[test]
fn a_path_that_a_shell_would_split_is_quoted_in_the_hint() {
    let (stage, _) = stage("[secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/.app/a file\"\n");
    fs::create_dir(stage.home.join(".app")).unwrap();
    let path = stage.home.join(".app/a file");
    fs::write(&path, "mine").unwrap();
    stage.run(&[]).failed(69, &[&format!("mv -- '{0}' '{0}.before'", path.display())]);
}

#[test]
fn a_removed_binding_removes_only_our_link() {
    let (stage, _) = stage(BINDINGS);
    stage.run(&[]).succeeded();
    fs::remove_file(stage.credentials()).unwrap();
    fs::write(stage.credentials(), "mine now").unwrap();
    stage.bind("[secrets.gh]\n");
    stage.broker.reload(&stage.project, None).unwrap();
    stage.run(&[]).succeeded();
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "mine now");
}

/// Swaps a directory and a link to somewhere else, as fast as it goes, while 1,000 commands come and go.
#[test]
fn a_directory_that_turns_into_a_link_and_back_never_leads_outside() {
    const ROUNDS: usize = 1_000;
    let (stage, outside) = stage(BINDINGS);
    let (real, planted) = (stage.home.join(".aws"), stage.home.join(".planted"));
    fs::create_dir(&real).unwrap();
    symlink(&outside, &planted).unwrap();
    let done = AtomicBool::new(false);
    let (mut succeeded, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, &real, CWD, &planted, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..ROUNDS {
            let ended = stage.run(&["exec", "--", "true"]);
            match ended.code {
                Some(0) => succeeded += 1,
                Some(69) => refused += 1,
                _ => done.store(true, Ordering::Relaxed),
            }
            if !everything_below(&outside).is_empty() || done.load(Ordering::Relaxed) {
                done.store(true, Ordering::Relaxed);
                panic!("{ended:?}, outside: {:?}", everything_below(&outside));
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(
        succeeded > 0 && refused > 0,
        "the race did not happen: {succeeded} went well, {refused} were refused"
    );
}
