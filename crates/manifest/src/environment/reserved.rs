//! The list of reserved variables.

/// Names that are reserved for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// Names in upper case; a `*` stands for any run of characters, none included.
    pub patterns: &'static [&'static str],
    /// What a value there would do; continues "it is reserved because …".
    pub reason: &'static str,
    /// Names that a pattern would cover but that hold credentials; they may be set. A `*` as above.
    pub except: &'static [&'static str],
}

impl Reserved {
    /// Whether a name, given in upper case, is reserved by this entry.
    pub(super) fn covers(&self, upper: &str) -> bool {
        let any = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, upper));
        any(self.patterns) && !any(self.except)
    }
}

/// Each `*` stands for any run of characters. Patterns have two at most, so this ends quickly.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((prefix, behind)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(prefix) else { return false };
    behind.is_empty() || (0..rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(behind, rest)))
}

const fn entry(patterns: &'static [&'static str], reason: &'static str) -> Reserved {
    Reserved { patterns, reason, except: &[] }
}

/// How names of credentials end. No program takes a name that ends like this for something to load or run, so
/// the shapes at the end of [`RESERVED`] leave such names to the user.
const CREDENTIALS: &[&str] = &["*_TOKEN", "*_KEY", "*_PASSWORD", "*_PASSPHRASE", "*_SECRET", "*_ID"];

