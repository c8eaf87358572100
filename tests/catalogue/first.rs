//! A first import: what it makes.

use super::*;

#[tokio::test]
async fn all_the_plans_are_imported_and_a_second_time_nothing_changes() {
    for fresh in databases().await {
        let services = &fresh.services;
        let first = import_seeds(services).await;
        assert_eq!(first.of(Table::Jurisdictions).added, 3);
        assert!(first.of(Table::Projects).added > 1_200);
        assert!(first.matches.is_empty() && first.kept.is_empty());
        let length = ledger_length(services).await;
        let second = import_seeds(services).await;
        assert!(second.is_unchanged(), "{:?}", &second.changed);
        assert!(second.kept.is_empty(), "{:?}", &second.kept);
        let projects = second.of(Table::Projects);
        assert_eq!(projects.unchanged, first.of(Table::Projects).added);
        assert_eq!(ledger_length(services).await, length);
    }
}

#[tokio::test]
async fn every_subject_has_one_creation_in_the_ledger() {
    for fresh in databases().await {
        let services = &fresh.services;
        let outcome = import_seeds(services).await;
        let on = services.store.read().pool();
        let entries = ledger::after(on, 0, 100_000).await.unwrap();
        let mut subjects: HashMap<&str, u64> = HashMap::new();
        for entry in &entries {
            *subjects.entry(&entry.subject_type).or_default() += 1;
            assert_eq!(ledger::hash(entry).unwrap(), entry.hash);
            let reason = entry.reason.as_deref().unwrap();
            assert!(reason.starts_with("导入 seeds"), "{reason}");
            assert_eq!(entry.actor_id, "system:import");
        }
        let counted = [
            ("Jurisdiction", jurisdiction::Entity::find().count(on).await),
            ("Area", area::Entity::find().count(on).await),
            ("Unit", unit::Entity::find().count(on).await),
            ("Plan", plan::Entity::find().count(on).await),
            ("Clause", clause::Entity::find().count(on).await),
            ("Indicator", indicator::Entity::find().count(on).await),
            ("Project", project::Entity::find().count(on).await),
            ("Task", task::Entity::find().count(on).await),
        ];
        for (subject, count) in counted {
            assert_eq!(subjects.get(subject), Some(&count.unwrap()), "{subject}");
        }
        assert_eq!(subjects["Task"], subjects["Project"]);
        assert_eq!(
            outcome.added.len() as u64 + subjects["Task"],
            entries.len() as u64
        );
        let citations = citation::Entity::find().count(on).await.unwrap();
        assert_eq!(
            citations as usize,
            read(&[Source::Seeds]).of(Table::Citations).len()
        );
    }
}

#[tokio::test]
async fn a_creation_lists_every_field_from_nothing() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let project = db_project(services, "XXX-RES-0001").await;
        let entries = ledger::after(services.store.read(), 0, 1_000)
            .await
            .unwrap();
        let entry = entries
            .iter()
            .find(|entry| entry.subject_id == project.id.to_string())
            .unwrap();
        let changes = ledger::read_changes(&entry.changes).unwrap();
        assert!(changes.iter().all(|change| change.from.is_none()));
        let to: HashMap<&str, Option<&str>> = changes
            .iter()
            .map(|change| (&*change.field, change.to.as_deref()))
            .collect();
        assert_eq!(to["areas"].unwrap().split(' ').count(), 2);
        assert_eq!(to["aliases"], None);
        assert_eq!(to["title"], Some("甲水库工程"));
        let unit = db_unit(services, "XXX-JTJ").await.id;
        let cooperating = format!(r#"[{{"role_words":"配合单位","unit":"{unit}"}}]"#);
        assert_eq!(to["cooperatingUnits"], Some(cooperating.as_str()));
        let mention = citation::Entity::find()
            .filter(citation::Column::ProjectId.eq(project.id))
            .one(services.store.read().pool())
            .await
            .unwrap()
            .unwrap();
        let cited = format!(
            r#"[{{"clause":"{}","demand":"BUILD","quote":"甲水库","source_file":"p.txt","source_line":"3"}}]"#,
            mention.clause_id
        );
        assert_eq!(to["citations"], Some(cited.as_str()));
        for field in [
            "externalIds",
            "suggestedLeads",
            "targets",
            "dueDate",
            "leadUnit",
        ] {
            assert!(to.contains_key(field), "{field}");
        }
    }
}

