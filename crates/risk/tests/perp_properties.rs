//! What the rules of perps promise of trades, funding, settlement and the pool's equity, for any numbers of their range.
mod support;

use ballast_math::{signed_from_words, Decimals, Index, Price, Ratio};
use ballast_risk::lending::{self, Amount};
use ballast_risk::perp::{self, book, Fill};
use ballast_risk::{invariant, Now};
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PerpSide, Zeroable};
use num_bigint::BigInt;
use proptest::prelude::*;
use support::build::{account, after, bank, board, give, row, MILLION, NOW};
use support::perps::{market, pool};

/// 150 atoms a lot.
const MARK: u64 = 150 << 32;

fn at(mark: u64) -> PerpMarket {
    PerpMarket { mark, ..market() }
}

/// A fill at the mark.
fn fill(market: &PerpMarket, lots: i64) -> Fill {
    Fill { lots, price: market.mark, print: market.mark }
}

fn trade(market: &mut PerpMarket, position: &mut PerpPosition, lots: i64) -> perp::Traded {
    perp::trade(market, position, fill(market, lots), u64::MAX).unwrap()
}

fn closed() -> PerpPosition {
    PerpPosition::zeroed()
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Mark { thousandths: u64 },
    Funding { payer: PerpSide, per_lot: u64 },
    Shrink { hundredths: u64 },
}

fn moves(shrinks: bool) -> impl Strategy<Value = Move> {
    let side = prop_oneof![Just(PerpSide::Long), Just(PerpSide::Short)];
    prop_oneof![
        3 => (700u64..1_400).prop_map(|thousandths| Move::Mark { thousandths }),
        2 => (side, 0u64..1 << 30).prop_map(|(payer, per_lot)| Move::Funding { payer, per_lot }),
        u32::from(shrinks) => (1u64..60).prop_map(|hundredths| Move::Shrink { hundredths }),
    ]
}

fn apply(market: &mut PerpMarket, step: Move) {
    match step {
        Move::Mark { thousandths } => {
            let mark = (market.mark / 1_000 * thousandths).clamp(1 << 24, 1 << 46);
            perp::move_mark(market, mark).unwrap();
        }
        Move::Funding { payer, per_lot } => perp::pay_funding(market, payer, u128::from(per_lot)).unwrap(),
        Move::Shrink { hundredths } => {
            let interest = book::open_interest(&market.long).unwrap();
            let lots = interest / 100 * hundredths;
            if lots > 0 && market.long.position_index > book::INDEX_MIN * 4 {
                perp::shrink(&mut market.long, lots).unwrap();
            }
        }
    }
}

/// Lots of either side, small and as large as a side can be.
fn lots(most_bits: u32) -> impl Strategy<Value = i64> {
    (0..most_bits, any::<u64>(), any::<bool>()).prop_map(|(bits, fraction, short)| {
        let size = i64::try_from((1u64 << bits) + (fraction & ((1 << bits) - 1))).unwrap();
        if short {
            -size
        } else {
            size
        }
    })
}

/// Two sides of any size, the long one perhaps deleveraged.
fn sided(mark: u64, long: u64, short: u64, shrunk_hundredths: u64) -> PerpMarket {
    let mut market = at(mark);
    trade(&mut market, &mut closed(), i64::try_from(long).unwrap());
    trade(&mut market, &mut closed(), -i64::try_from(short).unwrap());
    if shrunk_hundredths > 0 && long >= 100 {
        perp::shrink(&mut market.long, long / 100 * shrunk_hundredths).unwrap();
    }
    market
}

fn pnl_index(market: &PerpMarket, side: PerpSide) -> i128 {
    signed_from_words(market.book(side).pnl_index)
}

