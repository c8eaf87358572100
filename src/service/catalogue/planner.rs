//! Turns the checked rows into what has to be written, without writing anything.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use duban_entities::import_row;

use super::cell::Ids;
use super::merge::merge;
use super::outcome::{Added, Changed, Counts, Kept, Outcome};
use super::sheets::{Cells, SheetRow, Table};
use super::subject::Subject;
use crate::clock::{Clock, new_id};
use crate::error::{Error, Result};
use crate::store::record::difference;

/// A list before and after, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListChange {
    /// What is there.
    pub(super) from: Option<String>,
    /// What shall be there.
    pub(super) to: Option<String>,
}

impl ListChange {
    /// True if the list is written anew.
    pub(super) fn differs(&self) -> bool {
        self.from != self.to
    }
}

/// A row before and after.
#[derive(Clone, Debug)]
pub(super) struct Planned<S> {
    /// What is there; none for a new row.
    pub(super) before: Option<S>,
    /// What shall be there.
    pub(super) after: S,
    /// Its lists, by column.
    pub(super) lists: BTreeMap<String, ListChange>,
}

impl<S: Subject> Planned<S> {
    /// The fields that change, in the API's names.
    pub(super) fn changed_fields(&self) -> Vec<String> {
        let before = self.before.as_ref().map(S::fields);
        let changes = difference(&before.unwrap_or_default(), &self.after.fields());
        let changed_lists = self.lists.iter().filter(|(_, list)| list.differs());
        let changes = changes.into_iter();
        let mut fields: Vec<String> = changes.map(|change| change.field.into_owned()).collect();
        fields.extend(changed_lists.map(|(column, _)| api_name(column)));
        fields.sort();
        fields
    }
}

/// A column in the API's name: `lead_unit` is `leadUnit`.
pub(super) fn api_name(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let head = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &head.into_iter().chain(letters).collect::<String>()
    })
}

/// A row of the database and its lists as cells.
#[derive(Debug)]
pub(super) struct Existing<S> {
    /// The row.
    pub(super) row: S,
    /// Its lists, by column.
    pub(super) lists: Cells,
}

/// What all tables are planned with.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    /// Codes and keys, those of the new rows too.
    pub(super) ids: &'a Ids,
    /// What the last import wrote.
    pub(super) last: &'a HashMap<(String, String), Cells>,
    /// When the import happens.
    pub(super) at: DateTime<Utc>,
    /// Where new keys come from.
    pub(super) clock: &'a dyn Clock,
    /// What the import does.
    pub(super) outcome: Outcome,
    /// What is to be remembered of it.
    pub(super) memory: Vec<import_row::Model>,
}

impl Planner<'_> {
    /// Plans the rows of a table; `columns` are those of its lists.
    pub(super) fn table<S: Subject>(
        &mut self,
        rows: &[SheetRow],
        existing: &HashMap<String, Existing<S>>,
        columns: &[&str],
    ) -> Result<Vec<Planned<S>>> {
        let plan = |row: &SheetRow| self.row(row, existing.get(row.code()), columns);
        rows.iter().map(plan).collect()
    }

    fn row<S: Subject>(
        &mut self,
        row: &SheetRow,
        existing: Option<&Existing<S>>,
        columns: &[&str],
    ) -> Result<Planned<S>> {
        let current = existing.map(|existing| {
            let mut cells = existing.row.cells(self.ids);
            cells.extend(existing.lists.clone());
            cells
        });
        let key = (S::TABLE.name().to_owned(), row.code().to_owned());
        let last = self.last.get(&key);
        let owned = existing.map_or_else(Vec::new, |existing| existing.row.owned());
        let merged = merge(&row.cells, current.as_ref(), last, &owned);
        let before = existing.map(|existing| existing.row.clone());
        let mut after = match &before {
            Some(before) => before.clone(),
            None => S::blank(row.code(), new_id(self.clock), self.ids, self.at)?,
        };
        for column in &merged.write {
            if !columns.contains(&column.as_str()) {
                after.set_cell(column, row.get(column), self.ids)?;
            }
        }
        let list = |column: &&str| {
            let from = current.as_ref().and_then(|cells| cells.get(*column));
            let from = from.cloned().flatten();
            let written = merged.write.iter().any(|written| written == column);
            let to = written.then(|| row.get(column).map(str::to_owned));
            let to = to.unwrap_or_else(|| from.clone());
            ((*column).to_owned(), ListChange { from, to })
        };
        let lists = columns.iter().map(list).collect();
        self.note_kept(S::TABLE, row, current.as_ref(), &merged.kept);
        self.remember(key, last, &merged.content)?;
        Ok(Planned {
            before,
            after,
            lists,
        })
    }

    fn note_kept(
        &mut self,
        table: Table,
        row: &SheetRow,
        current: Option<&Cells>,
        columns: &[String],
    ) {
        self.outcome.counts.entry(table).or_default().kept += columns.len();
        for column in columns {
            let stays = current.and_then(|cells| cells.get(column));
            self.outcome.kept.push(Kept {
                table,
                code: row.code().to_owned(),
                field: column.clone(),
                imported: row.get(column).map(str::to_owned),
                current: stays.cloned().flatten(),
            });
        }
    }

    fn remember(
        &mut self,
        (table_name, code): (String, String),
        last: Option<&Cells>,
        content: &Cells,
    ) -> Result<()> {
        if last == Some(content) {
            return Ok(());
        }
        self.memory.push(import_row::Model {
            table_name,
            code,
            content: serde_json::to_string(content).map_err(Error::internal)?,
            imported_at: self.at,
        });
        Ok(())
    }

    /// Counts planned rows, once nothing more is done to them.
    pub(super) fn tally<S: Subject>(&mut self, planned: &[Planned<S>]) {
        for row in planned {
            let code = row.after.code().to_owned();
            let table = S::TABLE;
            let counts: &mut Counts = self.outcome.counts.entry(table).or_default();
            if row.before.is_none() {
                counts.added += 1;
                self.outcome.added.push(Added { table, code });
                continue;
            }
            let fields = row.changed_fields();
            if fields.is_empty() {
                counts.unchanged += 1;
            } else {
                counts.changed += 1;
                self.outcome.changed.push(Changed {
                    table,
                    code,
                    fields,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_apis_names() {
        assert_eq!(api_name("cooperating_units"), "cooperatingUnits");
        assert_eq!(api_name("title"), "title");
    }
}
