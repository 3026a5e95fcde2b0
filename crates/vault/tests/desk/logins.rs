//! A credential that ends: a real login by a recipe of its own, whose token lasts a second.

use std::fs;

use remo_testkit::wait;

use crate::room::Room;

const RECIPE: &str = r#"
schema_version = 1
name = "short"
title = "A token that lasts a moment"
secret = "short"
lasts = "a moment"
binding = "[secrets.short]\n"

[login]
command = ["/bin/sh", "-c", "printf %s short-tripwire-of-the-desk > \"$HOME/token\""]

[credential]
value = { file = "token" }

[expiry]
after_seconds = SECONDS
"#;

fn log_in(room: &Room, seconds: u32) {
    let recipes = room.path().join("recipes");
    fs::create_dir_all(&recipes).unwrap();
    fs::write(recipes.join("short.toml"), RECIPE.replace("SECONDS", &seconds.to_string())).unwrap();
    let mut login = room.command("remo-login short");
    login.env("REMO_LOGIN_RECIPES_DIR", recipes).env("REMO_LOGIN_HOME", room.directory.secrets_dir());
    room.outcome(login.output().unwrap()).expect(0);
}

#[test]
fn a_credential_that_ends_is_shown_with_the_time_left_and_the_way_to_a_new_one() {
    let room = Room::stocked();
    let _broker = room.broker();
    log_in(&room, 86_400);
    room.run("remo-vault push").expect(0);
    let listing = || room.run("remo-list-creds --json");
    let json = listing().expect(0).json();
    let short = &json["secrets"][2];
    assert_eq!((&short["name"], &short["expired"]), (&"short".into(), &false.into()));
    assert_eq!(short["login"], "short");
    let text = room.run("remo-list-creds").expect(0).stdout;
    assert!(
        text.lines()
            .any(|line| line.starts_with("short ") && (line.contains("in 24 h") || line.contains("in 23 h"))),
        "{text}"
    );

    log_in(&room, 1);
    room.run("remo-vault push").expect(0);
    wait::until_true(wait::PATIENCE, "the end of the credential", || {
        listing().json()["secrets"][2]["expired"] == true
    });
    let json = listing().expect(1).json();
    assert_eq!(json["findings"][0]["code"], "login_expired");
    assert_eq!(json["findings"][0]["command"], "remo-login short");
    let text = room.run("remo-vend-status").expect(1).stdout;
    assert!(text.contains("  > get it anew: remo-login short\n"), "{text}");
    assert!(!room.printed().contains("short-tripwire"));
}
