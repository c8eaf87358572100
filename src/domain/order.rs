//! How orders are numbered and called (督办单).
//!
//! ```
//! use duban::domain::order::Number;
//!
//! let number = Number { year: 2026, sequence: 12 };
//! assert_eq!(number.to_string(), "督〔2026〕12号");
//! assert_eq!("督〔2026〕12号".parse(), Ok(number));
//! ```

use std::fmt;
use std::str::FromStr;

use duban_entities::vocabulary::OrderLevel;

/// The number of an order: the jurisdiction's year, and the place in it from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The year.
    pub year: i32,
    /// From 1, without gaps.
    pub sequence: i32,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "督〔{}〕{}号", self.year, self.sequence)
    }
}

/// The text is no number of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number such as 督〔2026〕12号")]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let rest = text
            .strip_prefix("督〔")
            .and_then(|rest| rest.strip_suffix('号'));
        let (year, sequence) = rest
            .and_then(|rest| rest.split_once('〕'))
            .ok_or(NotANumber)?;
        let number = Self {
            year: year.parse().map_err(|_| NotANumber)?,
            sequence: sequence.parse().map_err(|_| NotANumber)?,
        };
        // One way to write each: no sign, no leading zero.
        (number.to_string() == text)
            .then_some(number)
            .ok_or(NotANumber)
    }
}

/// What a letter of this level is called.
#[must_use]
pub const fn called(level: OrderLevel) -> &'static str {
    match level {
        OrderLevel::Reminder => "提醒函",
        OrderLevel::Order => "督办单",
        OrderLevel::Circular => "通报",
        OrderLevel::Summons => "约谈通知",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_as_it_is_written(year in 1970..9999_i32, sequence in 1..i32::MAX) {
            let number = Number { year, sequence };
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }

        #[test]
        fn anything_else_is_none(text in any::<String>()) {
            prop_assert_eq!(text.parse::<Number>(), Err(NotANumber));
        }
    }

    #[test]
    fn each_number_is_written_in_one_way() {
        for text in [
            "督〔2026〕012号",
            "督〔+2026〕12号",
            "督〔2026〕12",
            "督[2026]12号",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NotANumber), "{text}");
        }
    }
}
