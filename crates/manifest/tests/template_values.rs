//! Templates with arbitrary values: what goes in comes out, byte for byte, in every quoting.

#![expect(clippy::expect_used, reason = "also the functions around the tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use remo_manifest::template::{Filter, Template};
use remo_secret::Secret;
use remo_wire::names::SecretName;
use remo_wire::value::{Kind, decode_base64};

fn name(text: &str) -> SecretName {
    SecretName::new(text).expect("a secret name")
}

fn render_bytes(template: &str, value: &[u8]) -> Vec<u8> {
    let template = Template::compile(template).expect("a template");
    let value = Secret::new(value.to_vec());
    template.render(&name("token"), Kind::Scalar, &value).expect("rendered").expose().to_vec()
}

fn render(template: &str, value: &str) -> String {
    String::from_utf8(render_bytes(template, value.as_bytes())).expect("UTF-8")
}

/// Text that templates, quoting and line handling could trip over, besides arbitrary text.
fn text() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(vec![
        "{{",
        "}}",
        "{{value}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "'",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "$",
        "`",
        "</script>",
        "&amp;",
        "<",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "🔑",
        " ",
        "|",
        "''",
        "\\'",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(awkward, 0..12).prop_map(|parts| parts.concat()),]
}

/// Template text around a placeholder: anything but what opens something.
fn surroundings() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace('{', "("))
}

proptest! {
    #[test]
    fn a_scalar_is_inserted_as_it_is(before in surroundings(), value in text(), after in surroundings()) {
        for placeholder in ["{{value}}", "{{ value }}", "{{token}}", "{{\n\ttoken\r\n}}"] {
            let template = format!("{before}{placeholder}{after}");
            prop_assert_eq!(render(&template, &value), format!("{before}{value}{after}"));
        }
    }

    #[test]
    fn the_fields_of_a_bundle_are_inserted_as_they_are(
        fields in prop::collection::btree_map("f_[A-Za-z0-9_]{0,12}", text(), 1..6),
    ) {
        let template = fields.keys().map(|field| format!("{field}={{{{{field}}}}}\n")).collect::<Vec<_>>().concat();
        let expected = fields.iter().map(|(field, value)| format!("{field}={value}\n")).collect::<Vec<_>>().concat();
        let value = Secret::from_text(serde_json::to_string(&fields).expect("JSON"));
        let template = Template::compile(&template).expect("a template");
        let rendered = template.render(&name("bundle"), Kind::Bundle, &value).expect("rendered");
        prop_assert_eq!(rendered.expose_text(), Some(expected.as_str()));
    }

    #[test]
    fn json_reads_back(value in text()) {
        let json = render("{\"token\": {{ value | json }}}", &value);
        let read: BTreeMap<String, String> = serde_json::from_str(&json).expect("JSON");
        prop_assert_eq!(&read["token"], &value);
    }

    #[test]
    fn toml_reads_back(value in text()) {
        let document = render("token = {{ value | toml }}\n", &value);
        let read: BTreeMap<String, String> = toml::from_str(&document).expect("TOML");
        prop_assert_eq!(&read["token"], &value);
    }

    #[test]
    fn base64_reads_back_also_what_is_no_text(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let encoded = Secret::new(render_bytes("{{ value | base64 }}", &value));
        let decoded = decode_base64(&encoded).expect("base64");
        prop_assert_eq!(decoded.expose(), value.as_slice());
    }

    #[test]
    fn filters_apply_in_the_order_in_which_they_are_written(value in text()) {
        let encoded = render("{{ value | base64 }}", &value);
        prop_assert_eq!(render("{{ value | base64 | json }}", &value), format!("\"{encoded}\""));
        let twice: String =
            serde_json::from_str(&render("{{ value | json | json }}", &value)).expect("JSON");
        prop_assert_eq!(twice, render("{{ value | json }}", &value));
    }

    #[test]
    fn no_template_panics_and_none_is_accepted_that_cannot_be_rendered(source in any::<String>()) {
        accepted_or_explained(&source)?;
    }

    #[test]
    fn no_template_out_of_pieces_of_the_language_panics(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-}}", "{{+", "value", "a", " ", "|", "json", "base64", "(", ")",
            "[", "]", ".", ",", "\"", "'", "\"{{\"", "not ", "if ", "else", "true", "1", "-", "+", "\\", "\n", "raw",
            "endraw", "for", "in", "=", "{", "}", "~", "loop", "self", "super()", "\u{e4}",
        ]), 0..24),
    ) {
        accepted_or_explained(&pieces.concat())?;
    }
}

