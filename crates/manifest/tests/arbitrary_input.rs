//! Any input ends in a manifest or in problems. The fuzz targets enter through the same functions.

#![expect(clippy::expect_used, reason = "also the functions around the tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use remo_manifest::{MANIFEST_PATH, Manifest, PROBLEMS_MAX, SCHEMA_VERSION, parse_bytes};
use remo_wire::admin::CacheLimits;
use remo_wire::binding::{
    Account, AccountFields, AwsHelper, Binding, DockerHelper, EnvTarget, FileTarget, GitHelper, HelperTarget,
    Target,
};
use remo_wire::limits::MANIFEST_MAX;
use remo_wire::names::{FieldName, ProjectName, SecretName};

/// Far above what any input needs (50 ms), and far below what work that grows with the square of it would (7 s).
const PARSE_TIME_MAX: Duration = Duration::from_secs(2);

fn project() -> ProjectName {
    ProjectName::new("project-a").expect("a project name")
}

/// Parses, and holds what must be true of every answer.
fn sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Err(problems) = parse_bytes(bytes, MANIFEST_PATH, &project()) {
        prop_assert!(!problems.as_slice().is_empty());
        prop_assert!(problems.as_slice().len() <= PROBLEMS_MAX);
        for problem in &problems {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            prop_assert!((1..=lines).contains(&(problem.line as usize)), "{problem} of {lines} lines");
            let shown = problem.to_string();
            prop_assert_eq!(shown.matches('\n').count(), 1, "{:?}", &shown);
            prop_assert!(!shown.contains('\u{1b}') && !shown.contains('\r'), "{:?}", &shown);
            prop_assert!(!problem.remedy.is_empty());
        }
    }
    Ok(())
}

/// Pieces of manifests, right and wrong.
const PIECES: &[&str] = &[
    "schema_version = 1\n",
    "schema_version = \"1\"\n",
    "project = \"project-a\"\n",
    "project = \"b\"\n",
    "[secrets.gh]\n",
    "[secrets.aws]\n",
    "[secrets]\n",
    "[[secrets.gh]]\n",
    "[cache]\n",
    "[secrets.x.fields]\n",
    "env_var = \"GH_TOKEN\"\n",
    "env_var = \"PATH\"\n",
    "fetch_as = \"file\"\n",
    "fetch_as = \"env\"\n",
    "file_path = \"~/.netrc\"\n",
    "file_path = \"~/../x\"\n",
    "file_mode = \"0600\"\n",
    "file_mode = 600\n",
    "template = \"\"\"\n",
    "{{value}}",
    "{{ a.b }}",
    "\"\"\"\n",
    "'''",
    "\"",
    "\n",
    "\r\n",
    "\r",
    " ",
    "=",
    ".",
    ",",
    "{",
    "}",
    "[",
    "]",
    "#",
    "\\",
    "\\u0000",
    "\\\n",
    "\u{1b}[31m",
    "\u{202e}",
    "\0",
    "fields = { A = \"a\" }\n",
    "fields = {}\n",
    "required = false\n",
    "default_ttl_seconds = 0\n",
    "default_max_entries = 99999999999999999999\n",
    "1979-05-27T07:32:00Z",
    "a.b.c = 1\n",
    "inf",
    "\u{feff}",
];

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        sound(&bytes)?;
    }

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        sound(text.as_bytes())?;
    }

    #[test]
    fn arbitrary_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        sound(pieces.concat().as_bytes())?;
    }

    #[test]
    fn a_valid_manifest_with_one_piece_replaced(at in 0..230_usize, length in 0..12_usize, piece in prop::sample::select(PIECES)) {
        let valid = "schema_version = 1\nproject = \"project-a\"\n[secrets.gh]\nenv_var = \"GH_TOKEN\"\n[secrets.aws]\n\
            fetch_as = \"file\"\nfile_path = \"~/.aws/credentials\"\ntemplate = \"\"\"\n[default]\nid={{id}}\n\"\"\"\n\
            [cache]\ndefault_ttl_seconds = 900\n";
        let at = at.min(valid.len());
        let end = (at + length).min(valid.len());
        let text = [&valid[..at], piece, &valid[end..]].concat();
        sound(text.as_bytes())?;
    }

    #[test]
    fn the_normal_form_of_a_manifest_reads_back(manifest in manifests()) {
        let mut table = toml::Table::new();
        table.insert("schema_version".into(), manifest.schema_version.into());
        table.insert("project".into(), manifest.project.as_str().into());
        table.insert("secrets".into(), toml::Value::try_from(&manifest.bindings).expect("TOML"));
        table.insert("cache".into(), toml::Value::try_from(manifest.cache).expect("TOML"));
        let text = toml::to_string(&table).expect("TOML");
        prop_assert_eq!(parse_bytes(text.as_bytes(), MANIFEST_PATH, &project()), Ok(manifest), "{}", text);
    }
}

