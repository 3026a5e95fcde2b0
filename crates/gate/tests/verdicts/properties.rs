//! No order, notation or company changes a verdict.

use proptest::collection::vec;
use proptest::prelude::*;
use remo_gate::core::compose_file::{dollars, yaml};
use remo_gate::core::finding::{Finding, Grant};

use crate::corpus::run;
use crate::stage::Host;

/// One option in each notation that Docker reads.
#[derive(Debug, Clone, Copy)]
struct Sample {
    long: &'static str,
    short: Option<char>,
    value: &'static str,
    /// What it has to come to: the beginning of what is refused or of the grant, or nothing.
    comes_to: Option<&'static str>,
}

const fn sample(
    long: &'static str,
    short: Option<char>,
    value: &'static str,
    comes_to: Option<&'static str>,
) -> Sample {
    Sample { long, short, value, comes_to }
}

const SAMPLES: &[Sample] = &[
    sample("volume", Some('v'), "/:/x", Some("/ is the host's root")),
    sample("volume", Some('v'), "/opt/d:/x", Some("bind source=\"/opt/d\"")),
    sample("volume", Some('v'), "./d:/x", None),
    sample("mount", None, "type=bind,src=/run,dst=/x", Some("/run leads to")),
    sample("mount", None, "type=bind,source=/opt/e,target=/e", Some("bind source=\"/opt/e\"")),
    sample("publish", Some('p'), "80:80", Some("publish port=\"80:80/tcp\"")),
    sample("publish", Some('p'), "127.0.0.1:80:80", None),
    sample("cap-add", None, "sys_admin", Some("capability name=\"SYS_ADMIN\"")),
    sample("label", Some('l'), "remo.project=project-b", Some("the label remo.project")),
    sample("label", Some('l'), "a=b", None),
    sample("env", Some('e'), "TOKEN", Some("host-variable name=\"TOKEN\"")),
    sample("env", Some('e'), "A=b", None),
    sample("network", None, "host", Some("host-namespace name=\"network\"")),
    sample("pid", None, "host", Some("host-namespace name=\"pid\"")),
    sample("workdir", Some('w'), "/w", None),
    sample("user", Some('u'), "1000", None),
];

fn written() -> impl Strategy<Value = (Sample, Vec<String>)> {
    (0..SAMPLES.len(), 0..6_u8).prop_map(|(index, notation)| {
        let sample = SAMPLES[index];
        let Sample { long, short, value, .. } = sample;
        let words = match (notation, short) {
            (0, _) => vec![format!("--{long}={value}")],
            (1, Some(letter)) => vec![format!("-{letter}"), value.to_owned()],
            (2, Some(letter)) => vec![format!("-{letter}{value}")],
            (3, Some(letter)) => vec![format!("-{letter}={value}")],
            (4, Some(letter)) => vec![format!("-it{letter}"), value.to_owned()],
            _ => vec![format!("--{long}"), value.to_owned()],
        };
        (sample, words)
    })
}

fn said(finding: &Finding) -> &str {
    match finding {
        Finding::Never { what, .. } => what,
        Finding::Wanted { grant: Grant { text, .. }, .. } => text,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_an_option_comes_to_does_not_depend_on_notation_or_company(options in vec(written(), 0..8)) {
        let mut argv = vec!["run".to_owned()];
        argv.extend(options.iter().flat_map(|(_, words)| words.clone()));
        argv.extend(["image".to_owned(), "--privileged".to_owned(), "-v/:/x".to_owned()]);
        let (verdict, words) = run(&argv, &Host::default()).unwrap();
        for (sample, _) in &options {
            if let Some(expected) = sample.comes_to {
                prop_assert!(
                    verdict.findings.iter().any(|finding| said(finding).starts_with(expected)),
                    "{expected} is missing in {:?}", verdict.findings
                );
            }
        }
        for finding in &verdict.findings {
            prop_assert!(
                options.iter().any(|(sample, _)| sample.comes_to.is_some_and(|it| said(finding).starts_with(it))),
                "{finding:?} came from nowhere"
            );
        }
        // What is passed on is read again in the same way, and nothing of it is changed any more.
        let again = run(&words, &Host::default()).unwrap();
        prop_assert_eq!(&again.0.findings.len(), &verdict.findings.len());
        prop_assert_eq!(again.1, words);
    }

    #[test]
    fn no_argument_ends_the_program(argv in vec("[-=:,./a-zA-Z\"\\\\$ ]{0,12}", 0..6), run_first in any::<bool>()) {
        let mut words = if run_first { vec!["run".to_owned()] } else { Vec::new() };
        words.extend(argv);
        let _ = run(&words, &Host::default());
    }

    #[test]
    fn no_text_ends_the_yaml_reader(text in "[-:{}\\[\\],&*!|>'\"%@?# a-c0-9\\n\\t<]{0,80}") {
        if let Ok(tree) = yaml::read(&text) {
            // What was read once is read again as the same out of JSON, which is what Compose gets.
            let again = yaml::read(&tree.to_string());
            prop_assert_eq!(again.unwrap(), tree);
        }
    }

    #[test]
    fn dollars_are_the_same_once_doubled_and_read(text in "[$a-c{}:\\-]{0,20}") {
        let tree = serde_json::json!({"a": [text]});
        let doubled = dollars::doubled(tree.clone());
        prop_assert_eq!(dollars::single(doubled, "test").unwrap(), tree);
    }

    #[test]
    fn a_grant_says_the_same_as_no_other(left in "[a-z\" =/]{0,12}", right in "[a-z\" =/]{0,12}") {
        let split = Grant::new("bind", &[("source", &left), ("target", &right)], "");
        let joined = Grant::new("bind", &[("source", &format!("{left}\" target=\"{right}"))], "");
        prop_assert_ne!(split.text, joined.text);
    }
}
