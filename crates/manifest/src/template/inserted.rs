//! Values on their way through the template engine: they stay in a [`Secret`] all along.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use remo_secret::Secret;

/// One value. It has no fields, no items and no text form of its own; only our formatter reads it.
#[derive(Debug)]
pub(super) struct Inserted(pub(super) Secret);

impl Object for Inserted {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(a secret)")
    }
}

/// Every value that a template may name.
#[derive(Debug, Default)]
pub(super) struct Values(pub(super) BTreeMap<String, Arc<Inserted>>);

impl Object for Values {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let inserted = self.0.get(key.as_str()?)?;
        Some(Value::from_dyn_object(Arc::clone(inserted)))
    }
}

/// Collects the output; a larger buffer wipes the one that it replaces.
pub(super) struct Output(pub(super) Secret);

impl io::Write for &mut Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
