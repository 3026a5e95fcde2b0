//! Which templates are accepted.
//!
//! Tokens are judged first: that bounds the nesting of what the parser then sees, and finds what leaves no
//! trace in its tree (comments, whitespace control). The tree has the last word, because it is what the engine
//! will render.

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Span, Token, WhitespaceConfig, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::{FILTERS_MAX, Filter, Placeholder, TEMPLATE_MAX, TemplateProblem};
use crate::quote::{bare, quote};

/// What may be written as a literal, because it would open something otherwise.
const OPENERS: &[&str] = &["{{", "{%", "{#"];

const FORM: &str = "write {{name}}, or {{name | json}}";

const BRACE: &str = "write {{name}}; a brace before it needs a blank between: { {{name}}";

const NO_PLACEHOLDER: &str = "a placeholder is a name, and filters after a |";

const ESCAPING: &str = "write {{\"{{\"}} for {{, {{\"{%\"}} for {%, and {{\"{#\"}} for {#";

/// Words of the engine's own language, which are never taken as names.
const WORDS: &[&str] =
    &["true", "True", "false", "False", "none", "None", "and", "or", "not", "in", "is", "if", "else"];

/// Adds every problem of `source` and returns its placeholders.
pub(super) fn check(source: &str, problems: &mut Vec<TemplateProblem>) -> Vec<Placeholder> {
    if source.len() > TEMPLATE_MAX {
        problems.push(TemplateProblem {
            line: 1,
            message: format!("the template has {} bytes; it may have {TEMPLATE_MAX}", source.len()),
            remedy: "shorten it".to_owned(),
        });
        return Vec::new();
    }
    let mut scan = Scan { source, problems, placeholders: Vec::new(), end: 0 };
    scan.run();
    let placeholders = scan.placeholders;
    if problems.is_empty() && !tree_agrees(source, &placeholders) {
        problems.push(TemplateProblem {
            line: 1,
            message: "the template engine reads this template in another way".to_owned(),
            remedy: "use only plain names and filters between {{ and }}".to_owned(),
        });
    }
    if problems.is_empty() && placeholders.is_empty() {
        problems.push(TemplateProblem {
            line: 1,
            message: "the template has no placeholder, so the file would not contain the secret".to_owned(),
            remedy: "write {{value}}, or {{field}} for a field of a bundle, or remove the template"
                .to_owned(),
        });
    }
    placeholders
}

const WHITESPACE: WhitespaceConfig =
    WhitespaceConfig { keep_trailing_newline: true, lstrip_blocks: false, trim_blocks: false };

struct Scan<'s, 'p> {
    source: &'s str,
    problems: &'p mut Vec<TemplateProblem>,
    placeholders: Vec<Placeholder>,
    /// Where the last token ended.
    end: usize,
}