proptest! {
    #![proptest_config(support::cases(400))]

    /// A position or its parts: the side is the same, they pay the same, and claim the same but for a unit a part.
    #[test]
    fn a_split_position_is_the_whole_one(
        parts in prop::collection::vec(1i64..1_000_000_000_000, 1..12),
        against in 1i64..1_000_000_000_000,
        before in prop::collection::vec(moves(false), 0..6),
        then in prop::collection::vec(moves(true), 1..12),
    ) {
        // Somebody is on both sides already, so that the indices are any.
        let mut one = sided(MARK, 777, against.unsigned_abs(), 0);
        for step in before {
            apply(&mut one, step);
        }
        let mut many = one;
        let mut whole = closed();
        let paid = trade(&mut one, &mut whole, parts.iter().sum()).paid;
        let mut split = vec![closed(); parts.len()];
        let mut paid_in_parts = 0;
        for (position, lots) in split.iter_mut().zip(&parts) {
            paid_in_parts += trade(&mut many, position, *lots).paid;
        }
        prop_assert_eq!(paid_in_parts, paid);
        for step in then {
            apply(&mut one, step);
            apply(&mut many, step);
        }
        let books = |market: &PerpMarket| [market.long, market.short].map(|side| (side.base, side.pnl_index));
        prop_assert_eq!(books(&one), books(&many));
        let count = i128::try_from(parts.len()).unwrap();
        let claims: i128 = split.iter().map(|position| book::claim(position, &many).unwrap()).sum();
        let claim = book::claim(&whole, &one).unwrap();
        prop_assert!((0..count).contains(&(claim - claims)), "{claims} {claim}");
        let sizes: i64 = split.iter().map(|position| book::size(position, &many).unwrap()).sum();
        prop_assert!((0..count).contains(&i128::from(book::size(&whole, &one).unwrap() - sizes)));
    }

    /// One sync or many: the same rate and carries, the same payments; receivers may lose a unit of the index a sync.
    #[test]
    fn funding_does_not_depend_on_who_cranks_when(
        mark in 1u64 << 20..1 << 52,
        (long, short) in (1u64..1 << 40, 1u64..1 << 40),
        shrunk in 0u64..60,
        rate in -(1i64 << 38)..1 << 38,
        velocity in (0u32..38).prop_flat_map(|bits| 0u64..1 << bits),
        cuts in prop::collection::vec(1i64..200_000, 1..30),
    ) {
        let mut one = sided(mark, long, short, shrunk);
        one.terms.skew_scale = 1 << 40;
        one.terms.funding_velocity = velocity;
        one.funding_rate = rate;
        let start = one;
        let mut many = one;
        let mut elapsed = 0;
        let mut turned = false;
        let owed = |market: &PerpMarket| book::owed(&market.long).unwrap() + book::owed(&market.short).unwrap();
        for seconds in &cuts {
            elapsed += seconds;
            let before = owed(&many);
            perp::accrue_funding(&mut many, after(elapsed)).unwrap();
            prop_assert!(owed(&many) <= before + 2, "the pool never pays");
            turned |= (many.funding_rate < 0) != (rate < 0);
        }
        perp::accrue_funding(&mut one, after(elapsed)).unwrap();
        prop_assert_eq!((one.funding_rate, one.synced_ts), (many.funding_rate, many.synced_ts));
        prop_assert_eq!((one.long.carry, one.short.carry), (many.long.carry, many.short.carry));
        let cranks = i128::try_from(cuts.len()).unwrap() + 1;
        for side in [PerpSide::Long, PerpSide::Short] {
            let lost = pnl_index(&one, side) - pnl_index(&many, side);
            prop_assert!((-1..=cranks).contains(&lost), "{side:?} {lost} in {cranks}");
            if !turned && side == PerpSide::of(rate) {
                prop_assert_eq!(lost, 0, "the payers pay the same");
                prop_assert!(pnl_index(&one, side) <= pnl_index(&start, side));
            }
        }
        prop_assert!(owed(&one) <= owed(&start) + 2);
    }

    /// Whoever trades in whatever pieces and order: the premiums add up to what the reserve changed by.
    #[test]
    fn premium_is_a_potential(
        start in lots(40),
        trades in prop::collection::vec((0usize..4, lots(40)), 1..12),
        order in any::<prop::sample::Index>(),
        print in 1u64 << 24..1 << 46,
    ) {
        let mut market = at(MARK);
        market.terms.skew_scale = 1 << 44;
        trade(&mut market, &mut closed(), start);
        let reserve = |skew| i128::from(perp::skew_reserve(print, skew, &market.terms).unwrap());
        let total: i64 = trades.iter().map(|(_, lots)| lots).sum();
        let expected = reserve(start + total) - reserve(start);
        let mut turned = trades.clone();
        turned.rotate_left(order.index(trades.len()));
        for trades in [trades, turned] {
            let mut market = market;
            let mut traders = [closed(); 4];
            let mut premium = 0;
            for (trader, lots) in trades {
                let fill = Fill { lots, price: market.mark, print };
                premium += i128::from(perp::trade(&mut market, &mut traders[trader], fill, u64::MAX).unwrap().premium);
            }
            prop_assert_eq!(book::skew(&market), Ok(start + total));
            prop_assert_eq!(premium, expected);
        }
    }

    /// In and out at one print, in any pieces: what it costs is the spread to the atom, up.
    #[test]
    fn a_round_trip_costs_the_spread(
        pieces in prop::collection::vec(1i64..1 << 36, 1..8),
        (long, short) in (1u64..1 << 40, 1u64..1 << 40),
        shrunk in 0u64..60,
        thousandths in 700u64..1_400,
        (below, above) in (0u64..1 << 34, 0u64..1 << 34),
        buys in any::<bool>(),
    ) {
        let mut market = sided(MARK, long, short, shrunk);
        apply(&mut market, Move::Mark { thousandths });
        let (low, high) = (market.mark - below, market.mark + above);
        let reserved = perp::skew_reserve(market.mark, book::skew(&market).unwrap(), &market.terms);
        let before = market;
        let mut position = closed();
        let mut paid = 0;
        let mut take = |market: &mut PerpMarket, lots: i64| {
            let price = if lots > 0 { high } else { low };
            let fill = Fill { lots, price, print: market.mark };
            paid += i128::from(perp::trade(market, &mut position, fill, u64::MAX).unwrap().paid);
        };
        let sign = if buys { 1 } else { -1 };
        for lots in &pieces {
            take(&mut market, sign * lots);
        }
        let total: i64 = pieces.iter().sum();
        take(&mut market, -sign * total);
        let spread = i128::from(total) * i128::from(high - low);
        prop_assert_eq!(-paid, (spread + (1 << 32) - 1) >> 32);
        prop_assert_eq!(position.side, 0);
        prop_assert_eq!((market.long, market.short), (before.long, before.short));
        prop_assert_eq!(perp::skew_reserve(market.mark, book::skew(&market).unwrap(), &market.terms), reserved);
    }
}

