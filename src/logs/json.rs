//! One JSON object a line: time, level and message, the fields of the spans around the event, and its own.
//!
//! The `json` feature of tracing-subscriber puts spans into objects of their own; here a run's id stands in each line at the top, where
//! tools look for it.

use std::fmt;
use std::io::Write as _;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::To;
use crate::detail::meant;
use crate::sanitize::visible_json;

/// See the module's words.
pub(super) struct JsonLines(To);

impl JsonLines {
    pub(super) fn new(to: To) -> Self {
        Self(to)
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

/// A line, in the order in which people read it.
#[derive(Serialize)]
struct LogLine {
    time: String,
    level: &'static str,
    message: Value,
    #[serde(flatten)]
    around: Map<String, Value>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut around = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields(of_span)) = span.extensions().get::<Fields>() {
                let others = of_span
                    .iter()
                    .filter(|(name, _)| !fields.0.contains_key(*name));
                around.extend(others.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        let line = LogLine {
            time: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
            level: meant(event.metadata()).0.as_str(),
            message: fields.0.remove("message").unwrap_or_default(),
            around,
            fields: fields.0,
        };
        if let Ok(text) = serde_json::to_string(&line) {
            let mut text = visible_json(&text).into_owned();
            text.push('\n');
            let _ = self.0.clone().write_all(text.as_bytes());
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
