//! Log lines as JSON objects: time, level, message, the fields of the enclosing spans, and the
//! event's own fields.
//!
//! The `json` feature of tracing-subscriber nests spans in separate objects; here, the run ID is a
//! top-level field of each line, where tools expect it.

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

use super::LogWriter;
use crate::detail::original;
use crate::sanitize::visible_json;

/// A layer that writes each event as a line of JSON.
pub(super) struct JsonLines(LogWriter);

impl JsonLines {
    pub(super) fn new(writer: LogWriter) -> Self {
        Self(writer)
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

/// A line, in output order.
#[derive(Serialize)]
struct LogLine {
    time: String,
    level: &'static str,
    message: Value,
    #[serde(flatten)]
    span_fields: Map<String, Value>,
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
        let mut span_fields = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields(outer)) = span.extensions().get::<Fields>() {
                let inherited = outer
                    .iter()
                    .filter(|(name, _)| !fields.0.contains_key(*name));
                span_fields.extend(inherited.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        let line = LogLine {
            time: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
            level: original(event.metadata()).0.as_str(),
            message: fields.0.remove("message").unwrap_or_default(),
            span_fields,
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
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }
}

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
