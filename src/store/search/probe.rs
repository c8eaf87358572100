//! A look at the numbers before a ranked search: which way is the shorter one.

use duban_entities::ids::JurisdictionId;
use duban_entities::{project, search_gram};
use sea_orm::sea_query::{Alias, Expr, Func, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, Condition, QueryResult};

use super::OF_UNITS;
use super::condition::{any_gram, count_to, led_codes, one_gram, own_codes, scalar};
use super::text::{Grams, Term};
use crate::error::{Error, Result};
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::projects::ProjectFilter;
use crate::store::scope;

/// Rows of the index that are counted, all pairs of a term together.
const COUNTED: u64 = 60_000;
/// So many hits are sorted at once.
const FEW_HITS: u64 = 1_000;
/// Of so few projects each is held against the term.
const FEW_SEEN: u64 = 5_000;
/// Jurisdictions whose codes are bounded.
const BOUNDED: usize = 8;

/// The way through the index.
#[derive(Debug)]
pub(super) enum Way {
    /// Hold each of these projects against the term, and sort.
    Gather(Condition),
    /// Read the index in its order, until the page is full.
    Stream(Stream),
}

/// What the index is read by.
#[derive(Debug)]
pub(super) struct Stream {
    /// The rows of the pair that is read; none where the term is no pair.
    pub(super) gram: Option<Condition>,
    /// The rows of the term's first pair: of a title's pairs the first alone tells that it
    /// stands at the start.
    pub(super) first: Option<Condition>,
    /// True where the units that the term names lead few projects.
    pub(super) few_led: bool,
    /// The first and the last code that can be seen.
    pub(super) codes: Option<(String, String)>,
}

/// What is counted.
struct Probe {
    /// The rows of each pair of the term.
    grams: Vec<Condition>,
    /// The projects that the units lead whom the term names.
    led: SelectStatement,
    /// Sets in one of which the projects are looked for.
    sets: Vec<SelectStatement>,
    /// The jurisdictions in which the projects are looked for.
    jurisdictions: Vec<JurisdictionId>,
}

/// The numbers.
struct Numbers {
    grams: Vec<u64>,
    led: u64,
    sets: Vec<u64>,
    codes: Option<(String, String)>,
}

/// Counts, and chooses: one statement.
///
/// # Errors
/// [`Error::Internal`] when the database cannot be read.
pub(super) async fn choose(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    term: &Term,
) -> Result<Way> {
    let grams = match term.grams() {
        Grams::All(all) => all.iter().map(|gram| one_gram(*gram)).collect(),
        Grams::Beginning(..) => vec![any_gram(term)],
    };
    let probe = Probe {
        grams,
        led: led_codes(term),
        sets: sets(principal, filter),
        jurisdictions: confined_to(principal, filter),
    };
    let numbers = probe.ask(connection).await?;
    Ok(probe.decide(numbers, term))
}

