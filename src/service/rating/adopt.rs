//! Adopting rating rules: from a day on, with a document.

use chrono::{Days, NaiveDate};
use duban_entities::ids::{JurisdictionId, RatingAdoptionId};
use duban_entities::rating_adoption;
use serde::Serialize;

use super::Adopted;
use crate::domain::rating::RuleSet;
use crate::error::{Error, Problems, Result};
use crate::policy::{Action, Facts};
use crate::service::idempotency::{self, Key};
use crate::service::task::as_text;
use crate::service::{Call, Rules, Services, fetch};
use crate::store::record::Fields;
use crate::store::today::Today;
use crate::store::{Work, outline, ratings};

/// Days ahead that an adoption may lie: further is a typing error.
const FURTHEST: Days = Days::new(366);

/// An office adopts rating rules.
#[derive(Clone, Debug, Serialize)]
pub struct RatingRulesAdopt {
    /// The jurisdiction.
    #[serde(serialize_with = "as_text")]
    pub jurisdiction: JurisdictionId,
    /// Code of a rule set that is shipped.
    pub code: String,
    /// The first day on which they hold; not before today.
    pub effective_from: NaiveDate,
    /// Title of the document.
    pub document_title: String,
    /// Its number.
    pub document_number: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The version of the rule set that the person read.
    pub expected_version: Option<i32>,
    /// See `idempotency`.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

impl Services {
    /// Adopts a rule set for a jurisdiction: its wording is kept, and holds from the day on
    /// until a later adoption's day.
    ///
    /// # Errors
    /// [`Error::Invalid`] for unknown rules, a day before today, a document without a title;
    /// [`Error::Conflict`] when the shipped rules have another version than the one read.
    pub async fn adopt_rating_rules(
        &self,
        call: &Call,
        input: RatingRulesAdopt,
    ) -> Result<RatingAdoptionId> {
        Self::signed_in(call)?;
        let reason = fetch::note("reason", input.reason.as_deref())?;
        check_document(&input)?;
        let key = Key::of("ratingRulesAdopt", input.idempotency_key.as_deref(), &input)?;
        let rules = std::sync::Arc::clone(&self.rules);
        self.store
            .write(call.write(reason), move |work| {
                Box::pin(async move { adopt(work, input, key, &rules).await })
            })
            .await
    }

    /// One adoption.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the caller may not see it.
    pub async fn rating_adoption(&self, call: &Call, id: RatingAdoptionId) -> Result<Adopted> {
        Self::signed_in(call)?;
        let row = ratings::adoption(self.store.read(), id).await?;
        let row = row.ok_or(Error::NotFound)?;
        self.reads(call, row.jurisdiction_id)?;
        let mut adopted = Adopted::of(vec![row])?;
        adopted.pop().ok_or(Error::NotFound)
    }

    /// What is adopted in a jurisdiction, or in every one in the caller's reach; the last
    /// adoption first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the jurisdiction named is out of reach.
    pub async fn rating_adoptions(
        &self,
        call: &Call,
        jurisdiction: Option<JurisdictionId>,
    ) -> Result<Vec<Adopted>> {
        Self::signed_in(call)?;
        let here = match jurisdiction {
            Some(id) => {
                self.named_jurisdiction(call, id).await?;
                vec![id]
            }
            None => {
                let rows = self.jurisdictions(call).await?;
                rows.into_iter().map(|row| row.id).collect()
            }
        };
        self.adopted_in(here).await
    }
}

fn check_document(input: &RatingRulesAdopt) -> Result<()> {
    let mut problems = Problems::default();
    let plain = |text: &str| !text.chars().any(char::is_control);
    let title = input.document_title.trim();
    problems.require(
        (1..=200).contains(&title.chars().count()) && plain(title),
        "document.title",
        "1 to 200 characters, no control characters",
    );
    let number = input.document_number.as_deref().unwrap_or("-");
    problems.require(
        number.chars().count() <= 100 && plain(number),
        "document.number",
        "at most 100 characters, no control characters",
    );
    problems.finish()
}

async fn adopt(
    work: &mut Work,
    input: RatingRulesAdopt,
    key: Option<Key>,
    rules: &Rules,
) -> Result<RatingAdoptionId> {
    let here = vec![input.jurisdiction];
    let known = outline::jurisdictions_by_id(work.connection(), here).await?;
    let jurisdiction = known.first().ok_or(Error::NotFound)?.id;
    let facts = Facts::Jurisdiction(jurisdiction);
    let permit = work.permit(Action::RatingAdopt, facts)?;
    if let Some(id) = idempotency::replay::<String>(work, key.as_ref()).await? {
        return id.parse().map_err(Error::internal);
    }
    let mut drafts = rules.ratings.drafts.iter();
    let set = drafts.find(|set| set.code == input.code);
    let set = set.ok_or_else(|| Error::invalid("code", "no such rules"))?;
    fetch::expect_version(input.expected_version, set.version.into())?;
    let today = Today::load(work.connection(), work.at()).await?;
    check_day(input.effective_from, today.of(jurisdiction))?;
    let row = row(work, input, set)?;
    let row = work.create(&permit, row, Fields::new()).await?;
    idempotency::remember(work, key, &row.id.to_string()).await?;
    Ok(row.id)
}

/// Rules do not act backwards: what was rated stays as it was.
fn check_day(day: NaiveDate, today: NaiveDate) -> Result<()> {
    let furthest = today.checked_add_days(FURTHEST);
    if day < today {
        return Err(Error::invalid(
            "effectiveFrom",
            "not before today: rules do not act backwards",
        ));
    }
    if furthest.is_some_and(|furthest| day > furthest) {
        return Err(Error::invalid("effectiveFrom", "at most 366 days ahead"));
    }
    Ok(())
}

fn row(work: &Work, input: RatingRulesAdopt, set: &RuleSet) -> Result<rating_adoption::Model> {
    let adopted_by = work.principal().user_id();
    let number = input.document_number.map(|text| text.trim().to_owned());
    Ok(rating_adoption::Model {
        id: work.new_id(),
        jurisdiction_id: input.jurisdiction,
        code: set.code.clone(),
        rules_version: set.version.to_string(),
        rules: set.to_json().map_err(Error::internal)?,
        effective_from: input.effective_from,
        document_title: input.document_title.trim().to_owned(),
        document_number: number.filter(|text| !text.is_empty()),
        adopted_by: adopted_by.ok_or(Error::Forbidden("only a person adopts rules"))?,
        adopted_at: work.at(),
        simulated: work.simulated(),
        version: 1,
        created_at: work.at(),
        updated_at: work.at(),
    })
}
