//! Who takes part: drawn from a seed, documented in `docs/demonstration.md`.

use super::random::Random;

/// Value of a borrower's collateral by rank: thousandths of the population, and USD. Linear between, a long tail on top.
pub(super) const SIZES: [(u64, u64); 10] = [
    (0, 250),
    (100, 900),
    (250, 2_500),
    (500, 8_000),
    (750, 25_000),
    (900, 80_000),
    (950, 170_000),
    (990, 700_000),
    (998, 2_000_000),
    (1_000, 5_000_000),
];

/// How much of what they may borrow people borrow: weight, and the range in hundredths.
const LEVERAGE: [(u64, u64, u64); 3] = [(30, 85, 99), (45, 50, 85), (25, 15, 50)];

/// What people do: go long on a loan of the stablecoin, go short against it, hold several, or trade one asset for another.
const STYLES: [u64; 4] = [72, 12, 10, 6];
const LONG: usize = 0;
const SHORT: usize = 1;
const BASKET: usize = 2;

/// A share of something in hundredths, of an asset.
pub(super) type Part = (u16, u64);

/// One borrower to be.
#[derive(Clone, Debug)]
pub(super) struct Borrower {
    /// Value of the collateral, USD.
    pub(super) size: u64,
    /// What the collateral is made of.
    pub(super) collateral: Vec<Part>,
    /// What is borrowed.
    pub(super) loans: Vec<Part>,
    /// Hundredths of the largest loan that Initial health allows.
    pub(super) leverage: u64,
    /// Floor of the health factor for deleverage, hundredths; the width above it.
    pub(super) policy: Option<(u64, u64)>,
    /// What the owner does.
    pub(super) habit: Habit,
}

/// What an owner does after opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Nothing.
    Absent,
    /// Looks every `hours` hours and repays from a reserve, in hundredths of the loan, when health is low.
    Attentive {
        /// Hours between two looks.
        hours: i64,
        /// Reserve.
        reserve: u64,
    },
    /// Once a day borrows more while health is good.
    Bold,
}

/// How often an asset is chosen.
fn weight(symbol: &str) -> u64 {
    match symbol {
        "SOL" => 45,
        "ETH" => 30,
        "BTC" => 25,
        _ => 30,
    }
}

/// Draws a population of `count` for banks with these symbols, the stablecoin first.
pub(super) fn draw(count: usize, symbols: &[String], seed: u64) -> Vec<Borrower> {
    let mut random = Random::new(seed, "population");
    let weights: Vec<u64> = symbols.iter().skip(1).map(|symbol| weight(symbol)).collect();
    let mut ranks: Vec<u64> = (0..count as u64).collect();
    random.shuffle(&mut ranks);
    ranks.into_iter().map(|rank| borrower(rank, count as u64, &weights, &mut random)).collect()
}

fn borrower(rank: u64, count: u64, weights: &[u64], random: &mut Random) -> Borrower {
    let asset = |random: &mut Random| u16::try_from(random.weighted(weights) + 1).unwrap_or(1);
    // One borrower for every piece of the distribution: the shape is the same whatever the seed.
    let size = size_at(rank * 1_000 + random.below(1_000), count);
    let style = random.weighted(&STYLES);
    let (collateral, loans) = match style {
        SHORT => (vec![(0, 100)], vec![(asset(random), 100)]),
        BASKET => (basket(weights.len(), random), vec![(0, 100)]),
        style => {
            let held = asset(random);
            let other = asset(random);
            let loans = if style == LONG || other == held { vec![(0, 100)] } else { vec![(0, 40), (other, 60)] };
            (vec![(held, 100)], loans)
        }
    };
    let (_, low, high) = LEVERAGE[random.weighted(&LEVERAGE.map(|(weight, ..)| weight))];
    let leverage = random.between(low, high);
    let policy = random.percent(20).then(|| (random.between(103, 112), random.between(5, 15)));
    let habit = match random.below(100) {
        0..25 => Habit::Attentive {
            hours: i64::try_from(random.between(1, 12)).unwrap_or(1),
            reserve: random.between(5, 40),
        },
        25..35 => Habit::Bold,
        _ => Habit::Absent,
    };
    Borrower { size, collateral, loans, leverage, policy, habit }
}

/// Two or three assets in equal parts.
fn basket(assets: usize, random: &mut Random) -> Vec<Part> {
    let mut held: Vec<u16> = (1..=u16::try_from(assets).unwrap_or(1)).collect();
    random.shuffle(&mut held);
    held.truncate(3);
    let share = 100 / held.len().max(1) as u64;
    held.into_iter().map(|bank| (bank, share)).collect()
}

/// The size at `position` of `count · 1000`.
fn size_at(position: u64, count: u64) -> u64 {
    // Millionths of the population.
    let at = position * 1_000 / count.max(1);
    let upper = SIZES.iter().position(|(rank, _)| rank * 1_000 >= at).unwrap_or(SIZES.len() - 1).max(1);
    let ((from, low), (to, high)) = (SIZES[upper - 1], SIZES[upper]);
    low + (high - low) * (at - from * 1_000) / ((to - from) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_table() {
        for (rank, size) in SIZES {
            assert_eq!(size_at(rank * 1_000, 1_000), size);
        }
        let symbols = ["USDC", "SOL", "ETH"].map(String::from);
        for seed in 0..4 {
            let mut sizes: Vec<u64> = draw(1_000, &symbols, seed).iter().map(|borrower| borrower.size).collect();
            sizes.sort_unstable();
            assert!((7_900..=8_200).contains(&sizes[500]), "median {}", sizes[500]);
            assert!(sizes[999] > 2_000_000 && sizes[0] < 300);
        }
    }

    #[test]
    fn nobody_borrows_what_he_deposits() {
        for symbols in [vec!["USDC", "BTC"], vec!["USDC", "SOL", "ETH", "BTC", "LUNA"]] {
            let symbols: Vec<String> = symbols.into_iter().map(String::from).collect();
            for borrower in draw(500, &symbols, 3) {
                let held = |bank: u16| borrower.collateral.iter().any(|part| part.0 == bank);
                assert!(borrower.loans.iter().all(|(bank, _)| !held(*bank)));
                assert!(borrower.loans.iter().map(|part| part.1).sum::<u64>() == 100);
                assert!((15..=99).contains(&borrower.leverage));
            }
        }
    }
}
