//! Lists as rows, to be written.

use std::collections::{BTreeMap, HashMap};

use duban_entities::ids::{CitationId, ProjectId, UnitId};
use duban_entities::vocabulary::Qualifier;
use duban_entities::{
    citation, cooperating_unit, project, project_alias, project_area, project_external_id,
    suggested_lead, target, unit, unit_alias,
};

use super::cell::Ids;
use super::parts::{Element, of_text};
use super::planner::{ListChange, Planned};
use super::stored::Stored;
use crate::clock::{Clock, new_id};
use crate::error::{Error, Result};
use crate::store::catalogue::Parts;

/// What lists are turned into rows with.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    /// Codes and keys.
    pub(super) ids: &'a Ids,
    /// The stored lists.
    pub(super) stored: &'a Stored,
    /// Where new keys come from.
    pub(super) clock: &'a dyn Clock,
}

fn text(member: &Element, column: &str) -> Option<String> {
    member.get(column).cloned()
}

fn needed(member: &Element, column: &str) -> Result<String> {
    let missing = || Error::internal(format!("the sheets were not checked: no {column}"));
    text(member, column).ok_or_else(missing)
}

fn line(member: &Element) -> Result<Option<i32>> {
    let text = member.get("source_line");
    text.map(|text| text.parse().map_err(Error::internal))
        .transpose()
}

fn position(at: usize) -> Result<i32> {
    i32::try_from(at).map_err(Error::internal)
}

/// The members of a list, if it is written anew.
fn anew(lists: &BTreeMap<String, ListChange>, column: &str) -> Result<Option<Vec<Element>>> {
    let change = lists.get(column).filter(|list| list.differs());
    change.map(|list| of_text(list.to.as_deref())).transpose()
}

