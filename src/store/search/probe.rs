//! A look at the numbers before a ranked search: which way is the shorter one.

use duban_entities::ids::JurisdictionId;
use duban_entities::row::FromCells;
use duban_entities::{project, search_gram};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, Condition};
use tokio::sync::OnceCell;

use super::condition::{any_gram, count_to, led, led_codes, one_gram, own_codes, scalar, units_by};
use super::text::{Grams, Term};
use super::{OF_UNITS, Tier};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::projects::ProjectFilter;
use crate::store::reader;
use crate::store::scope;

/// Rows of the index that are counted of a pair at one place, and of all pairs of a term: a
/// longer list than this is long, however long it is.
const COUNTED: u64 = 1_000;
const COUNTED_OF_ALL: u64 = 16_000;
/// So many hits of one character are sorted at once.
const FEW_HITS: u64 = 1_000;
/// Of so few projects each is held against the term.
const FEW_SEEN: u64 = 5_000;
/// Jurisdictions whose codes are bounded.
const BOUNDED: usize = 8;
/// Lists that are read beside the shortest one, each of which leaves less to be looked at.
const BESIDE: usize = 2;

/// The way through the index.
#[derive(Debug)]
pub(super) enum Way {
    /// Hold each of these projects against the term, and sort.
    Gather(Condition),
    /// Read the index in its order, until the page is full.
    Stream(Stream),
}

/// The rows of one pair at one place, in the order of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct List {
    pub(super) gram: i64,
    pub(super) tier: i32,
}

/// What the index is read by.
#[derive(Debug)]
pub(super) struct Stream {
    /// The lists in which a term stands at each place, with their rows as far as they were
    /// counted; none where the term is no pair.
    lists: Option<Vec<(List, u64)>>,
    /// The term's first pair: of a title's pairs the first alone tells that it stands at the
    /// start.
    first: i64,
    /// The first and the last code that can be seen.
    pub(super) codes: Option<(String, String)>,
    /// Once it was asked.
    led: OnceCell<Option<Led>>,
}

/// The projects that a unit leads that has the term in a name; there are some.
#[derive(Debug)]
pub(super) struct Led {
    /// That the project is one of them.
    pub(super) condition: Condition,
    /// How many they are, as far as they were counted.
    rows: u64,
}

impl Led {
    pub(super) const fn are_few(&self) -> bool {
        self.rows < FEW_SEEN
    }
}

impl Stream {
    /// The lists of a place, the shortest first, and no more than are worth it; an empty one
    /// where nothing can stand there; nothing where the term is no pair.
    pub(super) fn lists(&self, tier: Tier) -> Option<Vec<List>> {
        let lists = self.lists.as_ref()?;
        let is_here = |list: &List| match tier {
            // Behind its beginning it stands as in any title.
            Tier::Start if list.gram == self.first => list.tier == Tier::Start as i32,
            Tier::Start => list.tier == Tier::Title as i32,
            // A code is one of the names.
            Tier::Code => list.tier == Tier::Name as i32,
            _ => list.tier == tier as i32,
        };
        let mut here: Vec<_> = lists.iter().filter(|(list, _)| is_here(list)).collect();
        here.sort_by_key(|(_, rows)| *rows);
        let few = match here.first() {
            Some((_, 0)) => 0,
            _ => 1 + BESIDE,
        };
        Some(here.into_iter().take(few).map(|(list, _)| *list).collect())
    }

    /// No more rows than these have the term in their own texts, as far as was counted.
    fn hits(&self) -> u64 {
        let tiers = [Tier::Start, Tier::Title, Tier::Name, Tier::Quote];
        let lists = self.lists.as_deref().unwrap_or_default();
        let rows = |list: List| lists.iter().find(|(known, _)| *known == list);
        let shortest = tiers.iter().filter_map(|tier| {
            let first = self.lists(*tier)?.first().copied()?;
            rows(first).map(|(_, rows)| *rows)
        });
        shortest.sum()
    }

    /// What units lead that the term names; nothing where they lead no project. To count it takes
    /// a look at each of these units, so it is asked only where something depends on it.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database cannot be read.
    pub(super) async fn led(&self, connection: &impl Reads, term: &Term) -> Result<Option<&Led>> {
        let led = self
            .led
            .get_or_try_init(|| self.count_led(connection, term));
        Ok(led.await?.as_ref())
    }

    async fn count_led(&self, connection: &impl Reads, term: &Term) -> Result<Option<Led>> {
        let Some(condition) = self.led_by(term) else {
            return Ok(None);
        };
        let count = count_to(rows_where(&condition), FEW_SEEN);
        let select = Query::select().expr(count).to_owned();
        let counted = reader::rows::<(i64,)>(connection, &select).await?;
        let rows = counted.first().map_or(0, |(rows,)| *rows);
        let rows = u64::try_from(rows).unwrap_or_default();
        Ok((rows > 0).then_some(Led { condition, rows }))
    }

