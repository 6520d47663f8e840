use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

/// A value of the mapping file and where it is: bytes of the file.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Located<T>(Spanned<T>);

impl<T> Located<T> {
    pub(super) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

/// In the schema it is the value alone.
#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
