//! The table of incidents names tests that exist, and no test carries a number that is not in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../docs/incidents.md");

/// Names of all test functions under a folder.
fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, names);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            let functions = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            names.extend(functions.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
}

/// `T03` of a part of a name, `t03`.
fn number(part: &str) -> Option<String> {
    let [kind @ (b't' | b'v'), tens, ones] = part.as_bytes() else { return None };
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| format!("{}{}{}", char::from(kind.to_ascii_uppercase()), char::from(*tens), char::from(*ones)))
}

#[test]
fn the_table_of_incidents_is_complete_and_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut names = BTreeSet::new();
    for folder in ["tests", "crates", "bin"] {
        collect(&root.join(folder), &mut names);
    }
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.trim_end_matches(" |").split(" | ").collect::<Vec<_>>())
        .filter(|cells| number(&cells[0].to_ascii_lowercase()).is_some())
        .collect();
    let listed: Vec<String> = rows.iter().map(|cells| cells[0].to_owned()).collect();
    let expected: Vec<String> = [('T', 32), ('V', 34)]
        .iter()
        .flat_map(|(kind, last)| (1..=*last).map(move |n| format!("{kind}{n:02}")))
        .collect();
    assert_eq!(listed, expected);
    for cells in &rows {
        let [_, what, tests] = cells.as_slice() else { panic!("{cells:?}") };
        assert!(!what.is_empty() && !tests.is_empty(), "{cells:?}");
        for test in tests.split('`').skip(1).step_by(2) {
            assert!(names.contains(test), "{}: there is no test {test}", cells[0]);
        }
    }
    for name in &names {
        for row in name.split('_').map_while(number) {
            assert!(listed.contains(&row), "{name}");
        }
    }
}
