//! The table, and the same figures as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::statistics::number;

/// What a figure counts. Bars are in the same base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Time, in nanoseconds.
    Nanoseconds,
    /// Requests a second.
    PerSecond,
    /// Memory or file size.
    Bytes,
    /// A plain number.
    Count,
}

/// What a figure must be to be good enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// This and nothing else.
    Exactly(f64),
}

/// What something else takes for the same work, side by side.
#[derive(Debug, Clone, Serialize)]
pub struct Floor {
    /// What it is.
    pub name: &'static str,
    /// Its median.
    pub value: f64,
    /// Median of ours over its, of rounds that belong together.
    pub ratio: f64,
}

/// One line of the table. With a floor the bar is on the ratio, else on our figure.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What was measured.
    pub measure: String,
    /// Unit of ours and of the floor.
    pub unit: Unit,
    /// Our median.
    pub ours: f64,
    /// What it is held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Floor>,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<Bar>,
    /// Every round of ours, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<f64>,
}

/// All that a run found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The table.
    pub lines: Vec<Line>,
    /// What one has to know to read it.
    pub notes: Vec<String>,
    /// Parts that did not run, with the reason.
    pub skipped: Vec<String>,
    /// Measures that broke, with the reason.
    pub failed: Vec<String>,
}

impl Line {
    /// A figure of ours alone.
    pub fn new(measure: impl Into<String>, unit: Unit, ours: f64, bar: Option<Bar>) -> Self {
        Self { measure: measure.into(), unit, ours, floor: None, bar, rounds: Vec::new() }
    }

    /// Whether the bar is met; `None` without a bar.
    pub fn met(&self) -> Option<bool> {
        let judged = self.floor.as_ref().map_or(self.ours, |floor| floor.ratio);
        self.bar.map(|bar| match bar {
            Bar::AtMost(limit) => judged <= limit,
            Bar::AtLeast(limit) => judged >= limit,
            Bar::Exactly(wanted) => (judged - wanted).abs() < f64::EPSILON,
        })
    }

    fn cells(&self) -> [String; 6] {
        let show_bar = |value: f64| {
            if self.floor.is_some() { format!("{value:.2} ×") } else { self.unit.show(value) }
        };
        [
            self.measure.clone(),
            self.unit.show(self.ours),
            self.floor
                .as_ref()
                .map_or_else(String::new, |floor| format!("{} {}", floor.name, self.unit.show(floor.value))),
            self.floor.as_ref().map_or_else(String::new, |floor| format!("{:.2}", floor.ratio)),
            match self.bar {
                None => String::new(),
                Some(Bar::AtMost(limit)) => format!("≤ {}", show_bar(limit)),
                Some(Bar::AtLeast(limit)) => format!("≥ {}", show_bar(limit)),
                Some(Bar::Exactly(wanted)) => format!("= {}", show_bar(wanted)),
            },
            match self.met() {
                None => String::new(),
                Some(true) => "met".to_owned(),
                Some(false) => "MISSED".to_owned(),
            },
        ]
    }
}

impl Report {
    /// Takes over what one measure found.
    pub fn extend(&mut self, other: Self) {
        self.lines.extend(other.lines);
        self.notes.extend(other.notes);
        self.skipped.extend(other.skipped);
        self.failed.extend(other.failed);
    }

    /// Bars that are not met.
    pub fn missed(&self) -> usize {
        self.lines.iter().filter(|line| line.met() == Some(false)).count()
    }

    /// The table as text, columns aligned, followed by the notes.
    pub fn table(&self) -> String {
        let header = ["measure", "ours", "floor", "ratio", "bar", "verdict"].map(str::to_owned);
        let mut rows = vec![header];
        for line in &self.lines {
            let mut cells = line.cells();
            // A measure with two floors takes two lines and is named once.
            if rows.last().is_some_and(|last| last[0] == cells[0])
                || rows.iter().rev().skip_while(|row| row[0].is_empty()).take(1).any(|row| row[0] == cells[0])
            {
                cells[0] = String::new();
                cells[1] = String::new();
            }
            rows.push(cells);
        }
        let mut text = aligned(&rows);
        for (title, entries) in [("note", &self.notes), ("skipped", &self.skipped), ("failed", &self.failed)]
        {
            for entry in entries {
                let _ = write!(text, "\n{title}: {entry}");
            }
        }
        text
    }
}

