//! The search as a list: best matches first, ties by code.

use std::collections::HashSet;

use duban_entities::{project, search_gram, search_text};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, IntoIden, IntoTableRef, JoinType, Order, Query, SelectStatement,
    SimpleExpr,
};
use sea_orm::{ColumnTrait, Condition, DbBackend, Iterable, Value};

use super::condition::{led, like};
use super::probe::{Led, List, Stream, Way, choose};
use super::text::Term;
use super::{TIERS, Tier};
use crate::error::Result;
use crate::policy::Principal;
use crate::store::Reads;
use crate::store::page::{Direction, Keyset, Page, PageRequest, SortKey, Window, cursor_values};
use crate::store::projects::{ProjectFilter, condition};
use crate::store::reader::{self, NUMBER};
use crate::store::scope;
use crate::store::today::Today;

/// The list's name in cursors.
const NAME: &str = "project.rank";

/// A project, and where the term stands in it.
#[derive(Debug)]
struct Ranked {
    row: project::Model,
    tier: i64,
}

/// What is asked.
struct Search<'s, C> {
    connection: &'s C,
    term: Term,
    /// What else must hold: what the principal sees, and the rest of the filter.
    also: Condition,
}

/// One page of the projects in which the filter's text stands.
///
/// # Errors
/// As [`PageRequest::window`].
pub(in crate::store) async fn page(
    connection: &impl Reads,
    principal: &Principal,
    filter: &ProjectFilter,
    request: &PageRequest,
    today: &Today,
) -> Result<Page<project::Model>> {
    let term = filter.text.as_deref().and_then(Term::of);
    let Some(term) = term else {
        return finish(request.window(&keyset(Expr::value(0)))?, Vec::new());
    };
    let window = request.window(&keyset(Expr::value(0)))?;
    let rest = ProjectFilter {
        text: None,
        ..filter.clone()
    };
    let way = choose(connection, principal, &rest, &term).await?;
    let search = Search {
        connection,
        term,
        also: Condition::all()
            .add(scope::projects(principal))
            .add(condition(&rest, today)),
    };
    let rows = match way {
        Way::Gather(these) => {
            let tier = tier_of_row(&search.term);
            let window = request.window(&keyset(tier.clone()))?;
            search.gather(these, tier, &window).await?
        }
        Way::Stream(stream) => search.stream(&stream, request, &window).await?,
    };
    finish(window, rows)
}

fn finish(window: Window, rows: Vec<Ranked>) -> Result<Page<project::Model>> {
    let values = |ranked: &Ranked| vec![ranked.tier.to_string(), ranked.row.code.clone()];
    let page = window.page(NAME, rows, values)?;
    Ok(page.map(|ranked| ranked.row))
}

fn keyset(tier: SimpleExpr) -> Keyset {
    let key = |expression, parse| SortKey {
        expression,
        direction: Direction::Ascending,
        parse,
    };
    Keyset {
        name: NAME,
        keys: vec![
            key(tier, |text| text.parse::<i32>().ok().map(Value::from)),
            key(code_of(project::Entity), |text| Some(text.into())),
        ],
    }
}

/// The column `code` of one of the tables.
fn code_of(table: impl IntoIden) -> SimpleExpr {
    Expr::col((table, Alias::new("code")))
}

/// The tier of a project, 0 where the term stands nowhere.
fn tier_of_row(term: &Term) -> SimpleExpr {
    let mut case = Expr::case(stands(term, Tier::Code), Tier::Code as i32);
    for tier in TIERS.into_iter().skip(1) {
        case = case.case(stands(term, tier), tier as i32);
    }
    case.finally(0).into()
}

/// The term stands at this place of the project, and maybe at others.
fn stands(term: &Term, tier: Tier) -> Condition {
    use search_text::Column;
    match tier {
        Tier::Code => {
            let (from, to) = term.codes();
            Condition::all()
                .add(project::Column::Code.gte(from))
                .add(project::Column::Code.lt(to))
        }
        Tier::Start => Condition::all().add(like(Column::Title, term.at_start())),
        Tier::Title => Condition::all().add(like(Column::Title, term.inside())),
        Tier::Name => Condition::any().add(own_name(term)).add(led(term)),
        Tier::Quote => Condition::all().add(like(Column::Quotes, term.inside())),
    }
}

/// The term stands in the code or another name.
fn own_name(term: &Term) -> SimpleExpr {
    like(search_text::Column::Names, term.inside())
}