    /// That a unit leads a project whose names have the term, by the shortest list of units;
    /// nothing where that one is empty.
    fn led_by(&self, term: &Term) -> Option<Condition> {
        let lists = self.lists.iter().flatten();
        let of_units = lists.filter(|(list, _)| list.tier == OF_UNITS);
        match of_units.min_by_key(|(_, rows)| *rows) {
            Some((_, 0)) => None,
            Some((list, _)) => {
                let units = units_by(term, one_gram(list.gram));
                Some(Condition::all().add(project::Column::LeadUnitId.in_subquery(units)))
            }
            None => Some(led(term)),
        }
    }
}

/// One number that is asked for.
enum Ask {
    /// The rows of a list.
    List(List),
    /// The rows in which a term of one character can stand.
    Beginnings,
    /// A set in which the projects are looked for.
    Set(Box<SelectStatement>),
    /// The first and the last code of a jurisdiction in which they are looked for.
    Codes(JurisdictionId),
}

/// Its answer.
#[derive(FromCells)]
struct Answer {
    which: i32,
    number: i64,
    first: Option<String>,
    last: Option<String>,
}

/// The numbers.
#[derive(Default)]
struct Numbers {
    lists: Vec<(List, u64)>,
    beginnings: u64,
    sets: Vec<(u64, SelectStatement)>,
    codes: Option<(String, String)>,
}

/// Counts, and chooses: by one statement at most, and another where what units lead decides it.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub(super) async fn choose(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    term: &Term,
) -> Result<Way> {
    let mut numbers = Numbers::default();
    let mut asked = asked(principal, filter, term);
    let most = most(&asked);
    let known = connection.long_lists();
    asked.retain(|ask| match ask {
        Ask::List(list) if known.is_some_and(|known| known.has(*list, most)) => {
            numbers.lists.push((*list, most));
            false
        }
        _ => true,
    });
    let remembered = numbers.lists.len();
    let answers = match asked.as_slice() {
        [] => Vec::new(),
        _ => reader::rows::<Answer>(connection, &select(term, &asked, most)).await?,
    };
    let mut asked: Vec<Option<Ask>> = asked.into_iter().map(Some).collect();
    for answer in answers {
        let place = usize::try_from(answer.which).unwrap_or(usize::MAX);
        if let Some(ask) = asked.get_mut(place).and_then(Option::take) {
            numbers.take(ask, answer);
        }
    }
    if let Some(known) = known {
        let counted = numbers.lists.iter().skip(remembered);
        let long = counted.filter(|(_, rows)| *rows >= most);
        long.for_each(|(list, rows)| known.add(*list, *rows));
    }
    numbers.decide(connection, term).await
}

fn asked(principal: &Principal, filter: &ProjectFilter, term: &Term) -> Vec<Ask> {
    let jurisdictions = confined_to(principal, filter);
    let mut asked = match term.grams() {
        Grams::Beginning(..) => vec![Ask::Beginnings],
        Grams::All(grams) => lists(grams).map(Ask::List).collect(),
    };
    let sets = sets(principal, filter, !jurisdictions.is_empty());
    asked.extend(sets.into_iter().map(|set| Ask::Set(Box::new(set))));
    asked.extend(jurisdictions.into_iter().map(Ask::Codes));
    asked
}

/// Where the pairs can stand; the first alone begins a title.
fn lists(grams: &[i64]) -> impl Iterator<Item = List> {
    let inside = [Tier::Title, Tier::Name, Tier::Quote].map(|tier| tier as i32);
    let inside = inside.into_iter().chain([OF_UNITS]);
    let first = grams.first().map(|gram| (*gram, Tier::Start as i32));
    let all = inside.flat_map(|tier| grams.iter().map(move |gram| (*gram, tier)));
    let all = first.into_iter().chain(all);
    all.map(|(gram, tier)| List { gram, tier })
}

/// How far a list is counted.
fn most(asked: &[Ask]) -> u64 {
    let lists = asked.iter().filter(|ask| matches!(ask, Ask::List(_)));
    let lists = u64::try_from(lists.count().max(1)).unwrap_or(1);
    Ord::min(COUNTED, COUNTED_OF_ALL / lists)
}

