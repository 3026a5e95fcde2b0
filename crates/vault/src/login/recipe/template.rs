//! `{{key}}` in a recipe: an answer put in as it is, nothing more.

use std::collections::BTreeMap;

/// The pieces of `text`: plain text, and names between braces.
fn pieces(text: &str) -> Vec<Result<&str, &str>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((plain, behind)) = rest.split_once("{{") {
        let Some((key, after)) = behind.split_once("}}") else { break };
        pieces.push(Ok(plain));
        pieces.push(Err(key.trim()));
        rest = after;
    }
    pieces.push(Ok(rest));
    pieces
}

/// The names between braces in `text`.
pub(super) fn keys(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(Result::err)
}

/// `text` with the answers in their places. A name without an answer, which no checked recipe has, stays empty.
pub(in crate::login) fn fill(text: &str, answers: &BTreeMap<String, String>) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Ok(plain) => plain,
            Err(key) => answers.get(key).map_or("", String::as_str),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_put_in_once_and_not_looked_at_again() {
        let answers =
            BTreeMap::from([("a".to_owned(), "{{b}}".to_owned()), ("b".to_owned(), "2".to_owned())]);
        assert_eq!(fill("x{{a}}y{{ b }}z", &answers), "x{{b}}y2z");
        assert_eq!(fill("open {{a", &answers), "open {{a");
        assert_eq!(fill("", &answers), "");
        assert_eq!(keys("{{a}} {{ c }} }}").collect::<Vec<_>>(), ["a", "c"]);
    }
}
