//! AWS: keys that are typed, and the real `aws sso login` against a stand-in of the access portal.

use std::fs;

use crate::scene::{Scene, variant, without};
use crate::stand_in::{self, json};

const RECIPE: &str = include_str!("../../recipes/aws-sso.toml");

#[test]
fn keys_become_a_bundle() {
    let scene = Scene::new();
    scene.feed(&["aws"], "AKIATRIPWIRE\ntripwire/secret+key\n").expect(0);
    let stored: serde_json::Value = serde_json::from_str(&scene.room.reveal("aws")).unwrap();
    let expected = serde_json::json!({ "aws_access_key_id": "AKIATRIPWIRE", "aws_secret_access_key": "tripwire/secret+key" });
    assert_eq!(stored, expected);
    scene.expect_nothing_left(&["AKIATRIPWIRE", "tripwire/secret+key"]);
}

/// A rule for every request of a service: this address.
fn address_of(folder: &std::path::Path, service: &str, address: &str) {
    let folder = folder.join(service).join("2019-06-10");
    fs::create_dir_all(&folder).unwrap();
    let region = serde_json::json!({ "type": "String", "builtIn": "AWS::Region", "required": false,
        "documentation": "-" });
    let flag = |name: &str| {
        serde_json::json!({ "type": "Boolean", "builtIn": format!("AWS::{name}"), "required": true,
            "default": false, "documentation": "-" })
    };
    let rules = serde_json::json!({
        "version": "1.0",
        "parameters": { "Region": region, "UseDualStack": flag("UseDualStack"), "UseFIPS": flag("UseFIPS"),
            "Endpoint": { "type": "String", "builtIn": "SDK::Endpoint", "required": false, "documentation": "-" } },
        "rules": [{ "conditions": [], "type": "endpoint",
            "endpoint": { "url": format!("http://{address}"), "properties": {}, "headers": {} } }],
    });
    fs::write(folder.join("endpoint-rule-set-1.json"), rules.to_string()).unwrap();
}

#[test]
fn the_portal_gives_keys_that_expire_and_are_refreshed_without_the_session_leaving_the_vault() {
    let test =
        "aws::the_portal_gives_keys_that_expire_and_are_refreshed_without_the_session_leaving_the_vault";
    if without("aws", test) {
        return;
    }
    let scene = Scene::new();
    let count = std::sync::atomic::AtomicU32::new(0);
    let (portal, asked) = stand_in::on_a_port(move |own, request| {
        let path = request.path.split('?').next().unwrap_or_default();
        let session = request.header("x-amz-sso_bearer_token") == Some("tripwire-session");
        match path {
            "/client/register" => {
                json(&serde_json::json!({ "clientId": "id", "clientSecret": "tripwire-client",
                "clientIdIssuedAt": 1, "clientSecretExpiresAt": 4_000_000_000_u64 }))
            }
            "/device_authorization" => {
                json(&serde_json::json!({ "deviceCode": "code", "userCode": "ABCD-EFGH",
                "verificationUri": format!("http://{own}/device"),
                "verificationUriComplete": format!("http://{own}/device?code=ABCD-EFGH"),
                "expiresIn": 600, "interval": 1 }))
            }
            "/token" => json(&serde_json::json!({ "accessToken": "tripwire-session", "tokenType": "Bearer",
                "expiresIn": 28800, "refreshToken": "tripwire-refresh" })),
            "/federation/credentials" if session => {
                let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
                json(
                    &serde_json::json!({ "roleCredentials": { "accessKeyId": format!("ASIATRIPWIRE{number}"),
                    "secretAccessKey": "tripwire-secret", "sessionToken": "tripwire-token",
                    "expiration": expires.as_millisecond() } }),
                )
            }
            _ => (404, Vec::new(), "{}".to_owned()),
        }
    });
    let data = scene.room.path().join("data");
    address_of(&data, "sso-oidc", &portal);
    address_of(&data, "sso", &portal);
    // The portal of the test speaks plain HTTP; everything else is the shipped recipe.
    let aws = scene.tool("aws-local", &format!("AWS_DATA_PATH={} exec aws \"$@\"", data.display()));
    let recipe = variant(RECIPE, "aws-sso", "aws-local", "")
        .replace("command = [\"aws\"", &format!("command = [\"{}\"", aws.display()));
    scene.recipe("aws-local", &recipe);
    let input = "http://portal.example/start\nus-east-1\n123456789012\ndeveloper\n";
    let done = scene.feed_traced(&["aws-local"], input, &["tripwire", "TRIPWIRE"], "aws (strace)").expect(0);
    assert!(done.stderr.contains("stored aws; expires in 5"), "{}", done.stderr);
    let stored = || serde_json::from_str::<serde_json::Value>(&scene.room.reveal("aws")).unwrap();
    let first = stored();
    assert_eq!(first["aws_session_token"], "tripwire-token");
    assert_eq!(first.as_object().unwrap().len(), 3, "nothing of the session is stored: {first}");

    let logins = asked.lock().unwrap().iter().filter(|request| request.path == "/token").count();
    scene.run(&["refresh", "aws"]).expect(0);
    let second = stored();
    assert_ne!(first["aws_access_key_id"], second["aws_access_key_id"]);
    let again = asked.lock().unwrap().iter().filter(|request| request.path == "/token").count();
    assert_eq!(logins, again, "nobody was asked again");
    let secrets =
        ["ASIATRIPWIRE", "tripwire-secret", "tripwire-session", "tripwire-refresh", "tripwire-client"];
    scene.expect_nothing_left(&secrets);
}