/// The term stands at no better place than this; `led` are those whose lead unit it names,
/// where there are any.
fn not_before(term: &Term, tier: Tier, led: Option<&Led>) -> Condition {
    let mut none = Condition::all();
    for better in TIERS.into_iter().filter(|better| *better < tier) {
        none = match better {
            Tier::Name => {
                let unled = led.map(|led| {
                    Condition::any()
                        .add(project::Column::LeadUnitId.is_null())
                        .add(led.condition.clone().not())
                });
                none.add(own_name(term).not()).add_option(unled)
            }
            _ => none.add(stands(term, better).not()),
        };
    }
    none
}

/// A part of one tier: where its projects are read from.
enum Source {
    /// The rows of the index that are in each of these lists.
    Lists(List, Vec<List>),
    /// The projects themselves, by an index.
    Projects,
    /// All texts, in the order of the codes.
    Texts,
}

/// How far a tier is read.
struct Reach {
    codes: Condition,
    backward: bool,
    limit: u64,
}

impl<C: Reads> Search<'_, C> {
    /// Holds each of these projects against the term.
    async fn gather(
        &self,
        these: Condition,
        tier: SimpleExpr,
        window: &Window,
    ) -> Result<Vec<Ranked>> {
        let mut select = projects();
        select
            .from(project::Entity)
            .join(
                JoinType::InnerJoin,
                search_text::Entity,
                code_of(search_text::Entity).eq(code_of(project::Entity)),
            )
            .expr_as(tier.clone(), NUMBER)
            .cond_where(these)
            .cond_where(self.also.clone())
            .and_where(tier.gt(0))
            .cond_where(window.condition.clone())
            .limit(window.limit);
        for (expression, order) in &window.order {
            select.order_by_expr(expression.clone(), order.clone());
        }
        let rows = reader::numbered::<project::Entity>(self.connection, &select).await?;
        let rows = rows.into_iter().map(|(row, tier)| Ranked { row, tier });
        Ok(rows.collect())
    }

    /// Reads tier after tier until there is enough.
    async fn stream(
        &self,
        stream: &Stream,
        request: &PageRequest,
        window: &Window,
    ) -> Result<Vec<Ranked>> {
        let backward = window.is_backward();
        let mut tiers = TIERS;
        if backward {
            tiers.reverse();
        }
        let mut found: Vec<Ranked> = Vec::new();
        let mut known = HashSet::new();
        for tier in tiers {
            let got = u64::try_from(found.len()).unwrap_or(u64::MAX);
            let limit = window.limit.saturating_sub(got);
            let Some(bounds) = bounds(tier, request).filter(|_| limit > 0) else {
                continue;
            };
            let led = match tier {
                Tier::Code | Tier::Start | Tier::Title => None,
                Tier::Name | Tier::Quote => stream.led(self.connection, &self.term).await?,
            };
            for (source, place) in self.sources(tier, stream, led) {
                let reach = Reach {
                    codes: within(&source, stream, &bounds),
                    backward,
                    limit,
                };
                let part = self.part(tier, source, place, reach, led);
                let part = part.await?;
                // Between two statements a project may have changed its place.
                found.extend(part.into_iter().filter(|r| known.insert(r.row.id)));
            }
            in_order(&mut found, backward);
        }
        Ok(found)
    }

    /// Where a tier's projects are, each with what must hold of them there.
    fn sources(&self, tier: Tier, stream: &Stream, led: Option<&Led>) -> Vec<(Source, Condition)> {
        let term = &self.term;
        let own = match stream.lists(tier) {
            None => Some(Source::Texts),
            Some(lists) => lists
                .split_first()
                .map(|(first, beside)| Source::Lists(*first, beside.to_vec())),
        };
        let own = own.map(|source| match tier {
            Tier::Code => (Source::Projects, stands(term, tier)),
            Tier::Name => (source, Condition::all().add(own_name(term))),
            _ => (source, stands(term, tier)),
        });
        let led = led.filter(|_| tier == Tier::Name).map(|led| {
            let by = match led.are_few() {
                true => Source::Projects,
                false => Source::Texts,
            };
            let only = led.condition.clone().add(own_name(term).not());
            (by, only)
        });
        own.into_iter().chain(led).collect()
    }

    async fn part(
        &self,
        tier: Tier,
        source: Source,
        place: Condition,
        reach: Reach,
        led: Option<&Led>,
    ) -> Result<Vec<Ranked>> {
        let mut select = projects();
        let order = match reach.backward {
            true => Order::Desc,
            false => Order::Asc,
        };
        let first = self.from(&mut select, source);
        select
            .cond_where(reach.codes)
            .cond_where(place)
            .cond_where(not_before(&self.term, tier, led))
            .cond_where(self.also.clone())
            .order_by_expr(first, order)
            .limit(reach.limit);
        let rows = reader::rows::<project::Model>(self.connection, &select).await?;
        let tier = tier as i64;
        let rows = rows.into_iter().map(|row| Ranked { row, tier });
        Ok(rows.collect())
    }

    /// Joins the tables in the order in which they shall be read; answers the code by which
    /// they are.
    fn from(&self, select: &mut SelectStatement, source: Source) -> SimpleExpr {
        // SQLite keeps the order of a cross join; its condition stands under WHERE, because
        // the statement's builder writes none for a cross join.
        let sqlite = self.connection.backend() == DbBackend::Sqlite;
        let join = |select: &mut SelectStatement, table, on: SimpleExpr| {
            if sqlite {
                select.cross_join(table).and_where(on);
            } else {
                select.inner_join(table, on);
            }
        };
        let (texts, rows) = (search_text::Entity, project::Entity);
        let (first, then) = match source {
            Source::Lists(list, beside) => {
                let first = code_of(search_gram::Entity);
                select.from(search_gram::Entity).cond_where(list.rows());
                for (n, other) in beside.into_iter().enumerate() {
                    let name = Alias::new(format!("beside{n}"));
                    let column = |column| Expr::col((name.clone(), column));
                    let on = column(search_gram::Column::Code)
                        .eq(first.clone())
                        .and(column(search_gram::Column::Gram).eq(other.gram))
                        .and(column(search_gram::Column::Tier).eq(other.tier));
                    let table = search_gram::Entity.into_table_ref().alias(name.clone());
                    join(select, table, on);
                }
                join(
                    select,
                    texts.into_table_ref(),
                    code_of(texts).eq(first.clone()),
                );
                (first, Some(rows))
            }
            Source::Texts => {
                select.from(texts);
                (code_of(texts), Some(rows))
            }
            Source::Projects => {
                select.from(rows).join(
                    JoinType::InnerJoin,
                    texts,
                    code_of(texts).eq(code_of(rows)),
                );
                (code_of(rows), None)
            }
        };
        if let Some(rows) = then {
            let on = code_of(rows).eq(first.clone());
            join(select, rows.into_table_ref(), on);
        }
        first
    }
}

