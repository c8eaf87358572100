//! Who held what when: how single fields ran through the ledger, beside how everything
//! stood at a moment and at the end of what was read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use duban_entities::ledger;

use super::changes;
use super::past::{Of, Past, Until, each};
use crate::error::Result;
use crate::store::Reads;

/// The fields that are followed, by the type of the subject.
const FOLLOWED: [(&str, &[&str]); 2] = [
    ("Task", &["unit", "dueDate"]),
    ("Project", &["stage", "leadUnit"]),
];

/// A field's new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// What was done, such as `project.move`.
    pub action: String,
    /// The value before; none at a creation, or where it was null.
    pub from: Option<String>,
    /// The value from then on.
    pub to: Option<String>,
}

/// The past of a jurisdiction, read once: as it stood at a moment, as it stands at the end
/// of what was read, and how single fields ran.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// As it stood at the moment that was asked for, what was recorded then included.
    pub then: Past,
    /// As it stands at the end of what was read.
    pub last: Past,
    lines: HashMap<(String, &'static str), Vec<Point>>,
}

impl History {
    /// Reads the entries up to `until`; `then` holds those recorded up to `moment`.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read or an entry is not what it must
    /// be.
    pub async fn read(
        connection: &impl Reads,
        of: &Of,
        until: Until,
        moment: DateTime<Utc>,
    ) -> Result<Self> {
        let mut history = Self::default();
        each(connection, of, until, |entry| history.apply(entry, moment)).await?;
        Ok(history)
    }

    /// Adds one entry; entries come in the order of the chain.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when its changes are not what they must be.
    pub fn apply(&mut self, entry: &ledger::Model, moment: DateTime<Utc>) -> Result<()> {
        if entry.at <= moment {
            self.then.apply(entry)?;
        }
        self.last.apply(entry)?;
        let followed = FOLLOWED.iter().find(|(of, _)| *of == entry.subject_type);
        let Some((_, fields)) = followed else {
            return Ok(());
        };
        for change in changes::read(&entry.changes)? {
            let Some(field) = fields.iter().find(|field| **field == change.field) else {
                continue;
            };
            let line = self.lines.entry((entry.subject_id.clone(), *field));
            line.or_default().push(Point {
                at: entry.at,
                action: entry.action.clone(),
                from: change.from,
                to: change.to,
            });
        }
        Ok(())
    }

    /// The values that a followed field took, in their order.
    #[must_use]
    pub fn line(&self, subject: &str, field: &'static str) -> &[Point] {
        let key = (subject.to_owned(), field);
        self.lines.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The value that a followed field had at a moment; its first one where the
    /// subject was recorded only later.
    #[must_use]
    pub fn value_at(
        &self,
        subject: &str,
        field: &'static str,
        moment: DateTime<Utc>,
    ) -> Option<&str> {
        let line = self.line(subject, field);
        let held = line.iter().rev().find(|point| point.at <= moment);
        held.or_else(|| line.first())
            .and_then(|point| point.to.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use duban_entities::vocabulary::ActorKind;
    use serde_json::json;

    use super::*;

    fn entry(seq: i64, days: i64, from: Option<&str>, to: Option<&str>) -> ledger::Model {
        let changes = json!([{ "field": "unit", "from": from, "to": to }]);
        ledger::Model {
            seq,
            at: DateTime::UNIX_EPOCH + TimeDelta::days(days),
            request_id: String::new(),
            actor_kind: ActorKind::System,
            actor_id: String::new(),
            actor_name: String::new(),
            role: None,
            action: "unit.assign".to_owned(),
            subject_type: "Task".to_owned(),
            subject_id: "task_1".to_owned(),
            project_id: None,
            jurisdiction_id: None,
            changes: changes.to_string(),
            reason: None,
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn a_field_has_the_value_it_had_then() {
        let mut history = History::default();
        let day = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        for made in [
            entry(1, 1, None, Some("a")),
            entry(2, 5, Some("a"), Some("b")),
            entry(3, 9, Some("b"), None),
        ] {
            history.apply(&made, day(6)).unwrap();
        }
        let held = |days| history.value_at("task_1", "unit", day(days));
        assert_eq!(held(0), Some("a"), "recorded only later");
        assert_eq!(held(4), Some("a"));
        assert_eq!(held(5), Some("b"));
        assert_eq!(held(6), Some("b"));
        assert_eq!(held(10), None);
        let unit = |past: &Past| past.get("task_1").unwrap().field("unit").map(str::to_owned);
        assert_eq!(unit(&history.then), Some("b".to_owned()));
        assert_eq!(unit(&history.last), None);
        assert_eq!(history.line("task_2", "unit"), []);
    }
}