/// A market of any token at any price, quoted in any token near a dollar, and how many lots it may hold so that what anybody could
/// come to owe stays a number of atoms.
#[derive(Clone, Debug)]
struct Listing {
    market: PerpMarket,
    price: u64,
    quote: u64,
}

fn listing() -> impl Strategy<Value = Listing> {
    let price = (21u32..63, any::<u64>()).prop_map(|(bits, fraction)| {
        ((1u64 << bits) + (fraction & ((1 << bits) - 1))).clamp(Price::MIN.0, Price::MAX.0)
    });
    let quote = Price::ONE.0 / 2..Price::ONE.0 * 2;
    (0u8..=18, 0u8..=perp::MAX_LOT_SHIFT, any::<bool>(), price, quote)
        .prop_map(|(lot_decimals, shift, finer, price, quote)| {
            let quote_decimals = if finer { lot_decimals + shift } else { lot_decimals.saturating_sub(shift) };
            (lot_decimals, quote_decimals, price, quote)
        })
        .prop_filter_map("decimals and marks that can be listed", |(lot_decimals, quote_decimals, price, quote)| {
            let (lot, of_quote) = (Decimals::new(lot_decimals)?, Decimals::new(quote_decimals)?);
            let mut market = PerpMarket { lot_decimals, quote_decimals, ..market() };
            (market.lot_shift, market.lot_reciprocal) = (lot.shift, lot.reciprocal);
            (market.quote_shift, market.quote_reciprocal) = (of_quote.shift, of_quote.reciprocal);
            market.terms.funding_limit = 1 << 40;
            market.terms.funding_velocity = 1 << 30;
            let listed = PerpMarket { mark: perp::mark_of(&market, price, quote).ok()?, ..market };
            perp::validate_lot(&listed).ok()?;
            Some(Listing { market, price, quote })
        })
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Trade { trader: usize, size: i64 },
    Print { thousandths: u64 },
    Wait { seconds: i64 },
    Settle { trader: usize },
    Shrink { hundredths: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0usize..4, lots(48)).prop_map(|(trader, size)| Act::Trade { trader, size }),
        4 => (200u64..5_000).prop_map(|thousandths| Act::Print { thousandths }),
        2 => (0i64..3 * 31_557_600).prop_map(|seconds| Act::Wait { seconds }),
        2 => (0usize..4).prop_map(|trader| Act::Settle { trader }),
        1 => (1u64..60).prop_map(|hundredths| Act::Shrink { hundredths }),
    ]
}

