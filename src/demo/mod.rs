//! The demonstration: the real plans, and simulated people who live with them month after
//! month.
//!
//! It enters at the same door as everybody: the importer for the plans and for units that no
//! text names, the services as an administrator for users, and as the simulated users
//! themselves for all they do, with the clock moved to when they do it: so the ledger is a
//! real one. What it writes says that it is simulated.
//!
//! | file | what |
//! |---|---|
//! | `data` | who the people are and which works they have: `seeds/demo/` |
//! | `script` | what a work of some character does when: plain values |
//! | `scene` | the services, the moved clock, acting as somebody |
//! | `unit`, `report` | what units do: schedules, milestones, stages; reports |
//! | `office`, `supervision` | what offices do: assign, decide; changes, issues, orders, briefings |
//!
//! Setting it up again changes nothing; a set-up that was cut short goes on with the day on
//! which it stopped.

mod data;
mod office;
mod report;
mod scene;
mod script;
mod supervision;
mod unit;

use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};

use crate::clock::{Clock, ManualClock, new_id};
use crate::error::{Error, Result};
use crate::import::{Source, read, seeds};
use crate::service::catalogue::{ImportFailure, Mode, Progress};
use crate::service::{Call, Demonstration, NewUser, Secret, Services};
use data::{Data, DemoUser};
use scene::{Day, Scene, morning};

/// The password of every demonstration user.
const PASSWORD: &str = "duban-demo";
/// Why the simulated people do what they do.
const REASON: &str = "演示数据";
/// The jurisdiction whose demonstration is as long as is asked for.
const LONGEST: &str = "ZMD";
/// Months of the others.
const OTHERS: u32 = 3;

/// Whom to tell how far it is.
pub struct Telling<'a> {
    /// Of the import, row by row.
    pub import: &'a (dyn Fn(Progress) + Sync),
    /// Of the months: the one that begins, of so many.
    pub month: &'a (dyn Fn(u32, u32) + Sync),
}

impl std::fmt::Debug for Telling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telling").finish_non_exhaustive()
    }
}

/// Sets the demonstration up where it is not, and returns the lines that tell its sign-ins:
/// `sign-in`, user name, password, role, scope, separated by tabs. The services read the
/// clock, which shows the present and is moved; `months` is how far back it begins.
///
/// # Errors
/// [`Error::Internal`] for a database that holds something else, or when a step fails.
pub async fn prepare(
    services: &Services,
    clock: &Arc<ManualClock>,
    months: u32,
    telling: &Telling<'_>,
) -> Result<Vec<String>> {
    let data = Data::embedded()?;
    let call = Call {
        simulated: true,
        ..Call::system("demonstration", request_id(services))
    };
    let reached = match services.demonstration().await? {
        Demonstration::Foreign => {
            return Err(Error::internal(
                "--demo needs an empty database: this one holds something else",
            ));
        }
        Demonstration::Complete => return lines(services, &data, &call).await,
        Demonstration::Empty => None,
        Demonstration::Begun => services.ledger_head(&call).await?.map(|entry| entry.at),
    };
    let now = clock.now();
    let first = first_of_month(now) - Months::new(months);
    clock.set(reached.unwrap_or_else(|| before(first)));
    services.mark_demonstration(&call, false).await?;
    for source in [Source::Seeds, Source::Compiled("seeds/demo", seeds::DEMO)] {
        import(services, source, telling.import).await?;
    }
    for user in &data.users {
        make_user(services, &call, user).await?;
    }
    let scene = Scene {
        services,
        clock,
        data: &data,
    };
    let from = reached.map_or(first, |at| at.date_naive().max(first));
    scene.play((first, from), now, telling).await?;
    services.mark_demonstration(&call, true).await?;
    lines(services, &data, &call).await
}

/// The first day of the month, in China.
fn first_of_month(now: DateTime<Utc>) -> NaiveDate {
    let today = (now + TimeDelta::hours(8)).date_naive();
    today.with_day(1).unwrap_or(today)
}

/// An hour before people begin to act on a day.
fn before(day: NaiveDate) -> DateTime<Utc> {
    morning(day) - TimeDelta::hours(1)
}