/// Valid manifests: each secret fills variables and a path of its own.
fn manifests() -> impl Strategy<Value = Manifest> {
    let target = 0..6;
    let binding = (
        target,
        any::<bool>(),
        "[0][4-7][0145][0145]",
        prop::option::of("[a-z(]{0,9}\n?\\{\\{ ?[a-d]{3} ?\\}\\}[^{]{0,9}"),
    );
    let cache = (prop::option::of(1..=86_400_u32), prop::option::of(1..=1024_u32));
    (prop::collection::vec(binding, 0..6), cache).prop_map(|(bindings, (ttl, entries))| {
        let bindings =
            bindings.into_iter().enumerate().map(|(index, (kind, required, file_mode, template))| {
                let target = match kind {
                    0 => Target::Env(EnvTarget::Variable { env_var: format!("MY_TOKEN_{index}") }),
                    1 => Target::Env(EnvTarget::Fields {
                        fields: BTreeMap::from([(
                            format!("MY_FIELD_{index}"),
                            FieldName::new("user").expect("a field name"),
                        )]),
                    }),
                    2 => Target::Helper(HelperTarget::Git(GitHelper {
                        url: format!("https://host-{index}.example"),
                        account: Account::Username { username: "me".to_owned() },
                    })),
                    3 => Target::Helper(HelperTarget::Docker(DockerHelper {
                        registry: format!("localhost:{}", 5000 + index),
                        account: Account::Fields {
                            fields: AccountFields {
                                username: FieldName::new("user").expect("a field name"),
                                password: FieldName::new("password").expect("a field name"),
                            },
                        },
                    })),
                    4 => Target::Helper(HelperTarget::Aws(AwsHelper {
                        profile: format!("p{index}"),
                        fields: None,
                    })),
                    _ => Target::File(FileTarget {
                        file_path: format!("~/.config/mine/{index}"),
                        file_mode,
                        template,
                    }),
                };
                let name = SecretName::new(&format!("secret_{index}")).expect("a secret name");
                (name, Binding { target, required })
            });
        Manifest {
            project: project(),
            schema_version: SCHEMA_VERSION,
            bindings: bindings.collect(),
            cache: CacheLimits { default_ttl_seconds: ttl, default_max_entries: entries },
        }
    })
}

#[test]
fn hostile_shapes_end_in_problems_and_in_time() {
    let full = |piece: &str| {
        let header = "schema_version = 1\nproject = \"project-a\"\n";
        format!("{header}{}", piece.repeat((MANIFEST_MAX - header.len()) / piece.len()))
    };
    let shapes = [
        "a.",
        "[",
        "{",
        "[[",
        "[a.",
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "\\",
        "x=[",
        "x={a=",
        "=",
        "\n",
        "\r",
        "]",
        "}",
        "a=1\n",
        "#",
        "[a]\n",
        "[[a]]\n",
        "{{",
        "1",
        "-",
        "\u{e4}",
        "[secrets.a]\n",
        "a.b=1\n",
        "\0",
        "x='\n",
        "x = {{\n",
    ];
    for shape in shapes {
        let text = full(shape);
        // Blank lines and comments are fine; everything else is not.
        let fine = matches!(shape, "\n");
        let started = Instant::now();
        let read = parse_bytes(text.as_bytes(), MANIFEST_PATH, &project());
        assert_eq!(read.is_ok(), fine || shape == "#", "{shape:?}");
        assert!(started.elapsed() < PARSE_TIME_MAX, "{shape:?} took {:?}", started.elapsed());
    }
}

#[test]
fn many_bindings_are_read_in_time() {
    let mut text = "schema_version = 1\nproject = \"project-a\"\n".to_owned();
    let mut count = 0;
    loop {
        let more = format!("[secrets.s{count}]\nfetch_as=\"file\"\nfile_path=\"~/f{count}\"\n");
        if text.len() + more.len() > MANIFEST_MAX {
            break;
        }
        text += &more;
        count += 1;
    }
    let manifest = parse_bytes(text.as_bytes(), MANIFEST_PATH, &project()).expect("valid");
    assert_eq!(manifest.bindings.len(), count);
    assert!(count > 1000);
}