impl<'s> Scan<'s, '_> {
    fn run(&mut self) {
        let mut inside: Option<Vec<Token<'s>>> = None;
        let mut opened = 1;
        for token in tokenize(self.source, false, SyntaxConfig, WHITESPACE) {
            let (token, span) = match token {
                Ok(token) => token,
                Err(error) => {
                    let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
                    let detail = error.detail().map_or_else(|| error.kind().to_string(), bare);
                    self.problem(line, format!("the template does not parse: {detail}"), ESCAPING);
                    return;
                }
            };
            let line = u32::from(span.start_line);
            match (token, &mut inside) {
                (Token::VariableStart, None) => {
                    self.gap(span);
                    self.exactly("{{", span);
                    inside = Some(Vec::new());
                    opened = line;
                }
                (Token::VariableEnd, Some(tokens)) => {
                    let tokens = std::mem::take(tokens);
                    inside = None;
                    self.exactly("}}", span);
                    self.expression(line, &tokens);
                }
                (token, Some(tokens)) => tokens.push(token),
                (Token::BlockStart, None) => {
                    self.problem(line, "{% begins a statement, and templates have none", ESCAPING);
                    return;
                }
                (_, None) => self.gap(span),
            }
            self.end = span.end_offset as usize;
        }
        if inside.is_some() {
            let remedy = if self.source.contains("{{{") { BRACE } else { ESCAPING };
            self.problem(opened, "{{ is not closed by }}", remedy);
        } else {
            self.between(self.source.len(), u32::MAX);
        }
    }

    fn gap(&mut self, next: Span) {
        self.between(next.start_offset as usize, u32::from(next.start_line));
    }

    /// Looks at what no token covers, before the token at `until`.
    fn between(&mut self, until: usize, line: u32) {
        let skipped = self.source.get(self.end..until).unwrap_or_default();
        let line = self
            .source
            .get(..self.end)
            .map_or(line, |before| u32::try_from(before.matches('\n').count() + 1).unwrap_or(line));
        if skipped.contains("{#") {
            self.problem(line, "{# begins a comment, and templates have none", ESCAPING);
        } else if skipped.contains("{%") {
            self.problem(line, "{% begins a statement, and templates have none", ESCAPING);
        }
    }

    /// Refuses `{{-`, `-}}` and the like, which would remove blanks around them.
    fn exactly(&mut self, delimiter: &str, span: Span) {
        let written = self.source.get(span.start_offset as usize..span.end_offset as usize);
        if written != Some(delimiter) {
            self.problem(
                u32::from(span.start_line),
                format!(
                    "{} would remove blanks around the placeholder",
                    quote(written.unwrap_or_default().trim())
                ),
                format!("write {delimiter}"),
            );
        }
    }

    fn expression(&mut self, line: u32, tokens: &[Token<'s>]) {
        match tokens {
            [] => self.problem(line, "a placeholder is empty", "write a name between {{ and }}"),
            [Token::Str(text)] if OPENERS.contains(text) => {}
            [Token::Ident(name), filters @ ..] if filters.len() % 2 == 0 => self.name(line, name, filters),
            [Token::Int(_) | Token::Int128(_) | Token::Float(_), ..] => self.problem(
                line,
                "a placeholder may not begin with a digit",
                "write {{value}} for the secret itself",
            ),
            [Token::Str(_) | Token::String(_)] => self.problem(line, NO_PLACEHOLDER, ESCAPING),
            _ => self.problem(line, NO_PLACEHOLDER, self.form()),
        }
    }

    fn name(&mut self, line: u32, name: &str, filters: &[Token<'s>]) {
        if WORDS.contains(&name) {
            self.problem(
                line,
                format!("{name} is a word of the template language and cannot be a placeholder"),
                "write {{value}} for the secret itself; a field needs another name in the vault",
            );
            return;
        }
        if filters.len() > 2 * FILTERS_MAX {
            self.problem(line, format!("a placeholder has at most {FILTERS_MAX} filters"), "remove some");
            return;
        }
        let mut known = Vec::new();
        for pair in filters.chunks(2) {
            let [Token::Pipe, Token::Ident(filter)] = pair else {
                self.problem(line, NO_PLACEHOLDER, FORM);
                return;
            };
            let Some(filter) = Filter::by_name(filter) else {
                let names: Vec<_> = Filter::ALL.iter().map(|filter| filter.name()).collect();
                let remedy = format!("use one of: {}", names.join(", "));
                self.problem(line, format!("{} is no filter", quote(filter)), remedy);
                return;
            };
            known.push(filter);
        }
        self.placeholders.push(Placeholder { name: name.to_owned(), filters: known, line });
    }

    /// How to write a placeholder, for one that is something else.
    fn form(&self) -> &'static str {
        if self.source.contains("{{{") { BRACE } else { FORM }
    }

    fn problem(&mut self, line: u32, message: impl Into<String>, remedy: impl Into<String>) {
        let problem = TemplateProblem { line, message: message.into(), remedy: remedy.into() };
        if self.problems.last() != Some(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Whether the tree holds text, openers, and exactly these placeholders.
fn tree_agrees(source: &str, placeholders: &[Placeholder]) -> bool {
    let Ok(Stmt::Template(template)) = parse(source, "template", SyntaxConfig, WHITESPACE) else {
        return false;
    };
    let mut expected = placeholders.iter();
    let plain = template.children.iter().all(|statement| match statement {
        Stmt::EmitRaw(_) => true,
        Stmt::EmitExpr(emit) => match &emit.expr {
            Expr::Const(constant) => constant.value.as_str().is_some_and(|text| OPENERS.contains(&text)),
            expression => expected.next().is_some_and(|placeholder| is_placeholder(expression, placeholder)),
        },
        _ => false,
    });
    plain && expected.next().is_none()
}

fn is_placeholder(expression: &Expr<'_>, placeholder: &Placeholder) -> bool {
    let mut expression = expression;
    for expected in placeholder.filters.iter().rev() {
        match expression {
            Expr::Filter(filter) if filter.name == expected.name() && filter.args.is_empty() => {
                let Some(inner) = &filter.expr else { return false };
                expression = inner;
            }
            _ => return false,
        }
    }
    matches!(expression, Expr::Var(variable) if variable.id == placeholder.name)
}
