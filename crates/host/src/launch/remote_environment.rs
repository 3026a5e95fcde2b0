//! `remoteEnv`: variables that a configuration gives to shells and commands, but not to process 1. The tooling keeps
//! them in a label of the container; they come from the project and reach nothing but its own container.

use std::collections::BTreeMap;

use serde_json::Value;

/// What the label says, with `${containerEnv:NAME}` taken from the container's environment as `NAME=value` lines. What
/// cannot be resolved is left out, and so is what is no plain name.
pub fn read(label: &str, environment: &[String]) -> Vec<(String, String)> {
    let entries: Vec<Value> = serde_json::from_str(label).unwrap_or_default();
    let mut variables = BTreeMap::new();
    for entry in &entries {
        for (name, value) in entry["remoteEnv"].as_object().into_iter().flatten() {
            match value.as_str().and_then(|text| resolved(text, environment)) {
                Some(text) if is_name(name) => variables.insert(name.clone(), text),
                // `null` takes away what an image had set.
                _ => variables.remove(name),
            };
        }
    }
    variables.into_iter().collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with("REMO_")
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn resolved(text: &str, environment: &[String]) -> Option<String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, behind) = after.split_once('}')?;
        let name = expression.strip_prefix("containerEnv:")?;
        let value = environment.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        whole.push_str(before);
        whole.push_str(value.unwrap_or_default());
        rest = behind;
    }
    whole.push_str(rest);
    Some(whole).filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_merged_and_resolved() {
        let label = r#"[{"remoteEnv":{"A":"image","GONE":"x"}},{"id":"f"},
            {"remoteEnv":{"A":"own","PATH":"${containerEnv:PATH}:/opt/bin","GONE":null,"L":"${localEnv:HOME}",
            "REMO_PROJECT":"other","--privileged":"x","A B":"x"}}]"#;
        let environment = ["PATH=/usr/bin".to_owned(), "PATHS=/no".to_owned()];
        let expected = [("A", "own"), ("PATH", "/usr/bin:/opt/bin")];
        assert_eq!(
            read(label, &environment),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(read("no json", &environment).is_empty());
        assert!(read("{}", &environment).is_empty());
    }
}
