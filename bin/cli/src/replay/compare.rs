//! `ballast replay compare`: one book, one fall, and who loses what under six rules.

mod rules;

use ballast_risk::RiskResult;

use self::rules::{Bankrupt, Holder, Outcome, Rule};
use super::hyperliquid::least;
use super::picture::Picture;
use super::report::{dollars, Report, Table};
use super::venue::{Margin, Venue, DOLLAR, PRICE, UNIT};
use crate::demo::random::Random;

/// Dollars the underlying costs before the fall and after it.
const BEFORE: u64 = 150;
const AFTER: u64 = 126;
const MARGIN: Margin = Margin { maintenance: 600, initial: 1_000 };
/// Dollars that the pool stands for in the market.
const BUDGET: u64 = 1_000_000;
const ACCOUNTS: usize = 400;
/// Of a hundred accounts: careful longs, leveraged longs, careful shorts, leveraged shorts, hedgers.
const KINDS: [u64; 5] = [24, 14, 26, 12, 24];

/// The book after the fall, when everybody has been liquidated who had to be.
#[derive(Clone, Debug)]
struct Scene {
    venue: Venue,
    holders: Vec<Holder>,
    bankrupts: Vec<Bankrupt>,
    /// Accounts liquidated, bankrupts among them.
    liquidated: usize,
    /// Shorts less longs, lots.
    skew: u64,
    /// The least that has to be closed of it.
    needed: u64,
    seed: u64,
}

impl Scene {
    /// The same for the same seed.
    fn new(seed: u64) -> RiskResult<Self> {
        let mut random = Random::new(seed, "book");
        let mut venue = Venue::new(MARGIN, BEFORE * PRICE, 2 * BUDGET * DOLLAR)?;
        let taker = venue.join(DOLLAR, 0)?;
        // Positions are of five days: their entries differ.
        let mut spots = vec![0];
        for day in [0, 2, 3, -1, -2] {
            let price = BEFORE * PRICE / 100 * (100u64.saturating_add_signed(day));
            // The average that Initial also goes by follows, and the grace after a silent hour passes.
            for seconds in [86_400, 3_600, 240] {
                venue.print(price, seconds)?;
            }
            for _ in 0..ACCOUNTS / 5 {
                spots.push(open(&mut venue, &mut random)?);
            }
        }
        // As many shorts as longs, as where they are each other's counterparties: the pool begins with nothing.
        let skew = venue.skew()?;
        let maker = venue.join(skew.unsigned_abs() * BEFORE, 0)?;
        venue.trade(maker, -skew)?;
        spots.push(0);
        let opened: Vec<i64> = (0..venue.accounts.len()).map(|who| venue.size(who)).collect::<RiskResult<_>>()?;
        venue.jump(AFTER * PRICE)?;

        let mut bankrupts = Vec::new();
        let mut liquidated = 0;
        for (who, lots) in opened.iter().enumerate().skip(1) {
            let mut touched = false;
            while let Some(loss) = venue.liquidate(who, taker)? {
                touched = true;
                if let Some(loss) = loss {
                    bankrupts.push(Bankrupt { lots: lots.unsigned_abs(), deficit: loss.deficit });
                }
            }
            liquidated += usize::from(touched);
        }
        let holders: Vec<Holder> =
            (1..venue.accounts.len()).map(|who| Holder::of(&venue, who, spots[who])).collect::<RiskResult<_>>()?;
        let skew = venue.skew()?;
        let needed = least(&venue, skew)?;
        Ok(Self { venue, holders, bankrupts, liquidated, skew: skew.unsigned_abs(), needed, seed })
    }

    /// What a rule does to it.
    fn under(&self, rule: Rule) -> RiskResult<Outcome> {
        rules::apply(rule, self)
    }
}