impl Writer<'_> {
    /// Adds the lists of a unit that change.
    pub(super) fn unit(&self, planned: &Planned<unit::Model>, parts: &mut Parts) -> Result<()> {
        let Some(members) = anew(&planned.lists, "aliases")? else {
            return Ok(());
        };
        let unit_id: UnitId = planned.after.id;
        parts.units.push(unit_id);
        for member in &members {
            parts.unit_aliases.push(unit_alias::Model {
                id: new_id(self.clock),
                unit_id,
                alias: needed(member, "alias")?,
                source_file: text(member, "source_file"),
                source_line: line(member)?,
            });
        }
        Ok(())
    }

    /// Adds the lists of a project that change.
    pub(super) fn project(
        &self,
        planned: &Planned<project::Model>,
        parts: &mut Parts,
    ) -> Result<()> {
        let id = planned.after.id;
        self.areas(id, &planned.lists, parts)?;
        self.names(id, &planned.lists, parts)?;
        self.mentions(id, &planned.lists, parts)?;
        self.cooperating_units(id, &planned.lists, parts)?;
        self.targets(id, &planned.lists, parts)
    }

    fn areas(
        &self,
        project_id: ProjectId,
        lists: &BTreeMap<String, ListChange>,
        parts: &mut Parts,
    ) -> Result<()> {
        let Some(list) = lists.get("areas").filter(|list| list.differs()) else {
            return Ok(());
        };
        parts.with_areas.push(project_id);
        for code in list.to.iter().flat_map(|codes| codes.split(';')) {
            let area_id = self.ids.areas.id(code)?;
            parts.areas.push(project_area::Model {
                project_id,
                area_id,
            });
        }
        Ok(())
    }

    fn names(
        &self,
        project_id: ProjectId,
        lists: &BTreeMap<String, ListChange>,
        parts: &mut Parts,
    ) -> Result<()> {
        if let Some(members) = anew(lists, "aliases")? {
            parts.with_aliases.push(project_id);
            for member in &members {
                parts.aliases.push(project_alias::Model {
                    id: new_id(self.clock),
                    project_id,
                    alias: needed(member, "alias")?,
                    source_file: text(member, "source_file"),
                    source_line: line(member)?,
                });
            }
        }
        if let Some(members) = anew(lists, "external_ids")? {
            parts.with_external_ids.push(project_id);
            for member in &members {
                parts.external_ids.push(project_external_id::Model {
                    scheme: needed(member, "scheme")?,
                    value: needed(member, "value")?,
                    project_id,
                });
            }
        }
        Ok(())
    }

    /// Mentions and suggestions are written together: a suggestion stands on a mention.
    fn mentions(
        &self,
        project_id: ProjectId,
        lists: &BTreeMap<String, ListChange>,
        parts: &mut Parts,
    ) -> Result<()> {
        let members = |column| of_text(lists.get(column).and_then(|list| list.to.as_deref()));
        let changes = |column| lists.get(column).is_some_and(ListChange::differs);
        if !changes("citations") && !changes("suggested_leads") {
            return Ok(());
        }
        parts.with_citations.push(project_id);
        let mut places: HashMap<(String, String), CitationId> = HashMap::new();
        let mut primary = None;
        for (at, member) in members("citations")?.into_iter().enumerate() {
            let row = self.mention(project_id, at, &member)?;
            let place = (row.source_file.clone(), row.source_line.to_string());
            places.entry(place).or_insert(row.id);
            primary = primary.or(Some(row.id));
            parts.citations.push(row);
        }
        for (at, member) in members("suggested_leads")?.iter().enumerate() {
            let place = (
                needed(member, "source_file")?,
                needed(member, "source_line")?,
            );
            // Where a corrected text no longer has that line, the primary mention stands in.
            let mention = places.get(&place).copied().or(primary);
            let unfounded = || Error::internal("a suggestion without a mention");
            parts.suggested_leads.push(suggested_lead::Model {
                project_id,
                unit_id: self.ids.units.id(&needed(member, "unit")?)?,
                citation_id: mention.ok_or_else(unfounded)?,
                position: position(at)?,
            });
        }
        Ok(())
    }

    fn mention(
        &self,
        project_id: ProjectId,
        at: usize,
        member: &Element,
    ) -> Result<citation::Model> {
        let key = (project_id, member.clone());
        let known = self.stored.mentions.get(&key).copied();
        let demand = needed(member, "demand")?;
        Ok(citation::Model {
            id: known.unwrap_or_else(|| new_id(self.clock)),
            project_id,
            clause_id: self.ids.clauses.id(&needed(member, "clause")?)?,
            position: position(at)?,
            quote: needed(member, "quote")?,
            phrase: text(member, "phrase"),
            demand: demand.parse().map_err(Error::internal)?,
            source_file: needed(member, "source_file")?,
            source_line: line(member)?.unwrap_or_default(),
        })
    }

    fn cooperating_units(
        &self,
        project_id: ProjectId,
        lists: &BTreeMap<String, ListChange>,
        parts: &mut Parts,
    ) -> Result<()> {
        let Some(members) = anew(lists, "cooperating_units")? else {
            return Ok(());
        };
        parts.with_cooperating_units.push(project_id);
        for (at, member) in members.iter().enumerate() {
            parts.cooperating_units.push(cooperating_unit::Model {
                project_id,
                unit_id: self.ids.units.id(&needed(member, "unit")?)?,
                role_words: text(member, "role_words"),
                position: position(at)?,
            });
        }
        Ok(())
    }

    fn targets(
        &self,
        project_id: ProjectId,
        lists: &BTreeMap<String, ListChange>,
        parts: &mut Parts,
    ) -> Result<()> {
        let Some(members) = anew(lists, "targets")? else {
            return Ok(());
        };
        parts.with_targets.push(project_id);
        for (at, member) in members.iter().enumerate() {
            let qualifier = member
                .get("qualifier")
                .map(|word| word.parse::<Qualifier>());
            parts.targets.push(target::Model {
                id: new_id(self.clock),
                project_id,
                position: position(at)?,
                name: needed(member, "name")?,
                words: needed(member, "words")?,
                quantity: text(member, "quantity"),
                quantity_to: text(member, "quantity_to"),
                qualifier: qualifier.transpose().map_err(Error::internal)?,
                unit_of_measure: text(member, "unit_of_measure"),
                source_file: text(member, "source_file"),
                source_line: line(member)?,
            });
        }
        Ok(())
    }
}
