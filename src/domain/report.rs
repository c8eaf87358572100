//! What a monthly report (月报) must look like, beside the one before it.
//!
//! Figures to date may not fall without a reason, whichever of two months is reported first. That nothing changed is said explicitly:
//! a report that repeats the last one without saying so is refused, and so is one that says
//! so and changes a figure. Money is in fen, percentages are in hundredths of a percent.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::reporting::Month;
use crate::error::Problems;

/// The whole work, in hundredths of a percent.
const WHOLE: i32 = 10_000;

/// Most quantities that a report states.
pub const MOST_ACHIEVED: usize = 50;

/// The figures of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How far the work is, in hundredths of a percent.
    pub percent: i32,
    /// Investment of the month, in fen.
    pub this_month: i64,
    /// Investment since the start, in fen.
    pub to_date: i64,
}

/// The report of an earlier month: accepted, or submitted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// Its figures.
    pub figures: Figures,
    /// What it told.
    pub narrative: &'a str,
}

/// A quantity achieved of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Achievement<'a> {
    /// The target.
    pub target: &'a str,
    /// The quantity, as a decimal.
    pub quantity: &'a str,
}

/// A report as the unit wrote it; texts are trimmed, decimals are still text.
#[derive(Clone, Debug, Default)]
pub struct Written<'a> {
    /// Percent complete.
    pub percent: Option<&'a str>,
    /// Investment of the month, in yuan.
    pub this_month: Option<&'a str>,
    /// Investment since the start, in yuan.
    pub to_date: Option<&'a str>,
    /// What was done.
    pub narrative: &'a str,
    /// When the unit expects to complete.
    pub forecast: Option<NaiveDate>,
    /// Quantities achieved.
    pub achieved: Vec<Achievement<'a>>,
    /// True where the unit says that nothing changed.
    pub unchanged: bool,
    /// True where it gives a reason.
    pub has_reason: bool,
}

/// What a report is held against.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The month it reports on.
    pub month: Month,
    /// The last report before it, if there is one.
    pub earlier: Option<Earlier<'a>>,
    /// The figures of the next report behind it, where that came first.
    pub later: Option<Figures>,
    /// The names of the project's targets.
    pub targets: &'a [String],
    /// True where it corrects an accepted report.
    pub correction: bool,
}

/// A decimal in hundredths; none where it has a finer part, a sign other than `-`, or too
/// many digits.
#[must_use]
pub fn hundredths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() || fraction.len() > 2 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<2}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    whole
        .checked_mul(100)?
        .checked_add(fraction)?
        .checked_mul(sign)
}

/// Checks a report and gives its figures; they count only where no problem was noted.
pub fn check(written: &Written<'_>, beside: &Beside<'_>, problems: &mut Problems) -> Figures {
    let figures = read_figures(written, beside, problems);
    if written.unchanged {
        check_unchanged(figures, beside, problems);
    } else {
        check_changed(written, figures, beside, problems);
    }
    check_falls(written, figures, beside, problems);
    check_overtakes(written, figures, beside, problems);
    problems.require(
        !beside.correction || written.has_reason,
        "reason",
        "required to correct an accepted report",
    );
    problems.require(
        figures.percent == WHOLE
            || written
                .forecast
                .is_none_or(|day| day >= beside.month.last_day()),
        "forecastCompletion",
        "not before the end of the month that is reported on, unless 100 percent are done",
    );
    check_achieved(&written.achieved, beside.targets, problems);
    figures
}