/// A select of the projects' columns, from nothing yet.
fn projects() -> SelectStatement {
    let columns = project::Column::iter().map(|column| (project::Entity, column));
    Query::select().columns(columns).to_owned()
}

/// The codes of a tier behind `after` and before `before`; none where it has none there.
fn bounds(tier: Tier, request: &PageRequest) -> Option<(Option<String>, Option<String>)> {
    let cut = |cursor: &Option<String>| {
        let values = cursor_values(NAME, cursor.as_deref()?)?;
        let [place, code] = values.try_into().ok()?;
        Some((place.parse::<i32>().ok()?, code))
    };
    let (after, before) = (cut(&request.after), cut(&request.before));
    let here = tier as i32;
    let is_passed = after.as_ref().is_some_and(|(place, _)| here < *place);
    let is_beyond = before.as_ref().is_some_and(|(place, _)| here > *place);
    let code = |cut: Option<(i32, String)>| {
        let own = cut.filter(|(place, _)| here == *place);
        own.map(|(_, code)| code)
    };
    (!is_passed && !is_beyond).then(|| (code(after), code(before)))
}

/// The bounds, and the first and last code that can be seen, on the table that is read.
fn within(
    source: &Source,
    stream: &Stream,
    (after, before): &(Option<String>, Option<String>),
) -> Condition {
    let code = match source {
        Source::Lists(..) => code_of(search_gram::Entity),
        Source::Projects => code_of(project::Entity),
        Source::Texts => code_of(search_text::Entity),
    };
    let mut all = Condition::all();
    if let Some((first, last)) = &stream.codes {
        all = all
            .add(code.clone().gte(first.as_str()))
            .add(code.clone().lte(last.as_str()));
    }
    all.add_option(after.as_deref().map(|after| code.clone().gt(after)))
        .add_option(before.as_deref().map(|before| code.clone().lt(before)))
}

/// Sorts what several statements found.
fn in_order(found: &mut [Ranked], backward: bool) {
    found.sort_by(|a, b| {
        let a = (a.tier, &a.row.code);
        let b = (b.tier, &b.row.code);
        if backward { b.cmp(&a) } else { a.cmp(&b) }
    });
}
