//! Charts of the request rate of each category over the active time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::format::{counted, measured, percent, span, thousands};
use super::timeline::Timeline;
use crate::outcome::RateSample;

/// The maximum number of columns of a chart. More would not be visible and enlarge the page.
const MAX_COLUMNS: i64 = 300;

/// Samples shorter than this, in milliseconds, say little about a rate. They are merged with the
/// previous sample.
const SHORT_SAMPLE: i64 = 400;

/// The size of the plot in its own units.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;

/// Possible distances between ticks on the time axis, in milliseconds.
const TIME_STEPS: [i64; 24] = [
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
    2_592_000_000,
];

/// The maximum number of ticks on the time axis, so that they fit on a phone.
const MAX_TIME_TICKS: i64 = 5;

/// The chart of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RateChart {
    pub(super) category: String,
    pub(super) title: &'static str,
    /// A summary of the chart in words.
    pub(super) description: String,
    pub(super) sent_area: String,
    pub(super) sent_line: String,
    pub(super) ceiling: String,
    /// Empty if the allowed rate never fell below the ceiling.
    pub(super) allowed: String,
    pub(super) throttles: Vec<Mark>,
    pub(super) rates: Vec<Tick>,
    pub(super) times: Vec<Tick>,
    /// The boundaries between sessions, in percent of the width.
    pub(super) pauses: Vec<String>,
}

/// A column in which requests were throttled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) x: String,
    pub(super) width: String,
}

/// A tick of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    /// The distance from the left or the top, in percent.
    pub(super) at: String,
    pub(super) label: String,
    pub(super) anchor: &'static str,
}

/// Returns the charts of all categories that were used, in alphabetical order, so that sign-ups
/// come first.
pub(super) fn charts(samples: &[RateSample], timeline: &Timeline) -> Vec<RateChart> {
    let mut by_category: BTreeMap<&str, Vec<ChartColumn>> = BTreeMap::new();
    for sample in samples {
        let columns = by_category.entry(&sample.category).or_default();
        add_sample(columns, sample, timeline);
    }
    by_category
        .into_iter()
        .filter(|(_, columns)| columns.iter().any(|column| column.sent > 0))
        .map(|(category, columns)| chart(category, &columns, timeline))
        .collect()
}

/// Merged adjacent samples.
#[derive(Debug, Clone, Copy)]
struct ChartColumn {
    session: usize,
    from: i64,
    span: i64,
    sent: u64,
    throttled: u64,
    room_milli: u64,
    allowed_milli: u64,
}

impl ChartColumn {
    /// Converts thousandths of requests to requests per second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and times far below 2^52"
    )]
    fn rate(&self, milli: u64) -> f64 {
        milli as f64 / self.span.max(1) as f64
    }

    /// Returns the sent requests per second. Because requests are whole numbers, a column can have
    /// up to one request more than its ceiling; that is drawn at the ceiling.
    fn sent(&self) -> f64 {
        let sent = self.sent.saturating_mul(1_000);
        if sent.saturating_sub(self.room_milli) <= 1_000 {
            self.rate(sent.min(self.room_milli))
        } else {
            self.rate(sent)
        }
    }
}

fn add_sample(columns: &mut Vec<ChartColumn>, sample: &RateSample, timeline: &Timeline) {
    let (session, from) = timeline.locate(sample.at_ms);
    let width = (timeline.total() / MAX_COLUMNS).max(1);
    if let Some(last) = columns.last_mut()
        && last.session == session
        && (sample.span_ms < SHORT_SAMPLE
            || last.span < SHORT_SAMPLE
            || last.from.div_euclid(width) == from.div_euclid(width))
    {
        last.span += sample.span_ms;
        last.sent += sample.sent;
        last.throttled += sample.throttled;
        last.room_milli += sample.room_milli;
        last.allowed_milli += sample.allowed_milli;
        return;
    }
    columns.push(ChartColumn {
        session,
        from,
        span: sample.span_ms,
        sent: sample.sent,
        throttled: sample.throttled,
        room_milli: sample.room_milli,
        allowed_milli: sample.allowed_milli,
    });
}

fn chart(category: &str, columns: &[ChartColumn], timeline: &Timeline) -> RateChart {
    let highest = columns.iter().fold(0.0_f64, |highest, column| {
        highest
            .max(column.sent())
            .max(column.rate(column.room_milli))
    });
    let (top, rates) = rate_axis(highest);
    let plot = Plot {
        top,
        total: timeline.total().max(1),
    };
    let title = title(category);
    let slowed = columns.iter().any(|column| {
        column.allowed_milli.saturating_mul(200) < column.room_milli.saturating_mul(199)
    });
    RateChart {
        category: category.to_owned(),
        title,
        description: description(title, columns, timeline),
        sent_area: plot.steps(columns, ChartShape::Area, ChartColumn::sent),
        sent_line: plot.steps(columns, ChartShape::Line, ChartColumn::sent),
        ceiling: plot.steps(columns, ChartShape::Line, |column| {
            column.rate(column.room_milli)
        }),
        allowed: if slowed {
            plot.steps(columns, ChartShape::Line, |column| {
                column.rate(column.allowed_milli)
            })
        } else {
            String::new()
        },
        throttles: columns
            .iter()
            .filter(|column| column.throttled > 0)
            .map(|column| Mark {
                x: format!("{:.1}", plot.x(column.from)),
                width: format!(
                    "{:.1}",
                    (plot.x(column.from + column.span) - plot.x(column.from)).max(3.0)
                ),
            })
            .collect(),
        rates,
        times: time_axis(timeline.total()),
        pauses: timeline
            .pauses()
            .map(|(active_before, _)| percent_of(plot.x(active_before) / WIDTH))
            .collect(),
    }
}