proptest! {
    #![proptest_config(support::cases(300))]

    /// Prices from a millionth of a dollar to ten million, any decimals, any sizes up to what is worth 2⁵² atoms at the largest
    /// mark, years of funding at its limit: no function of the engine fails.
    #[test]
    fn nothing_fails_in_range(listing in listing(), acts in prop::collection::vec(act(), 1..30)) {
        let Listing { mut market, price: listed, quote } = listing;
        let mark = perp::mark_of(&market, listed, quote).unwrap();
        // Prices rise and fall a thousandfold at most.
        let most_lots = i64::try_from(((1u128 << (52 + 32)) / (u128::from(mark) << 10)).min(1 << 46)).unwrap();
        market.terms.skew_scale = u64::try_from(most_lots).unwrap() * 4;
        let (mut pool, bank) = pool(1 << 50);
        let mut board = board(&[row(quote), row(listed)]);
        let mut positions = [PerpPosition { market: market.index, ..closed() }; 4];
        let mut now = NOW;
        perp::sync(&mut market, &mut pool, &bank, &board, now).unwrap();
        for act in acts {
            match act {
                Act::Trade { trader, size } => {
                    let held = book::size(&positions[trader], &market).unwrap();
                    let lots = size.clamp(-most_lots / 8, most_lots / 8);
                    if (held + lots).abs() <= most_lots / 4 {
                        let fill = fill(&market, lots);
                        perp::trade(&mut market, &mut positions[trader], fill, 1 << 50).unwrap();
                    }
                }
                Act::Print { thousandths } => {
                    let next = u128::from(board.rows[1].mid) * u128::from(thousandths) / 1_000;
                    let (least, most) = (u128::from(listed >> 10), u128::from(listed) << 10);
                    let next = next.clamp(least, most).clamp(u128::from(Price::MIN.0), u128::from(Price::MAX.0));
                    let next = u64::try_from(next).unwrap();
                    if perp::mark_of(&market, next, quote).is_ok() {
                        board.rows[1] = row(next);
                    }
                }
                Act::Wait { seconds } => now = Now { ts: now.ts + seconds, ..now },
                Act::Settle { trader } => {
                    if positions[trader].side != 0 {
                        perp::settle(&mut market, &mut positions[trader], 1 << 50).unwrap();
                    }
                }
                Act::Shrink { hundredths } => {
                    let interest = book::open_interest(&market.long).unwrap();
                    if interest >= 100 && market.long.position_index > book::INDEX_MIN * 4 {
                        perp::shrink(&mut market.long, interest / 100 * hundredths).unwrap();
                    }
                }
            }
            perp::sync(&mut market, &mut pool, &bank, &board, now).unwrap();
            for position in &positions {
                let exposure = perp::exposure(position, &market, &board, now).unwrap();
                prop_assert!(exposure.long.0 == 0 || exposure.short.0 == 0);
                prop_assert!(market.backing <= Ratio::ONE.0);
            }
        }
    }
}

/// A trader with a little money, a pool with more, and two markets.
struct Desk {
    bank: Bank,
    pool: LiquidityPool,
    markets: [PerpMarket; 2],
    trader: MarginAccount,
    other: MarginAccount,
}

impl Desk {
    fn new(purse: u64) -> Self {
        let (pool, mut bank) = pool(1_000_000 * MILLION);
        let (mut trader, mut other) = (account(), account());
        give(&mut bank, &mut trader, BalanceSide::Deposit, purse);
        give(&mut bank, &mut other, BalanceSide::Deposit, 1_000_000 * MILLION);
        let second = PerpMarket { index: 4, ..at(MARK) };
        Self { bank, pool, markets: [at(MARK), second], trader, other }
    }

    fn equities(&mut self, now: Now) -> [i64; 2] {
        for market in &mut self.markets {
            perp::refresh_equity(market, &self.pool, &self.bank, now).unwrap();
        }
        self.markets.map(|market| market.equity)
    }

