//! Files and folders, in the order of their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reader;
use crate::service::catalogue::{Place, Problem, Sheets, Table};

/// Reads a file, or a folder with everything below it.
pub(super) fn read(sheets: &mut Sheets, path: &Path) {
    sheets.sources.push(path.display().to_string());
    if !path.exists() {
        // What it would have held cannot be missed by what is there.
        sheets.torn.extend(Table::ALL);
        return problem(sheets, path, "no such file or folder", "a path that exists");
    }
    if path.is_dir() {
        read_folder(sheets, path);
    } else {
        read_file(sheets, path);
    }
}

/// The table of a file, by its name: `projects.csv`, `2026-projects.csv`.
#[must_use]
pub(super) fn table_of(path: &Path) -> Option<Table> {
    let stem = path.file_stem()?.to_str()?;
    let csv = path.extension()?.eq_ignore_ascii_case("csv");
    let named = |table: &&Table| {
        let before = stem.strip_suffix(table.name());
        before.is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    Table::ALL.iter().find(named).copied().filter(|_| csv)
}

fn read_folder(sheets: &mut Sheets, folder: &Path) {
    let listed = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<io::Result<Vec<PathBuf>>>()
    });
    let mut paths = match listed {
        Ok(paths) => paths,
        Err(error) => return problem(sheets, folder, &error.to_string(), "a readable folder"),
    };
    paths.sort();
    for path in paths.iter().filter(|path| !is_passed_over(path)) {
        // A link to a folder may lead back up: only real folders are walked.
        if path.is_dir() && !path.is_symlink() {
            read_folder(sheets, path);
        } else {
            read_file(sheets, path);
        }
    }
}

/// What may lie beside the tables: hidden files, notes, settings, the count of rows.
fn is_passed_over(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str());
    name.starts_with('.')
        || name == "rows.csv"
        || name == "README.md"
        || matches!(extension, Some("yaml" | "yml"))
}

fn read_file(sheets: &mut Sheets, path: &Path) {
    let Some(table) = table_of(path) else {
        let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        let expected = format!("a CSV file named after a table: {}", names.join(", "));
        return problem(sheets, path, "a file that names no table", &expected);
    };
    match fs::read(path) {
        Ok(bytes) => reader::read(sheets, table, &path.display().to_string(), &bytes),
        Err(error) => {
            sheets.torn.insert(table);
            problem(sheets, path, &error.to_string(), "a readable file");
        }
    }
}

fn problem(sheets: &mut Sheets, path: &Path, found: &str, expected: &str) {
    let file = Arc::from(path.display().to_string());
    sheets.problems.push(Problem {
        place: Place { file, line: 0 },
        column: None,
        found: found.to_owned(),
        expected: expected.to_owned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name() {
        for (name, table) in [
            ("projects.csv", Some(Table::Projects)),
            ("2026-projects.CSV", Some(Table::Projects)),
            ("x/unit_aliases.csv", Some(Table::UnitAliases)),
            ("myprojects.csv", None),
            ("projects.xlsx", None),
            ("projects", None),
        ] {
            assert_eq!(table_of(Path::new(name)), table, "{name}");
        }
    }

    #[test]
    fn a_folder_is_walked_and_what_is_no_table_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let files = ["rows.csv", "README.md", "a.yaml", ".hidden", "notes.txt"];
        for name in files {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::write(below.join("unit_aliases.csv"), "unit,alias\nU,甲\n").unwrap();
        let mut sheets = Sheets::default();
        read(&mut sheets, folder.path());
        read(&mut sheets, &folder.path().join("missing.csv"));
        assert_eq!(sheets.of(Table::UnitAliases).len(), 1);
        let found: Vec<&str> = sheets.problems.iter().map(|p| p.found.as_str()).collect();
        assert_eq!(
            found,
            ["a file that names no table", "no such file or folder"]
        );
    }
}
