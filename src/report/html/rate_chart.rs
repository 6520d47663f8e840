//! How fast each category went, over the time at work: the numbers of a drawing, in shares of its width and height.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::format::{counted, measured, percent, span, thousands};
use super::timeline::Timeline;
use crate::outcome::RateSample;

/// Columns of the drawing at most: more is not seen, and the page stays small.
const COLUMNS: i64 = 300;

/// Samples shorter than this say little about a rate: they are put together with the one before.
const SHORT: i64 = 400;

/// Width and height of the plot in its own units.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;

/// Distance between two times on the axis, in milliseconds.
const STEPS: [i64; 24] = [
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

/// Times on the axis at most: five still fit on a telephone.
const MOST_TICKS: i64 = 5;

/// One category's drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RateChart {
    pub(super) category: String,
    pub(super) what: &'static str,
    /// For those who do not see it.
    pub(super) description: String,
    pub(super) sent_area: String,
    pub(super) sent_line: String,
    pub(super) ceiling: String,
    /// Empty where all that the ceiling has room for was allowed all the time.
    pub(super) allowed: String,
    pub(super) throttles: Vec<Mark>,
    pub(super) rates: Vec<Tick>,
    pub(super) times: Vec<Tick>,
    /// Where sessions meet, as a share of the width.
    pub(super) pauses: Vec<String>,
}

/// A place where requests were throttled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) x: String,
    pub(super) width: String,
}

/// A line of the scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    /// From the left or from the top, as a share in percent or in units.
    pub(super) at: String,
    pub(super) label: String,
    pub(super) anchor: &'static str,
}

/// The drawings of all categories that were used, sign-ups first.
pub(super) fn charts(samples: &[RateSample], timeline: &Timeline) -> Vec<RateChart> {
    let mut by_category: BTreeMap<&str, Vec<ChartColumn>> = BTreeMap::new();
    for sample in samples {
        let columns = by_category.entry(&sample.category).or_default();
        add(columns, sample, timeline);
    }
    by_category
        .into_iter()
        .filter(|(_, columns)| columns.iter().any(|column| column.sent > 0))
        .map(|(category, columns)| chart(category, &columns, timeline))
        .collect()
}

/// Neighbouring samples, put together.
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
    /// So many a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts and times far below 2^52"
    )]
    fn rate(&self, milli: u64) -> f64 {
        milli as f64 / self.span.max(1) as f64
    }

    /// Requests are whole: one more in a column than its part of the rate is drawn as the rate. Anything above that shows.
    fn sent(&self) -> f64 {
        let sent = self.sent.saturating_mul(1_000);
        if sent.saturating_sub(self.room_milli) <= 1_000 {
            self.rate(sent.min(self.room_milli))
        } else {
            self.rate(sent)
        }
    }
}

fn add(columns: &mut Vec<ChartColumn>, sample: &RateSample, timeline: &Timeline) {
    let (session, from) = timeline.place(sample.at_ms);
    let width = (timeline.total() / COLUMNS).max(1);
    if let Some(last) = columns.last_mut()
        && last.session == session
        && (sample.span_ms < SHORT
            || last.span < SHORT
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
    let (top, rates) = scale_of_rates(highest);
    let plot = Plot {
        top,
        total: timeline.total().max(1),
    };
    let what = what(category);
    let slowed = columns.iter().any(|column| {
        column.allowed_milli.saturating_mul(200) < column.room_milli.saturating_mul(199)
    });
    RateChart {
        category: category.to_owned(),
        what,
        description: description(what, columns, timeline),
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
        times: scale_of_times(timeline.total()),
        pauses: timeline
            .pauses()
            .map(|(at, _)| share(plot.x(at) / WIDTH))
            .collect(),
    }
}

fn what(category: &str) -> &'static str {
    match category {
        "UserCreation" => "Creating users",
        "UserRead" => "Looking up users",
        "UserList" => "Listing users",
        "UserUpdate" => "Updating users",
        _ => "Other requests",
    }
}

fn description(what: &str, columns: &[ChartColumn], timeline: &Timeline) -> String {
    let sum = |of: fn(&ChartColumn) -> u64| columns.iter().map(of).sum::<u64>();
    let (sent, throttled) = (sum(|column| column.sent), sum(|column| column.throttled));
    let fastest = columns.iter().map(ChartColumn::sent).fold(0.0, f64::max);
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
        "{what}: {} recorded over {}, peak {} per second (limit {}); {throttled}.",
        counted(sent, "request", "requests"),
        span(time),
        measured(fastest),
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
    fn x(&self, at: i64) -> f64 {
        at as f64 / self.total as f64 * WIDTH
    }

    fn y(&self, rate: f64) -> f64 {
        HEIGHT - (rate / self.top).min(1.0) * HEIGHT
    }

    /// A path in steps: a rate holds for the whole of its column. It breaks off where nothing is recorded.
    fn steps(
        &self,
        columns: &[ChartColumn],
        shape: ChartShape,
        rate: impl Fn(&ChartColumn) -> f64,
    ) -> String {
        let mut path = String::new();
        let mut before: Option<(&ChartColumn, f64)> = None;
        for column in columns {
            let y = self.y(rate(column));
            let joined = before.filter(|(last, _)| {
                last.session == column.session && column.from - (last.from + last.span) < 2_000
            });
            match (joined, shape) {
                // Written only where it changes.
                (Some((_, last_y)), _) if (last_y - y).abs() < 0.05 => {}
                (Some(_), _) => {
                    let _ = write!(path, "H{:.1}V{y:.1}", self.x(column.from));
                }
                (None, ChartShape::Line) => {
                    self.end(&mut path, before, shape);
                    let _ = write!(path, "M{:.1},{y:.1}", self.x(column.from));
                }
                (None, ChartShape::Area) => {
                    self.end(&mut path, before, shape);
                    let _ = write!(path, "M{:.1},{HEIGHT}V{y:.1}", self.x(column.from));
                }
            }
            before = Some((column, y));
        }
        self.end(&mut path, before, shape);
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

/// The top of the scale, and its lines: two to four round numbers.
fn scale_of_rates(highest: f64) -> (f64, Vec<Tick>) {
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
            at: share(1.0 - rate / top),
            label: measured(rate),
            anchor: "start",
        });
        rate += step;
    }
    (top, ticks)
}

fn scale_of_times(total: i64) -> Vec<Tick> {
    let step = STEPS
        .into_iter()
        .find(|step| total / step < MOST_TICKS)
        .unwrap_or(i64::MAX);
    (0..MOST_TICKS)
        .map(|number| number.saturating_mul(step))
        .filter(|at| *at <= total)
        .map(|at| {
            #[expect(clippy::cast_precision_loss, reason = "times, far below 2^52")]
            let part = at as f64 / total.max(1) as f64;
            Tick {
                at: share(part),
                label: span(Duration::from_millis(at.unsigned_abs())),
                anchor: match part {
                    0.0 => "start",
                    part if part > 0.93 => "end",
                    _ => "middle",
                },
            }
        })
        .collect()
}

fn share(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

#[cfg(test)]
mod tests;
