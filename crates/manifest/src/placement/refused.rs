//! Places in the home where a file would be run or obeyed.

use super::PathFault;

/// Paths that are refused for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Relative to the home, or in [`ANYWHERE`] one name. The path itself is refused, everything below it, and every directory above it
    /// (a file there would take its place).
    pub paths: &'static [&'static str],
    /// What would happen; continues "it is refused because …".
    pub reason: &'static str,
}

const fn entry(paths: &'static [&'static str], reason: &'static str) -> Refused {
    Refused { paths, reason }
}

/// Every refused place with its reason. The reference in the documentation is made from this list.
#[rustfmt::skip] // One name a line would hide the list in its length.
pub const REFUSED: &[Refused] = &[
    entry(
        &[
            ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".bash_completion",
            ".bashrc.d", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".zsh",
            ".oh-my-zsh", ".config/zsh", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".logout",
            ".shrc", ".config/fish", ".local/share/fish", ".config/nushell", ".config/elvish", ".xonshrc",
            ".config/xonsh", ".config/powershell", ".local/share/bash-completion", ".inputrc",
            ".config/readline", ".zcompdump", ".fzf", ".fzf.bash", ".fzf.zsh", ".config/fzf", ".p10k.zsh", ".zimrc",
            ".zim", ".zinit", ".zplug", ".antigen", ".antidote", ".zprezto", ".zpreztorc", ".bash_it",
            ".oh-my-bash", ".bash_functions", ".config/starship.toml", ".config/direnv", ".direnvrc", 
        ],
        "shells run what it contains",
    ),
    entry(
        &[
            ".pam_environment", ".config/environment.d", ".config/systemd", ".local/share/systemd",
            ".config/autostart", ".config/dbus-1", ".local/share/dbus-1", ".local/share/applications",
            ".config/mimeapps.list", ".xprofile", ".xinitrc", ".xsession", ".xsessionrc", ".Xresources",
            ".mailcap", ".forward", ".procmailrc",
        ],
        "the system starts programs, or sets variables, as it says",
    ),
    entry(
        &[
            ".ssh/authorized_keys", ".ssh/authorized_keys2", ".ssh/rc", ".ssh/environment", ".ssh/config",
            ".rhosts", ".shosts", ".k5login",
        ],
        "SSH grants access, or runs commands, as it says",
    ),
    entry(
        &[
            ".gitconfig", ".config/git/config", ".config/git/hooks", ".config/git/attributes",
            ".git-templates", ".hgrc", ".config/hg", ".subversion/config", ".config/jj",
            ".config/pre-commit", ".tigrc", ".config/lazygit",
        ],
        "version control runs commands from it",
    ),
    entry(
        &[
            ".local/bin", ".local/lib", ".local/libexec", ".local/opt", ".cargo/bin", "go/bin",
            ".bin", ".nix-profile", ".linuxbrew", ".asdf", ".asdfrc", ".tool-versions", ".config/mise",
            ".local/share/mise", ".nvm", ".goenv", ".nodenv", ".jenv", ".phpenv", ".plenv",
            ".jbang", ".volta", ".pyenv", ".rbenv", ".sdkman", ".rustup", ".deno",
            ".bun", ".bunfig.toml", ".pnpm-store", ".local/share/pnpm", ".local/share/uv", ".local/pipx",
            ".local/share/pipx", ".poetry",
        ],
        "programs that are run lie below it",
    ),
    entry(
        &[
            ".cargo/config.toml", ".cargo/config", ".cargo/env", ".node_modules", ".node_libraries",
            ".npm", ".yarn", ".cache", ".pdbrc", ".pythonrc", ".pythonrc.py", ".ipython",
            ".jupyter", ".local/share/jupyter", ".config/matplotlib", ".irbrc", ".pryrc", ".gemrc",
            ".local/share/gem", ".Rprofile", ".Renviron", ".julia", ".ghci", ".ghc", ".config/ghc",
            ".iex.exs", ".mix", ".erlang", ".sbtrc", ".sbt/1.0", ".gradle/init.gradle",
            ".gradle/init.gradle.kts", ".gradle/init.d", ".mavenrc", ".m2/extensions.xml", ".m2/repository",
            ".composer/vendor", ".config/composer/vendor", ".perldb", ".cpan", "perl5", ".guile", ".sbclrc",
            ".config/common-lisp", ".octaverc", ".config/rustfmt", ".nuget/plugins", ".dotnet/tools",
            ".yarnrc", ".pylintrc", ".config/pylintrc", ".bazelrc", ".bazeliskrc", ".R", ".lein", ".clojure",
            ".m2/wrapper", ".gradle/wrapper", ".gradle/caches", ".gradle/daemon", "go/pkg", ".config/go",
            ".cargo/registry", ".cargo/git", ".gem/ruby", ".cabal/packages", ".cabal/config", ".cabal/store",
            ".stack", ".ghcup", ".opam", ".gdbinit", ".config/gdb", ".gdbearlyinit", ".lldbinit", ".makerc", ".ccache", ".config/ccache",
        ],
        "a language or build tool loads code from it",
    ),
    entry(
        &[
            ".vimrc", ".vim", ".gvimrc", ".exrc", ".config/nvim", ".local/share/nvim", ".config/vim",
            ".emacs", ".emacs.el", ".emacs.d", ".config/emacs", ".nanorc", ".config/nano", ".config/micro",
            ".config/helix", ".config/kak", ".config/zed", ".config/sublime-text", ".config/Code",
            ".vscode-server", ".vscode-server-insiders", ".vscode-remote", ".cursor",
            ".cursor-server", ".windsurf-server", ".selected_editor", ".config/JetBrains",
            ".local/share/JetBrains",
        ],
        "editors run commands and load extensions from it",
    ),
    entry(
        &[
            ".tmux.conf", ".config/tmux", ".tmux", ".screenrc", ".config/zellij", ".wgetrc", ".curlrc", ".config/curlrc", ".ackrc", ".ripgreprc",
            ".less", ".lesskey",
            ".lessfilter", ".config/lesskey", ".config/bat", ".config/htop", ".dircolors", ".config/ranger",
            ".config/lf", ".config/mc", ".local/share/mc", ".gnupg/gpg.conf", ".gnupg/gpg-agent.conf",
            ".gnupg/dirmngr.conf", ".gnupg/scdaemon.conf", ".psqlrc", ".sqliterc", ".duckdbrc",
            ".mongorc.js", ".mongoshrc.js", ".w3m", ".lynxrc", ".muttrc", ".config/mutt", ".config/neomutt",
        ],
        "the program runs commands from it when it starts",
    ),
    entry(
        &[
            ".docker/cli-plugins", ".docker/contexts", ".docker/buildx", ".config/containers",
            ".local/share/containers", ".kube/plugins", ".krew", ".config/helm/plugins",
            ".local/share/helm", ".helm/plugins", ".terraform.d/plugins", ".ansible.cfg", ".ansible",
            ".vagrant.d", ".config/packer", ".packer.d", ".pulumi/plugins", ".pulumi/bin",
            ".config/gh/config.yml", ".config/glab-cli/aliases.yml", ".local/share/gh", ".config/gcloud/virtenv", ".aws/cli",
            ".azure/cliextensions",
        ],
        "the tool loads plugins, or runs aliases, from it",
    ),
    entry(
        &[
            ".claude.json", ".claude/settings.json", ".claude/settings.local.json", ".claude/CLAUDE.md",
            ".claude/commands", ".claude/agents", ".claude/skills", ".claude/hooks", ".claude/plugins",
            ".claude/local", ".codex/config.toml", ".codex/AGENTS.md", ".codex/prompts",
            ".gemini/settings.json", ".gemini/GEMINI.md", ".gemini/extensions", ".config/opencode",
            ".aider.conf.yml", ".continue", ".copilot", ".codex/hooks.json", ".codex/hooks", ".codex/skills",
            ".codex/rules", ".config/goose", ".agents", ".config/amp", ".config/crush", ".qwen",
        ],
        "a coding agent runs hooks and tools, or follows instructions, from it",
    ),
    entry(
        &[
            ".remo", ".local/state/remo", ".config/remo", ".config/fnox", 
            ".config/devcontainer",
        ],
        "the tools of this product and the container's configuration rely on it",
    ),
];

