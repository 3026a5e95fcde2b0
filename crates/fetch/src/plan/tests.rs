//! The plan of injection, from responses as they arrive on the wire.

use super::*;

fn fetched(json: &str) -> FetchedSecrets {
    serde_json::from_str(json).unwrap()
}

fn response(secrets: &str, bindings: &str) -> FetchedSecrets {
    fetched(&format!(
        r#"{{"ok":true,"generation":1,"view":1,"secrets":{secrets},"missing":[],"bindings":{bindings}}}"#
    ))
}

fn only_cause(plan: &Plan) -> &Cause {
    assert_eq!(plan.problems.len(), 1, "{:?}", plan.problems);
    assert!(plan.variables.is_empty() && plan.files.is_empty());
    &plan.problems[0].cause
}

#[test]
fn scalars_and_fields_of_bundles_become_variables() {
    let plan = Plan::new(&response(
        r#"{"gh":{"value":"ghp","kind":"scalar"},"deploy":{"value":"{\"user\":\"u\",\"password\":\"p\\n\"}","kind":"bundle"}}"#,
        r#"{"gh":{"fetch_as":"env","env_var":"GH_TOKEN","required":true},
            "deploy":{"fetch_as":"env","fields":{"D_USER":"user","D_PASS":"password"},"required":true}}"#,
    ));
    let variables: Vec<_> =
        plan.variables.iter().map(|it| (it.name.as_str(), it.value.expose_text().unwrap())).collect();
    assert_eq!(variables, [("D_PASS", "p\n"), ("D_USER", "u"), ("GH_TOKEN", "ghp")]);
    assert!(plan.complete());
}

#[test]
fn files_hold_the_rendered_template_or_the_value_as_it_is() {
    let plan = Plan::new(&response(
        r#"{"aws":{"value":"{\"id\":\"AK\"}","kind":"bundle"},"key":{"value_b64":"/wA=","kind":"scalar"},
            "raw":{"value":"{\"id\":\"AK\"}","kind":"bundle"}}"#,
        r#"{"aws":{"fetch_as":"file","file_path":"~/.aws/credentials","file_mode":"0400","template":"id={{id}}","required":true},
            "key":{"fetch_as":"file","file_path":"~/.config/app/key","file_mode":"0600","required":true},
            "raw":{"fetch_as":"file","file_path":"/run/secrets/raw","file_mode":"0600","required":true}}"#,
    ));
    assert_eq!(plan.problems, []);
    assert_eq!(plan.files[0].content.expose(), b"id=AK");
    assert_eq!(plan.files[0].mode, 0o400);
    assert_eq!(plan.files[1].content.expose(), [0xff, 0x00]);
    assert_eq!(plan.files[2].content.expose(), br#"{"id":"AK"}"#);
    assert_eq!(plan.files[2].destination, Destination::Root("run/secrets/raw".into()));
}

#[test]
fn a_missing_secret_is_fatal_only_when_required_and_can_heal() {
    let plan = Plan::new(&response(
        r#"{"other":{"value":"x","kind":"scalar"}}"#,
        r#"{"gh":{"fetch_as":"env","env_var":"GH_TOKEN","required":true},
            "sentry":{"fetch_as":"env","env_var":"SENTRY","required":false}}"#,
    ));
    assert_eq!(plan.problems.len(), 2);
    let fatal: Vec<_> = plan.fatal().map(|problem| problem.secret.as_str()).collect();
    assert_eq!(fatal, ["gh"]);
    assert!(can_heal(plan.fatal()));
    assert_eq!(plan.problems[0].to_string(), "gh: not in the vault");
    assert!(plan.problems[0].hint().contains("set gh"));
}

#[test]
fn a_reserved_variable_is_refused_even_when_pinned_and_optional() {
    for name in ["LD_PRELOAD", "PATH", "BASH_ENV", "1X", "A=B"] {
        let plan = Plan::new(&response(
            r#"{"a":{"value":"x","kind":"scalar"}}"#,
            &format!(r#"{{"a":{{"fetch_as":"env","env_var":"{name}","required":false}}}}"#),
        ));
        assert!(matches!(only_cause(&plan), Cause::Forbidden { what, .. } if what == name));
        assert!(!plan.complete());
        assert!(!can_heal(plan.fatal()));
    }
}

#[test]
fn a_path_or_mode_that_is_never_allowed_is_refused() {
    for (path, mode) in
        [("/etc/passwd", "0600"), ("~/../x", "0600"), ("~/.token", "0602"), ("~/.token", "4600")]
    {
        let plan = Plan::new(&response(
            r#"{"a":{"value":"x","kind":"scalar"}}"#,
            &format!(
                r#"{{"a":{{"fetch_as":"file","file_path":"{path}","file_mode":"{mode}","required":true}}}}"#
            ),
        ));
        assert!(matches!(only_cause(&plan), Cause::Forbidden { .. }), "{path} {mode}");
    }
}

#[test]
fn values_that_a_variable_cannot_hold_name_secret_variable_and_remedy() {
    let cases = [
        (
            r#"{"value":"a\u0000b","kind":"scalar"}"#,
            r#""env_var":"TOKEN""#,
            "contains NUL",
            "fetch_as = \"file\"",
        ),
        (
            r#"{"value_b64":"/w==","kind":"scalar"}"#,
            r#""env_var":"TOKEN""#,
            "not UTF-8",
            "fetch_as = \"file\"",
        ),
        (r#"{"value":"{\"a\":\"b\"}","kind":"bundle"}"#, r#""env_var":"TOKEN""#, "is a bundle", "fields = {"),
        (
            r#"{"value":"{\"a\":\"b\"}","kind":"bundle"}"#,
            r#""fields":{"TOKEN":"c"}"#,
            "no field c",
            "add the field",
        ),
        (r#"{"value":"{\"a\":\"\\u0000\"}","kind":"bundle"}"#, r#""fields":{"TOKEN":"a"}"#, "NUL", "file"),
    ];
    for (value, target, problem, remedy) in cases {
        let plan = Plan::new(&response(
            &format!(r#"{{"sec":{value}}}"#),
            &format!(r#"{{"sec":{{"fetch_as":"env",{target},"required":true}}}}"#),
        ));
        only_cause(&plan);
        let text = plan.problems[0].to_string();
        assert!(text.starts_with("sec: ") && text.contains(problem) && text.contains("TOKEN"), "{text}");
        assert!(plan.problems[0].hint().contains(remedy), "{}", plan.problems[0].hint());
    }
}

#[test]
fn a_scalar_with_fields_and_a_template_with_an_unknown_name_do_not_fit() {
    let plan = Plan::new(&response(
        r#"{"a":{"value":"x","kind":"scalar"},"b":{"value":"{\"x\":\"tripwire\"}","kind":"bundle"}}"#,
        r#"{"a":{"fetch_as":"env","fields":{"A":"a"},"required":true},
            "b":{"fetch_as":"file","file_path":"~/.b","file_mode":"0600","template":"{{y}}","required":true}}"#,
    ));
    assert_eq!(plan.problems[0].cause, Cause::ScalarWithFields);
    assert!(matches!(plan.problems[1].cause, Cause::Template { .. }));
    assert!(!format!("{plan:?}").contains("tripwire"));
}