/// Every reserved name with its reason. The reference in the documentation is made from this list.
///
/// Programs are more than any list can know; the shapes at its end catch what is named as such variables
/// usually are.
///
/// Deliberately not in it, because they are credentials or commonly hold one and load nothing by themselves:
/// `GH_TOKEN`, `GITHUB_TOKEN`, `NPM_TOKEN`, `NODE_AUTH_TOKEN`, `YARN_NPM_AUTH_TOKEN`, the `AWS_*` that are no
/// file or place, `CARGO_REGISTRY_TOKEN`, `CARGO_REGISTRIES_*_TOKEN`, `GIT_AUTHOR_*`, `GIT_COMMITTER_*`,
/// `PGPASSWORD`, `KRB5CCNAME`, and proxies with a password in them (`HTTPS_PROXY` and its like).
#[rustfmt::skip] // One name a line would hide the list in its length.
pub const RESERVED: &[Reserved] = &[
    entry(&["PATH"], "it decides which programs run"),
    entry(
        &[
            "HOME", "USER", "LOGNAME", "MAIL", "HOSTNAME", "UID", "EUID", "GROUPS", "PPID",
        ],
        "programs take the identity of the user and the place of the settings from it",
    ),
    entry(&["SHELL", "PWD", "OLDPWD", "_", "SHLVL"], "the shell and its children rely on it"),
    entry(
        &[
            "TERM", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TERMPATH", "COLORTERM",
        ],
        "it decides which terminal description is loaded",
    ),
    entry(&["TMPDIR", "TMP", "TEMP", "TEMPDIR", "TMPPREFIX"], "programs create and execute files below it"),
    entry(&["XDG_*"], "programs load settings, plugins and services from the places that it names"),
    entry(
        &["DBUS_*", "SYSTEMD_*", "NOTIFY_SOCKET", "LISTEN_*"],
        "it decides which services programs talk to and start",
    ),
    entry(&["REMO_*"], "the tools of this product are configured by it"),
    // The dynamic linker and the C library.
    entry(
        &["LD_*", "DYLD_*", "LIBRARY_PATH", "LIBPATH", "SHLIB_PATH"],
        "the linker loads code into every program as it says",
    ),
    entry(
        &[
            "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS",
        ],
        "the C library loads modules, message files or host names as it says",
    ),
    entry(
        &[
            "GLIBC_TUNABLES", "MALLOC_*", "ASAN_*", "LSAN_*", "MSAN_*", "TSAN_*", "UBSAN_*", "QEMU_*",
        ],
        "it changes how every program manages its memory or is executed",
    ),
    entry(&["OPENSSL_*", "SSLKEYLOGFILE"], "TLS loads modules, or writes its session keys, as it says"),
    entry(
        &[
            "SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_*",
        ],
        "it decides which servers are trusted",
    ),
    entry(
        &["CURL_HOME", "WGETRC", "SYSTEM_WGETRC", "NETRC"],
        "downloads follow the settings file that it names",
    ),
    // Shells.
    entry(
        &[
            "BASH_*", "ENV", "ZDOTDIR", "FPATH", "ZSH_*", "FISH_*", "__FISH_*", "KSHRC",
        ],
        "shells run code from it, or from files that it names, when they start",
    ),
    entry(
        &[
            "IFS", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT", "CDPATH", "GLOBIGNORE", "EXECIGNORE",
            "HISTFILE",
        ],
        "it changes what scripts do without their consent",
    ),
    entry(
        &[
            "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT", "RPROMPT", "PROMPT_COMMAND", "STARSHIP_*",
            "INPUTRC", "DIRENV_*",
        ],
        "shells execute what it contains at each prompt",
    ),
    // Programs that programs start.
    entry(
        &[
            "EDITOR", "VISUAL", "FCEDIT", "SUDO_*", "SELECTED_EDITOR", "PAGER", "*_PAGER", "MANPAGER",
            "MANOPT", "BROWSER", "*_EDITOR", "*_BROWSER", "OPENER", "DIFF_TOOL",
        ],
        "programs run the command that it contains",
    ),
    entry(
        &[
            "LESS", "LESSOPEN", "LESSCLOSE", "LESSKEY*", "LESSEDIT", "LESSSECURE*", "MORE", "LV", "BAT_*",
        ],
        "pagers run commands from it",
    ),
    entry(
        &[
            "VIMINIT", "EXINIT", "VIM", "VIMRUNTIME", "NVIM_*", "MYVIMRC", "EMACSLOADPATH", "EMACSPATH",
            "EMACSDATA", "ALTERNATE_EDITOR",
        ],
        "editors run commands from it",
    ),
    entry(
        &[
            "SSH_ASKPASS*", "SUDO_ASKPASS", "SSH_AUTH_SOCK", "SSH_SK_PROVIDER", "SSH_PKCS11_HELPER",
            "SSH_AGENT_*", "SSH_SK_HELPER",
        ],
        "SSH runs a helper, or trusts an agent, as it says",
    ),
    entry(
        &[
            "GNUPGHOME", "GPG_AGENT_INFO", "GPG_TTY", "PINENTRY_*", "PASSWORD_STORE_*",
        ],
        "GnuPG takes its keys and helpers from the place that it names",
    ),
    entry(
        &[
            "RSYNC_RSH", "RSYNC_CONNECT_PROG", "RSYNC_PROXY", "CVS_RSH", "CVS_*", "SVN_SSH", "HGRCPATH",
            "HG", "HGPLAIN*", "HGMERGE", "HGEDITOR", "BZR_*",
        ],
        "it is a command that version control or copying runs",
    ),
    entry(
        &[
            "TMUX*", "SCREENRC", "SYSSCREENRC", "ZELLIJ_*", "MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS",
            "MAKEFILES", "MAKE", "MAKESHELL",
        ],
        "it runs commands or loads settings in each call",
    ),
    // Git.
    entry(
        &[
            "GIT_SSH*", "GIT_CONFIG*", "GIT_EXEC_PATH", "GIT_ASKPASS", "GIT_PROXY_COMMAND",
            "GIT_EXTERNAL_DIFF", "GIT_DIFF_*", "GIT_TEMPLATE_DIR", "GIT_MERGE_*", "GIT_TERMINAL_PROMPT",
            "GIT_MAN_VIEWER",
        ],
        "git runs commands from it",
    ),
    entry(
        &[
            "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES",
            "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_ATTR_*", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE",
            "GIT_SHALLOW_FILE", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL*", "GIT_TRACE*", "GIT_TR2_*",
            "GIT_REDIRECT_*",
        ],
        "it decides which repository git obeys, and what git writes where",
    ),
    // Languages.
    entry(
        &[
            "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_*", "NODE_V8_*", "NODE_ICU_DATA", "NODE_PENDING_*",
            "NODE_REDIRECT_WARNINGS", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_DEBUG*", "NODE_COMPILE_CACHE",
            "NODE_CHANNEL_*", "NODE_CLUSTER_*", "NODE_PRESERVE_*", "NODE",
        ],
        "Node.js loads code or drops checks as it says",
    ),
    Reserved {
        patterns: &["NPM_CONFIG_*", "PNPM_CONFIG_*"],
        reason: "npm takes its script shell, its registry and its hooks from it",
        except: &[
            "NPM_CONFIG__AUTH", "NPM_CONFIG__AUTHTOKEN", "NPM_CONFIG__PASSWORD", "NPM_CONFIG_OTP",
        ],
    },
    entry(
        &[
            "NPM_EXECPATH", "NPM_NODE_EXECPATH", "NPM_LIFECYCLE_*", "PNPM_HOME", "YARN_YARN_PATH",
            "YARN_PLUGINS", "YARN_RC_FILENAME", "YARN_GLOBAL_FOLDER", "YARN_IGNORE_PATH", "COREPACK_HOME",
            "COREPACK_ROOT", "COREPACK_NPM_REGISTRY", "NVM_*", "VOLTA_HOME", "FNM_*", "BUN_INSTALL*",
            "BUN_OPTIONS", "BUN_CONFIG_*", "DENO_DIR", "DENO_INSTALL*", "ELECTRON_RUN_AS_NODE",
            "PLAYWRIGHT_BROWSERS_PATH", "PLAYWRIGHT_*_PATH", "PUPPETEER_*_PATH",
        ],
        "a JavaScript tool loads code from the place that it names",
    ),
    entry(
        &[
            "PYTHON*", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "IPYTHONDIR", "JUPYTER_CONFIG_*",
            "JUPYTER_PATH", "JUPYTER_PLATFORM_DIRS", "CONDA_EXE", "CONDA_PREFIX*", "CONDA_PYTHON_EXE",
            "CONDA_ENVS_*", "CONDA_PKGS_*", "CONDA_CHANNELS", "CONDA_ROOT", "CONDARC", "MAMBA_*", "PYENV_*",
            "PIPX_*", "POETRY_HOME", "POETRY_CONFIG_DIR", "POETRY_VIRTUALENVS_*", "DJANGO_SETTINGS_MODULE",
            "FLASK_APP", "PYTEST_*", "TOX_*", "COVERAGE_*",
        ],
        "Python loads code from it or from the place that it names",
    ),
    Reserved {
        patterns: &["PIP_*"],
        reason: "pip installs what and where it says",
        except: &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_PROXY"],
    },
    entry(
        &[
            "UV_PYTHON*", "UV_CONFIG_FILE", "UV_ENV_FILE", "UV_TOOL_*", "UV_PROJECT*", "UV_CACHE_DIR",
            "UV_OVERRIDE", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_FIND_LINKS", "UV_WORKING_DIR*",
            "UV_INSECURE_HOST", "UV_SYSTEM_*",
        ],
        "uv runs and installs what and where it says",
    ),
    entry(
        &["PERL5*", "PERLLIB", "PERL_*", "PERLIO*", "PERLDB*"],
        "Perl loads code from it or from the place that it names",
    ),
    entry(
        &[
            "RUBYOPT", "RUBYLIB", "RUBYPATH", "RUBYSHELL", "RUBY_*", "GEM_HOME", "GEM_PATH",
            "GEM_SPEC_CACHE", "GEMRC", "BUNDLE_GEMFILE", "BUNDLE_PATH", "BUNDLE_BIN*", "BUNDLE_APP_CONFIG",
            "BUNDLE_USER_*", "BUNDLE_CONFIG", "BUNDLER_*", "IRBRC", "RBENV_*", "RAKEOPT",
        ],
        "Ruby loads code from it or from the place that it names",
    ),
    entry(
        &[
            "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "JAVA_OPTIONS",
            "JAVA_HOME", "JRE_HOME", "JDK_HOME", "CLASSPATH", "JVM_OPTS", "MAVEN_OPTS", "MAVEN_ARGS",
            "MAVEN_HOME", "MAVEN_CONFIG", "MAVEN_PROJECTBASEDIR", "MAVEN_BASEDIR", "MAVEN_DEBUG_*",
            "MVNW_REPOURL", "M2_HOME", "GRADLE_OPTS", "GRADLE_HOME", "GRADLE_USER_HOME", "SBT_OPTS",
            "ANT_*", "KOTLIN_HOME", "SCALA_HOME", "GROOVY_*", "CATALINA_*", "LEIN_*",
        ],
        "the Java machine loads code or agents as it says",
    ),
    entry(
        &[
            "DOTNET_*", "CORECLR_*", "COR_*", "COMPLUS_*", "COREHOST_*", "NUGET_PLUGIN*", "NUGET_PACKAGES",
            "NUGET_NETCORE_*", "NUGET_NETFX_*", "MSBUILD*", "PSMODULEPATH", "POWERSHELL_*", "MONO_*",
        ],
        ".NET loads code or profilers as it says",
    ),
    entry(
        &[
            "PHPRC", "PHP_INI_SCAN_DIR", "PHP_*_DIR", "COMPOSER", "COMPOSER_HOME", "COMPOSER_VENDOR_DIR",
            "COMPOSER_BIN_DIR", "COMPOSER_CACHE_DIR", "XDEBUG_*",
        ],
        "PHP loads settings and extensions as it says",
    ),
    entry(
        &[
            "RUSTC", "RUSTC_*", "RUSTDOC", "RUSTDOCFLAGS", "RUSTFLAGS", "RUSTFMT", "RUSTUP_*", "CARGO",
            "CARGO_HOME", "CARGO_BUILD_*", "CARGO_TARGET_*", "CARGO_ENCODED_*", "CARGO_ALIAS_*",
            "CARGO_INSTALL_ROOT", "CARGO_SOURCE_*", "CARGO_CREDENTIAL_*", "CARGO_*_CREDENTIAL_PROVIDER",
            "CARGO_*_CREDENTIAL_PROVIDERS", "CARGO_HOST_*", "CARGO_UNSTABLE_*", "CARGO_REGISTRIES_*_INDEX",
            "CARGO_REGISTRY_INDEX", "CARGO_REGISTRY_DEFAULT", "CARGO_MANIFEST_*", "CARGO_WORKSPACE_*",
        ],
        "cargo runs wrappers, linkers and helpers from it",
    ),
    entry(
        &[
            "GOFLAGS", "GOROOT", "GOPATH", "GOBIN", "GOENV", "GOTOOLCHAIN", "GOTOOLDIR", "GOPROXY",
            "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GONOPROXY", "GOINSECURE", "GOPRIVATE", "GOVCS",
            "GOCACHEPROG", "GOCACHE", "GOMODCACHE", "GOWORK", "GODEBUG", "GOTRACEBACK", "CGO_*",
            "GO111MODULE", "GO_EXTLINK_ENABLED", "GCCGO*", "GOAUTH",
        ],
        "Go runs helpers and fetches modules as it says",
    ),
    entry(
        &[
            "CC", "CXX", "CPP", "AR", "AS", "LD", "NM", "RANLIB", "CFLAGS", "CXXFLAGS", "CPPFLAGS",
            "LDFLAGS", "LDSHARED", "HOSTCC", "CROSS_COMPILE", "GCC_*", "COMPILER_PATH", "CPATH",
            "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "COLLECT_*", "PKG_CONFIG*",
            "CMAKE_*", "CONFIG_SITE", "CONFIG_SHELL", "ACLOCAL*", "M4", "M4PATH", "YACC", "LEX", "INSTALL",
            "CCACHE_*", "DISTCC_*", "SCCACHE_CONF", "LIBCLANG_PATH", "LLVM_CONFIG*",
        ],
        "builds run it as a command or take code from it",
    ),
    entry(
        &[
            "LUA_*", "LUAJIT_*", "TCLLIBPATH", "TCL_LIBRARY", "TK_LIBRARY", "TCL*_TM_PATH", "GUILE_*",
            "R_PROFILE*", "R_ENVIRON*", "R_LIBS*", "R_HOME", "R_DEFAULT_PACKAGES", "R_SHELL", "R_STARTUP_*",
            "RENV_*", "RSCRIPT_*", "JULIA_*", "ERL_*", "ERLC_*", "ELIXIR_ERL_OPTIONS", "MIX_HOME",
            "MIX_PATH", "MIX_ARCHIVES", "MIX_EXS", "MIX_DEPS_PATH", "HEX_HOME", "GHC_*", "GHCRTS",
            "GHCUP_*", "STACK_ROOT", "CABAL_*", "OCAML*", "CAML_*", "OPAM*", "SBCL_HOME", "GUIX_*", "NIX_*",
            "OCTAVE_*", "AWKPATH", "AWKLIBPATH", "GAWK_*", "WASMTIME_*", "SWIFT_*",
        ],
        "an interpreter or compiler loads code from the place that it names",
    ),
    entry(
        &[
            "GTK_*", "GDK_*", "GIO_*", "GST_*", "GI_*", "GSETTINGS_*", "QT_*", "QML*", "LIBGL_*", "VK_*",
            "OCL_*", "CUDA_*", "DISPLAY", "WAYLAND_*", "XAUTHORITY", "XMODIFIERS", "XAPPLRESDIR",
            "XFILESEARCHPATH", "GNOME_*", "KDE*",
        ],
        "graphical and media libraries load modules as it says",
    ),
    // Infrastructure tools.
    entry(
        &[
            "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS*",
            "DOCKER_CLI_*", "DOCKER_BUILDKIT", "BUILDKIT_*", "BUILDX_*", "COMPOSE_*", "CONTAINER_HOST",
            "CONTAINERS_*", "PODMAN_CONNECTIONS_CONF", "BUILDAH_*", "REGISTRY_AUTH_FILE",
        ],
        "container tools obey the machine, the plugins and the files that it names",
    ),
    entry(
        &[
            "KUBECONFIG", "KUBECTL_*", "HELM_PLUGINS", "HELM_*_HOME", "HELM_*_CACHE", "HELM_*_CONFIG",
            "KREW_ROOT", "KUSTOMIZE_PLUGIN_HOME",
        ],
        "Kubernetes tools run plugins from the place that it names",
    ),
    entry(
        &[
            "TF_CLI_*", "TF_DATA_DIR", "TF_PLUGIN_*", "TF_LOG*", "TF_REATTACH_PROVIDERS",
            "TERRAFORM_CONFIG", "VAGRANT_HOME", "VAGRANT_CWD", "VAGRANT_VAGRANTFILE",
            "VAGRANT_DOTFILE_PATH", "PACKER_CONFIG*", "PACKER_PLUGIN_PATH", "PACKER_LOG*", "PULUMI_HOME",
            "PULUMI_*_CMD",
        ],
        "an infrastructure tool loads plugins or settings from the place that it names",
    ),
    entry(
        &[
            "CLOUDSDK_PYTHON*", "CLOUDSDK_CONFIG", "CLOUDSDK_ROOT_DIR", "BOTO_CONFIG", "BOTO_PATH",
            "AZURE_CONFIG_DIR", "AZURE_EXTENSION_DIR", "GH_CONFIG_DIR", "GH_PATH", "GLAB_CONFIG_DIR",
            "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_SHELL*", "CODEX_HOME",
        ],
        "the tool takes settings that run commands from the place that it names",
    ),
    entry(
        &[
            "MYSQL_HOME", "MYSQL_TEST_*", "PSQLRC", "PSQL_*", "PGSYSCONFDIR", "PGSERVICEFILE",
            "PGLOCALEDIR", "SQLITE_*", "ORACLE_HOME", "TNS_ADMIN", "ODBC*", "FNOX_*",
        ],
        "a client loads settings that run commands from the place that it names",
    ),
    entry(
        &[
            "ASDF_*", "RTX_*", "SDKMAN_*", "PREFIX", "DESTDIR", "DEBCONF_*", "DEB_*", "DPKG_*", "APT_*",
            "DEBIAN_FRONTEND", "MAILCAPS", "MAILCHECK", "MAILPATH", "MANPATH", "INFOPATH", "TEXINPUTS*",
            "TEXMF*", "BIBINPUTS", "GDBHISTFILE", "VALGRIND_*", "STRACE_*",
        ],
        "a tool loads code or settings from the place that it names",
    ),
    Reserved {
        patterns: &["ANSIBLE_*"],
        reason: "Ansible loads plugins, and runs password files, as it says",
        except: &[
            "ANSIBLE_VAULT_PASSWORD", "ANSIBLE_BECOME_PASSWORD", "ANSIBLE_GALAXY_TOKEN",
        ],
    },
    Reserved {
        patterns: &["HOMEBREW_*", "MISE_*"],
        reason: "the package manager installs what and from where it says",
        except: &["HOMEBREW_GITHUB_API_TOKEN", "MISE_GITHUB_TOKEN"],
    },
    // What the families above leave open.
    entry(
        &["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_DATA_PATH", "VAULT_CONFIG_PATH"],
        "the tool runs the credential helper, or loads the service models, that it finds there",
    ),
    entry(
        &["AWS_CA_BUNDLE", "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"],
        "it lifts a check of a cloud's library",
    ),
    entry(
        &[
            "BORG_PASSCOMMAND", "BORG_RSH", "RESTIC_PASSWORD_COMMAND", "RCLONE_PASSWORD_COMMAND",
            "TAR_OPTIONS", "FZF_DEFAULT_*", "RIPGREP_CONFIG_PATH", "ACKRC", "TIGRC_*", "LEFTHOOK_BIN",
            "LEFTHOOK_CONFIG", "JAVACMD", "NULLCMD", "READNULLCMD", "GROFF_*", "MODULE_PATH",
        ],
        "the tool runs the command, or takes the options, that it contains",
    ),
    entry(
        &[
            "ESBUILD_BINARY_PATH", "NAPI_RS_NATIVE_LIBRARY_PATH", "PRISMA_*_ENGINE_*", "PRISMA_*_BINARY",
            "TS_NODE_*", "YARN_SCRIPT_SHELL", "LIBMYSQL_*", "PGSSLKEY", "SASL_PATH", "SASL_CONF_PATH",
            "KRB5_CONFIG", "GSS_MECH_CONFIG", "GDAL_DRIVER_PATH", "GDAL_PYTHON_*", "OGR_DRIVER_PATH",
            "HDF5_PLUGIN_*", "RAKULIB", "RAKU_*",
        ],
        "a library or an interpreter loads code from the place that it names",
    ),
    entry(
        &[
            "FC", "F77", "LIBTOOL", "LIBTOOLIZE", "PROTOC", "PROTOC_INCLUDE", "AUTOCONF", "AUTOHEADER",
            "AUTOMAKE", "AUTOM4TE", "AUTORECONF", "OBJCOPY", "STRIP", "WINDRES",
        ],
        "builds run it as a command",
    ),
    // Shapes: how variables of this kind are named, whatever the program.
    entry(
        &["*COMMAND", "*CMD", "*_RSH", "*_SHELL", "*_ASKPASS", "*_WRAPPER", "*_EXECUTABLE", "*_EXECUTABLE_PATH"],
        "a name of this shape holds a command",
    ),
    entry(&["*_OPTIONS", "*_OPTS"], "a name of this shape holds options that can load or run something"),
    Reserved {
        patterns: &["*RC", "*_CONFIG_FILE", "*_CONFIG_PATH", "*_CONFIG_DIR", "*_CONFIG_HOME"],
        reason: "a name of this shape leads to settings that can load or run something",
        except: &["SRC", "*_SRC", "NPMRC", "PYPIRC"],
    },
    Reserved {
        patterns: &["*_PLUGIN*", "*_PRELOAD", "*_BINARY_PATH", "*_BIN_PATH", "*_LIBRARY_PATH"],
        reason: "a name of this shape leads to code that is loaded",
        except: CREDENTIALS,
    },
    Reserved {
        patterns: &["CC_*", "CXX_*", "AR_*", "*_CC", "*_CXX", "*_AR", "*CFLAGS*", "*CXXFLAGS*", "*LDFLAGS*"],
        reason: "builds take a compiler, or its options, from a name of this shape",
        except: CREDENTIALS,
    },
];