fn title(category: &str) -> &'static str {
    match category {
        "UserCreation" => "Creating users",
        "UserRead" => "Looking up users",
        "UserList" => "Listing users",
        "UserUpdate" => "Updating users",
        _ => "Other requests",
    }
}

fn description(title: &str, columns: &[ChartColumn], timeline: &Timeline) -> String {
    let sum = |count: fn(&ChartColumn) -> u64| columns.iter().map(count).sum::<u64>();
    let (sent, throttled) = (sum(|column| column.sent), sum(|column| column.throttled));
    let peak = columns.iter().map(ChartColumn::sent).fold(0.0, f64::max);
    let ceiling = columns
        .iter()
        .map(|column| column.rate(column.room_milli))
        .fold(0.0, f64::max);
    let time = Duration::from_millis(timeline.total().unsigned_abs());
    let throttled = if throttled == 0 {
        "none throttled".to_owned()
    } else {
        format!(
            "{} throttled ({})",
            thousands(throttled),
            percent(throttled, sent)
        )
    };
    format!(
        "{title}: {} recorded over {}, peak {} per second (limit {}); {throttled}.",
        counted(sent, "request", "requests"),
        span(time),
        measured(peak),
        measured(ceiling),
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ChartShape {
    Line,
    Area,
}

struct Plot {
    top: f64,
    total: i64,
}

impl Plot {
    #[expect(clippy::cast_precision_loss, reason = "a time, far below 2^52")]
    fn x(&self, active_before: i64) -> f64 {
        active_before as f64 / self.total as f64 * WIDTH
    }

    fn y(&self, rate: f64) -> f64 {
        HEIGHT - (rate / self.top).min(1.0) * HEIGHT
    }

    /// Returns the path of a step function with a constant rate in each column and gaps between
    /// sessions.
    fn steps(
        &self,
        columns: &[ChartColumn],
        shape: ChartShape,
        rate: impl Fn(&ChartColumn) -> f64,
    ) -> String {
        let mut path = String::new();
        let mut previous: Option<(&ChartColumn, f64)> = None;
        for column in columns {
            let y = self.y(rate(column));
            let connected = previous.filter(|(last, _)| {
                last.session == column.session && column.from - (last.from + last.span) < 2_000
            });
            match (connected, shape) {
                // Only changes are written.
                (Some((_, last_y)), _) if (last_y - y).abs() < 0.05 => {}
                (Some(_), _) => {
                    let _ = write!(path, "H{:.1}V{y:.1}", self.x(column.from));
                }
                (None, ChartShape::Line) => {
                    self.end(&mut path, previous, shape);
                    let _ = write!(path, "M{:.1},{y:.1}", self.x(column.from));
                }
                (None, ChartShape::Area) => {
                    self.end(&mut path, previous, shape);
                    let _ = write!(path, "M{:.1},{HEIGHT}V{y:.1}", self.x(column.from));
                }
            }
            previous = Some((column, y));
        }
        self.end(&mut path, previous, shape);
        path
    }

    fn end(&self, path: &mut String, last: Option<(&ChartColumn, f64)>, shape: ChartShape) {
        let Some((column, _)) = last else { return };
        let _ = write!(path, "H{:.1}", self.x(column.from + column.span));
        if shape == ChartShape::Area {
            let _ = write!(path, "V{HEIGHT}Z");
        }
    }
}

/// Returns the top of the rate axis and two to four ticks at round numbers.
fn rate_axis(highest: f64) -> (f64, Vec<Tick>) {
    let top = (highest * 1.12).max(0.1);
    let unit = 10_f64.powf(top.log10().floor() - 1.0);
    let step = [1.0, 2.0, 5.0, 10.0, 20.0]
        .map(|round| round * unit)
        .into_iter()
        .find(|step| top / step <= 4.8)
        .unwrap_or(top);
    let mut ticks = Vec::new();
    let mut rate = step;
    while rate < top {
        ticks.push(Tick {
            at: percent_of(1.0 - rate / top),
            label: measured(rate),
            anchor: "start",
        });
        rate += step;
    }
    (top, ticks)
}

fn time_axis(total: i64) -> Vec<Tick> {
    let step = TIME_STEPS
        .into_iter()
        .find(|step| total / step < MAX_TIME_TICKS)
        .unwrap_or(i64::MAX);
    (0..MAX_TIME_TICKS)
        .map(|number| number.saturating_mul(step))
        .filter(|time| *time <= total)
        .map(|time| {
            #[expect(clippy::cast_precision_loss, reason = "times, far below 2^52")]
            let position = time as f64 / total.max(1) as f64;
            Tick {
                at: percent_of(position),
                label: span(Duration::from_millis(time.unsigned_abs())),
                anchor: match position {
                    0.0 => "start",
                    position if position > 0.93 => "end",
                    _ => "middle",
                },
            }
        })
        .collect()
}

fn percent_of(fraction: f64) -> String {
    format!("{:.2}%", fraction * 100.0)
}

#[cfg(test)]
mod tests;
