//! A story that is not so must not be told: one program at a time does something else than it says.

use crate::programs;
use crate::tour::{Room, ended};

/// A program, what it does instead, and where the story has to end; at its very end where nothing is named.
const WRONG: &[(&str, &str, &str)] = &[
    ("remo-vault", r#"case "$1" in key) echo made; exit 0;; esac"#, "chapter 1."),
    ("remo-vault", r#"case "$1" in watch) echo "pushed nothing"; exec sleep 600;; esac"#, "chapter 2."),
    ("remo-list-creds", "echo 'NAME BROKER'; echo 'gh yes'; exit 0", "chapter 2."),
    ("remo-fetch-secrets", r#"case "$1" in check) echo fine; exit 0;; esac"#, "chapter 3."),
    ("remo-reload", "echo 'Approved: demo may have everything.'; exit 0", "chapter 4."),
    ("remo-fetch-secrets", ASKS_FOR_MORE, "chapter 4."),
    ("remo-fetch-secrets", r#"case "$1" in exec) shift 2; exec "$@";; esac"#, "chapter 5."),
    ("remo-fetch-secrets", r#"case "$1" in watch) exec sleep 600;; esac"#, "chapter 6."),
    ("remo-vault", r#"case "$1" in remove) echo "removed 1 secret"; exit 0;; esac"#, "chapter 7."),
    ("remo-broker", SLOW_TO_COME_BACK, "chapter 10."),
    ("remo-vault", r#"case "$1" in clear) echo "the broker holds no secret"; exit 0;; esac"#, "chapter 11."),
    ("remo-broker", r#"case "$1" in audit) echo "TIME EVENT PROJECT DETAILS"; exit 0;; esac"#, "chapter 12."),
    ("remo-vault", r#"case "$1" in push) echo SAMPLE-left > "$TRY/state/left";; esac"#, "chapter 12."),
    ("remo-fetch-secrets", DOES_NOT_END, ""),
];

/// The project's own code slips a wish into the manifest before it is approved.
const ASKS_FOR_MORE: &str = r#"if [ ! -e "$TRY/asked" ]; then
    : > "$TRY/asked"
    printf '\n[secrets.sample_forbidden]\n' >> .remo/manifest.toml
fi"#;

/// The second start takes longer than the two seconds that a recovery may take.
const SLOW_TO_COME_BACK: &str = r#"if [ "$1" = run ] && [ -e "$TRY/started" ]; then sleep 3; fi
: > "$TRY/started""#;

/// Does its work, and ignores that it is asked to end.
const DOES_NOT_END: &str = r#"if [ "$1" = watch ]; then
    trap '' TERM
    while :; do "$REAL" "$@"; sleep 1; done
fi"#;

#[test]
fn a_program_that_does_not_do_what_the_story_says_fails_the_tour() {
    // Most of the time goes into waiting for what never comes, so all of them wait together.
    std::thread::scope(|scope| {
        for (program, script, place) in WRONG {
            scope.spawn(|| fails_the_tour(program, script, place));
        }
    });
}

fn fails_the_tour(program: &str, script: &str, place: &str) {
    let room = Room::new();
    let directory = programs::with_script(program, script);
    let ended = ended(&room.command_with(directory.path(), &[]).output().unwrap());
    assert_eq!(ended.code, Some(1), "{program}: {script}: {ended:?}");
    assert!(ended.stderr.contains("error: "), "{program}: {script}: {ended:?}");
    if !place.is_empty() {
        let end = format!("The story ends here, in {place}\n");
        assert!(ended.stderr.contains(&end), "{program}: {script}: {ended:?}");
    }
    assert!(!ended.stdout.contains("no process is left"), "{program}: {script}: {ended:?}");
    room.is_empty();
}

#[test]
fn a_program_that_is_missing_is_named() {
    let room = Room::new();
    let directory = programs::with_script("remo-vault", "");
    std::fs::remove_file(directory.path().join("remo-broker")).unwrap();
    let ended = ended(&room.command_with(directory.path(), &[]).output().unwrap());
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("there is no remo-broker in"), "{ended:?}");
    assert!(ended.stderr.contains("\nhint: "), "{ended:?}");
    room.is_empty();
}