/// Names that are refused wherever below the home they stand, with everything below them.
pub const ANYWHERE: &[Refused] = &[
    entry(&[".git", "hooks", ".githooks", ".husky"], "version control runs commands from it"),
    entry(
        &["bin", "node_modules", "site-packages", ".venv", "venv"],
        "programs that are run, or code that they load, lie below it",
    ),
    entry(&[".vscode", ".idea", ".devcontainer", ".envrc"], "opening the directory runs what it contains"),
    entry(
        &["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "GEMINI.md", ".mcp.json", ".cursorrules"],
        "a coding agent follows instructions, or starts tools, from it",
    ),
];

/// Checks a path that is relative to the home. Upper and lower case are alike, because some file systems that
/// containers see make no difference.
pub(super) fn check(path: &str) -> Result<(), PathFault> {
    for entry in REFUSED {
        for refused in entry.paths {
            if refused.eq_ignore_ascii_case(path) || below(path, refused) {
                return Err(PathFault::Refused(entry));
            }
            if below(refused, path) {
                return Err(PathFault::Above(entry));
            }
        }
    }
    let named = |entry: &&Refused| {
        path.split('/').any(|part| entry.paths.iter().any(|name| name.eq_ignore_ascii_case(part)))
    };
    ANYWHERE.iter().find(named).map_or(Ok(()), |entry| Err(PathFault::Refused(entry)))
}

fn below(path: &str, directory: &str) -> bool {
    path.split_at_checked(directory.len())
        .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(directory) && rest.starts_with('/'))
}
