//! The list, the explanation, the status.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use remo_manifest::MANIFEST_PATH;
use remo_wire::names::ProjectName;

use crate::scene::{Scene, variant};

const TOKEN: &str = include_str!("../../recipes/token.toml");

fn recipes(scene: &Scene) -> Vec<serde_json::Value> {
    let listing = scene.run(&["--json"]).expect(0).stdout;
    let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
    listing["recipes"].as_array().unwrap().clone()
}

#[test]
fn the_binding_of_every_recipe_can_be_pasted() {
    let scene = Scene::new();
    let recipes = recipes(&scene);
    assert!(recipes.len() >= 9, "{recipes:?}");
    for recipe in recipes {
        let name = recipe["recipe"].as_str().unwrap();
        let shown = scene.run(&[name, "--show", "--name", "another_name"]).expect(0).stdout;
        let (explanation, binding) = shown.split_once("For .remo/manifest.toml:\n\n").unwrap();
        assert!(explanation.contains("stores      another_name, a "), "{shown}");
        let manifest = format!("schema_version = 1\nproject = \"project-a\"\n\n{binding}");
        let project = ProjectName::new("project-a").unwrap();
        let parsed = remo_manifest::parse(&manifest, MANIFEST_PATH, &project);
        assert!(parsed.is_ok(), "{name}: {parsed:?}\n{manifest}");
        assert!(manifest.contains("[secrets.another_name]"), "{name}");
    }
}

#[test]
fn the_list_says_what_is_logged_in() {
    let scene = Scene::new();
    scene.feed(&["token", "--name", "stripe"], "tripwire\n").expect(0);
    let list = scene.run(&[]).expect(0).stdout;
    assert!(list.contains("stored as stripe, no expiry is known"), "{list}");
    assert!(list.lines().all(|line| line.len() <= 80), "fits a terminal: {list}");
    assert_eq!(scene.run(&["--show"]).expect(0).stdout, list, "nothing is named that could be explained");
    let of_token = recipes(&scene).into_iter().find(|recipe| recipe["recipe"] == "token").unwrap();
    assert_eq!(of_token["logins"][0]["name"], "stripe");
    let status = scene.run(&["status", "--json"]).expect(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let login = &status["logins"][0];
    assert_eq!((&login["name"], &login["expired"]), (&"stripe".into(), &false.into()));
    assert!(!status.to_string().contains("tripwire"));
    scene.run(&["forget", "stripe"]).expect(0);
    scene.run(&["forget", "stripe"]).expect(1);
    assert!(scene.run(&["status"]).expect(0).stderr.contains("nobody has logged in yet"));
    assert_eq!(scene.room.reveal("stripe"), "tripwire");
}

#[test]
fn a_file_with_the_name_of_a_shipped_recipe_does_not_replace_it() {
    let scene = Scene::new();
    scene.recipe("token", &TOKEN.replace("Any token or API key", "Something else"));
    scene.recipe("broken", "schema_version = 1\nshell = \"x\"\n");
    let listed = scene.run(&[]).expect(0);
    assert!(listed.stderr.contains("token.toml is not used: a shipped recipe has this name"), "{listed:?}");
    assert!(listed.stderr.contains("broken.toml is not used: line 2: unknown field"), "{listed:?}");
    assert!(!listed.stdout.contains("Something else"));
    let run = scene.feed(&["token"], "tripwire\n").expect(0);
    assert!(run.stderr.contains("warning:") && run.stderr.contains("is not used"), "{run:?}");
    assert!(scene.run(&["broken"]).expect(1).stderr.contains("cannot be used"));
    assert!(scene.run(&["tripwire-typo"]).expect(2).stderr.contains("there is no recipe of this name"));
}

#[test]
fn a_recipe_that_others_can_write_or_that_is_a_link_is_not_used() {
    let scene = Scene::new();
    scene.recipe("open", &variant(TOKEN, "token", "open", ""));
    let open = scene.recipes().join("open.toml");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o666)).unwrap();
    symlink(&open, scene.recipes().join("linked.toml")).unwrap();
    let open = scene.run(&["open", "--show"]).expect(1);
    assert!(open.stderr.contains("others may write it (mode 0666)"), "{open:?}");
    scene.run(&["linked", "--show"]).expect(1);
    std::fs::set_permissions(scene.recipes(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let listed = scene.run(&[]).expect(0);
    assert!(
        listed.stderr.contains("is not used (a folder): others may write to it (mode 0777)"),
        "{listed:?}"
    );
    scene.run(&["open", "--show"]).expect(2);
}

#[test]
fn a_missing_key_is_told_before_anybody_logs_in() {
    let scene = Scene::new();
    let mark = scene.room.path().join("ran");
    scene.scripted("some", &format!("touch {}", mark.display()), "credential = { value = { file = \"x\" } }");
    std::fs::remove_file(scene.room.key()).unwrap();
    let refused = scene.run(&["some"]).expect(1);
    assert!(refused.stderr.contains("cannot use the vault key"), "{refused:?}");
    assert!(!mark.exists());
}