/// Every number in one statement, a row each.
fn select(term: &Term, asked: &[Ask], most: u64) -> SelectStatement {
    let none = || Expr::cust("''");
    let mut rows = asked.iter().enumerate().map(|(n, ask)| {
        let (number, first, last) = match ask {
            Ask::List(list) => (count_to(rows_of(&list.rows()), most), none(), none()),
            Ask::Beginnings => (count_to(inside(term), FEW_SEEN), none(), none()),
            Ask::Set(set) => (count_to(*set.clone(), FEW_SEEN), none(), none()),
            Ask::Codes(jurisdiction) => {
                let code = || Expr::col((project::Entity, project::Column::Code));
                let number = Expr::cust("0").cast_as(Alias::new("bigint"));
                let first = code_of(*jurisdiction, Func::min(code()).into());
                (
                    number,
                    first,
                    code_of(*jurisdiction, Func::max(code()).into()),
                )
            }
        };
        Query::select()
            .expr_as(Expr::cust(n.to_string()), "which")
            .expr_as(number, "number")
            .expr_as(first, "first")
            .expr_as(last, "last")
            .to_owned()
    });
    let mut all = rows.next().unwrap_or_default();
    for row in rows {
        all.union(UnionType::All, row);
    }
    all
}

fn code_of(jurisdiction: JurisdictionId, end: SimpleExpr) -> SimpleExpr {
    let of = Query::select()
        .expr(end)
        .from(project::Entity)
        .and_where(project::Column::JurisdictionId.eq(jurisdiction))
        .to_owned();
    scalar(of)
}

impl Numbers {
    fn take(&mut self, ask: Ask, answer: Answer) {
        let number = u64::try_from(answer.number).unwrap_or_default();
        match ask {
            Ask::List(list) => self.lists.push((list, number)),
            Ask::Beginnings => self.beginnings = number,
            Ask::Set(set) => self.sets.push((number, *set)),
            Ask::Codes(_) => {
                let Some((first, last)) = answer.first.zip(answer.last) else {
                    return;
                };
                self.codes = Some(match self.codes.take() {
                    None => (first, last),
                    Some((low, high)) => (Ord::min(low, first), Ord::max(high, last)),
                });
            }
        }
    }

    async fn decide(self, connection: &impl Reads, term: &Term) -> Result<Way> {
        let (first, lists) = match term.grams() {
            Grams::All(grams) => (grams.first().copied(), Some(self.lists)),
            Grams::Beginning(..) => (None, None),
        };
        let stream = Stream {
            lists,
            first: first.unwrap_or_default(),
            codes: self.codes,
            led: OnceCell::new(),
        };
        let of_pairs = stream.lists.is_some();
        let own = if of_pairs {
            stream.hits()
        } else {
            self.beginnings
        };
        let smallest = self.sets.into_iter().min_by_key(|(size, _)| *size);
        let smallest = smallest.filter(|(size, _)| *size < FEW_SEEN);
        // Only here would more hits than these change the way.
        let is_open = match &smallest {
            Some((size, _)) => *size >= own,
            None => !of_pairs && own <= FEW_HITS,
        };
        let by_units = match is_open {
            true => stream.led(connection, term).await?,
            false => None,
        };
        let hits = own.saturating_add(by_units.map_or(0, |led| led.rows));
        if let Some((_, set)) = smallest.filter(|(size, _)| *size < hits) {
            return Ok(Way::Gather(
                Condition::all().add(project::Column::Id.in_subquery(set)),
            ));
        }
        if !of_pairs && hits <= FEW_HITS {
            let mut codes = own_codes(term, &any_gram(term));
            codes.union(UnionType::All, led_codes(term));
            return Ok(Way::Gather(
                Condition::all().add(project::Column::Code.in_subquery(codes)),
            ));
        }
        Ok(Way::Stream(stream))
    }
}

impl List {
    /// Its rows.
    pub(super) fn rows(&self) -> Condition {
        one_gram(self.gram).add(search_gram::Column::Tier.eq(self.tier))
    }
}

fn rows_of(which: &Condition) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("1"))
        .from(search_gram::Entity)
        .cond_where(which.clone())
        .to_owned()
}

/// A row for each project of which this holds; nothing of it but that it is there, which an
/// index tells.
fn rows_where(condition: &Condition) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("1"))
        .from(project::Entity)
        .cond_where(condition.clone())
        .to_owned()
}

fn inside(term: &Term) -> SelectStatement {
    let own = search_gram::Column::Tier.lt(OF_UNITS);
    rows_of(&any_gram(term).add(own))
}

/// What the principal sees where that is not everything, and each part of the filter that an
/// index answers: projects outside of any of them are not looked for. Not the jurisdictions
/// whose codes bound what is read of the index.
fn sets(principal: &Principal, filter: &ProjectFilter, bounded: bool) -> Vec<SelectStatement> {
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
    let wide = [seen, jurisdiction].into_iter().filter(|_| !bounded);
    let all = wide.chain([lead, parent, area, unit]);
    all.flatten().collect()
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
