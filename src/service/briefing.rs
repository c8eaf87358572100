//! Briefings (月度通报): a month's figures from the ledger, live or as an office published
//! them.

mod facts;

use chrono::{Datelike, NaiveDate};
use duban_entities::briefing as table;
use duban_entities::ids::{BriefingId, JurisdictionId};
use serde::{Deserialize, Serialize};

use super::idempotency::{self, Key};
use super::ledgered::Ledgered;
use super::{Call, Services, fetch};
use crate::domain::briefing::{self as rules, Briefing, Figure, Item};
use crate::domain::reporting::Month;
use crate::error::{Error, Result};
use crate::policy::{Action, Facts, decide};
use crate::store::ledger::{self, Head};
use crate::store::numbers::{self, Series};
use crate::store::page::{Page, PageRequest};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, authorise, briefings, outline};

/// Publishes a month.
#[derive(Clone, Debug, Serialize)]
pub struct BriefingPublish {
    /// The jurisdiction.
    #[serde(serialize_with = "super::task::as_text")]
    pub jurisdiction: JurisdictionId,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Why, or by which decision.
    pub reason: Option<String>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// A published briefing as it stands in its row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frozen {
    month: String,
    judged_on: NaiveDate,
    items: Vec<FrozenItem>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FrozenItem {
    figure: Figure,
    id: String,
    unit: Option<String>,
    kind: Option<String>,
    change: Option<String>,
}

/// The figures of a published briefing.
///
/// # Errors
/// [`Error::Internal`] when the row is not what it must be.
pub fn published_figures(row: &table::Model) -> Result<Briefing> {
    let frozen: Frozen = serde_json::from_str(&row.content).map_err(Error::internal)?;
    let items: Result<Vec<Item>> = frozen.items.into_iter().map(thaw).collect();
    Ok(Briefing {
        month: frozen.month.parse().map_err(Error::internal)?,
        judged_on: frozen.judged_on,
        items: items?,
    })
}

fn thaw(item: FrozenItem) -> Result<Item> {
    fn read<T: std::str::FromStr<Err: std::fmt::Display>>(
        text: Option<String>,
    ) -> Result<Option<T>> {
        text.map(|text| text.parse().map_err(Error::internal))
            .transpose()
    }
    Ok(Item {
        figure: item.figure,
        subject: item.id,
        unit: read(item.unit)?,
        kind: read(item.kind)?,
        change: read(item.change)?,
    })
}

fn freeze(briefing: &Briefing) -> Result<String> {
    let item = |item: &Item| FrozenItem {
        figure: item.figure,
        id: item.subject.clone(),
        unit: item.unit.map(|unit| unit.to_string()),
        kind: item.kind.map(|kind| kind.to_string()),
        change: item.change.map(|change| change.to_string()),
    };
    let frozen = Frozen {
        month: briefing.month.to_string(),
        judged_on: briefing.judged_on,
        items: briefing.items.iter().map(item).collect(),
    };
    serde_json::to_string(&frozen).map_err(Error::internal)
}

/// The number of a published briefing (文号).
#[must_use]
pub fn briefing_number(row: &table::Model) -> String {
    format!("督通〔{}〕{}号", row.year, row.sequence)
}

/// A month as a person writes it.
pub(super) fn month(field: &str, text: &str) -> Result<Month> {
    let month = text.parse::<Month>();
    month.map_err(|problem| Error::invalid(field, problem.to_string()))
}

impl Services {
    /// Asks whether the caller may read what is drawn up for a jurisdiction.
    pub(super) async fn supervises(&self, call: &Call, id: JurisdictionId) -> Result<()> {
        Self::signed_in(call)?;
        let known = outline::jurisdictions_by_id(self.store.read(), vec![id]).await?;
        let facts = Facts::Jurisdiction(known.first().ok_or(Error::NotFound)?.id);
        authorise(&call.principal, Action::SupervisionRead, facts).map(|_| ())
    }

    /// The month that a caller means, once it is clear that they may read its figures.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::Invalid`] for a text that is no
    /// month, or a month that has not begun.
    pub async fn month_of(
        &self,
        call: &Call,
        jurisdiction: JurisdictionId,
        text: &str,
    ) -> Result<Month> {
        self.supervises(call, jurisdiction).await?;
        let month = month("month", text)?;
        not_ahead("month", month, self.today().await?.of(jurisdiction))?;
        Ok(month)
    }

    /// A month's figures as the ledger has them now.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::Invalid`] for a month that has
    /// not begun.
    pub async fn briefing(
        &self,
        call: &Call,
        jurisdiction: JurisdictionId,
        month: Month,
    ) -> Result<Briefing> {
        self.supervises(call, jurisdiction).await?;
        let today = self.today().await?;
        let judged_on = today.of(jurisdiction);
        not_ahead("month", month, judged_on)?;
        let head = ledger::head(self.store.read()).await?;
        self.briefing_at(jurisdiction, month, &head, judged_on)
            .await
    }

    /// A month's figures up to a head of the ledger, reports judged as of a local day: for
    /// the same head and day always the same. It asks nobody: its callers have.
    ///
    /// # Errors
    /// [`Error::Internal`] when the ledger cannot be read.
    pub async fn briefing_at(
        &self,
        jurisdiction: JurisdictionId,
        month: Month,
        head: &Head,
        judged_on: NaiveDate,
    ) -> Result<Briefing> {
        let today = self.today().await?;
        let past = Ledgered::read(&self.store, &today, jurisdiction, month, head.seq).await?;
        let reddened = self.reddened(jurisdiction, month, judged_on, &past).await?;
        let facts = facts::of_month(&past, month, reddened)?;
        Ok(rules::draw(month, judged_on, &facts))
    }