impl Scene<'_> {
    /// Lets the days go by.
    async fn play(
        &self,
        (first, from): (NaiveDate, NaiveDate),
        now: DateTime<Utc>,
        telling: &Telling<'_>,
    ) -> Result<()> {
        let call = Call::system("demonstration", self.request_id());
        let jurisdictions = self.services.jurisdictions(&call).await?;
        let this_month = first_of_month(now);
        let months = months_between(first, this_month) + 1;
        for date in from.iter_days().take_while(|date| morning(*date) <= now) {
            if date.day() == 1 {
                (telling.month)(months_between(first, date) + 1, months);
            }
            self.clock.set(morning(date));
            if date.day() == 1 {
                self.make_reports().await?;
            }
            for row in &jurisdictions {
                let start = if row.code == LONGEST {
                    first
                } else {
                    first.max(this_month - Months::new(OTHERS))
                };
                if date < start || self.data.works_in(&row.code).next().is_none() {
                    continue;
                }
                let day = Day {
                    jurisdiction: row.id,
                    code: &row.code,
                    date,
                    month: usize::try_from(months_between(start, date)).unwrap_or(0),
                    start,
                    last_month: morning(date + Months::new(1)) > now,
                };
                self.act(&day).await?;
            }
        }
        // Between midnight and the morning of a first day a month is over that nobody has
        // acted after: what is owed for it is made here, as simulated as all the rest.
        self.clock.set(now);
        self.make_reports().await
    }

    /// The program's own job, on the first of the month.
    async fn make_reports(&self) -> Result<()> {
        let call = Call {
            simulated: true,
            ..Call::system("report-duty", self.request_id())
        };
        self.services.report_duty(&call).await.map(|_| ())
    }

    /// What happens on a day: the same days of every month.
    async fn act(&self, day: &Day<'_>) -> Result<()> {
        let units = self.data.units_in(day.code);
        match day.date.day() {
            2 if day.month == 0 => {
                self.assign(day).await?;
                self.adopt_rules(day).await?;
            }
            3 | 14 => {
                for unit in units {
                    self.work(day, unit).await?;
                }
            }
            4 | 12 => {
                for unit in units {
                    self.report(day, unit, day.date.day() == 12).await?;
                    self.answer(day, unit).await?;
                }
            }
            6 | 13 => self.decide(day).await?,
            16 => self.ask(day).await?,
            19 if day.last_month => self.override_one(day).await?,
            20 => self.press(day).await?,
            22 if day.last_month => {
                for unit in units {
                    self.draft(day, unit).await?;
                }
            }
            26 if day.month > 0 => self.publish(day).await?,
            _ => {}
        }
        Ok(())
    }
}

/// Whole months from a first day of a month to another day.
fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let months =
        (to.year() - from.year()) * 12 + to.month().cast_signed() - from.month().cast_signed();
    u32::try_from(months).unwrap_or(0)
}

fn request_id(services: &Services) -> String {
    new_id::<uuid::Uuid>(services.clock.as_ref()).to_string()
}

async fn import(
    services: &Services,
    source: Source,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<()> {
    let call = Call::system("import", request_id(services));
    let sheets = read(std::slice::from_ref(&source));
    let imported = services
        .import_catalogue(&call, sheets, Mode::Apply, progress)
        .await;
    imported.map(|_| ()).map_err(|failure| match failure {
        ImportFailure::Problems(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Error::internal(lines.join("\n"))
        }
        ImportFailure::Failed(error) => error,
    })
}

async fn make_user(services: &Services, call: &Call, user: &DemoUser) -> Result<()> {
    if services.simulated_user(&user.username).await?.is_some() {
        return Ok(());
    }
    let grant = user.grant(services, call).await?;
    let new = NewUser {
        username: user.username.clone(),
        name: user.name.clone(),
        password: Secret::new(PASSWORD.to_owned()),
        grants: vec![grant],
        reason: Some(REASON.to_owned()),
        idempotency_key: None,
    };
    services.create_simulated_user(call, new).await.map(|_| ())
}

async fn lines(services: &Services, data: &Data, call: &Call) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for user in &data.users {
        let scope = user.scope(services, call).await?;
        lines.push(format!(
            "sign-in\t{}\t{PASSWORD}\t{}\t{scope}",
            user.username, user.role
        ));
    }
    Ok(lines)
}
