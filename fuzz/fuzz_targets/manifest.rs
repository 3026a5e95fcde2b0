//! Manifests, parsed directly and by a real broker that is asked about them. `fuzz/README.md` says what is
//! checked.

#![no_main]

use std::fs;
use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use remo_fuzz::growth::Growth;
use remo_fuzz::instance::{APPROVED, Instance, name};
use remo_fuzz::manifest_rules::{assert_harmless, parse};
use remo_manifest::{Manifest, Problems, difference, digest};
use remo_wire::admin::{AdminRequest, ManifestResponse, ManifestState, ManifestSummary, ReloadResponse};
use remo_wire::client::ClientError;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::limits::MANIFEST_MAX;
use serde::de::DeserializeOwned;

/// As in every binary of the product: it is part of what is tested.
#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| Mutex::new(Bench::new()));

fuzz_target!(|input: &[u8]| {
    let mut bench = BENCH.lock().expect("one input at a time");
    bench.run(input);
});

/// The instance and what is approved in it.
struct Bench {
    instance: Instance,
    growth: Growth,
    pinned: ManifestSummary,
    pinned_sha256: String,
}

impl Bench {
    fn new() -> Self {
        let mut instance = Instance::start();
        let growth = Growth::new(instance.directory());
        let response: ManifestResponse = ask(&mut instance, &compare()).expect("a comparison");
        let pinned = response.pinned.expect("the manifest that the instance begins with is approved");
        Self { instance, growth, pinned, pinned_sha256: response.sha256 }
    }

    fn run(&mut self, input: &[u8]) {
        self.instance.write_manifest(input);
        match parse(input, &name(APPROVED)) {
            Ok(manifest) => self.approve(input, &manifest),
            Err(problems) => self.refuse(input, &problems),
        }
        self.growth.note(None);
    }

    /// The broker says the same about it, changes nothing until it is approved, and has it over a restart of
    /// the project.
    fn approve(&mut self, input: &[u8], manifest: &Manifest) {
        let summary = manifest.summary();
        let sha256 = digest(input);
        let new = difference(Some(&self.pinned), &summary);
        for phrase in new.added.iter().chain(&new.removed) {
            assert_harmless(phrase, 0);
        }

        let shown: ManifestResponse = ask(&mut self.instance, &compare()).expect("a comparison");
        let unchanged = sha256 == self.pinned_sha256;
        assert_eq!(shown.state, if unchanged { ManifestState::Pinned } else { ManifestState::Changed });
        assert_eq!((&shown.pinned, &shown.file), (&Some(self.pinned.clone()), &Some(summary.clone())));
        assert_eq!((&shown.sha256, &shown.added, &shown.removed), (&sha256, &new.added, &new.removed));
        assert_eq!(shown.problems, [""; 0]);

        let reload =
            |expect_sha256| AdminRequest::Reload { name: name(APPROVED), expect_sha256: Some(expect_sha256) };
        let other = ask::<ReloadResponse>(&mut self.instance, &reload("0".repeat(64)));
        assert_eq!(other.expect_err("another content than was shown").code, ErrorCode::ManifestChanged);
        let approved: ReloadResponse = ask(&mut self.instance, &reload(sha256.clone())).expect("an approval");
        assert!(approved.allowlist.iter().eq(summary.bindings.keys()));
        assert_eq!((approved.added, approved.removed), (new.added_names, new.removed_names));
        self.pinned = summary;
        self.pinned_sha256 = sha256;
        self.check_pinned(input);

        // The pin is read back from the state directory, and not from the project.
        self.instance.unregister(APPROVED);
        assert!(self.instance.register(APPROVED, false).approved);
        self.check_pinned(input);
    }

    fn check_pinned(&mut self, input: &[u8]) {
        let shown: ManifestResponse = ask(&mut self.instance, &compare()).expect("a comparison");
        assert_eq!((shown.state, &shown.pinned), (ManifestState::Pinned, &Some(self.pinned.clone())));
        assert_eq!((shown.added.len(), shown.removed.len()), (0, 0));
        let info = self.instance.project(APPROVED).info().expect("the project's info");
        assert_eq!(
            (info.schema_version, &info.bindings),
            (self.pinned.schema_version, &self.pinned.bindings)
        );
        assert_eq!(fs::read(self.instance.pin_copy()).expect("the copy of the pin"), input);
    }

    /// The broker names the same problems, and the pin stays.
    fn refuse(&mut self, input: &[u8], problems: &Problems) {
        let shown: ManifestResponse = ask(&mut self.instance, &compare()).expect("a comparison");
        assert_eq!((shown.state, &shown.file), (ManifestState::Invalid, &None));
        assert_eq!(shown.pinned, Some(self.pinned.clone()));
        let error = self.reload_refused();
        assert_eq!(error.code, ErrorCode::ManifestInvalid);
        if input.len() <= MANIFEST_MAX {
            assert_eq!(shown.problems, problems.to_texts());
            assert_eq!(shown.sha256, digest(input));
            assert_eq!(error.message, problems.to_string());
        } else {
            // A file that is too long is not read, and so has no digest.
            assert_eq!((shown.problems.len(), shown.sha256.as_str()), (1, ""));
            assert_harmless(&error.message, 1);
        }
    }

    fn reload_refused(&mut self) -> ErrorResponse {
        let request = AdminRequest::Reload { name: name(APPROVED), expect_sha256: None };
        ask::<ReloadResponse>(&mut self.instance, &request).expect_err("an invalid manifest")
    }
}

fn compare() -> AdminRequest {
    AdminRequest::Manifest { name: name(APPROVED) }
}

/// Asks the admin socket; the error is the broker's own.
fn ask<T: DeserializeOwned>(instance: &mut Instance, request: &AdminRequest) -> Result<T, ErrorResponse> {
    instance.admin().request(request).map_err(|error| match error {
        ClientError::Refused(response) => response,
        error => panic!("{error}"),
    })
}