    /// What an office published for a month, if it did.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`].
    pub async fn published_briefing(
        &self,
        call: &Call,
        jurisdiction: JurisdictionId,
        month: Month,
    ) -> Result<Option<table::Model>> {
        self.supervises(call, jurisdiction).await?;
        briefings::of_month(self.store.read(), jurisdiction, &month.to_string()).await
    }

    /// One published briefing.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`].
    pub async fn briefing_by_id(&self, call: &Call, id: BriefingId) -> Result<table::Model> {
        Self::signed_in(call)?;
        let row = briefings::by_id(self.store.read(), id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let facts = Facts::Jurisdiction(row.jurisdiction_id);
        authorise(&call.principal, Action::SupervisionRead, facts)?;
        Ok(row)
    }

    /// Those of these published briefings that the caller may read.
    ///
    /// # Errors
    /// [`Error::Internal`] when the database cannot be read.
    pub async fn briefings_by_ids(
        &self,
        call: &Call,
        ids: Vec<BriefingId>,
    ) -> Result<Vec<table::Model>> {
        let mut rows = briefings::by_ids(self.store.read(), ids).await?;
        rows.retain(|row| {
            let facts = Facts::Jurisdiction(row.jurisdiction_id);
            decide(&call.principal, Action::SupervisionRead, facts).is_ok()
        });
        Ok(rows)
    }

    /// One page of a jurisdiction's published briefings, the latest month first.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`]; as [`PageRequest::window`].
    pub async fn briefings(
        &self,
        call: &Call,
        jurisdiction: JurisdictionId,
        request: &PageRequest,
    ) -> Result<Page<table::Model>> {
        self.supervises(call, jurisdiction).await?;
        briefings::page(self.store.read(), jurisdiction, request).await
    }

    /// How many briefings a jurisdiction has published.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`].
    pub async fn count_briefings(&self, call: &Call, jurisdiction: JurisdictionId) -> Result<u64> {
        self.supervises(call, jurisdiction).await?;
        briefings::count(self.store.read(), jurisdiction).await
    }

    /// Publishes a month under the next number: its figures at the ledger's head, frozen.
    ///
    /// # Errors
    /// [`Error::Blocked`] while the month lasts, or once it is published;
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn publish_briefing(
        &self,
        call: &Call,
        input: BriefingPublish,
    ) -> Result<BriefingId> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.reason.as_deref())?;
        let month = month("month", &input.month)?;
        let key = Key::of("briefingPublish", input.idempotency_key.as_deref(), &input)?;
        let jurisdiction = input.jurisdiction;
        let known = outline::jurisdictions_by_id(self.store.read(), vec![jurisdiction]).await?;
        let facts = Facts::Jurisdiction(known.first().ok_or(Error::NotFound)?.id);
        authorise(&call.principal, Action::BriefingPublish, facts)?;
        let today = self.today().await?;
        let judged_on = today.of(jurisdiction);
        if judged_on <= month.last_day() {
            return Err(Error::blocked(
                "MONTH_NOT_OVER",
                format!("{month} is not over yet"),
            ));
        }
        // Drawn before the transaction begins: other writers do not wait for it.
        let head = ledger::head(self.store.read()).await?;
        let drawn = self
            .briefing_at(jurisdiction, month, &head, judged_on)
            .await?;
        self.store
            .write(call.write(reason), move |work| {
                Box::pin(async move { publish(work, jurisdiction, &drawn, head, key).await })
            })
            .await
    }
}

/// Refuses a month that has not begun.
pub(super) fn not_ahead(field: &str, month: Month, today: NaiveDate) -> Result<()> {
    if month > Month::of(today) {
        return Err(Error::invalid(field, "it has not begun yet"));
    }
    Ok(())
}

async fn publish(
    work: &mut Work,
    jurisdiction: JurisdictionId,
    drawn: &Briefing,
    head: Head,
    key: Option<Key>,
) -> Result<BriefingId> {
    let permit = work.permit(Action::BriefingPublish, Facts::Jurisdiction(jurisdiction))?;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return id.parse().map_err(Error::internal);
    }
    let today = Today::load(work.connection(), work.at()).await?;
    let year = today.of(jurisdiction).year();
    // The number's row is locked from here on: whoever comes second finds the first one.
    let sequence = numbers::next(work, jurisdiction, Series::Briefing, year).await?;
    let period = drawn.month.to_string();
    let first = briefings::of_month(work.connection(), jurisdiction, &period).await?;
    if let Some(first) = first {
        return Err(Error::blocked(
            "BRIEFING_PUBLISHED",
            format!(
                "{period} is published as {}: {}",
                briefing_number(&first),
                first.id
            ),
        ));
    }
    let publisher = work.principal().user_id();
    let row = table::Model {
        id: work.new_id(),
        jurisdiction_id: jurisdiction,
        period,
        year,
        sequence,
        ledger_seq: head.seq,
        ledger_hash: head.hash,
        content: freeze(drawn)?,
        published_by: publisher.ok_or(Error::Forbidden("only a person publishes"))?,
        published_at: work.at(),
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    };
    let row = work.create(&permit, row, Fields::new()).await?;
    idempotency::remember(work, key, &row.id.to_string()).await?;
    Ok(row.id)
}
