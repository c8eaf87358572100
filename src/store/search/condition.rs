//! The search as a condition on `projects`, and what such conditions are made of.

use duban_entities::{project, search_gram, search_text, search_unit};
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, Condition};

use super::OF_UNITS;
use super::text::{Grams, Term};

/// Rows of a pair that are counted to find the rarest one.
const COUNTED: u64 = 5_000;

/// The projects in which the text stands: in code, title, another name, a quote, or a name of
/// the lead unit. Nothing stands in a project where nothing is left of the text.
pub(in crate::store) fn condition(text: &str) -> Condition {
    let found = Term::of(text).map_or_else(
        || Expr::cust("1 = 0"),
        |term| {
            let mut codes = own_codes(&term, &any_gram(&term));
            codes.union(UnionType::All, led_codes(&term));
            project::Column::Code.in_subquery(codes)
        },
    );
    Condition::all().add(found)
}

/// The codes of the projects in whose own texts the term stands. `gram` picks the rows of
/// the index that are read.
pub(super) fn own_codes(term: &Term, gram: &Condition) -> SelectStatement {
    let mut select = Query::select()
        .column((search_gram::Entity, search_gram::Column::Code))
        .from(search_gram::Entity)
        .cond_where(gram.clone())
        .and_where(search_gram::Column::Tier.lt(OF_UNITS))
        .to_owned();
    if term.is_longer_than_a_gram() {
        select
            .inner_join(
                search_text::Entity,
                Expr::col((search_text::Entity, search_text::Column::Code))
                    .equals((search_gram::Entity, search_gram::Column::Code)),
            )
            .cond_where(
                Condition::any()
                    .add(like(search_text::Column::Title, term.inside()))
                    .add(like(search_text::Column::Names, term.inside()))
                    .add(like(search_text::Column::Quotes, term.inside())),
            );
    }
    select
}

/// The codes of the projects whose lead unit has the term in a name.
pub(super) fn led_codes(term: &Term) -> SelectStatement {
    Query::select()
        .column((project::Entity, project::Column::Code))
        .from(project::Entity)
        .cond_where(led(term))
        .to_owned()
}

/// The project's lead unit has the term in a name.
pub(super) fn led(term: &Term) -> Condition {
    Condition::all().add(project::Column::LeadUnitId.in_subquery(units(term)))
}

/// The units in whose names the term stands.
fn units(term: &Term) -> SelectStatement {
    units_by(term, any_gram_at(term, Some(OF_UNITS)))
}

/// The same, by these rows of the index.
pub(super) fn units_by(term: &Term, gram: Condition) -> SelectStatement {
    let mut select = Query::select()
        .column((search_unit::Entity, search_unit::Column::UnitId))
        .from(search_gram::Entity)
        .inner_join(
            search_unit::Entity,
            Expr::col((search_unit::Entity, search_unit::Column::Code))
                .equals((search_gram::Entity, search_gram::Column::Code)),
        )
        .cond_where(gram)
        .and_where(search_gram::Column::Tier.eq(OF_UNITS))
        .to_owned();
    if term.is_longer_than_a_gram() {
        select.and_where(like(search_unit::Column::Names, term.inside()));
    }
    select
}

/// The column has this pattern, in which `\` makes a sign plain.
pub(super) fn like<C: ColumnTrait>(column: C, pattern: String) -> SimpleExpr {
    Expr::col(column.as_column_ref()).like(LikeExpr::new(pattern).escape('\\'))
}

/// The rows of the index that have this pair.
pub(super) fn one_gram(gram: i64) -> Condition {
    Condition::all().add(search_gram::Column::Gram.eq(gram))
}

/// The rows of the index in which the term can stand; of several pairs the database finds
/// the rarest one.
pub(super) fn any_gram(term: &Term) -> Condition {
    any_gram_at(term, None)
}

/// The same, the rarest one at a place.
fn any_gram_at(term: &Term, place: Option<i32>) -> Condition {
    let column = search_gram::Column::Gram;
    match term.grams() {
        Grams::Beginning(from, to) => Condition::all().add(column.gte(*from)).add(column.lt(*to)),
        Grams::All(all) => match all.as_slice() {
            [only] => one_gram(*only),
            several => Condition::all().add(column.into_expr().eq(scalar(rarest(several, place)))),
        },
    }
}

/// The one of these pairs that has the fewest rows, everywhere or at one place.
fn rarest(grams: &[i64], place: Option<i32>) -> SelectStatement {
    let mut counted = grams.iter().map(|gram| {
        let rows = Query::select()
            .expr(Expr::cust("1"))
            .from(search_gram::Entity)
            .cond_where(one_gram(*gram))
            .and_where_option(place.map(|tier| search_gram::Column::Tier.eq(tier)))
            .to_owned();
        Query::select()
            .expr_as(
                Expr::value(*gram).cast_as(Alias::new("bigint")),
                Alias::new("gram"),
            )
            .expr_as(count_to(rows, COUNTED), Alias::new("hits"))
            .to_owned()
    });
    let mut all = counted.next().unwrap_or_default();
    for one in counted {
        all.union(UnionType::All, one);
    }
    Query::select()
        .column(Alias::new("gram"))
        .from_subquery(all, Alias::new("counted"))
        .order_by(Alias::new("hits"), sea_orm::Order::Asc)
        .limit(1)
        .to_owned()
}

/// How many rows a select has, counted no further than this.
pub(super) fn count_to(mut select: SelectStatement, most: u64) -> SimpleExpr {
    select.limit(most);
    let count = Query::select()
        .expr(Func::count(Expr::cust("*")))
        .from_subquery(select, Alias::new("few"))
        .to_owned();
    scalar(count)
}

/// The one value of a select.
pub(super) fn scalar(select: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(select.into()))
}
