//! The lines of a start-up file that show the menu at a login.

use std::path::{Path, PathBuf};

const BEGIN: &str = "# >>> remo: the menu of this instance; written by remo install >>>";
const END: &str = "# <<< remo <<<";

/// For sh, bash and zsh: once a login, on a terminal, when the menu is there.
const POSIX: &str = r#"case $- in
    *i*)
        if [ -t 0 ] && [ -t 1 ] && [ -z "${REMO_MENU:-}" ] && [ -x "$HOME/.local/bin/project-menu" ]; then
            export REMO_MENU=shown
            "$HOME/.local/bin/project-menu" || exit 0
        fi
        ;;
esac"#;

/// The same for fish.
const FISH: &str = r#"if status is-login; and status is-interactive; and isatty stdin; and not set -q REMO_MENU
    and test -x "$HOME/.local/bin/project-menu"
    set -gx REMO_MENU shown
    "$HOME/.local/bin/project-menu"; or exit 0
end"#;

/// Files that bash reads at a login: the first one that is there.
const BASH: [&str; 3] = [".bash_profile", ".bash_login", ".profile"];

/// Every file that a start-up block may be in.
pub const FILES: [&str; 5] =
    [".bash_profile", ".bash_login", ".profile", ".zprofile", ".config/fish/conf.d/remo.fish"];

/// The file that `shell` reads at a login, below a home in which `is_there` says what exists.
pub fn file(shell: &Path, is_there: impl Fn(&str) -> bool) -> PathBuf {
    let name = shell.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name.as_str() {
        "zsh" => ".zprofile".into(),
        "fish" => ".config/fish/conf.d/remo.fish".into(),
        "bash" => BASH.into_iter().find(|name| is_there(name)).unwrap_or(".profile").into(),
        _ => ".profile".into(),
    }
}

/// The file's text with the block at its end.
pub fn with_block(text: &str, file: &Path) -> String {
    let code = if file.extension().is_some_and(|ending| ending == "fish") { FISH } else { POSIX };
    let mut new = without_block(text);
    if !new.is_empty() && !new.ends_with('\n') {
        new.push('\n');
    }
    new + &format!("{BEGIN}\n{code}\n{END}\n")
}

/// The file's text without the block. A block without its end stays: what is behind it could be the person's.
pub fn without_block(text: &str) -> String {
    let Some(begin) = text.find(&format!("{BEGIN}\n")) else { return text.to_owned() };
    let end_line = format!("{END}\n");
    let Some(length) = text[begin..].find(&end_line) else { return text.to_owned() };
    format!("{}{}", &text[..begin], &text[begin + length + end_line.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_comes_once_and_goes_without_a_trace() {
        for text in ["", "export A=1\n", "no end of line"] {
            let once = with_block(text, Path::new(".profile"));
            assert_eq!(with_block(&once, Path::new(".profile")), once);
            assert_eq!(without_block(&once).trim_end_matches('\n'), text.trim_end_matches('\n'));
            assert!(once.contains("project-menu\" || exit 0"));
        }
        let torn = format!("{BEGIN}\nmine\n");
        assert_eq!(without_block(&torn), torn);
        let between = with_block("a\n", Path::new(".profile")) + "b\n";
        assert_eq!(without_block(&between), "a\nb\n");
    }

    #[test]
    fn each_shell_has_its_file() {
        let none = |_: &str| false;
        assert_eq!(file(Path::new("/bin/bash"), none), Path::new(".profile"));
        assert_eq!(file(Path::new("/bin/bash"), |name| name == ".bash_login"), Path::new(".bash_login"));
        assert_eq!(file(Path::new("/usr/bin/zsh"), none), Path::new(".zprofile"));
        assert_eq!(file(Path::new("/bin/dash"), |_| true), Path::new(".profile"));
        let fish = file(Path::new("/usr/bin/fish"), none);
        assert!(with_block("", &fish).contains("isatty stdin"));
        assert!(FILES.contains(&fish.to_str().unwrap()));
    }
}
