//! The spreadsheet format as data: what the reader checks, and what seeds/README.md prints.

use duban_entities::vocabulary::{
    AreaKind, Demand, Disclosure, IndicatorNature, Participation, PlanStatus, ProjectKind,
    Qualifier, UnitKind,
};

use crate::service::catalogue::Table;

/// What a cell may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An ASCII code.
    Code,
    /// ASCII codes with `;` between them.
    Codes,
    /// Any text.
    Text,
    /// A day.
    Date,
    /// A whole number, not negative.
    Integer,
    /// A number, with a point.
    Decimal,
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a time zone.
    TimeZone,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
    /// True if the column must be there, and none of its cells empty.
    pub required: bool,
    /// What an empty cell stands for, where it stands for something.
    pub default: Option<&'static str>,
    /// What it means.
    pub note: &'static str,
}

/// The columns of a table.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// The table.
    pub table: Table,
    /// What a row is.
    pub note: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Sheet {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The stages that a text can tell of: to suspend or to cancel is an act.
const STAGES: &[&str] = &[
    "PROPOSED",
    "IN_RESERVE",
    "PREPARATION",
    "CONSTRUCTION",
    "COMPLETED",
    "OPERATION",
];

/// The stages that a phrase about the present tells of.
const TOLD_STAGES: &[&str] = &["PREPARATION", "CONSTRUCTION", "COMPLETED", "OPERATION"];

const fn must(name: &'static str, kind: Kind, note: &'static str) -> Column {
    Column {
        name,
        kind,
        required: true,
        default: None,
        note,
    }
}

const fn may(name: &'static str, kind: Kind, note: &'static str) -> Column {
    Column {
        name,
        kind,
        required: false,
        default: None,
        note,
    }
}

const fn or(name: &'static str, kind: Kind, default: &'static str, note: &'static str) -> Column {
    Column {
        name,
        kind,
        required: false,
        default: Some(default),
        note,
    }
}

const CODE: Column = must("code", Kind::Code, "its code");
const JURISDICTION: Column = must("jurisdiction", Kind::Code, "code of its jurisdiction");
const PLAN: Column = must("plan", Kind::Code, "code of its plan");
const PROJECT: Column = must("project", Kind::Code, "code of the project");
const FILE: Column = may("source_file", Kind::Text, "bare file name of the plan text");
const LINE: Column = may("source_line", Kind::Integer, "1-based line in it");
const NEEDED_FILE: Column = must("source_file", Kind::Text, "bare file name of the plan text");
const NEEDED_LINE: Column = must("source_line", Kind::Integer, "1-based line in it");

/// Every table, in the order in which they build on each other.
pub const SHEETS: &[Sheet] = &[
    Sheet {
        table: Table::Jurisdictions,
        note: "a government whose plans these are (辖区)",
        columns: &[
            must(
                "code",
                Kind::Code,
                "its code, which begins the codes of its projects",
            ),
            must("name", Kind::Text, "its name"),
            must(
                "time_zone",
                Kind::TimeZone,
                "where its days begin: `Asia/Shanghai`",
            ),
        ],
    },
    Sheet {
        table: Table::Areas,
        note: "a county, district, zone, town or street inside a jurisdiction (区域)",
        columns: &[
            CODE,
            JURISDICTION,
            must("name", Kind::Text, "its name"),
            must(
                "kind",
                Kind::Word(AreaKind::WORDS),
                "县, 区, 县级市, 功能区/开发区, 乡镇, 街道",
            ),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::Units,
        note: "a bureau, county government, committee or company (单位)",
        columns: &[
            CODE,
            JURISDICTION,
            must("name", Kind::Text, "the name used most"),
            may("full_name", Kind::Text, "the full official name"),
            must(
                "kind",
                Kind::Word(UnitKind::WORDS),
                "市直部门, 县区政府, 管委会, 党群, 企业, 事业单位/院校, 垂直管理, 乡镇街道, 集合称谓 (wording: never leads), other",
            ),
            may("parent", Kind::Code, "code of the unit above it"),
            may("area", Kind::Code, "code of the area that it governs"),
            may("valid_from", Kind::Date, "first day of its existence"),
            may("valid_to", Kind::Date, "last day of its existence"),
            or(
                "simulated",
                Kind::Bool,
                "false",
                "true for a demonstration record",
            ),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::UnitAliases,
        note: "another name of a unit",
        columns: &[
            must("unit", Kind::Code, "code of the unit"),
            must("alias", Kind::Text, "the other name"),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::Plans,
        note: "a published plan or document (规划)",
        columns: &[
            CODE,
            JURISDICTION,
            must("title", Kind::Text, "its title"),
            must(
                "status",
                Kind::Word(PlanStatus::WORDS),
                "草案, 已印发, no longer in force",
            ),
            may("document_number", Kind::Text, "文号"),
            may("issued_on", Kind::Date, "day of issue"),
            may("issued_by", Kind::Text, "who issued it"),
            may(
                "issuing_document",
                Kind::Text,
                "the document that carried it",
            ),
            may("period_from", Kind::Date, "first day of the stated period"),
            may(
                "period_to",
                Kind::Date,
                "last day of it: no deadline, see below",
            ),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::Clauses,
        note: "a part of a plan's outline (条款); the rows stand in the outline's order",
        columns: &[
            CODE,
            PLAN,
            may("parent", Kind::Code, "code of the clause around it"),
            may("number", Kind::Text, "its number as worded"),
            must("heading", Kind::Text, "its heading"),
            NEEDED_FILE,
            NEEDED_LINE,
        ],
    },
    Sheet {
        table: Table::Indicators,
        note: "a target figure of a plan (指标); values as worded",
        columns: &[
            CODE,
            PLAN,
            may("group", Kind::Text, "the group it stands in"),
            must("name", Kind::Text, "its name"),
            may("unit_of_measure", Kind::Text, "its unit"),
            may("base_value", Kind::Text, "where it started"),
            may("base_year", Kind::Text, "when"),
            may("target_value", Kind::Text, "where it shall be"),
            may("target_year", Kind::Text, "when"),
            may("annual_growth", Kind::Text, "growth a year"),
            must(
                "nature",
                Kind::Word(IndicatorNature::WORDS),
                "约束性, 预期性, 未注明",
            ),
            may("note", Kind::Text, "anything else the plan says of it"),
            NEEDED_FILE,
            NEEDED_LINE,
        ],
    },
    Sheet {
        table: Table::Projects,
        note: "one work, tracked (重大项目); a programme is one with children",
        columns: &[
            must(
                "code",
                Kind::Code,
                "its code; begins with the jurisdiction's and `-`",
            ),
            JURISDICTION,
            must("title", Kind::Text, "the name of the work"),
            must("kind", Kind::Word(ProjectKind::WORDS), "类别"),
            or(
                "participation",
                Kind::Word(Participation::WORDS),
                "LEADS",
                "SUPPORTS where another government builds it",
            ),
            or(
                "stage",
                Kind::Word(STAGES),
                "PROPOSED",
                "raised only by words about the present",
            ),
            may("parent", Kind::Code, "code of the programme it belongs to"),
            may("areas", Kind::Codes, "codes of the areas it lies in"),
            may(
                "due_date",
                Kind::Date,
                "only where a text states a date for this work",
            ),
            may("due_words", Kind::Text, "the text's own words for it"),
            may(
                "lead_unit",
                Kind::Code,
                "only a stated lead; never a COLLECTIVE",
            ),
            may(
                "lead_role_words",
                Kind::Text,
                "the text's own word for its role",
            ),
            or(
                "disclosure",
                Kind::Word(Disclosure::WORDS),
                "NOT_PUBLIC",
                "主动公开, 依申请公开, 不予公开",
            ),
            may(
                "declared_members",
                Kind::Integer,
                "how many members the text declares",
            ),
        ],
    },
    Sheet {
        table: Table::ProjectAliases,
        note: "another name of the same work",
        columns: &[
            PROJECT,
            must("alias", Kind::Text, "the other name"),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::ProjectExternalIds,
        note: "an identifier in another scheme; several a project",
        columns: &[
            PROJECT,
            must("scheme", Kind::Text, "such as `国家项目代码`"),
            must("value", Kind::Text, "the identifier"),
        ],
    },
    Sheet {
        table: Table::Citations,
        note: "a project's mention in a clause (出处); the first row of a project is its primary mention",
        columns: &[
            PROJECT,
            must("clause", Kind::Code, "code of the clause"),
            must(
                "quote",
                Kind::Text,
                "the few words that name the work, verbatim",
            ),
            may(
                "phrase",
                Kind::Text,
                "the text's verb phrase, as in the phrase table",
            ),
            may(
                "demand",
                Kind::Word(Demand::WORDS),
                "only to override the phrase table",
            ),
            NEEDED_FILE,
            NEEDED_LINE,
        ],
    },
    Sheet {
        table: Table::SuggestedLeads,
        note: "a unit that a text suggests as lead without saying so; never a COLLECTIVE",
        columns: &[
            PROJECT,
            must("unit", Kind::Code, "code of the unit"),
            must(
                "source_file",
                Kind::Text,
                "the file of one of the project's citations",
            ),
            must("source_line", Kind::Integer, "and its line"),
        ],
    },
    Sheet {
        table: Table::CooperatingUnits,
        note: "a unit that cooperates (配合单位)",
        columns: &[
            PROJECT,
            must("unit", Kind::Code, "code of the unit"),
            may("role_words", Kind::Text, "the text's own word for its role"),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::Targets,
        note: "a quantity (建设内容及规模)",
        columns: &[
            PROJECT,
            must("name", Kind::Text, "what is counted"),
            must("words", Kind::Text, "as the plan words it"),
            may("quantity", Kind::Decimal, "the number"),
            may("quantity_to", Kind::Decimal, "upper end of a RANGE"),
            may(
                "qualifier",
                Kind::Word(Qualifier::WORDS),
                "how the number is meant; empty without one",
            ),
            may("unit_of_measure", Kind::Text, "its unit"),
            FILE,
            LINE,
        ],
    },
    Sheet {
        table: Table::Phrases,
        note: "what a verb phrase demands; the built-in table is always there, and these rows go before it",
        columns: &[
            must(
                "phrase",
                Kind::Text,
                "the phrase, exactly; `…` where words are left out",
            ),
            must(
                "demand",
                Kind::Word(Demand::WORDS),
                "研究谋划, 前期, 开工, 建设实施, 建成, 投用, 配合, none",
            ),
            may(
                "stage",
                Kind::Word(TOLD_STAGES),
                "only where it speaks of the present",
            ),
            may("note", Kind::Text, "why"),
        ],
    },
];

/// The format of a table.
#[must_use]
pub fn sheet(table: Table) -> Option<&'static Sheet> {
    SHEETS.iter().find(|sheet| sheet.table == table)
}

/// The format as Markdown, a table of columns for each table.
#[must_use]
pub fn documentation() -> String {
    let sections: Vec<String> = SHEETS.iter().map(section).collect();
    sections.join("\n")
}

fn section(sheet: &Sheet) -> String {
    let mut text = format!("### {}\n\nOne row is {}.\n\n", sheet.table, sheet.note);
    text.push_str("| column | required | holds | meaning |\n|---|---|---|---|\n");
    for column in sheet.columns {
        let required = if column.required { "yes" } else { "" };
        let default = column
            .default
            .map_or_else(String::new, |word| format!("; empty is {word}"));
        let Column {
            name, kind, note, ..
        } = column;
        text.push_str(&format!(
            "| {name} | {required} | {}{default} | {note} |\n",
            holds(*kind)
        ));
    }
    text
}

fn holds(kind: Kind) -> String {
    match kind {
        Kind::Code => "code".to_owned(),
        Kind::Codes => "codes, `;` between".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Date => "date `YYYY-MM-DD`".to_owned(),
        Kind::Integer => "whole number".to_owned(),
        Kind::Decimal => "number".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Word(words) => words.join(", "),
        Kind::TimeZone => "time zone".to_owned(),
    }
}