    fn check(&self) {
        let held = |side: BalanceSide| {
            let on = move |balance: &&ballast_state::Balance| balance.is_loan() == (side == BalanceSide::Loan);
            let shares = |account: &MarginAccount| account.active().iter().filter(on).map(|b| b.shares).sum::<u64>();
            shares(&self.trader) + shares(&self.other)
        };
        assert_eq!(self.bank.asset_shares, held(BalanceSide::Deposit) + self.pool.shares);
        assert_eq!(self.bank.liability_shares, held(BalanceSide::Loan));
        let tags = [&self.trader, &self.other].map(tagged);
        assert_eq!(self.bank.perp_loan_shares, tags.iter().sum::<u64>());
        invariant::check_bank(&self.bank, self.bank.vault_balance).unwrap();
        invariant::check_account(&self.trader).unwrap();
        invariant::check_origins(&self.trader, self.bank.index).unwrap();
    }
}

/// What losses of perps opened of the account's loan.
fn tagged(account: &MarginAccount) -> u64 {
    account.active().iter().map(|balance| balance.perp_shares).sum()
}

proptest! {
    #![proptest_config(support::cases(300))]

    /// Whatever is settled, of a gain or of a loss, and whether a deposit pays it or a loan: no market's equity moves.
    #[test]
    fn settling_changes_no_equity(
        purse in 1..10_000 * MILLION,
        lots in lots(28),
        steps in prop::collection::vec((500u64..1_600, 0u64..1 << 24, any::<bool>()), 1..12),
    ) {
        let mut desk = Desk::new(purse);
        let mut positions = [closed(); 2];
        for (at, position) in positions.iter_mut().enumerate() {
            trade(&mut desk.markets[at], position, lots);
        }
        for (thousandths, per_lot, first) in steps {
            let at = usize::from(!first);
            apply(&mut desk.markets[at], Move::Mark { thousandths });
            apply(&mut desk.markets[at], Move::Funding { payer: PerpSide::of(lots), per_lot });
            let before = desk.equities(NOW);
            let most = perp::funds(&desk.pool, &desk.bank, NOW).unwrap();
            let due = book::claim(&positions[at], &desk.markets[at]).unwrap() >> perp::VALUE_BITS;
            let paid = perp::settle(&mut desk.markets[at], &mut positions[at], most).unwrap();
            prop_assert_eq!(i128::from(paid), due.min(i128::from(most)));
            prop_assert_eq!(book::claim(&positions[at], &desk.markets[at]).unwrap() >> perp::VALUE_BITS, due - i128::from(paid));
            let Desk { bank, pool, markets, trader, .. } = &mut desk;
            perp::move_claim(&mut markets[at], pool, bank, trader, paid).unwrap();
            prop_assert_eq!(desk.equities(NOW), before);
            desk.check();
        }
    }

    /// What is credited is what the budget and the losers' debts pay, and no more; and all of it where each side is of one mind.
    #[test]
    fn backing_never_credits_more_than_there_is(
        longs in prop::collection::vec(-100i128..100, 1..6),
        shorts in prop::collection::vec(-100i128..100, 0..6),
        spare in -50i128..300,
        scale in 0u32..90,
    ) {
        let scaled = |x: i128| x << scale;
        let sum = |claims: &[i128]| scaled(claims.iter().sum());
        let backing = perp::backing(scaled(spare), sum(&longs), sum(&shorts)).unwrap();
        let claims = || longs.iter().chain(&shorts).copied();
        let profit: i128 = claims().filter(|claim| *claim > 0).sum();
        let loss: i128 = claims().filter(|claim| *claim < 0).sum();
        let there = (spare - loss).max(0);
        let credited = BigInt::from(profit) * backing.0;
        prop_assert!(credited <= BigInt::from(there) << 32 || backing == Ratio::ONE && profit <= there);
        prop_assert!(backing <= Ratio::ONE);
        let one_mind = |claims: &[i128]| claims.iter().all(|claim| *claim >= 0) || claims.iter().all(|claim| *claim <= 0);
        if profit > 0 && one_mind(&longs) && one_mind(&shorts) {
            let exact = if there >= profit { 1u128 << 32 } else { (there.unsigned_abs() << 32) / profit.unsigned_abs() };
            // Of large numbers the whole is rounded up, by less than 2⁻⁶².
            prop_assert!(exact - u128::from(backing.0) <= u128::from(scale > 50), "{exact} {backing:?}");
        }
    }

    /// Losses, gains, loans of its own and repayments: tags are losses' and the last to be repaid.
    #[test]
    fn tags_follow_losses_and_go_last(
        purse in 1..1_000 * MILLION,
        indices in (1u64 << 40..1 << 50, 1u64 << 40..1 << 50),
        steps in prop::collection::vec((0u8..4, 1..500 * MILLION, 0u16..3), 1..20),
    ) {
        let mut desk = Desk::new(purse);
        // Both indices between one and a little more, loans' the larger one.
        let asset = Index::ONE.0 + u128::from(indices.0);
        desk.bank.asset_index = Index(asset).to_words();
        desk.bank.liability_index = Index(asset + u128::from(indices.1)).to_words();
        desk.bank.vault_balance += 1_000 * MILLION;
        for (what, atoms, market) in steps {
            let Desk { bank, pool, trader, .. } = &mut desk;
            let (tag, loan) = (tagged(trader), loan_shares(trader));
            match what {
                0 => {
                    let noted = trader.loss_shares[usize::from(market)];
                    perp::charge(pool, bank, trader, market, atoms).unwrap();
                    let opened = tagged(trader) - tag;
                    prop_assert_eq!(opened, loan_shares(trader) - loan, "what a loss opens is tagged");
                    if opened > 0 {
                        prop_assert_eq!(trader.loss_shares.iter().sum::<u64>(), tagged(trader));
                        prop_assert!(trader.loss_shares[usize::from(market)] <= noted + opened);
                    }
                }
                1 => {
                    perp::pay(pool, bank, trader, atoms).unwrap();
                    prop_assert_eq!(tagged(trader), tag.min(loan_shares(trader)));
                }
                2 if loan > 0 => {
                    let debt = Index::from_words(bank.liability_index).amount_up(loan).unwrap();
                    let amount = if atoms < debt { Amount::Exact(atoms) } else { Amount::All };
                    lending::repay(bank, trader, amount).unwrap();
                    prop_assert_eq!(tagged(trader), tag.min(loan_shares(trader)));
                }
                3 if loan > 0 => {
                    let dollar = Price(Price::ONE.0);
                    lending::borrow(bank, trader, atoms, dollar, ballast_math::Usd::ZERO, NOW).unwrap();
                    prop_assert_eq!(tagged(trader), tag, "a loan of its own has none");
                    prop_assert!(loan_shares(trader) > loan);
                }
                _ => {}
            }
            desk.check();
        }
    }
}

