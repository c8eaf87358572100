//! Later imports: what they change, and what they leave to people.

use super::*;

#[tokio::test]
async fn what_people_changed_is_kept_and_reported() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let unit = db_unit(services, "XXX-SLJ").await.id;
        db_change_project(services, "XXX-RES-0001", move |project| {
            project.kind = ProjectKind::WaterSupply;
            project.lead_unit_id = Some(unit);
            project.lead_basis = Some(LeadBasis::Assigned);
        })
        .await;
        let outcome = import(
            services,
            small_with(
                "projects.csv",
                "code,jurisdiction,title,kind,lead_unit\nXXX-RES-0001,XXX,甲水库扩容工程,IRRIGATION,\n",
            ),
            Mode::Apply,
        )
        .await;
        let outcome = outcome.unwrap();
        let project = db_project(services, "XXX-RES-0001").await;
        assert_eq!(project.title, "甲水库扩容工程");
        assert_eq!(project.kind, ProjectKind::WaterSupply);
        assert_eq!(project.lead_unit_id, Some(unit));
        assert_eq!(outcome.changed.len(), 1);
        assert_eq!(outcome.changed[0].fields, ["title"]);
        let kept: Vec<_> = outcome
            .kept
            .iter()
            .map(|kept| (kept.field.as_str(), kept.imported.as_deref()))
            .collect();
        assert_eq!(kept, [("kind", Some("IRRIGATION")), ("lead_unit", None)]);
        assert_eq!(outcome.kept[0].current.as_deref(), Some("WATER_SUPPLY"));
    }
}

#[tokio::test]
async fn a_corrected_date_and_lead_reach_the_milestone_until_somebody_is_assigned() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let corrected = "code,jurisdiction,title,kind,due_date,lead_unit\nXXX-RES-0001,XXX,甲水库工程,RESERVOIR,2024-06-30,XXX-SLJ\n";
        let sheets = small_with("projects.csv", corrected);
        import(services, sheets, Mode::Apply).await.unwrap();
        let task = db_milestone(services, "XXX-RES-0001").await;
        let unit = db_unit(services, "XXX-SLJ").await.id;
        assert_eq!(task.unit_id, Some(unit));
        assert_eq!(task.due_basis, Some(DueBasis::Stated));
        assert_eq!(task.due_date, "2024-06-30".parse().ok());
        assert_eq!(task.baseline_due_date, task.due_date);
        assert_eq!(task.counted_due_date, task.due_date);
        db_change_project(services, "XXX-RES-0001", |project| {
            project.due_basis = Some(DueBasis::Scheduled);
        })
        .await;
        let outcome = import(services, sheets_small(), Mode::Apply).await.unwrap();
        assert!(outcome.kept.iter().any(|kept| kept.field == "due_date"));
        let later = db_milestone(services, "XXX-RES-0001").await;
        assert_eq!(later, task);
    }
}

#[tokio::test]
async fn another_plan_adds_its_mentions_and_the_first_import_stays_as_it_is() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let addendum = [
            (
                "clauses.csv",
                "code,plan,parent,number,heading,source_file,source_line\nXXX-P/2,XXX-P,,,补充,q.txt,1\n",
            ),
            (
                "citations.csv",
                "project,clause,quote,phrase,demand,source_file,source_line\nXXX-RES-0001,XXX-P/2,扩建甲水库,,COMPLETE,q.txt,2\n",
            ),
        ];
        let outcome = import(services, sheets(&addendum), Mode::Apply)
            .await
            .unwrap();
        assert_eq!(outcome.changed.len(), 1);
        assert_eq!(outcome.changed[0].fields, ["citations"]);
        let project = db_project(services, "XXX-RES-0001").await;
        let mentions = citation::Entity::find()
            .filter(citation::Column::ProjectId.eq(project.id))
            .order_by_asc(citation::Column::Position)
            .all(services.store.read().pool())
            .await
            .unwrap();
        let quotes: Vec<&str> = mentions.iter().map(|row| row.quote.as_str()).collect();
        assert_eq!(quotes, ["甲水库", "扩建甲水库"]);
        let suggested = suggested_lead::Entity::find()
            .one(services.store.read().pool())
            .await;
        assert_eq!(suggested.unwrap().unwrap().citation_id, mentions[0].id);
        let positions = clause::Entity::find()
            .order_by_asc(clause::Column::Position)
            .all(services.store.read().pool())
            .await
            .unwrap();
        let outline: Vec<_> = positions
            .iter()
            .map(|row| (row.code.as_str(), row.position))
            .collect();
        assert_eq!(outline, [("XXX-P/1", 0), ("XXX-P/1.1", 1), ("XXX-P/2", 2)]);
        let again = import(services, sheets_small(), Mode::Apply).await.unwrap();
        assert!(again.is_unchanged(), "{:?}", again.changed);
    }
}

#[tokio::test]
async fn a_possible_match_is_reported_and_not_merged() {
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let more = [
            (
                "projects.csv",
                "code,jurisdiction,title,kind\nXXX-RES-0002,XXX,甲 水库(项目),RESERVOIR\n",
            ),
            (
                "citations.csv",
                "project,clause,quote,phrase,source_file,source_line\nXXX-RES-0002,XXX-P/1,甲水库,,r.txt,3\n",
            ),
        ];
        let outcome = import(services, sheets(&more), Mode::Apply).await.unwrap();
        assert_eq!(outcome.matches.len(), 1);
        assert_eq!(outcome.matches[0].existing, "XXX-RES-0001");
        assert_eq!(outcome.of(Table::Projects).added, 1);
    }
}

#[tokio::test]
async fn what_an_import_changes_is_found_at_once() {
    let added = [
        (
            "units.csv",
            "code,jurisdiction,name,kind,parent\nXXX-JTJ,XXX,市交运局,DEPARTMENT,\nXXX-SLJ,XXX,市水利局,DEPARTMENT,\nXXX-SUB,XXX,水库管理处,INSTITUTION,XXX-SLJ\nXXX-ALL,XXX,各县区,COLLECTIVE,\n",
        ),
        (
            "projects.csv",
            "code,jurisdiction,title,kind,lead_unit\nXXX-ROA-0002,XXX,北三环,ROAD,XXX-JTJ\n",
        ),
        (
            "citations.csv",
            "project,clause,quote,phrase,demand,source_file,source_line\nXXX-ROA-0002,XXX-P/1,贯通高铁片区,,SUPPORT,p.txt,6\n",
        ),
    ];
    for fresh in databases().await {
        let services = &fresh.services;
        import_small(services).await;
        let found = async |text: &str| {
            let call = Call::system("import", "request-find".to_owned());
            let filter = ProjectFilter {
                text: Some(text.to_owned()),
                ..ProjectFilter::default()
            };
            services.count_projects(&call, &filter).await.unwrap()
        };
        assert_eq!(found("北环").await, 1);
        assert_eq!(found("市交通").await, 1);
        for text in ["三环", "高铁", "交运"] {
            assert_eq!(found(text).await, 0, "{text}");
        }
        import(services, sheets(&added), Mode::Apply).await.unwrap();
        for text in ["三环", "高铁"] {
            assert_eq!(found(text).await, 1, "{text}");
        }
        assert_eq!(found("交运").await, 2, "one of them leads now");
        for text in ["北环", "市交通"] {
            assert_eq!(found(text).await, 0, "{text}");
        }
    }
}