/// An account of some kind and size. The lots of the underlying that it also owns.
fn open(venue: &mut Venue, random: &mut Random) -> RiskResult<u64> {
    // From 500 dollars to half a million, as many between each doubling.
    let size = (500 << random.below(10)) * random.between(100, 200) / 100;
    let kind = random.weighted(&KINDS);
    // Leverage in tenths.
    let leverage = match kind {
        0 | 2 => random.between(5, 30),
        1 | 3 => random.between(40, 90),
        _ => 10,
    };
    let lots = size * leverage / 10 * UNIT / BEFORE;
    let spot = if kind == 4 { lots } else { 0 };
    let dollars = if kind == 4 { size / 3 } else { size };
    let who = venue.join(dollars * DOLLAR, spot)?;
    let lots = i64::try_from(lots).unwrap_or(0);
    venue.trade(who, if kind < 2 { lots } else { -lots })?;
    Ok(spot)
}

pub(super) fn report(seed: u64) -> Result<Report, String> {
    let done = || -> RiskResult<(Scene, Vec<Outcome>)> {
        let scene = Scene::new(seed)?;
        let outcomes = Rule::ALL.into_iter().map(|rule| scene.under(rule)).collect::<RiskResult<_>>()?;
        Ok((scene, outcomes))
    };
    let (scene, outcomes) = done().map_err(|error| error.to_string())?;
    let mut report = Report::new("One book under six rules", picture(&scene, &outcomes));
    report.words("The book after the fall.");
    report.table(book(&scene));
    report.words("What each rule does to it.");
    report.table(exposures(&scene, &outcomes));
    report.words("Who pays.");
    report.table(payers(&outcomes));
    Ok(report)
}

fn book(scene: &Scene) -> Table {
    let mut table = Table::new(&["", "accounts", "$"]);
    let mut row = |what: &str, accounts: usize, atoms: i128| {
        let accounts = if accounts == 0 { String::new() } else { accounts.to_string() };
        table.row(vec![what.to_owned(), accounts, dollars(atoms)]);
    };
    let of = |hold: fn(&Holder) -> bool| {
        let held = || scene.holders.iter().filter(|holder| hold(holder));
        (held().count(), held().map(|holder| value(holder.lots().unsigned_abs())).sum::<i128>())
    };
    let (longs, long) = of(|holder| holder.lots() > 0);
    let (shorts, short) = of(Holder::is_short);
    let (hedgers, hedged) = of(Holder::is_hedged);
    row("long", longs, long);
    row("short", shorts, short);
    row("of them hedging what they own", hedgers, hedged);
    row("liquidated", scene.liquidated, value(scene.skew));
    let bankrupts: u64 = scene.bankrupts.iter().map(|bankrupt| bankrupt.lots).sum();
    row("of them bankrupt", scene.bankrupts.len(), value(bankrupts));
    row("what they owe beyond all they had", scene.bankrupts.len(), rules::deficits(scene).into());
    row("least to close of the shorts", 0, value(scene.needed));
    table
}

fn exposures(scene: &Scene, outcomes: &[Outcome]) -> Table {
    let heads = [
        "rule",
        "closed, $",
        "beyond need, $",
        "accounts written",
        "closed whole",
        "at most of one",
        "hedges broken",
        "unhedged, $",
    ];
    let mut table = Table::new(&heads);
    for (rule, outcome) in Rule::ALL.into_iter().zip(outcomes) {
        table.row(vec![
            rule.name().to_owned(),
            dollars(value(outcome.closed)),
            dollars(value(outcome.closed) - value(scene.needed)),
            outcome.accounts.to_string(),
            outcome.whole.to_string(),
            format!("{}.{} %", outcome.part / 10, outcome.part % 10),
            outcome.hedges.to_string(),
            dollars(value(outcome.unhedged)),
        ]);
    }
    table
}

fn payers(outcomes: &[Outcome]) -> Table {
    let mut table =
        Table::new(&["rule", "price", "taken from accounts, $", "at most of one's equity", "paid by the pool, $"]);
    for (rule, outcome) in Rule::ALL.into_iter().zip(outcomes) {
        table.row(vec![
            rule.name().to_owned(),
            rule.price().to_owned(),
            dollars(outcome.taken.into()),
            format!("{}.{} %", outcome.worst / 10_000, outcome.worst / 1_000 % 10),
            dollars(outcome.pool.into()),
        ]);
    }
    table
}