fn loan_shares(account: &MarginAccount) -> u64 {
    account.active().iter().filter(|balance| balance.is_loan()).map(|balance| balance.shares).sum()
}

/// `settle_full_utilisation` of the model: all is lent out, and a loss beyond the deposit is settled all the same.
#[test]
fn a_loss_is_settled_at_full_utilisation() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("data/perps.json")).unwrap();
    let [before, after] = ["before", "after"].map(|when| vectors["settle_full_utilisation"][when].clone());
    let of = |state: &serde_json::Value, key: &str| state[key].as_u64().unwrap();
    let mut bank = bank(0, 0, 6);
    let (mut trader, mut lender, mut borrower) = (account(), account(), account());
    give(&mut bank, &mut trader, BalanceSide::Deposit, 40);
    give(&mut bank, &mut lender, BalanceSide::Deposit, of(&before, "D") - 40 - 300);
    bank.asset_shares += 300;
    bank.vault_balance += 300;
    let mut pool = LiquidityPool { shares: 300, ..LiquidityPool::zeroed() };
    give(&mut bank, &mut borrower, BalanceSide::Loan, of(&before, "L"));
    let books = |bank: &Bank| (bank.asset_shares, bank.liability_shares, bank.vault_balance);
    assert_eq!(books(&bank), (of(&before, "D"), of(&before, "L"), of(&before, "vault")));
    let mut market = at(MARK);
    perp::move_claim(&mut market, &mut pool, &mut bank, &mut trader, -100).unwrap();
    assert_eq!(books(&bank), (of(&after, "D"), of(&after, "L"), of(&after, "vault")));
    assert_eq!((pool.shares, loan_shares(&trader)), (of(&after, "pool"), of(&after, "trader_loan")));
    assert_eq!((tagged(&trader), bank.perp_loan_shares), (60, 60));
    assert_eq!((market.spent, pool.spent), (-100, -100));
    // A gain pays the loan first.
    perp::move_claim(&mut market, &mut pool, &mut bank, &mut trader, 70).unwrap();
    assert_eq!((pool.shares, loan_shares(&trader), bank.perp_loan_shares), (330, 0, 0));
    assert_eq!(trader.active()[0].shares, 10);
    assert_eq!((market.spent, pool.spent), (-30, -30));
}