#[tokio::test]
async fn a_project_owes_its_completion_milestone() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let reservoir = db_milestone(services, "XXX-RES-0001").await;
        assert_eq!(reservoir.title, "建成");
        assert_eq!(reservoir.role, Some(MilestoneRole::Finish));
        assert_eq!((reservoir.weight, reservoir.unit_id), (10_000, None));
        assert_eq!(reservoir.due_basis, Some(DueBasis::PlanPeriod));
        assert_eq!(reservoir.due_date, "2025-12-31".parse().ok());
        assert_eq!(reservoir.baseline_due_date, None);
        let project = db_project(services, "XXX-RES-0001").await;
        assert_eq!(project.due_date, reservoir.due_date);
        assert_eq!(project.due_basis, reservoir.due_basis);
        let support = db_milestone(services, "XXX-ROA-0002").await;
        assert_eq!(support.title, "配合");
        assert_eq!(support.role, Some(MilestoneRole::Support));
    }
}

#[tokio::test]
async fn a_work_that_stands_by_the_text_is_done_with_the_plan_as_evidence() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let project = db_project(services, "XXX-ROA-0001").await;
        assert_eq!(project.stage, Stage::Completed);
        assert_eq!(project.percent_complete, 10_000);
        assert_eq!(project.lead_basis, Some(LeadBasis::Stated));
        assert_eq!(project.due_basis, Some(DueBasis::Stated));
        assert_eq!(project.baseline_due_date, "2023-12-31".parse().ok());
        let road = db_milestone(services, "XXX-ROA-0001").await;
        assert_eq!(road.state, TaskState::Done);
        assert_eq!(road.claim_note.as_deref(), Some("南环路建成"));
        assert_eq!(road.unit_id, project.lead_unit_id);
        let evidence = task_evidence::Entity::find()
            .filter(task_evidence::Column::TaskId.eq(road.id))
            .one(services.store.read().pool())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(evidence.title, "测试规划");
        assert_eq!(evidence.document_number.as_deref(), Some("测政〔2021〕1号"));
        assert_eq!(evidence.document_date, "2021-03-01".parse().ok());
    }
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    for fresh in databases().await {
        let services = &fresh.services;
        let rehearsed = import(services, sheets_small(), Mode::DryRun)
            .await
            .unwrap();
        assert_eq!(ledger_length(services).await, 0);
        let on = services.store.read().pool();
        assert_eq!(project::Entity::find().count(on).await.unwrap(), 0);
        assert_eq!(import_row::Entity::find().count(on).await.unwrap(), 0);
        let done = import_small(services).await;
        assert_eq!(rehearsed, done);
    }
}

#[tokio::test]
async fn a_run_tells_how_far_it_is() {
    for fresh in databases().await {
        let told = std::sync::Mutex::new(Vec::<Progress>::new());
        let call = Call::system("import", "request-import".to_owned());
        let progress = |news: Progress| told.lock().unwrap().push(news);
        fresh
            .services
            .import_catalogue(&call, sheets_small(), Mode::Apply, &progress)
            .await
            .unwrap();
        let told = told.into_inner().unwrap();
        assert!(
            told.iter()
                .any(|news| news.step == "projects" && news.done == 3)
        );
        let areas = project_area::Entity::find().count(fresh.services.store.read().pool());
        assert_eq!(areas.await.unwrap(), 2);
    }
}