/// Rows with each column as wide as its widest cell; numbers to the right, words to the left.
fn aligned(rows: &[[String; 6]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let [measure, ours, floor, ratio, bar, verdict] = row;
        let [w0, w1, w2, w3, w4, _] = widths;
        let line = format!("{measure:w0$}  {ours:>w1$}  {floor:w2$}  {ratio:>w3$}  {bar:w4$}  {verdict}");
        let _ = writeln!(text, "{}", line.trim_end());
        if index == 0 {
            let _ = writeln!(text, "{}", "-".repeat(line.chars().count()));
        }
    }
    text
}

impl Unit {
    /// A figure with the unit that suits its size.
    fn show(self, value: f64) -> String {
        const KIBIBYTE: f64 = 1024.0;
        const MEBIBYTE: f64 = 1024.0 * 1024.0;
        match self {
            Self::Nanoseconds if value < 1e6 => format!("{:.1} µs", value / 1e3),
            Self::Nanoseconds if value < 1e9 => format!("{:.2} ms", value / 1e6),
            Self::Nanoseconds => format!("{:.2} s", value / 1e9),
            Self::PerSecond => format!("{}/s", thousands(value)),
            Self::Bytes if value.abs() < MEBIBYTE => format!("{:.0} KiB", value / KIBIBYTE),
            Self::Bytes => format!("{:.2} MiB", value / MEBIBYTE),
            Self::Count if (value - value.round()).abs() < f64::EPSILON => thousands(value),
            Self::Count => format!("{value:.6}"),
        }
    }
}

/// A whole number with separators.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count as a figure.
pub fn figure(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_on_the_ratio_when_there_is_a_floor() {
        let mut line = Line::new("get p50", Unit::Nanoseconds, 25_000.0, Some(Bar::AtMost(1.2)));
        assert_eq!(line.met(), Some(false));
        line.floor = Some(Floor { name: "null echo", value: 24_000.0, ratio: 1.04 });
        assert_eq!(line.met(), Some(true));
    }

    #[test]
    fn the_table_names_a_measure_once_and_says_what_was_skipped() {
        let line = |name, ratio| Line {
            measure: "throughput".to_owned(),
            unit: Unit::PerSecond,
            ours: 123_456.0,
            floor: Some(Floor { name, value: 100_000.0, ratio }),
            bar: Some(Bar::AtLeast(1.0)),
            rounds: Vec::new(),
        };
        let report = Report {
            lines: vec![line("null echo", 0.9), line("redis", 1.2)],
            skipped: vec!["helper: not there".to_owned()],
            ..Report::default()
        };
        let table = report.table();
        assert_eq!(table.matches("throughput").count(), 1, "{table}");
        assert!(table.contains("null echo 100,000/s   0.90  ≥ 1.00 ×  MISSED"), "{table}");
        assert!(table.contains("redis 100,000/s"), "{table}");
        assert!(table.ends_with("skipped: helper: not there"), "{table}");
        assert_eq!(report.missed(), 1);
    }

    #[test]
    fn figures_are_shown_in_a_fitting_unit() {
        assert_eq!(Unit::Nanoseconds.show(23_400.0), "23.4 µs");
        assert_eq!(Unit::Nanoseconds.show(7_000_000.0), "7.00 ms");
        assert_eq!(Unit::Bytes.show(16.0 * 1024.0 * 1024.0), "16.00 MiB");
        assert_eq!(Unit::Bytes.show(2048.0), "2 KiB");
        assert_eq!(Unit::Count.show(1.0), "1");
        assert_eq!(Unit::PerSecond.show(1_234_567.0), "1,234,567/s");
    }
}
