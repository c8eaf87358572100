//! Reads one file of a table: its header, then its rows, cell by cell.

use std::collections::HashSet;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::cell::{self, quoted};
use super::format::{Column, Sheet, sheet};
use crate::service::catalogue::{Cells, Place, Problem, SheetRow, Sheets, Table};

/// Reads a file into the sheets: rows, and every problem.
pub(super) fn read(sheets: &mut Sheets, table: Table, name: &str, bytes: &[u8]) {
    let Some(sheet) = sheet(table) else {
        return;
    };
    let file: Arc<str> = Arc::from(name);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Reader {
            sheets,
            sheet,
            file,
        }
        .read(text),
        Err(error) => {
            let good = &bytes[..error.valid_up_to()];
            let line = 1 + lines(good);
            sheets.problems.push(Problem {
                place: Place { file, line },
                column: None,
                found: "bytes that are not UTF-8".to_owned(),
                expected: "the file saved as CSV UTF-8".to_owned(),
            });
            sheets.torn.insert(table);
        }
    }
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

struct Reader<'a> {
    sheets: &'a mut Sheets,
    sheet: &'static Sheet,
    file: Arc<str>,
}

/// What stands under a heading; nothing under an unknown one.
type Header = Vec<Option<&'static Column>>;

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        if let Some(line) = unclosed(text) {
            self.torn();
            let expected = "it closed: all that follows it would be one cell";
            return self.problem(line, None, "a quotation mark that opens a cell", expected);
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::None)
            .from_reader(text.as_bytes());
        let mut header: Option<Header> = None;
        let (mut at, mut line) = (0, 1);
        for record in reader.records() {
            let Ok(record) = record else {
                self.torn();
                return self.problem(line, None, "an unreadable row", "RFC 4180 quoting");
            };
            // The reader counts from the blank lines before a row: count for ourselves.
            let start = row_start(text, &record);
            line += lines(&text.as_bytes()[at..start]);
            at = start;
            match &header {
                Some(header) => self.row(header, &record, line),
                None => match self.header(&record, line) {
                    Some(read) => header = Some(read),
                    None => return,
                },
            }
        }
        if header.is_none() {
            self.torn();
            self.problem(1, None, "an empty file", "a header row");
        }
    }

    fn torn(&mut self) {
        self.sheets.torn.insert(self.sheet.table);
    }

    fn problem(&mut self, line: u64, column: Option<&str>, found: &str, expected: &str) {
        let file = Arc::clone(&self.file);
        self.sheets.problems.push(Problem {
            place: Place { file, line },
            column: column.map(str::to_owned),
            found: found.to_owned(),
            expected: expected.to_owned(),
        });
    }

    /// None where a required column is missing: then no row can be read.
    fn header(&mut self, record: &StringRecord, line: u64) -> Option<Header> {
        let sheet = self.sheet;
        let names: Vec<&str> = sheet.columns.iter().map(|column| column.name).collect();
        let known = format!("columns of {}: {}", sheet.table, names.join(", "));
        let mut seen = HashSet::new();
        let mut header = Vec::new();
        for name in record.iter().map(str::trim) {
            let column = sheet.column(name);
            if column.is_none() {
                let found = format!("the unknown column {}", quoted(name));
                self.problem(line, Some(name), &found, &known);
            }
            let again = !seen.insert(name);
            if again {
                self.problem(line, Some(name), "the column twice", "it once");
            }
            header.push(column.filter(|_| !again));
        }
        let missing = |column: &&Column| column.required && !seen.contains(column.name);
        let missing: Vec<&Column> = sheet.columns.iter().filter(missing).collect();
        for column in &missing {
            self.problem(
                line,
                Some(column.name),
                "no such column",
                "it: it is required",
            );
        }
        if missing.is_empty() {
            return Some(header);
        }
        self.torn();
        None
    }

    fn row(&mut self, header: &Header, record: &StringRecord, line: u64) {
        if record.len() != header.len() {
            let found = format!("{} cells", record.len());
            let expected = format!("{}, as the header has", header.len());
            self.problem(line, None, &found, &expected);
            return self.unread(header, record);
        }
        let before = self.sheets.problems.len();
        let mut cells = Cells::new();
        for (column, raw) in header.iter().zip(record) {
            let Some(column) = column else {
                continue;
            };
            match cell::read(column, raw) {
                Ok(cell) => {
                    cells.insert(column.name.to_owned(), cell);
                }
                Err(fault) => {
                    self.problem(line, Some(column.name), &fault.found, &fault.expected);
                }
            }
        }
        if self.sheets.problems.len() > before {
            return self.unread(header, record);
        }
        let place = Place {
            file: Arc::clone(&self.file),
            line,
        };
        let rows = self.sheets.rows.entry(self.sheet.table).or_default();
        rows.push(SheetRow { place, cells });
    }

    /// Notes what the row would have been, so that nothing that names it is reported too.
    fn unread(&mut self, header: &Header, record: &StringRecord) {
        let key = if self.sheet.table == Table::Phrases {
            "phrase"
        } else {
            "code"
        };
        let named = |column: &Option<&Column>| column.is_some_and(|column| column.name == key);
        let cell = header.iter().position(named).and_then(|at| record.get(at));
        match cell.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => {
                let row = (self.sheet.table, text.to_owned());
                self.sheets.unread.insert(row);
            }
            None => self.torn(),
        }
    }
}

/// The line of a quotation mark that opens a cell and is never closed. The CSV reader would
/// take the rest of the file for that cell.
fn unclosed(text: &str) -> Option<u64> {
    let mut opened = None;
    let mut line = 1;
    let mut before = b'\n';
    for byte in text.bytes() {
        match (byte, opened) {
            // A doubled mark closes the cell and opens it again.
            (b'"', Some(_)) => opened = None,
            (b'"', None) if matches!(before, b',' | b'\n' | b'\r' | b'"') => opened = Some(line),
            _ => {}
        }
        line += u64::from(byte == b'\n');
        before = byte;
    }
    opened
}

fn row_start(text: &str, record: &StringRecord) -> usize {
    let from = record.position().map_or(0, csv::Position::byte);
    let from = usize::try_from(from).unwrap_or(0).min(text.len());
    let blank = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let skipped = text.as_bytes()[from..]
        .iter()
        .take_while(|byte| blank(byte));
    from + skipped.count()
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
