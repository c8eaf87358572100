//! What becomes of a field: the spreadsheet's value, or what a person made of it since.

use super::sheets::Cells;

/// What a re-import does to a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// Columns to write.
    pub(super) write: Vec<String>,
    /// Columns that a person has changed since.
    pub(super) kept: Vec<String>,
    /// What the import has written of the row, all told.
    pub(super) content: Cells,
}

/// Compares the spreadsheet with what is there (`current`) and what the last import wrote
/// (`last`). A field changes only where the two still agree; `owned` says where people have
/// taken a field over without changing its value.
pub(super) fn merge(
    sheet: &Cells,
    current: Option<&Cells>,
    last: Option<&Cells>,
    owned: &[&str],
) -> Merged {
    let mut merged = Merged {
        content: last.cloned().unwrap_or_default(),
        ..Merged::default()
    };
    for (column, value) in sheet {
        let is = current.and_then(|cells| cells.get(column));
        let was = last.and_then(|cells| cells.get(column));
        if is == Some(value) {
            merged.content.insert(column.clone(), value.clone());
        } else if current.is_none() || (was == is && !owned.contains(&column.as_str())) {
            merged.write.push(column.clone());
            merged.content.insert(column.clone(), value.clone());
        } else {
            merged.kept.push(column.clone());
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[(&str, &str)]) -> Cells {
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        cells
            .iter()
            .map(|(column, text)| ((*column).to_owned(), filled(text)))
            .collect()
    }

    #[test]
    fn a_new_row_takes_every_cell() {
        let sheet = cells(&[("title", "A"), ("due_date", "")]);
        let merged = merge(&sheet, None, None, &[]);
        assert_eq!(merged.write, ["due_date", "title"]);
        assert_eq!(merged.content, sheet);
    }

    #[test]
    fn a_field_follows_the_sheet_until_a_person_changes_it() {
        let last = cells(&[("title", "A"), ("kind", "ROAD")]);
        let current = cells(&[("title", "A"), ("kind", "BRIDGE")]);
        let sheet = cells(&[("title", "B"), ("kind", "RAIL")]);
        let merged = merge(&sheet, Some(&current), Some(&last), &[]);
        assert_eq!(merged.write, ["title"]);
        assert_eq!(merged.kept, ["kind"]);
        assert_eq!(merged.content, cells(&[("title", "B"), ("kind", "ROAD")]));
    }

    #[test]
    fn a_field_that_people_own_stays_though_its_value_is_the_imports() {
        let last = cells(&[("stage", "PROPOSED")]);
        let sheet = cells(&[("stage", "CONSTRUCTION")]);
        let merged = merge(&sheet, Some(&last), Some(&last), &["stage"]);
        assert_eq!(merged.kept, ["stage"]);
        assert!(merged.write.is_empty());
    }

    #[test]
    fn a_person_who_reached_the_same_value_agrees() {
        let last = cells(&[("title", "A")]);
        let sheet = cells(&[("title", "B")]);
        let merged = merge(&sheet, Some(&sheet), Some(&last), &[]);
        assert_eq!((merged.write.len(), merged.kept.len()), (0, 0));
        assert_eq!(merged.content, sheet);
    }

    #[test]
    fn a_row_that_no_import_wrote_keeps_what_it_has() {
        let current = cells(&[("title", "A")]);
        let sheet = cells(&[("title", "B")]);
        let merged = merge(&sheet, Some(&current), None, &[]);
        assert_eq!(merged.kept, ["title"]);
    }

    #[test]
    fn a_column_that_the_file_lacks_is_left_alone() {
        let last = cells(&[("title", "A"), ("due_words", "2025年")]);
        let sheet = cells(&[("title", "A")]);
        let merged = merge(&sheet, Some(&last), Some(&last), &[]);
        assert!(merged.write.is_empty() && merged.kept.is_empty());
        assert_eq!(merged.content, last);
    }
}