/// A template is refused with words, or renders when every name has a value.
fn accepted_or_explained(source: &str) -> Result<(), TestCaseError> {
    match Template::compile(source) {
        Ok(template) => {
            let fields: BTreeMap<_, _> =
                template.placeholders().iter().map(|placeholder| (placeholder.name.as_str(), "v")).collect();
            let value = Secret::from_text(serde_json::to_string(&fields).expect("JSON"));
            let rendered = template.render(&name("bundle"), Kind::Bundle, &value);
            prop_assert!(rendered.is_ok(), "{source:?} {rendered:?}");
        }
        Err(problem) => {
            prop_assert!(problem.line >= 1 && !problem.message.is_empty() && !problem.remedy.is_empty());
            let lines = source.split('\n').count();
            prop_assert!(problem.line as usize <= lines, "{source:?} {problem}");
        }
    }
    Ok(())
}

/// Other letters and digits of the same kind, all else as it was.
fn altered(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            'a'..='y' | 'A'..='Y' | '0'..='8' => {
                char::from_u32(u32::from(character) + 1).unwrap_or(character)
            }
            'z' => 'a',
            'Z' => 'A',
            '9' => '0',
            other => other,
        })
        .collect()
}

/// A value that holds the given letters.
type Build = fn(&str) -> Vec<u8>;

/// The error of a template and a value, both as they are; it must say the same of any other value.
fn render_error(template: &str, kind: Kind, value: &[u8]) -> Option<String> {
    let rendered = Template::compile(template).expect("a template").render(
        &name("gh"),
        kind,
        &Secret::new(value.to_vec()),
    );
    rendered.err().map(|problem| format!("{problem} {problem:?}"))
}

proptest! {
    #[test]
    fn no_error_depends_on_the_letters_of_a_value(letters in "[a-zA-Z0-9 ]{1,60}") {
        let other = altered(&letters);
        // A shell word with NUL, bytes that are no text, an unknown name, and a bundle that is no object.
        let cases: [(&str, Kind, Build); 5] = [
            ("{{value|shell}}", Kind::Scalar, |value| format!("{value}\0").into_bytes()),
            ("{{value}}", Kind::Scalar, |value| [value.as_bytes(), b"\xff"].concat()),
            ("{{other}}", Kind::Scalar, |value| value.as_bytes().to_vec()),
            ("{{other}}", Kind::Bundle, |value| format!("{{\"user\":\"{value}\"}}").into_bytes()),
            ("{{user}}", Kind::Bundle, |value| format!("[\"{value}\"]").into_bytes()),
        ];
        for (template, kind, value) in cases {
            let problem = render_error(template, kind, &value(&letters));
            prop_assert!(problem.is_some(), "{template} takes it");
            prop_assert_eq!(problem, render_error(template, kind, &value(&other)));
        }
    }
}

#[test]
fn an_error_of_a_template_that_is_its_own_value_names_what_the_template_names() {
    // The value is the template's text: the words of the template may be repeated, those of a value never are,
    // which shows in that another value has the same error.
    for template in ["{{a}}", "a: {{ value | shell }} {{ missing_name_of_some_length }}"] {
        let own = render_error(template, Kind::Scalar, template.as_bytes());
        assert!(own.is_some());
        assert_eq!(own, render_error(template, Kind::Scalar, altered(template).as_bytes()));
    }
}

/// What a real shell makes of `word`, as the bytes of one argument.
fn through_shell(word: &str) -> Vec<u8> {
    let output = Command::new("sh")
        .args(["-c", &format!("printf %s {word}")])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{word:?}: {output:?}");
    output.stdout
}

proptest! {
    // Each case starts a process.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_shell_reads_back_one_word(value in text()) {
        let value = value.replace('\0', "");
        prop_assert_eq!(through_shell(&render("{{ value | shell }}", &value)), value.as_bytes());
    }
}

#[test]
fn every_filter_says_that_it_is_known() {
    for filter in Filter::ALL {
        assert_eq!(Filter::by_name(filter.name()), Some(*filter));
    }
    assert_eq!(Filter::by_name("upper"), None);
}
