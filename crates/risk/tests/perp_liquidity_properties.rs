//! Liquidity providers whatever happens: where every share is, and who can gain nothing.
mod support;

use ballast_math::{Index, Price};
use ballast_risk::perp::liquidity::{self, NetAssets, STRIKE_SECONDS, VIRTUAL};
use ballast_risk::perp::{self, book};
use ballast_risk::{interest, RiskError};
use ballast_state::BalanceSide;
use proptest::prelude::*;
use support::build::{account, bits, give, price, with_interest, MILLION, T0};
use support::providers::{World, DELAY, HOUR, PURSE, SOL};

#[derive(Clone, Debug)]
enum Step {
    Deposit { who: usize, atoms: u64 },
    Withdraw { who: usize, hundredths: u64 },
    Trade { market: usize, lots: i64 },
    Print { thousandths: u64, half_band_bps: u64 },
    Pass { seconds: i64 },
    Strike,
    Miss,
    Claim { who: usize },
}

const PROVIDERS: usize = 4;
const MARKETS: usize = 2;

fn step() -> impl Strategy<Value = Step> {
    let atoms = prop_oneof![1u64..10, 1..100_000 * MILLION];
    prop_oneof![
        4 => (0..PROVIDERS, atoms).prop_map(|(who, atoms)| Step::Deposit { who, atoms }),
        4 => (0..PROVIDERS, 20u64..=100).prop_map(|(who, hundredths)| Step::Withdraw { who, hundredths }),
        4 => (0..MARKETS, -3_000 * SOL..3_000 * SOL).prop_map(|(market, lots)| Step::Trade { market, lots }),
        4 => (900u64..1_110, 0u64..200)
            .prop_map(|(thousandths, half_band_bps)| Step::Print { thousandths, half_band_bps }),
        1 => (1i64..HOUR).prop_map(|seconds| Step::Pass { seconds }),
        4 => Just(Step::Strike),
        1 => Just(Step::Miss),
        4 => (0..PROVIDERS).prop_map(|who| Step::Claim { who }),
    ]
}

/// A world whose bank earns interest, whose pool has providers, and whose markets are large for it.
fn busy() -> World {
    let mut world = World::new(u16::try_from(MARKETS).unwrap(), PROVIDERS);
    world.bank = with_interest(world.bank, 40);
    let mut borrower = account();
    give(&mut world.bank, &mut borrower, BalanceSide::Loan, PURSE);
    interest::update_rate(&mut world.bank).unwrap();
    world.pool.exit_fee = bits(1, 1_000);
    for market in &mut world.markets {
        market.terms.funding_velocity = 1 << 26;
    }
    for who in 0..PROVIDERS {
        world.deposit(who, 100_000 * MILLION).unwrap();
    }
    world.run(&Step::Strike);
    for who in 0..PROVIDERS {
        world.run(&Step::Claim { who });
    }
    world
}

impl World {
    /// Only what a world like this refuses may fail.
    fn run(&mut self, step: &Step) {
        match *step {
            Step::Deposit { who, atoms } => {
                let expected = [RiskError::RequestsCutOff, RiskError::ClaimPending, RiskError::InsufficientBalance];
                let before = self.clone();
                if let Err(error) = self.deposit(who, atoms) {
                    assert!(expected.contains(&error), "{error}");
                    assert_eq!(self.providers, before.providers);
                }
            }
            Step::Withdraw { who, hundredths } => {
                let shares = self.providers[who].0.shares / 100 * hundredths;
                let expected = [RiskError::RequestsCutOff, RiskError::ClaimPending, RiskError::ZeroAmount];
                if let Err(error) = self.withdraw(who, shares) {
                    assert!(expected.contains(&error), "{error}");
                }
            }
            Step::Trade { market, lots } => {
                if lots != 0 {
                    self.trade(market, lots);
                }
            }
            Step::Print { thousandths, half_band_bps } => {
                let mid = (self.board.rows[1].mid / 1_000 * thousandths).clamp(Price::ONE.0, price(5_000, 1));
                self.print(mid, half_band_bps);
            }
            Step::Pass { seconds } => self.at(self.now.ts - T0 + seconds),
            Step::Strike => self.strike_and_check(),
            Step::Miss => {
                let end = liquidity::next_end(&self.pool, self.now).unwrap();
                self.at(end + DELAY + i64::from(STRIKE_SECONDS) + 1 - T0);
            }
            Step::Claim { who } => {
                for number in 1..self.pool.epoch {
                    if let Err(error) = self.claim_from(who, number) {
                        assert_eq!(error, RiskError::NothingToClaim);
                    }
                }
            }
        }
    }

    /// Everybody claims everything, in this order: what is left over is less than a share for a claim.
    fn claim_all(&mut self, order: &[usize]) {
        for who in order {
            self.run(&Step::Claim { who: *who });
        }
        let claims = self.claims;
        let owned = self.providers.iter().map(|(provider, _)| provider.shares + provider.leaving).sum::<u64>();
        assert!(self.pool.supply - owned <= claims, "{} {owned} {claims}", self.pool.supply);
        assert!(self.pool.claimable <= claims * 2, "{} {claims}", self.pool.claimable);
        self.check();
    }

