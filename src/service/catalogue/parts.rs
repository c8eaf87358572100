//! The lists of a project or unit, as one value each: compact JSON in a canonical order.
//!
//! A list is what the spreadsheet's rows say, and what is there beyond their reach: mentions
//! and targets of another text, aliases and units that the rows do not name. So a second
//! plan can add its mentions to a project that an earlier one named.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::sheets::{SheetRow, Sheets, Table};
use crate::error::{Error, Result};

/// One member of a list: the stated cells by column.
pub(super) type Element = BTreeMap<String, String>;

/// How a list is kept.
#[derive(Debug)]
pub(super) struct List {
    /// The column of the owner's row.
    pub(super) column: &'static str,
    /// The field, in the API's name.
    pub(super) field: &'static str,
    /// The table of the format.
    pub(super) table: Table,
    /// The column that names the owner.
    pub(super) owner: &'static str,
    /// The columns that are kept.
    keep: &'static [&'static str],
    /// The columns that say how far the rows reach: another member with the same cells there
    /// gives way.
    reach: &'static [&'static str],
    /// True where the order says nothing.
    set: bool,
}

/// The lists of a unit.
pub(super) const UNIT_LISTS: &[List] = &[List {
    column: "aliases",
    field: "aliases",
    table: Table::UnitAliases,
    owner: "unit",
    keep: &["alias", "source_file", "source_line"],
    reach: &["alias"],
    set: true,
}];

/// The lists of a project; `areas` stands in its own row.
pub(super) const PROJECT_LISTS: &[List] = &[
    List {
        column: "aliases",
        field: "aliases",
        table: Table::ProjectAliases,
        owner: "project",
        keep: &["alias", "source_file", "source_line"],
        reach: &["alias"],
        set: true,
    },
    List {
        column: "external_ids",
        field: "externalIds",
        table: Table::ProjectExternalIds,
        owner: "project",
        keep: &["scheme", "value"],
        reach: &["scheme", "value"],
        set: true,
    },
    List {
        column: "citations",
        field: "citations",
        table: Table::Citations,
        owner: "project",
        keep: &[
            "clause",
            "quote",
            "phrase",
            "demand",
            "source_file",
            "source_line",
        ],
        reach: &["source_file"],
        set: false,
    },
    List {
        column: "suggested_leads",
        field: "suggestedLeads",
        table: Table::SuggestedLeads,
        owner: "project",
        keep: &["unit", "source_file", "source_line"],
        reach: &["unit"],
        set: false,
    },
    List {
        column: "cooperating_units",
        field: "cooperatingUnits",
        table: Table::CooperatingUnits,
        owner: "project",
        keep: &["unit", "role_words"],
        reach: &["unit"],
        set: false,
    },
    List {
        column: "targets",
        field: "targets",
        table: Table::Targets,
        owner: "project",
        keep: &[
            "name",
            "words",
            "quantity",
            "quantity_to",
            "qualifier",
            "unit_of_measure",
            "source_file",
            "source_line",
        ],
        reach: &["source_file"],
        set: false,
    },
];

impl List {
    /// The rows of each owner, as members.
    pub(super) fn gather(&self, sheets: &Sheets) -> HashMap<String, Vec<Element>> {
        let mut gathered: HashMap<String, Vec<Element>> = HashMap::new();
        for row in sheets.of(self.table) {
            let owner = row.text(self.owner).to_owned();
            gathered.entry(owner).or_default().push(self.element(row));
        }
        gathered
    }

    fn element(&self, row: &SheetRow) -> Element {
        let cell = |column: &&str| Some(((*column).to_owned(), row.get(column)?.to_owned()));
        self.keep.iter().filter_map(cell).collect()
    }

    /// The list after the rows: they replace what they reach, the rest stays. The order stays
    /// where they change nothing.
    pub(super) fn combine(&self, current: &[Element], rows: Vec<Element>) -> Vec<Element> {
        let reached: HashSet<Vec<Option<&String>>> = rows.iter().map(|row| self.key(row)).collect();
        let (inside, outside): (Vec<&Element>, Vec<&Element>) = current
            .iter()
            .partition(|member| reached.contains(&self.key(member)));
        if inside.iter().copied().eq(&rows) {
            return self.ordered(current.to_vec());
        }
        let rows_first = current.first().is_none_or(|first| inside.contains(&first));
        let outside: Vec<Element> = outside.into_iter().cloned().collect();
        self.ordered(if rows_first {
            [rows, outside].concat()
        } else {
            [outside, rows].concat()
        })
    }

    fn key<'e>(&self, member: &'e Element) -> Vec<Option<&'e String>> {
        self.reach
            .iter()
            .map(|column| member.get(*column))
            .collect()
    }

    /// A set is sorted, so that it reads the same whatever order the database gives.
    pub(super) fn ordered(&self, mut members: Vec<Element>) -> Vec<Element> {
        if self.set {
            members.sort();
        }
        members
    }
}

/// The value of a list; none where it is empty.
pub(super) fn to_text(members: &[Element]) -> Result<Option<String>> {
    if members.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(members).map_err(Error::internal)?;
    Ok(Some(text))
}

/// The members of a list's value.
pub(super) fn of_text(text: Option<&str>) -> Result<Vec<Element>> {
    text.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(Error::internal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(file: &str, quote: &str) -> Element {
        [("source_file", file), ("quote", quote)]
            .map(|(column, text)| (column.to_owned(), text.to_owned()))
            .into()
    }

    fn citations() -> &'static List {
        PROJECT_LISTS
            .iter()
            .find(|list| list.table == Table::Citations)
            .unwrap()
    }

    #[test]
    fn another_texts_mentions_are_added_and_stay() {
        let (first, second) = (mention("a", "1"), mention("b", "2"));
        let list = citations();
        let both = list.combine(std::slice::from_ref(&first), vec![second.clone()]);
        assert_eq!(both, [first.clone(), second.clone()]);
        assert_eq!(list.combine(&both, vec![first.clone()]), both);
        assert_eq!(list.combine(&both, vec![second]), both);
    }

    #[test]
    fn a_texts_mentions_are_replaced_as_a_whole() {
        let current = [mention("a", "1"), mention("a", "2"), mention("b", "3")];
        let corrected = mention("a", "one");
        let list = citations();
        let result = list.combine(&current, vec![corrected.clone()]);
        assert_eq!(result, [corrected, mention("b", "3")]);
    }
}
