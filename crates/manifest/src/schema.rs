//! JSON Schema of the manifest file.