    fn strike_and_check(&mut self) {
        let before = self.pool;
        let epoch = self.strike().unwrap();
        assert_eq!(self.pool.leaving, before.leaving - epoch.burnt);
        assert_eq!(self.pool.supply, before.supply + epoch.minted - epoch.burnt);
        let tagged = Index::from_words(self.bank.liability_index).amount_up(self.bank.perp_loan_shares).unwrap();
        for market in &self.markets {
            let skew = book::skew(market).unwrap();
            let required = liquidity::requirement(market, skew, &self.board, self.now).unwrap();
            let covered = market.equity >= i64::try_from(required).unwrap();
            assert!(epoch.paid == 0 || covered, "{} {required} {epoch:?}", market.equity);
        }
        assert!(epoch.paid == 0 || self.funds() >= tagged);
        assert!(epoch.assets_low <= epoch.assets_high);
    }
}

proptest! {
    #![proptest_config(support::cases(200))]

    /// Whatever happens, every share is somewhere, and everybody can claim in any order what it has coming.
    #[test]
    fn shares_are_conserved_and_claims_are_independent(
        steps in prop::collection::vec(step(), 1..80),
        order in Just((0..PROVIDERS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut world = busy();
        for step in &steps {
            world.run(step);
            world.check();
        }
        let mut other = world.clone();
        world.claim_all(&(0..PROVIDERS).collect::<Vec<_>>());
        other.claim_all(&order);
        prop_assert_eq!(world.providers, other.providers);
        prop_assert_eq!((world.pool, world.bank), (other.pool, other.bank));
    }

    /// At any price inside the bands the pool is worth something between its low and its high net assets.
    #[test]
    fn net_assets_hold_whatever_price_of_the_band_is_true(
        skew in -2_000 * SOL..2_000 * SOL,
        (half_band_bps, half_quote_bps) in (0u64..500, 0u64..100),
        (within, quote_within) in (0u64..=1_000, 0u64..=1_000),
        scale in 31u32..60,
    ) {
        let mut world = World::funded(100_000 * MILLION, 1);
        // The premium at most what listing allows: an eighth of a quarter of the price.
        world.markets[0].terms.skew_scale = (1u64 << scale).max(skew.unsigned_abs() * 4);
        if skew != 0 {
            world.trade(0, skew);
        }
        world.print(price(140, 1), half_band_bps);
        let half = Price::ONE.0 / 10_000 * half_quote_bps;
        (world.board.rows[0].low, world.board.rows[0].high) = (Price::ONE.0 - half, Price::ONE.0 + half);
        world.sync(0);
        let NetAssets { low, high } = world.assets();
        for row in &mut world.board.rows[..2] {
            row.mid = row.low + (row.high - row.low) / 1_000 * if row.mid == Price::ONE.0 { quote_within } else { within };
            (row.low, row.high) = (row.mid, row.mid);
        }
        world.sync(0);
        let is = world.assets();
        prop_assert!(is.high - is.low <= 1);
        prop_assert!(low <= is.low && is.high <= high, "{low} {is:?} {high}");
    }

    /// Whatever the price did before the strike: who enters and leaves at the next end, at the marks of its entry, has gained
    /// nothing of it.
    #[test]
    fn a_print_known_before_earns_nothing(
        skew in -2_000 * SOL..2_000 * SOL,
        known in 800u64..1_250,
        half_band_bps in 0u64..300,
        own in 1..100_000 * MILLION,
        exit_fee in 0u32..40_000_000,
    ) {
        let mut world = World::funded(100_000 * MILLION, 2);
        world.pool.exit_fee = exit_fee;
        if skew != 0 {
            world.trade(0, skew);
        }
        world.deposit(1, own).unwrap();
        world.print(price(150, 1) / 1_000 * known, half_band_bps);
        world.strike().unwrap();
        let minted = world.claim(1).unwrap().minted;
        if minted > 0 {
            world.withdraw(1, minted).unwrap();
            world.strike().unwrap();
            let claimed = world.claim(1).unwrap();
            prop_assert!(claimed.shares <= own, "{claimed:?} of {own}");
        }
    }

    /// The first provider makes its share dear by losing to the pool on purpose: the next one loses a share's price at most, and
    /// the first has paid for it.
    #[test]
    fn the_first_provider_cannot_steal(
        seed in prop_oneof![1u64..10, 1..10_000 * MILLION],
        thrown in 0..100_000 * MILLION,
        victims in 1..100_000 * MILLION,
    ) {
        let mut world = World::funded(seed, 2);
        perp::charge(&mut world.pool, &mut world.bank, &mut world.trader, 0, thrown).unwrap();
        world.deposit(1, victims).unwrap();
        world.strike().unwrap();
        let minted = world.claim(1).unwrap().minted;
        let (supply, assets) = (world.pool.supply, world.assets().low);
        let value = |shares| liquidity::value_of(shares, supply, assets).unwrap();
        let share = (seed + thrown + VIRTUAL) / (seed + VIRTUAL) + 1;
        prop_assert!(minted == 0 || value(minted) + share + 1 >= victims, "{} of {victims}", value(minted));
        prop_assert!(minted > 0 || victims < share);
        prop_assert!(value(seed) <= seed + thrown + 1);
    }

    /// Half a deposit twice is a deposit, and never more.
    #[test]
    fn splitting_a_request_gains_nothing(own in 2..100_000 * MILLION, part in 1u64..100, thousandths in 500u64..2_000) {
        let assets = i64::try_from(PURSE / 1_000 * thousandths).unwrap();
        let first = (own / 100 * part).max(1);
        let whole = liquidity::liquidity_of(own, PURSE, assets).unwrap_or(0);
        let minted = |atoms| liquidity::liquidity_of(atoms, PURSE, assets).unwrap_or(0);
        prop_assert!(minted(first) + minted(own - first) <= whole);
        let value = |shares| liquidity::value_of(shares, PURSE, assets).unwrap();
        prop_assert!(value(first) + value(own - first) <= value(own));
        prop_assert!(value(whole) <= own);
    }
}