/// A figure: what is written, or where nothing changed what stood there before.
fn read_figures(written: &Written<'_>, beside: &Beside<'_>, problems: &mut Problems) -> Figures {
    let known = beside.earlier.map(|earlier| earlier.figures);
    let known = known.filter(|_| written.unchanged);
    let mut figure = |text: Option<&str>, field: &str, known: Option<i64>, most: i64| {
        let read = text.map(hundredths);
        let allowed = match read {
            Some(Some(value)) => (0..=most).contains(&value),
            Some(None) => false,
            None if known.is_some() => true,
            None => {
                problems.add(field, "required");
                return 0;
            }
        };
        let form = if most == i64::from(WHOLE) {
            "0 to 100, with at most two decimals"
        } else {
            "0 or more, with at most two decimals"
        };
        problems.require(allowed, field, form);
        read.flatten().or(known).unwrap_or(0)
    };
    let whole = i64::from(WHOLE);
    let percent = known.map(|known| known.percent.into());
    let percent = figure(written.percent, "percentComplete", percent, whole);
    let nothing = known.map(|_| 0);
    let this_month = figure(written.this_month, "investmentThisMonth", nothing, i64::MAX);
    let to_date = known.map(|known| known.to_date);
    let to_date = figure(written.to_date, "investmentToDate", to_date, i64::MAX);
    problems.require(
        to_date >= this_month,
        "investmentToDate",
        "not less than the investment of the month",
    );
    Figures {
        percent: i32::try_from(percent).unwrap_or(0),
        this_month,
        to_date,
    }
}

/// That nothing changed must be true.
fn check_unchanged(figures: Figures, beside: &Beside<'_>, problems: &mut Problems) {
    let Some(earlier) = beside.earlier else {
        problems.add(
            "unchanged",
            "there is no earlier report to be unchanged from",
        );
        return;
    };
    for (same, field) in [
        (
            figures.percent == earlier.figures.percent,
            "percentComplete",
        ),
        (
            figures.to_date == earlier.figures.to_date,
            "investmentToDate",
        ),
    ] {
        problems.require(
            same,
            field,
            "differs from the last report, and the report says that nothing changed",
        );
    }
    problems.require(
        figures.this_month == 0,
        "investmentThisMonth",
        "0 where nothing changed",
    );
}

/// A report tells something, and does not repeat the last one in silence.
fn check_changed(
    written: &Written<'_>,
    figures: Figures,
    beside: &Beside<'_>,
    problems: &mut Problems,
) {
    problems.require(
        !written.narrative.is_empty(),
        "narrative",
        "required, unless nothing changed",
    );
    let repeats = beside.earlier.is_some_and(|earlier| {
        figures.percent == earlier.figures.percent
            && figures.to_date == earlier.figures.to_date
            && written.narrative == earlier.narrative.trim()
    });
    problems.require(
        !repeats,
        "unchanged",
        "figures and narrative are those of the last report: say so explicitly with unchanged: true",
    );
}

/// Figures to date fall only with a reason.
fn check_falls(
    written: &Written<'_>,
    figures: Figures,
    beside: &Beside<'_>,
    problems: &mut Problems,
) {
    let Some(earlier) = beside.earlier.filter(|_| !written.has_reason) else {
        return;
    };
    for (fallen, field) in [
        (figures.percent < earlier.figures.percent, "percentComplete"),
        (
            figures.to_date < earlier.figures.to_date,
            "investmentToDate",
        ),
    ] {
        problems.require(
            !fallen,
            field,
            "less than in the last report: give a reason",
        );
    }
}

/// A month that comes late exceeds a later one only with a reason: the later figures to date
/// would have fallen.
fn check_overtakes(
    written: &Written<'_>,
    figures: Figures,
    beside: &Beside<'_>,
    problems: &mut Problems,
) {
    let Some(later) = beside.later.filter(|_| !written.has_reason) else {
        return;
    };
    for (over, field) in [
        (figures.percent > later.percent, "percentComplete"),
        (figures.to_date > later.to_date, "investmentToDate"),
    ] {
        problems.require(
            !over,
            field,
            "more than in the report of a later month: give a reason",
        );
    }
}

fn check_achieved(achieved: &[Achievement<'_>], targets: &[String], problems: &mut Problems) {
    problems.require(
        achieved.len() <= MOST_ACHIEVED,
        "achieved",
        "at most 50 quantities",
    );
    let mut seen = BTreeSet::new();
    for (n, one) in achieved.iter().enumerate() {
        let name = format!("achieved.{n}.targetName");
        problems.require(
            targets.iter().any(|target| target == one.target),
            &name,
            "no target of the project has this name",
        );
        problems.require(seen.insert(one.target), &name, "given twice");
        problems.require(
            !one.quantity.starts_with('-'),
            &format!("achieved.{n}.quantity"),
            "0 or more",
        );
    }
}
