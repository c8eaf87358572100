//! A jurisdiction with its areas, units, plans and clauses.

use chrono::{Datelike, NaiveDate};
use duban_entities::ids::{AreaId, ClauseId, JurisdictionId, UnitId};
use duban_entities::vocabulary::{PlanStatus, UnitKind};
use duban_entities::{area, clause, duty_mark, jurisdiction, plan, unit};

use super::Maker;
use super::words::{AREAS, CHAPTERS, PLANS, UNITS, city, place};
use crate::store::record::Fields;

/// What the projects of a jurisdiction point to.
pub(super) struct Place {
    pub(super) id: JurisdictionId,
    /// The beginning of its codes.
    pub(super) code: String,
    /// Above all other units.
    pub(super) government: UnitId,
    /// The office that supervises.
    pub(super) office: UnitId,
    /// Units that can lead.
    pub(super) leads: Vec<UnitId>,
    pub(super) areas: Vec<AreaId>,
    pub(super) clauses: Vec<ClauseId>,
    /// The last day of its plans.
    pub(super) period_to: NaiveDate,
}

impl Maker {
    pub(super) fn place(&mut self, n: usize) -> Place {
        let at = self.filler.at();
        let id: JurisdictionId = self.ids.next_id();
        let code = format!("J{:04}", n + 1);
        let row = jurisdiction::Model {
            id,
            code: code.clone(),
            name: city(n),
            time_zone: "Asia/Shanghai".to_owned(),
            version: 1,
            created_at: at,
            updated_at: at,
        };
        self.filler.create(&self.permit, row, Fields::new());
        let period_to = last_of_plan(self.plan.day);
        let mut made = Place {
            id,
            code,
            government: self.ids.next_id(),
            office: self.ids.next_id(),
            leads: Vec::new(),
            areas: Vec::new(),
            clauses: Vec::new(),
            period_to,
        };
        self.areas(&mut made);
        self.units(&mut made);
        for (part, title) in PLANS {
            self.plan_of(&mut made, part, title, n);
        }
        // The months before the day are not owed again.
        self.filler.part::<duty_mark::Entity>(duty_mark::Model {
            jurisdiction_id: id,
            period: self.plan.day.format("%Y-%m").to_string(),
            swept_at: at,
        });
        made
    }

    fn areas(&mut self, place_of: &mut Place) {
        let at = self.filler.at();
        for (n, (kind, suffix)) in AREAS.into_iter().enumerate() {
            let id = self.ids.next_id();
            let row = area::Model {
                id,
                jurisdiction_id: place_of.id,
                code: format!("{}-A{n:02}", place_of.code),
                name: format!("{}{suffix}", place(n)),
                kind,
                source_file: None,
                source_line: None,
                version: 1,
                created_at: at,
                updated_at: at,
            };
            self.filler.create(&self.permit, row, Fields::new());
            place_of.areas.push(id);
        }
    }

    fn units(&mut self, place_of: &mut Place) {
        for (n, (code, name, kind)) in UNITS.into_iter().enumerate() {
            let id = match n {
                0 => place_of.government,
                1 => place_of.office,
                _ => self.ids.next_id(),
            };
            let above = (n > 1).then_some(place_of.government);
            self.unit(place_of, id, (code, name, kind), (above, None));
            if n > 1 && kind != UnitKind::Collective {
                place_of.leads.push(id);
            }
        }
        let areas = place_of.areas.clone();
        for (n, (area, (_, suffix))) in areas.into_iter().zip(AREAS).enumerate() {
            let (code, name) = (
                format!("A{n:02}ZF"),
                format!("{}{suffix}人民政府", place(n)),
            );
            let id = self.ids.next_id();
            let named = (code.as_str(), name.as_str(), UnitKind::CountyGovernment);
            let above = Some(place_of.government);
            self.unit(place_of, id, named, (above, Some(area)));
            place_of.leads.push(id);
        }
    }

    fn unit(
        &mut self,
        place_of: &Place,
        id: UnitId,
        (code, name, kind): (&str, &str, UnitKind),
        (parent_id, area_id): (Option<UnitId>, Option<AreaId>),
    ) {
        let at = self.filler.at();
        let row = unit::Model {
            id,
            jurisdiction_id: place_of.id,
            code: format!("{}-{code}", place_of.code),
            name: name.to_owned(),
            full_name: None,
            kind,
            parent_id,
            area_id,
            valid_from: None,
            valid_to: None,
            simulated: true,
            source_file: None,
            source_line: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let aliases = Fields::from([("aliases", None)]);
        self.filler.create(&self.permit, row, aliases);
    }

    fn plan_of(&mut self, place_of: &mut Place, part: &str, title: &str, n: usize) {
        let at = self.filler.at();
        let id = self.ids.next_id();
        let code = format!("{}-{part}", place_of.code);
        let period_from = NaiveDate::from_ymd_opt(place_of.period_to.year() - 4, 1, 1);
        let row = plan::Model {
            id,
            jurisdiction_id: place_of.id,
            code: code.clone(),
            title: format!("{}{title}", city(n)),
            status: PlanStatus::InForce,
            document_number: None,
            issued_on: period_from,
            issued_by: Some(format!("{}人民政府", city(n))),
            issuing_document: None,
            period_from,
            period_to: Some(place_of.period_to),
            source_file: Some(format!("{code}.txt")),
            source_line: Some(1),
            version: 1,
            created_at: at,
            updated_at: at,
        };
        self.filler.create(&self.permit, row, Fields::new());
        for (position, heading) in (1..).zip(CHAPTERS) {
            let clause_id = self.ids.next_id();
            let row = clause::Model {
                id: clause_id,
                plan_id: id,
                code: format!("{code}-{position:02}"),
                parent_id: None,
                number: Some(format!("第{position}章")),
                heading: heading.to_owned(),
                position,
                source_file: format!("{code}.txt"),
                source_line: position * 100,
                version: 1,
                created_at: at,
                updated_at: at,
            };
            self.filler.create(&self.permit, row, Fields::new());
            place_of.clauses.push(clause_id);
        }
    }
}

/// The last day of the five-year plan that runs on a day: 2025, 2030 …
fn last_of_plan(day: NaiveDate) -> NaiveDate {
    let year = day.year() + (5 - day.year().rem_euclid(5)) % 5;
    NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(day)
}
