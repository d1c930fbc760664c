//! `ballast replay`, run as a person runs it, beside the page that holds what it prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PAGE: &str = include_str!("../../../docs/deleverage.md");
const SCENES: [&str; 3] = ["hyperliquid", "pump", "compare"];

fn replay(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballast")).arg("replay").args(args).output().unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = replay(args);
    assert_eq!((output.status.code(), String::from_utf8(output.stderr)), (Some(0), Ok(String::new())));
    String::from_utf8(output.stdout).unwrap()
}

/// The tables of a text: lines that stand together and begin with a bar.
fn tables(text: &str) -> Vec<String> {
    text.split("\n\n").filter(|part| part.starts_with('|')).map(|part| part.trim_end().to_owned()).collect()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{name}"))
}

/// Whoever changes what a replay finds changes the page with it.
#[test]
fn the_page_says_what_the_replays_print() {
    let mut of_replays = Vec::new();
    for (scene, many) in SCENES.iter().zip([3, 1, 3]) {
        let found = tables(&printed(&[scene]));
        assert_eq!(found.len(), many, "{scene}");
        of_replays.extend(found);
    }
    let mut page = PAGE;
    for table in &of_replays {
        let at = page.find(table.as_str());
        let at = at.unwrap_or_else(|| panic!("docs/deleverage.md has not, or not in this order:\n\n{table}"));
        page = &page[at + table.len()..];
    }
}

#[test]
fn the_pictures_of_the_page_are_those_of_the_replays() {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/img");
    for scene in SCENES {
        let svg = path(&format!("{scene}.svg"));
        printed(&[scene, "--svg", svg.to_str().unwrap()]);
        let name = format!("deleverage-{scene}.svg");
        let (drawn, committed) = (fs::read_to_string(svg).unwrap(), fs::read_to_string(images.join(&name)).unwrap());
        assert!(drawn == committed, "docs/img/{name} is another: `ballast replay {scene} --svg docs/img/{name}`");
        assert!(PAGE.contains(&format!("(img/{name})")));
    }
}

#[test]
fn a_page_with_chart_and_tables() {
    let html = path("pump.html");
    let text = printed(&["pump", "--html", html.to_str().unwrap()]);
    let page = fs::read_to_string(html).unwrap();
    let rows = tables(&text).iter().map(|table| table.lines().count() - 1).sum::<usize>();
    assert_eq!((page.matches("<tr>").count(), page.matches("<svg ").count()), (rows, 1));
}

#[test]
fn another_seed_is_another_book_and_the_same_one_the_same() {
    let of = |seed| printed(&["compare", "--seed", seed]);
    assert_eq!(of("7"), of("7"));
    assert_ne!(of("7"), of("8"));
    assert_eq!(of("1"), printed(&["compare"]));
}

#[test]
fn wrong_arguments_and_files_that_cannot_be_written() {
    for args in [&[][..], &["mango"], &["pump", "--seed", "1"], &["compare", "--seed", "-1"]] {
        assert_eq!(replay(args).status.code(), Some(2), "{args:?}");
    }
    let output = replay(&["pump", "--svg", "/proc/no/pump.svg"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("ballast: /proc/no"));
}

#[test]
fn the_help_teaches() {
    let help = printed(&["--help"]);
    for part in ["the larger side shrinks by the least amount", "ballast replay compare --seed 7", "Exit status"] {
        assert!(help.contains(part), "{part}");
    }
    assert!(printed(&["hyperliquid", "--help"]).contains("the least"));
}
