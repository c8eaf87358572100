//! The index of a whole database: made once, and made anew where its rules have changed.

use duban_entities::{project, search_gram, search_mark, search_text, search_unit, unit};
use sea_orm::{ActiveValue, ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, Statement};

use super::index::{Of, cut, next_codes, project_texts, unit_texts};
use crate::error::Result;
use crate::store::sqlite::SORTERS;
use crate::store::writes::{Run, insert_all, run, run_unprepared};
use crate::store::{Reads, Store, reader};

/// The rules by which texts are folded and cut. Another number, and every index is made anew.
const RULES: i32 = 1;

/// True where the index was made by the rules of this program.
///
/// # Errors
/// [`crate::error::Error::Internal`] when the database cannot be read.
pub(in crate::store) async fn is_made(connection: &impl Reads) -> Result<bool> {
    let mark = reader::one(connection, reader::find::<search_mark::Entity>()).await?;
    Ok(mark.is_some_and(|mark| mark.rules == RULES))
}

impl Store {
    /// Makes the index of the search anew, in one transaction: after rows were written by
    /// other means than the unit of work.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the database refuses.
    pub async fn index_search(&self) -> Result<()> {
        let work = self.begin().await?;
        if self.backend() == DbBackend::Postgres {
            // It takes as long as it takes.
            run_unprepared(&work, "SET LOCAL statement_timeout = 0").await?;
            run_unprepared(&work, "SET LOCAL lock_timeout = 0").await?;
            // Writers who change a text wait, and index it behind this.
            run_unprepared(
                &work,
                "LOCK TABLE search_texts, search_units IN EXCLUSIVE MODE",
            )
            .await?;
        }
        if self.backend() == DbBackend::Sqlite {
            // The pairs are sorted beside what cuts the texts.
            run_unprepared(&work, &format!("PRAGMA threads = {SORTERS}")).await?;
        }
        clear(&work).await?;
        let projects = fill_projects(&work).await?;
        fill_units(&work).await?;
        for of in [Of::Projects, Of::Units] {
            fill_grams(&work, of).await?;
        }
        let mark = search_mark::ActiveModel {
            rules: ActiveValue::Set(RULES),
        };
        search_mark::Entity::insert(mark).run(&work).await?;
        if self.backend() == DbBackend::Postgres {
            let sql = "ANALYZE search_grams, search_texts, search_units";
            run_unprepared(&work, sql).await?;
        }
        work.commit().await?;
        tracing::info!(projects, "the index of the search was made");
        Ok(())
    }
}

async fn clear(on: &DatabaseTransaction) -> Result<()> {
    search_mark::Entity::delete_many().run(on).await?;
    search_gram::Entity::delete_many().run(on).await?;
    search_unit::Entity::delete_many().run(on).await?;
    search_text::Entity::delete_many().run(on).await?;
    Ok(())
}

/// Writes the texts of all projects, and says of how many.
async fn fill_projects(on: &DatabaseTransaction) -> Result<usize> {
    use project::Column::{Code, Id};
    let (mut after, mut all) = (String::new(), 0);
    loop {
        let these = Id.in_subquery(next_codes(project::Entity, Id, Code, &after));
        let texts = project_texts(on, these).await?;
        let Some(last) = texts.iter().map(|row| row.code.clone()).max() else {
            return Ok(all);
        };
        all += texts.len();
        after = last;
        insert_all::<search_text::Entity>(on, texts).await?;
    }
}

/// Writes the names of all units.
async fn fill_units(on: &DatabaseTransaction) -> Result<()> {
    use unit::Column::{Code, Id};
    let mut after = String::new();
    loop {
        let these = Id.in_subquery(next_codes(unit::Entity, Id, Code, &after));
        let texts = unit_texts(on, these).await?;
        let Some(last) = texts.iter().map(|row| row.code.clone()).max() else {
            return Ok(());
        };
        after = last;
        insert_all::<search_unit::Entity>(on, texts).await?;
    }
}

/// Writes the pairs of all texts, sorted: so the table grows at its end alone.
async fn fill_grams(on: &DatabaseTransaction, of: Of) -> Result<()> {
    let cut = cut(on.backend(), of, "1 = 1");
    let sql = format!(
        "INSERT INTO search_grams (gram, tier, code) {cut} ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"
    );
    let statement = Statement::from_string(on.backend(), sql);
    run(on, statement).await?;
    Ok(())
}
