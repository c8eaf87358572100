//! What a verb phrase of a plan demands, and which stage it tells of.

use std::collections::HashMap;

use duban_entities::vocabulary::Demand;

use super::sheets::{Problem, SheetRow, Sheets, Table};

/// The phrase table.
#[derive(Debug)]
pub(super) struct Phrases<'s>(HashMap<&'s str, &'s SheetRow>);

impl<'s> Phrases<'s> {
    pub(super) fn new(sheets: &'s Sheets) -> Self {
        let rows = sheets.of(Table::Phrases).iter();
        Self(rows.map(|row| (row.text("phrase"), row)).collect())
    }

    /// The word for what a mention demands; none where its phrase is not in the table.
    pub(super) fn demand(&self, mention: &'s SheetRow) -> Option<&'s str> {
        if let Some(stated) = mention.get("demand") {
            return Some(stated);
        }
        match mention.get("phrase") {
            None => Some(Demand::Unspecified.as_str()),
            Some(phrase) => self.0.get(phrase)?.get("demand"),
        }
    }

    /// The word for the stage that a phrase tells of, where it speaks of the present.
    pub(super) fn stage(&self, phrase: &str) -> Option<&str> {
        self.0.get(phrase)?.get("stage")
    }
}

/// Every phrase is in the table, or its mention says what it demands.
pub(super) fn check(sheets: &Sheets, problems: &mut Vec<Problem>) {
    if sheets.torn.contains(&Table::Phrases) {
        return;
    }
    let phrases = Phrases::new(sheets);
    for row in sheets.of(Table::Citations) {
        let phrase = row.text("phrase");
        let unread = (Table::Phrases, phrase.to_owned());
        if phrases.demand(row).is_none() && !sheets.unread.contains(&unread) {
            let found = format!("\"{phrase}\"");
            let expected = "a phrase of the phrase table, or a word in the column demand";
            problems.push(Problem::new(&row.place, "phrase", found, expected));
        }
    }
}