impl Probe {
    async fn ask(&self, connection: &impl Reads) -> Result<Numbers> {
        let statement = connection.get_database_backend().build(&self.select());
        let row = connection.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("a select without a table has one row"))?;
        let counts = |name: &str, many: usize| -> Result<Vec<u64>> {
            (0..many).map(|n| number(&row, name, n)).collect()
        };
        let mut codes: Option<(String, String)> = None;
        for n in 0..self.jurisdictions.len() {
            let first: Option<String> = row.try_get("", &format!("first{n}"))?;
            let last: Option<String> = row.try_get("", &format!("last{n}"))?;
            let Some((first, last)) = first.zip(last) else {
                continue;
            };
            codes = Some(match codes {
                None => (first, last),
                Some((low, high)) => (low.min(first), high.max(last)),
            });
        }
        Ok(Numbers {
            grams: counts("gram", self.grams.len())?,
            led: number(&row, "led", 0)?,
            sets: counts("set", self.sets.len())?,
            codes,
        })
    }

    fn select(&self) -> SelectStatement {
        let mut select = Query::select();
        let mut add = |value: SimpleExpr, name: &str, n: usize| {
            select.expr_as(value, Alias::new(format!("{name}{n}")));
        };
        let many = u64::try_from(self.grams.len().max(1)).unwrap_or(1);
        // Of one pair it is enough to know whether they are few.
        let most = if many == 1 { FEW_SEEN } else { COUNTED / many };
        for (n, gram) in self.grams.iter().enumerate() {
            add(count_to(rows_of(gram), most), "gram", n);
        }
        add(count_to(self.led.clone(), FEW_SEEN), "led", 0);
        for (n, set) in self.sets.iter().enumerate() {
            add(count_to(set.clone(), FEW_SEEN), "set", n);
        }
        for (n, jurisdiction) in self.jurisdictions.iter().enumerate() {
            let code = (project::Entity, project::Column::Code);
            let ends = [
                ("first", Func::min(Expr::col(code))),
                ("last", Func::max(Expr::col(code))),
            ];
            for (name, end) in ends {
                let of = Query::select()
                    .expr(end)
                    .from(project::Entity)
                    .and_where(project::Column::JurisdictionId.eq(*jurisdiction))
                    .to_owned();
                add(scalar(of), name, n);
            }
        }
        select
    }

    fn decide(self, numbers: Numbers, term: &Term) -> Way {
        let first = self.grams.first().cloned();
        let rarest = numbers.grams.into_iter().zip(self.grams);
        let rarest = rarest.min_by_key(|(hits, _)| *hits);
        let (hits, gram) = rarest.unwrap_or_else(|| (u64::MAX, any_gram(term)));
        let hits = hits.saturating_add(numbers.led);
        let smallest = numbers.sets.into_iter().zip(self.sets);
        let smallest = smallest.min_by_key(|(size, _)| *size);
        if let Some((_, set)) = smallest.filter(|(size, _)| *size < FEW_SEEN.min(hits)) {
            return Way::Gather(Condition::all().add(project::Column::Id.in_subquery(set)));
        }
        if hits <= FEW_HITS {
            let mut codes = own_codes(term, &gram);
            codes.union(UnionType::All, self.led);
            return Way::Gather(Condition::all().add(project::Column::Code.in_subquery(codes)));
        }
        let is_pairs = matches!(term.grams(), Grams::All(_));
        Way::Stream(Stream {
            gram: is_pairs.then_some(gram),
            first: first.filter(|_| is_pairs),
            few_led: numbers.led < FEW_SEEN,
            codes: numbers.codes,
        })
    }
}

fn number(row: &QueryResult, name: &str, n: usize) -> Result<u64> {
    let count: i64 = row.try_get("", &format!("{name}{n}"))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn rows_of(gram: &Condition) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("1"))
        .from(search_gram::Entity)
        .cond_where(gram.clone())
        .and_where(search_gram::Column::Tier.lt(OF_UNITS))
        .to_owned()
}

/// What the principal sees where that is not everything, and each part of the filter that an
/// index answers: projects outside of any of them are not looked for.
fn sets(principal: &Principal, filter: &ProjectFilter) -> Vec<SelectStatement> {
    let those = |condition: SimpleExpr| {
        Query::select()
            .column((project::Entity, project::Column::Id))
            .from(project::Entity)
            .and_where(condition)
            .to_owned()
    };
    let jurisdiction = filter.jurisdiction;
    let jurisdiction = jurisdiction.map(|id| those(project::Column::JurisdictionId.eq(id)));
    let lead = filter.lead_unit;
    let lead = lead.map(|id| those(project::Column::LeadUnitId.eq(id)));
    let parent = filter.parent;
    let parent = parent.map(|id| those(project::Column::ParentId.eq(id)));
    let area = filter.area.map(|id| scope::projects_in_areas(vec![id]));
    let unit = filter.unit.map(|id| scope::projects_of_units(&[id]));
    let seen = scope::reached(principal);
    let all = [seen, jurisdiction, lead, parent, area, unit];
    all.into_iter().flatten().collect()
}

/// The jurisdictions outside of which nothing is looked for; none where they are not known
/// or too many.
fn confined_to(principal: &Principal, filter: &ProjectFilter) -> Vec<JurisdictionId> {
    let own = || scope::confined(principal).unwrap_or_default();
    let mut all = filter.jurisdiction.map_or_else(own, |id| vec![id]);
    all.sort();
    all.dedup();
    if all.len() > BOUNDED { Vec::new() } else { all }
}