fn picture(scene: &Scene, outcomes: &[Outcome]) -> Picture {
    let labels: Vec<String> = Rule::ALL.iter().map(|rule| rule.short().to_owned()).collect();
    let of = |atoms: &dyn Fn(&Outcome) -> i128| outcomes.iter().map(|one| atoms(one).max(0) as f64 / 1e6).collect();
    let groups = [
        (("closed beyond need", "f1"), of(&|one| value(one.closed) - value(scene.needed))),
        (("taken from accounts", "f4"), of(&|one| one.taken.into())),
        (("hedges opened", "f0"), of(&|one| value(one.unhedged))),
    ];
    Picture::bars("One book under six rules, dollars", &labels, &groups)
}

/// Atoms that lots are worth after the fall.
fn value(lots: u64) -> i128 {
    i128::from(lots) * i128::from(AFTER) * i128::from(DOLLAR / UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shorts(scene: &Scene) -> u64 {
        ballast_risk::perp::book::open_interest(&scene.venue.market.short).unwrap()
    }

    fn scenes() -> impl Iterator<Item = Scene> {
        (1..=12).map(|seed| Scene::new(seed).unwrap())
    }

    /// Of every book: the least and a lot for rounding, no equity, every short by the same part; so more hedges lose a part than
    /// under any other rule.
    #[test]
    fn ours_closes_the_least_takes_nothing_and_breaks_every_hedge_a_little() {
        for scene in scenes() {
            let ours = scene.under(Rule::Ballast).unwrap();
            let rounding = 2 + (shorts(&scene) >> 24);
            assert!(scene.needed > 0 && (scene.needed..=scene.needed + rounding).contains(&ours.closed), "{ours:?}");
            assert_eq!((ours.taken, ours.worst, ours.accounts, ours.whole), (0, 0, 0, 0));
            let hedgers = scene.holders.iter().filter(|holder| holder.is_hedged() && holder.is_short()).count();
            assert_eq!(ours.hedges, hedgers);
            let part = u128::from(scene.needed) * 1_000 / u128::from(shorts(&scene));
            assert!(ours.part.abs_diff(u64::try_from(part).unwrap()) <= 1, "{ours:?} {part}");
            for rule in Rule::ALL {
                assert!(scene.under(rule).unwrap().hedges <= ours.hedges, "{rule:?}");
            }
        }
    }

    #[test]
    fn a_queue_closes_all_that_bankrupts_held_and_takes_all_they_owe() {
        for scene in scenes() {
            let held: u64 = scene.bankrupts.iter().map(|bankrupt| bankrupt.lots).sum();
            let owed = rules::deficits(&scene);
            for rule in [Rule::Hyperliquid, Rule::Binance, Rule::Random] {
                let outcome = scene.under(rule).unwrap();
                assert_eq!((outcome.closed, outcome.taken, outcome.pool), (held, owed, 0), "{rule:?}");
                // One position at most is closed in part.
                assert!(outcome.accounts - outcome.whole <= 1 && outcome.worst > 0);
            }
            let haircut = scene.under(Rule::Haircut).unwrap();
            assert_eq!((haircut.closed, haircut.hedges, haircut.pool), (0, 0, 0));
            // Every account is rounded down by less than an atom.
            assert!(owed - haircut.taken < 400);
        }
    }

    #[test]
    fn a_keeper_goes_beyond_need_by_less_than_its_last_position() {
        for scene in scenes() {
            let keeper = scene.under(Rule::Keeper).unwrap();
            let largest = scene.holders.iter().map(|holder| holder.lots().unsigned_abs()).max().unwrap();
            assert!(keeper.closed >= scene.needed && keeper.closed - scene.needed < largest);
            assert_eq!((keeper.accounts, keeper.taken), (keeper.whole, 0));
        }
    }
}
