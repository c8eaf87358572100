//! The lists of stored units and projects, in the terms of the spreadsheets.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use duban_entities::ids::{CitationId, ProjectId, UnitId};

use super::cell::{Cell, Ids};
use super::parts::Element;
use crate::store::catalogue::Known;

/// Lists by their column.
pub(super) type Lists = BTreeMap<&'static str, Vec<Element>>;

/// The stored lists.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// Of each unit.
    pub(super) units: HashMap<UnitId, Lists>,
    /// Of each project.
    pub(super) projects: HashMap<ProjectId, Lists>,
    /// The keys of the mentions: one that stays keeps its key.
    pub(super) mentions: HashMap<(ProjectId, Element), CitationId>,
}

fn element<const N: usize>(cells: [(&str, Option<String>); N]) -> Element {
    let stated = |(column, text): (&str, Option<String>)| Some((column.to_owned(), text?));
    cells.into_iter().filter_map(stated).collect()
}

fn push<K: Eq + Hash>(
    lists: &mut HashMap<K, Lists>,
    owner: K,
    column: &'static str,
    member: Element,
) {
    let of_owner = lists.entry(owner).or_default();
    of_owner.entry(column).or_default().push(member);
}

impl Stored {
    /// Reads the lists out of the rows.
    pub(super) fn new(known: &Known, ids: &Ids) -> Self {
        let mut stored = Self::default();
        stored.read_names(known, ids);
        stored.read_mentions(known, ids);
        stored.read_units_and_targets(known, ids);
        stored
    }

    fn read_names(&mut self, known: &Known, ids: &Ids) {
        for row in &known.unit_aliases {
            let member = element([
                ("alias", Some(row.alias.clone())),
                ("source_file", row.source_file.clone()),
                ("source_line", row.source_line.to_cell(ids)),
            ]);
            push(&mut self.units, row.unit_id, "aliases", member);
        }
        for row in &known.project_aliases {
            let member = element([
                ("alias", Some(row.alias.clone())),
                ("source_file", row.source_file.clone()),
                ("source_line", row.source_line.to_cell(ids)),
            ]);
            push(&mut self.projects, row.project_id, "aliases", member);
        }
        for row in &known.project_external_ids {
            let member = element([
                ("scheme", Some(row.scheme.clone())),
                ("value", Some(row.value.clone())),
            ]);
            push(&mut self.projects, row.project_id, "external_ids", member);
        }
        for row in &known.project_areas {
            let member = element([("area", row.area_id.to_cell(ids))]);
            push(&mut self.projects, row.project_id, "areas", member);
        }
    }

    fn read_mentions(&mut self, known: &Known, ids: &Ids) {
        let mut places = HashMap::new();
        for row in &known.citations {
            let member = element([
                ("clause", row.clause_id.to_cell(ids)),
                ("quote", Some(row.quote.clone())),
                ("phrase", row.phrase.clone()),
                ("demand", Some(row.demand.to_string())),
                ("source_file", Some(row.source_file.clone())),
                ("source_line", Some(row.source_line.to_string())),
            ]);
            places.insert(row.id, (row.source_file.clone(), row.source_line));
            let key = (row.project_id, member.clone());
            self.mentions.insert(key, row.id);
            push(&mut self.projects, row.project_id, "citations", member);
        }
        for row in &known.suggested_leads {
            let place = places.get(&row.citation_id);
            let member = element([
                ("unit", row.unit_id.to_cell(ids)),
                ("source_file", place.map(|place| place.0.clone())),
                ("source_line", place.map(|place| place.1.to_string())),
            ]);
            push(
                &mut self.projects,
                row.project_id,
                "suggested_leads",
                member,
            );
        }
    }

    fn read_units_and_targets(&mut self, known: &Known, ids: &Ids) {
        for row in &known.cooperating_units {
            let member = element([
                ("unit", row.unit_id.to_cell(ids)),
                ("role_words", row.role_words.clone()),
            ]);
            let owner = row.project_id;
            push(&mut self.projects, owner, "cooperating_units", member);
        }
        for row in &known.targets {
            let member = element([
                ("name", Some(row.name.clone())),
                ("words", Some(row.words.clone())),
                ("quantity", row.quantity.clone()),
                ("quantity_to", row.quantity_to.clone()),
                ("qualifier", row.qualifier.map(|word| word.to_string())),
                ("unit_of_measure", row.unit_of_measure.clone()),
                ("source_file", row.source_file.clone()),
                ("source_line", row.source_line.to_cell(ids)),
            ]);
            push(&mut self.projects, row.project_id, "targets", member);
        }
    }
}
