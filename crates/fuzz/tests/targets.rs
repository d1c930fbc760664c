//! Every fuzz target over its corpus, and over mutations of it: the run of CI.
//!
//! `BALLAST_FUZZ_RUNS=1000000 cargo test --release -p ballast-fuzz` runs longer; `BALLAST_FUZZ_SEED` starts elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use ballast_fuzz::{Target, TARGETS};

/// Mutations tried of each target's corpus.
const RUNS: u64 = 10_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The committed inputs of a target, in order.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Writes the input where it can be found if the target panics.
struct Keep<'a> {
    name: &'a str,
    input: &'a [u8],
}

impl Drop for Keep<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", self.name));
            fs::write(&file, self.input).unwrap();
            eprintln!("the input, {} bytes, is in {}", self.input.len(), file.display());
        }
    }
}

fn run((name, target): Target, input: &[u8]) -> bool {
    let _keep = Keep { name, input };
    target(input)
}

/// A small generator (xorshift64*): the same run everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from((self.next() >> 32) % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }

    /// Changes an input in one place: a bit, a byte, a word, a piece gone, doubled or from another input.
    fn mutate(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        const WORDS: [u64; 8] = [0, 1, u64::MAX, i64::MAX.unsigned_abs(), 1 << 63, 1 << 32, u32::MAX as u64, 255];
        let at = self.below(input.len());
        let length = (1 + self.below(16)).min(input.len() - at);
        match self.below(8) {
            0 if length > 0 => input[at] ^= 1 << self.below(8),
            1 | 2 if length > 0 => input[at] = self.next().to_be_bytes()[0],
            3 if length > 0 => {
                let word = WORDS[self.below(WORDS.len())].to_le_bytes();
                let length = length.min(8);
                input[at..at + length].copy_from_slice(&word[..length]);
            }
            4 => drop(input.drain(at..at + length)),
            5 => {
                let piece = input[at..at + length].to_vec();
                input.splice(at..at, piece);
            }
            6 if !other.is_empty() => {
                let from = self.below(other.len());
                let piece = other[from..].iter().copied().take(1 + self.below(64));
                let end = (at + piece.len()).min(input.len());
                input.splice(at..end, piece);
            }
            _ => {
                let count = 1 + self.below(24);
                let piece = self.bytes(count);
                let end = (at + count).min(input.len());
                input.splice(at..end, piece);
            }
        }
    }
}

/// Runs a target: how many inputs its corpus has, how many of them came to something, and how many of a thousand
/// mutations.
fn explore(target: Target) -> (usize, usize, u64) {
    let inputs = corpus(target.0);
    let reached = inputs.iter().filter(|input| run(target, input)).count();
    let mut random = Random(number("BALLAST_FUZZ_SEED").unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let runs = number("BALLAST_FUZZ_RUNS").unwrap_or(RUNS);
    let mut count = 0;
    for _ in 0..runs {
        let mut input = inputs[random.below(inputs.len())].clone();
        if random.below(8) == 0 {
            let length = random.below(1_200);
            input = random.bytes(length);
        }
        for _ in 0..=random.below(6) {
            let other = random.below(inputs.len());
            random.mutate(&mut input, &inputs[other]);
        }
        count += u64::from(run(target, &input));
    }
    (inputs.len(), reached, count * 1_000 / runs.max(1))
}

macro_rules! targets {
    ($($name:ident at least $thousandths:literal;)+) => {
        $(#[test]
        fn $name() {
            let target = (stringify!($name), ballast_fuzz::$name as fn(&[u8]) -> bool);
            let (inputs, reached, thousandths) = explore(target);
            println!("{}: {inputs} inputs, {reached} reached; of mutations {thousandths} in a thousand", target.0);
            assert!(8 * reached >= inputs && inputs > 3, "{reached} of {inputs}: the corpus has lost its meaning");
            assert!(thousandths >= $thousandths, "{thousandths} in a thousand");
        })+

        /// A target without a test, a corpus or a program for libFuzzer would be forgotten.
        #[test]
        fn every_target_has_all_its_parts() {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
            let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
            for name in &names {
                let program = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
                assert!(program.contains(&format!("ballast_fuzz::{name}(data)")), "{name}");
                assert!(manifest.contains(&format!("fuzz_targets/{name}.rs")), "{name}");
            }
            let listed = |folder: &str| fs::read_dir(fuzz().join(folder)).unwrap().count();
            assert_eq!([listed("corpus"), listed("fuzz_targets")], [names.len(); 2]);
        }
    };
}

targets! {
    accrual at least 250;
    bankruptcy at least 400;
    corrupt at least 500;
    deleverage at least 250;
    flash_loan at least 400;
    health at least 200;
    judge at least 400;
    layouts at least 60;
    lending at least 200;
    liquidation at least 200;
    margin at least 300;
    oracle at least 100;
    orders at least 50;
    parameters at least 100;
    perps at least 100;
    staged at least 150;
}
