//! New projects that may be known under another code: reported, never merged.

use std::collections::HashMap;

use duban_entities::project;

use super::outcome::PossibleMatch;
use super::parts::of_text;
use super::planner::Planned;
use crate::error::Result;

/// What the names of works end in without saying more.
const ENDINGS: [&str; 3] = ["项目", "工程", "建设"];

/// A name reduced to what tells it from others: letters and digits in their plain form,
/// without brackets, marks and the usual endings.
pub(super) fn reduced(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(halved)
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let mut rest = plain.as_str();
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| rest.strip_suffix(ending)) {
        if shorter.is_empty() {
            break;
        }
        rest = shorter;
    }
    rest.to_owned()
}

/// A full-width Latin letter, digit or mark in its plain width.
fn halved(letter: char) -> char {
    let code = u32::from(letter);
    let wide = (0xFF01..=0xFF5E).contains(&code);
    let plain = wide.then(|| char::from_u32(code - 0xFEE0)).flatten();
    plain.unwrap_or(letter)
}

/// The title and the other names of a project.
fn names(planned: &Planned<project::Model>) -> Result<Vec<String>> {
    let aliases = planned.lists.get("aliases");
    let aliases = of_text(aliases.and_then(|list| list.to.as_deref()))?;
    let mut names = vec![planned.after.title.clone()];
    names.extend(
        aliases
            .into_iter()
            .filter_map(|mut member| member.remove("alias")),
    );
    Ok(names)
}

/// New projects that have a name in common with a stored one of the same jurisdiction,
/// given by code, jurisdiction and name.
pub(super) fn possible<'k>(
    planned: &[Planned<project::Model>],
    stored: impl Iterator<Item = (&'k project::Model, &'k str)>,
) -> Result<Vec<PossibleMatch>> {
    let mut by_name: HashMap<_, Vec<(&str, &str)>> = HashMap::new();
    for (project, name) in stored {
        let key = (project.jurisdiction_id, reduced(name));
        by_name.entry(key).or_default().push((&project.code, name));
    }
    let mut matches = Vec::new();
    for new in planned.iter().filter(|row| row.before.is_none()) {
        for name in names(new)? {
            let key = (new.after.jurisdiction_id, reduced(&name));
            for (existing, existing_name) in by_name.get(&key).into_iter().flatten() {
                matches.push(PossibleMatch {
                    code: new.after.code.clone(),
                    name: name.clone(),
                    existing: (*existing).to_owned(),
                    existing_name: (*existing_name).to_owned(),
                });
            }
        }
    }
    matches.dedup_by(|a, b| a.code == b.code && a.existing == b.existing);
    Ok(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_the_same_reduce_to_the_same() {
        for (one, other) in [
            ("宿鸭湖水库清淤扩容工程", "宿鸭湖水库清淤扩容建设项目"),
            ("国道230(正阳县城段)绕城", "国道230正阳县城段绕城"),
            ("G230 绕城", "g230绕城"),
            ("“三纵三横”工程", "三纵三横"),
        ] {
            assert_eq!(reduced(one), reduced(other), "{one} / {other}");
        }
        assert_ne!(reduced("国道230绕城"), reduced("国道240绕城"));
        assert_eq!(reduced("工程"), "工程");
    }
}
