//! The catalogue: importing jurisdictions, units, plans and projects from spreadsheets.
//!
//! A run is one unit of work. The rows are checked against each other and against the
//! database, all problems together; then everything to be written is worked out, and
//! written in bulk, with one ledger entry a subject. A row is known by its code. What people
//! have changed since the last import stays, and is reported.

mod blueprint;
mod cell;
mod check;
mod check_projects;
mod index;
mod matches;
mod merge;
mod milestone;
mod outcome;
mod parts;
mod phrases;
mod planner;
mod prepare;
mod sheets;
mod shown;
mod stored;
mod subject;
mod write;
mod written;

use tokio::sync::mpsc;

use self::blueprint::draw;
use super::{Call, Services};
use crate::error::Result;
use crate::policy::{Action, Facts};
use crate::store::authorise;
use crate::store::catalogue::Known;

pub use outcome::{
    Added, Changed, Counts, ImportFailure, Kept, Mode, Outcome, PossibleMatch, Progress,
};
pub use sheets::{Cells, Place, Problem, SheetRow, Sheets, Table};

impl Services {
    /// Imports the catalogue, or says what an import would do.
    ///
    /// # Errors
    /// [`ImportFailure::Problems`] with everything that is wrong with the spreadsheets: then
    /// nothing is written. [`ImportFailure::Failed`] when the policy or the database refuses.
    pub async fn import_catalogue(
        &self,
        call: &Call,
        sheets: Sheets,
        mode: Mode,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Outcome, ImportFailure> {
        authorise(&call.principal, Action::CatalogueImport, Facts::Everything)?;
        let drawn = match mode {
            Mode::DryRun => self.rehearse(&sheets, progress).await?,
            Mode::Apply => self.perform(call, sheets, progress).await?,
        };
        drawn.map_err(ImportFailure::Problems)
    }

    async fn rehearse(
        &self,
        sheets: &Sheets,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Result<Outcome, Vec<Problem>>> {
        progress(step("checking"));
        let known = Known::load(self.store.read()).await?;
        let drawn = draw(sheets, &known, self.clock.as_ref(), self.clock.now())?;
        Ok(drawn.map(|(blueprint, _)| blueprint.outcome))
    }

    /// The unit of work may outlive no borrow, so its progress comes through a channel.
    async fn perform(
        &self,
        call: &Call,
        sheets: Sheets,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Result<Outcome, Vec<Problem>>> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let context = call.write(Some(reason(&sheets)));
        let clock = self.clock.clone();
        let work = self.store.write_alone(context, move |work| {
            Box::pin(async move {
                let permit = work.permit(Action::CatalogueImport, Facts::Everything)?;
                let _ = sender.send(step("checking"));
                let known = Known::load(work.connection()).await?;
                let (blueprint, ids) = match draw(&sheets, &known, clock.as_ref(), work.at())? {
                    Ok(drawn) => drawn,
                    Err(problems) => return Ok(Err(problems)),
                };
                write::apply(work, &permit, (blueprint, &ids), &sender)
                    .await
                    .map(Ok)
            })
        });
        let listen = async {
            while let Some(news) = receiver.recv().await {
                progress(news);
            }
        };
        let (result, ()) = futures_util::join!(work, listen);
        result
    }
}

const fn step(step: &'static str) -> Progress {
    Progress {
        step,
        done: 0,
        total: 0,
    }
}

/// What the ledger says of every entry of the run.
fn reason(sheets: &Sheets) -> String {
    let sources = sheets.sources.join("、");
    format!("导入 {sources}；阶段按规划文字登记,不经阶段流转条件")
}
