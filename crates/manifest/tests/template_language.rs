//! What the template language is, and what it says about everything else.

#![expect(clippy::expect_used, reason = "also the functions around the tests may stop at the first surprise")]

use remo_manifest::template::{FILTERS_MAX, RenderProblem, TEMPLATE_MAX, Template};
use remo_secret::Secret;
use remo_wire::names::SecretName;
use remo_wire::value::Kind;

const TRIPWIRE: &str = "tripwire-3f9a";

fn render(template: &str, kind: Kind, value: &[u8]) -> Result<String, RenderProblem> {
    let secret = SecretName::new("token").expect("a secret name");
    let template = Template::compile(template).expect("a template");
    let rendered = template.render(&secret, kind, &Secret::new(value.to_vec()))?;
    Ok(rendered.expose_text().expect("text").to_owned())
}

fn scalar(template: &str, value: &str) -> String {
    render(template, Kind::Scalar, value.as_bytes()).expect("rendered")
}

fn refused(template: &str) -> String {
    Template::compile(template).expect_err(template).to_string()
}

#[test]
fn line_ends_stay_as_they_are() {
    assert_eq!(scalar("a={{value}}\n", "1"), "a=1\n");
    assert_eq!(scalar("a={{value}}", "1"), "a=1");
    assert_eq!(scalar("a={{value}}\r\n\r\n", "1"), "a=1\r\n\r\n");
    assert_eq!(scalar("\n\n{{value}}\n\n", "1\n"), "\n\n1\n\n\n");
}

#[test]
fn what_would_open_something_has_a_literal() {
    assert_eq!(scalar(r#"{{"{{"}}value}} {{ "{%" }} {{'{#'}} {{value}}"#, "v"), "{{value}} {% {# v");
    // What closes needs none.
    assert_eq!(scalar("}} %} #} { } {{value}}", "v"), "}} %} #} { } v");
}

#[test]
fn a_brace_before_a_placeholder_needs_a_blank() {
    assert_eq!(scalar("{ {{value|json}}:1}", "v"), "{ \"v\":1}");
    assert_eq!(scalar("{ {{value}}}", "v"), "{ v}");
    for template in ["{{{value}}}", "{{{value|json}}:1}", "{{{{value}}}}"] {
        assert!(refused(template).contains("needs a blank"), "{template}: {}", refused(template));
    }
}

#[test]
fn words_of_the_engine_are_names_or_refused() {
    for word in
        ["true", "True", "false", "False", "none", "None", "and", "or", "not", "in", "is", "if", "else"]
    {
        assert!(refused(&format!("{{{{ {word} }}}}")).contains("word of the template language"), "{word}");
    }
    for word in
        ["loop", "self", "super", "caller", "for", "end", "null", "nil", "json", "debug", "range", "_", "as"]
    {
        let bundle = serde_json::json!({ word: "v" }).to_string();
        let rendered = render(&format!("{{{{{word}}}}}"), Kind::Bundle, bundle.as_bytes());
        assert_eq!(rendered.as_deref(), Ok("v"), "{word}");
    }
}

#[test]
fn an_unknown_placeholder_names_itself_and_the_fields() {
    let bundle = format!(r#"{{"user":"{TRIPWIRE}","password":"{TRIPWIRE}"}}"#);
    let problem =
        render("\n{{ user }}\n{{ pasword }}", Kind::Bundle, bundle.as_bytes()).expect_err("unknown");
    assert_eq!(
        problem.to_string(),
        "line 3 of the template: the placeholder {{pasword}} is unknown; token is a bundle\n\
         hint: use one of its fields: password, user"
    );
    let problem = render("{{ user }}", Kind::Scalar, TRIPWIRE.as_bytes()).expect_err("unknown");
    assert_eq!(
        problem.to_string(),
        "line 1 of the template: the placeholder {{user}} is unknown; token is a scalar\n\
         hint: write {{value}} or {{token}}"
    );
    // However long it is, it fills no screen.
    let template = format!("{{{{{}}}}}", "n".repeat(10_000));
    let problem = render(&template, Kind::Scalar, TRIPWIRE.as_bytes()).expect_err("unknown");
    assert!(problem.to_string().len() < 300, "{problem}");
    // A bundle has its fields only.
    assert!(render("{{ value }}", Kind::Bundle, bundle.as_bytes()).is_err());
    assert!(render("{{ token }}", Kind::Bundle, bundle.as_bytes()).is_err());
}

#[test]
fn names_can_be_resolved_without_values() {
    let secret = SecretName::new("token").expect("a secret name");
    let template = Template::compile("{{user}}").expect("a template");
    assert_eq!(template.resolves(&secret, Kind::Bundle, &["password", "user"]), Ok(()));
    assert!(template.resolves(&secret, Kind::Bundle, &["password"]).is_err());
    assert!(template.resolves(&secret, Kind::Scalar, &["user"]).is_err());
}

#[test]
fn values_that_do_not_fit_are_explained_without_being_shown() {
    let mut bytes = TRIPWIRE.as_bytes().to_vec();
    bytes.extend([0, 0xff]);
    for template in ["{{value}}", "{{value|json}}", "{{value|shell}}", "{{value|toml|base64}}"] {
        let problem = render(template, Kind::Scalar, &bytes).expect_err(template);
        assert!(problem.message.contains("not UTF-8"), "{problem}");
        assert!(!format!("{problem} {problem:?}").contains(TRIPWIRE), "{problem:?}");
    }
    let problem =
        render("{{value|shell}}", Kind::Scalar, format!("{TRIPWIRE}\0").as_bytes()).expect_err("NUL");
    assert!(problem.message.contains("NUL"), "{problem}");
    for broken in
        [format!("{{\"a\": {TRIPWIRE}"), format!("[\"{TRIPWIRE}\"]"), format!("{{\"a\":[\"{TRIPWIRE}\"]}}")]
    {
        let problem = render("{{a}}", Kind::Bundle, broken.as_bytes()).expect_err("no bundle");
        assert!(!format!("{problem} {problem:?}").contains(TRIPWIRE), "{problem:?}");
    }
}

#[test]
fn limits_of_length_and_depth_hold() {
    let longest = format!("{{{{value}}}}{}", "\n".repeat(TEMPLATE_MAX - "{{value}}".len()));
    assert!(Template::compile(&longest).is_ok());
    assert!(refused(&format!("{longest}\n")).contains("bytes"));
    let filtered = |count: usize| format!("{{{{value{}}}}}", "|json".repeat(count));
    assert!(Template::compile(&filtered(FILTERS_MAX)).is_ok());
    assert!(refused(&filtered(FILTERS_MAX + 1)).contains("filters"));
    // Deep nesting reaches neither the parser nor the stack.
    for deep in ["not ", "-", "(", "[", "{", "a.", "a+", "a|json|", "a if ", "x(", "{{"] {
        let template = format!("{{{{ {} }}}}", deep.repeat(50_000 / deep.len()));
        assert!(!refused(&template).is_empty(), "{deep}");
    }
}

#[test]
fn the_lines_of_problems_are_those_of_the_template() {
    let problems = Template::problems("{{ok}}\n{{}}\r\n\n{{a.b}} {{c|nope}}\n{{ d }}");
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 4, 4]);
}
