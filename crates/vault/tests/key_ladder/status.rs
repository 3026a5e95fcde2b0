//! What `key status` shows, and what it complains about.

use std::fs;

use serde_json::Value;

use crate::instance::{Instance, Sealer};

fn json(instance: &Instance, status: i32) -> Value {
    serde_json::from_str(&instance.key(&["status", "--json"]).expect(status).stdout).unwrap()
}

#[test]
fn all_is_well_and_the_sentence_is_honest() {
    let name = "status::all_is_well_and_the_sentence_is_honest";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let recipient = instance.ensure();
    let status = json(&instance, 0);
    assert_eq!(status["tier"], "host_key");
    assert_eq!(status["recipient"], recipient);
    assert_eq!(status["opens_store"], Value::Null, "there is none");
    assert_eq!((&status["unsealed"], &status["sealed_key_opens"]), (&Value::Bool(true), &Value::Bool(true)));
    assert!(status["sentence"].as_str().unwrap().contains("does not survive theft of the whole disk"));
    instance.set("gh", "tripwire-value");
    assert_eq!(json(&instance, 0)["opens_store"], true);
    let shown = instance.key(&["status"]).expect(0);
    assert!(shown.stdout.starts_with("tier          host key\n"), "{}", shown.stdout);
    assert_eq!(shown.stderr, "");
}

#[test]
fn inside_the_vault_the_record_speaks_for_the_sealed_key() {
    let name = "status::inside_the_vault_the_record_speaks_for_the_sealed_key";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let recipient = instance.ensure();
    instance.set("gh", "tripwire-value");
    fs::rename(instance.sealed_dir(), instance.path().join("not-mounted")).unwrap();
    let status = json(&instance, 0);
    assert_eq!((&status["tier"], &status["recipient"]), (&"host_key".into(), &recipient.into()));
    assert_eq!((&status["opens_store"], &status["sealed_key_opens"]), (&Value::Bool(true), &Value::Null));
}

#[test]
fn what_is_wrong_has_a_remedy_and_status_1() {
    let name = "status::what_is_wrong_has_a_remedy_and_status_1";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let complains = |problem: &str, remedy: &str| {
        let status = instance.key(&["status"]).expect(1);
        assert!(status.stderr.contains(problem), "{problem}: {}", status.stderr);
        assert!(status.stderr.contains(&format!("hint: {remedy}")), "{remedy}: {}", status.stderr);
    };
    complains("there is no vault key", "make one on the instance, as root: remo-vault key ensure");
    instance.ensure();
    instance.set("gh", "tripwire-value");
    instance.switch_off();
    complains("the key is not unsealed", "on the instance, as root: remo-vault key unseal");
    instance.key(&["unseal"]).expect(0);

    let unsealed = fs::read_to_string(instance.unsealed()).unwrap();
    let another = age::x25519::Identity::generate();
    let another = age::secrecy::ExposeSecret::expose_secret(&another.to_string()).to_owned();
    fs::write(instance.unsealed(), format!("{unsealed}{another}\n")).unwrap();
    complains(
        "the key before the last rotation is still unsealed",
        "on the instance, as root: remo-vault key unseal",
    );
    fs::write(instance.unsealed(), another).unwrap();
    complains("the unsealed key is another one", "on the instance, as root: remo-vault key unseal");
    complains("is sealed for another key", "name the key that the store was made with");
    instance.key(&["unseal"]).expect(0);

    let store = fs::read(instance.store()).unwrap();
    fs::write(instance.store(), &store[..store.len() - 1]).unwrap();
    complains("is damaged or cut short", "");
    fs::write(instance.store(), store).unwrap();
    instance.key(&["status"]).expect(0);
}
