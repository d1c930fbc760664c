//! A market follows the board: marks, funding, what the pool stands for, and what is refused before it does.
mod support;

use ballast_math::{Ratio, Units};
use ballast_risk::perp::{self, book, Fill};
use ballast_risk::{balances, RiskError};
use ballast_state::{Balance, BalanceSide, MarginAccount, PerpMarket, PerpPosition, PriceState, RiskBoard, Zeroable};
use support::build::{self, after, board, price, sol, usdc, MILLION, NOW};
use support::perps::{market, pool, unrailed};

/// 150 dollars a SOL: 150 atoms a lot.
const MARK: u64 = 150 << 32;
/// A SOL.
const SOL: i64 = 1_000_000;

fn synced(atoms: u64) -> (PerpMarket, RiskBoard) {
    let (mut pool, bank) = pool(atoms);
    let board = board(&[usdc(), sol()]);
    let mut market = market();
    let synced = perp::sync(&mut market, &mut pool, &bank, &board, NOW).unwrap();
    assert_eq!((synced.mark_before, synced.mark), (0, MARK));
    (market, board)
}

fn trade(market: &mut PerpMarket, position: &mut PerpPosition, lots: i64) -> perp::Traded {
    perp::trade(market, position, Fill { lots, price: market.mark, print: market.mark }, u64::MAX).unwrap()
}

#[test]
fn a_mark_is_the_price_of_a_lot_in_atoms_down() {
    let mut market = market();
    assert_eq!(perp::mark_of(&market, price(150, 1), price(1, 1)), Ok(MARK));
    // 150 / 0.9998 = 150.03000600…
    let exact = (u128::from(price(150, 1)) << 32) / u128::from(price(9_998, 10_000));
    assert_eq!(perp::mark_of(&market, price(150, 1), price(9_998, 10_000)).map(u128::from), Ok(exact));
    // A whole BTC of 100,000 dollars in lots of 10⁻⁹: a hundred atoms.
    market.lot_decimals = 9;
    assert_eq!(perp::mark_of(&market, price(100_000, 1), price(1, 1)), Ok(100 << 32));
    // A token of a millionth of a dollar in whole lots: one atom. (The price itself is stored down.)
    market.lot_decimals = 0;
    let smallest = ballast_math::Price::MIN.0;
    let exact = (u128::from(smallest) << 32) * 1_000_000 / u128::from(price(1, 1));
    assert_eq!(perp::mark_of(&market, smallest, price(1, 1)).map(u128::from), Ok(exact));
}

#[test]
fn marks_outside_of_their_range_are_refused() {
    let mut market = market();
    // 10⁷ dollars in lots of a whole token: 10¹³ atoms.
    market.lot_decimals = 0;
    assert_eq!(perp::mark_of(&market, price(10_000_000, 1), price(1, 1)), Err(RiskError::PriceOutOfRange));
    market.lot_decimals = 18;
    assert_eq!(perp::mark_of(&market, 1, price(10_000_000, 1)), Err(RiskError::PriceOutOfRange));
    assert!(matches!(perp::mark_of(&market, price(1, 1), 0), Err(RiskError::Math(_))));
}

#[test]
fn a_market_is_synced_exactly_when_it_stands_at_the_boards_prices() {
    let (mut market, mut board) = synced(MILLION);
    assert_eq!(perp::require_synced(&market, &board), Ok(()));
    board.rows[1].mid += 1;
    assert_eq!(perp::require_synced(&market, &board), Err(RiskError::MarketNotSynced));
    board.rows[1].mid -= 1;
    board.rows[0].mid += 1;
    assert_eq!(perp::require_synced(&market, &board), Err(RiskError::MarketNotSynced));
    market.feed = 9;
    assert_eq!(perp::require_synced(&market, &board), Err(RiskError::FeedNotListed));
}

#[test]
fn no_price_no_sync() {
    let (mut pool, bank) = pool(MILLION);
    let mut board = board(&[usdc(), sol()]);
    for row in [0, 1] {
        let before = board;
        board.rows[row].state = PriceState::Unset.to_byte();
        assert_eq!(perp::sync(&mut market(), &mut pool, &bank, &board, NOW), Err(RiskError::PriceUnset));
        board = before;
    }
    board.row_count = 1;
    assert_eq!(perp::sync(&mut market(), &mut pool, &bank, &board, NOW), Err(RiskError::FeedNotListed));
}

/// Ten SOL long at 150, then 165: the pool owes 150 dollars, the budget is half of the pool.
#[test]
fn equity_is_the_budget_less_what_is_owed_and_the_reserve() {
    let (mut pool, bank) = pool(1_000 * MILLION);
    let (mut market, mut board) = synced(1_000 * MILLION);
    let mut position = PerpPosition { market: market.index, ..PerpPosition::zeroed() };
    let traded = trade(&mut market, &mut position, 10 * SOL);
    // Φ = 150·(10⁷)²/(2·2⁴⁰) = 6821.2 atoms, paid by whoever made the skew.
    assert_eq!((traded.premium, traded.paid), (6_821, -6_821));
    assert_eq!(position.entry_quote, 1_500_000_000);
    board.rows[1].mid = price(165, 1);
    perp::sync(&mut market, &mut pool, &bank, &board, after(0)).unwrap();
    // Φ at 165 is 7503.3.
    assert_eq!((market.budget, market.skew_reserve), (500_000_000, 7_503));
    assert_eq!(book::claim(&position, &market), Ok(i128::from(150 * MILLION) << 32));
    assert_eq!(market.equity, 500_000_000 - 150_000_000 - 7_503);
    assert_eq!(market.backing, Ratio::ONE.0);
    // At 250 it owes a thousand dollars, and has half of that.
    board.rows[1].mid = price(250, 1);
    perp::sync(&mut market, &mut pool, &bank, &board, after(0)).unwrap();
    assert_eq!((market.budget, market.skew_reserve), (500_000_000, 11_368));
    assert_eq!(market.equity, -500_011_368);
    assert_eq!(u128::from(market.backing), ((500_000_000u128 - 11_368) << 32) / 1_000_000_000);
    let exposure = perp::exposure(&position, &market, &board, after(0)).unwrap();
    let tokens = |atoms: u64| ballast_math::Decimals::new(6).unwrap().units_down(atoms).unwrap();
    assert_eq!((exposure.feed, exposure.long, exposure.short), (1, tokens(10_000_000), Units::ZERO));
    assert_eq!((exposure.profit, exposure.loss), (tokens(499_988_631), Units::ZERO));
    market.index += 1;
    assert_eq!(perp::exposure(&position, &market, &board, after(0)), Err(RiskError::MarketMismatch));
}

/// An hour of a skew of a 109,951st of the scale, by hand.
#[test]
fn funding_is_paid_at_the_mark_that_was_in_force() {
    let (mut pool, bank) = pool(1_000 * MILLION);
    let (mut market, mut board) = synced(1_000 * MILLION);
    let mut position = PerpPosition::zeroed();
    trade(&mut market, &mut position, 1 << 37);
    market.terms.skew_scale = 1 << 40;
    let owed = book::claim(&position, &market).unwrap();
    board.rows[1].mid = price(151, 1);
    perp::sync(&mut market, &mut pool, &bank, &board, after(3_600)).unwrap();
    // v = 2²⁶/8 = 2²³ a second: Σ r = 2²³·3600·3601/2, at 150 and not at 151.
    let rates = (1u128 << 23) * 3_600 * 3_601 / 2;
    let per_lot = u128::from(MARK) * rates / 1_000_000_000_000_000_000;
    assert_eq!(market.funding_rate, 3_600 << 23);
    let moved = (1i128 << 37) * (1i128 << 32);
    let paid = (1i128 << 37) * i128::try_from(per_lot).unwrap();
    assert_eq!(book::claim(&position, &market).unwrap() - owed, moved - paid);
    assert_eq!(u128::from(market.long.carry), u128::from(MARK) * rates % 1_000_000_000_000_000_000);
}

#[test]
fn what_cannot_be_traded_or_settled_is_refused() {
    let (mut market, _) = synced(MILLION);
    let before = market;
    let mut position = PerpPosition::zeroed();
    let fill = |lots| Fill { lots, price: MARK, print: MARK };
    assert_eq!(perp::trade(&mut market, &mut position, fill(0), 0), Err(RiskError::ZeroAmount));
    let too_many = (1 << 48) + 1;
    assert_eq!(perp::trade(&mut market, &mut position, fill(too_many), 0), Err(RiskError::PositionTooLarge));
    assert_eq!(perp::trade(&mut market, &mut position, fill(-too_many), 0), Err(RiskError::PositionTooLarge));
    assert_eq!(perp::settle(&mut market, &mut position, u64::MAX), Err(RiskError::NoPosition));
    assert_eq!((market, position), (before, PerpPosition::zeroed()));
}

#[test]
fn a_pool_pays_no_more_than_it_has() {
    let (mut pool, mut bank) = pool(MILLION);
    let mut account = MarginAccount::zeroed();
    let refused = perp::pay(&mut pool, &mut bank, &mut account, MILLION + 1);
    assert_eq!(refused, Err(RiskError::PoolTooSmall));
    assert_eq!(perp::pay(&mut pool, &mut bank, &mut account, MILLION), Ok(()));
    assert_eq!((pool.shares, account.active()[0].shares, bank.asset_shares), (0, MILLION, MILLION));
}

/// Fifteen deposits of other tokens leave the last slot to the quote token of who has perps or orders them; nobody else is
/// held to that.
#[test]
fn the_last_balance_is_kept_for_what_perps_settle_in() {
    let full = |perps: u8, orders: u32| {
        let mut account = MarginAccount { perp_count: perps, order_count: orders, ..MarginAccount::zeroed() };
        for index in 1..16 {
            let mut bank = build::bank(index, 1, 6);
            balances::set_shares(&mut account, &mut bank, BalanceSide::Deposit, 1)?;
        }
        let mut other = build::bank(16, 1, 6);
        balances::set_shares(&mut account.clone(), &mut other, BalanceSide::Deposit, 1)?;
        Ok(account)
    };
    let (mut pool, mut bank) = pool(MILLION);
    bank.quote = 1;
    for (perps, orders) in [(1, 0), (0, 1)] {
        assert_eq!(full(perps, orders), Err(RiskError::TooManyBalances));
    }
    let mut account = full(0, 0).unwrap();
    account.perp_count = 1;
    assert_eq!(perp::charge(&mut pool, &mut bank, &mut account, 3, 1), Ok(()));
    assert_eq!((account.balance_count, account.balance(0).map(Balance::is_loan)), (16, Some(true)));
}

#[test]
fn nothing_is_paid_out_of_a_market_in_doubt() {
    let (pool, bank) = pool(MILLION);
    let (mut market, mut board) = synced(MILLION);
    let account = unrailed();
    let most =
        |market: &PerpMarket, board: &RiskBoard| perp::most_paid(market, &pool, &bank, &account, board, NOW).unwrap();
    assert_eq!(most(&market, &board), MILLION);
    for row in [0, 1] {
        for state in [PriceState::Guarded, PriceState::PendingJump] {
            board.rows[row].state = state.to_byte();
            assert_eq!(most(&market, &board), 0);
            board.rows[row].state = PriceState::Normal.to_byte();
        }
    }
    for row in [0, 1] {
        for (age, paid) in [(60, MILLION), (61, 0)] {
            board.rows[row].publish_ts = NOW.ts - age;
            assert_eq!(most(&market, &board), paid);
        }
        board.rows[row].publish_ts = NOW.ts;
    }
    market.equity = -1;
    assert_eq!(most(&market, &board), 0);
}

/// What a position cost: added to by what adds, reduced in proportion, started anew by a flip.
#[test]
fn entry_cost_follows_the_position() {
    let (mut market, _) = synced(MILLION);
    let mut position = PerpPosition::zeroed();
    trade(&mut market, &mut position, 2 * SOL);
    perp::move_mark(&mut market, MARK * 2).unwrap();
    trade(&mut market, &mut position, SOL);
    assert_eq!(position.entry_quote, 600 * 1_000_000);
    trade(&mut market, &mut position, -SOL);
    assert_eq!(position.entry_quote, 400 * 1_000_000);
    trade(&mut market, &mut position, -3 * SOL);
    assert_eq!((position.entry_quote, book::size(&position, &market)), (-300 * 1_000_000, Ok(-SOL)));
    trade(&mut market, &mut position, SOL);
    assert_eq!((position.entry_quote, position.side), (0, 0));
}

/// A SOL long from 150 to 160: ten dollars, paid once; by anyone, while nothing is in doubt.
#[test]
fn an_account_is_settled_once() {
    let (mut pool, mut bank) = pool(1_000 * MILLION);
    let (mut market, mut board) = synced(1_000 * MILLION);
    let mut account = unrailed();
    let mut position = PerpPosition { market: market.index, ..PerpPosition::zeroed() };
    trade(&mut market, &mut position, SOL);
    account.perps[0] = position;
    account.perp_count = 1;
    let settle = |market: &mut PerpMarket, pool: &mut _, bank: &mut _, account: &mut _, board: &_, by_owner, now| {
        perp::settle_account(market, pool, bank, account, board, by_owner, now)
    };
    let at = |board: &mut RiskBoard, market: &mut PerpMarket, pool: &mut _, bank: &_, dollars, now| {
        board.rows[1].mid = price(dollars, 1);
        perp::sync(market, pool, bank, board, now).unwrap();
    };
    at(&mut board, &mut market, &mut pool, &bank, 160, NOW);
    board.rows[1].state = PriceState::Guarded.to_byte();
    let refused = settle(&mut market, &mut pool, &mut bank, &mut account, &board, true, NOW);
    assert_eq!(refused, Err(RiskError::NothingToSettle));
    board.rows[1].state = PriceState::Normal.to_byte();
    let equity = market.equity;
    let paid = settle(&mut market, &mut pool, &mut bank, &mut account, &board, false, NOW).unwrap();
    assert_eq!((paid, account.active()[0].shares), (10_000_000, 10_000_000));
    assert_eq!((market.spent, pool.spent), (paid, paid));
    assert!(equity.abs_diff(market.equity) <= 1, "settling changes no market's equity");
    let again = settle(&mut market, &mut pool, &mut bank, &mut account, &board, false, NOW);
    assert_eq!(again, Err(RiskError::NothingToSettle));
    // A loss at a price too old to liquidate at: the owner may, others may not.
    let later = after(61);
    at(&mut board, &mut market, &mut pool, &bank, 140, later);
    let mut copies = (market, pool, bank, account);
    let by_other = settle(&mut copies.0, &mut copies.1, &mut copies.2, &mut copies.3, &board, false, later);
    assert_eq!(by_other, Err(RiskError::PairPriceStale));
    let paid = settle(&mut market, &mut pool, &mut bank, &mut account, &board, true, later).unwrap();
    assert_eq!(paid, -20_000_000);
    // Ten of it from the deposit, ten as a loan that is the pool's.
    let loan = account.active()[0];
    assert!(loan.is_loan() && loan.perp_shares == loan.shares);
    assert_eq!((loan.shares, bank.perp_loan_shares), (10_000_000, 10_000_000));
    bank.flash_loaned = 1;
    let flashed = settle(&mut market, &mut pool, &mut bank, &mut account, &board, true, later);
    assert_eq!(flashed, Err(RiskError::BankInFlashLoan));
    bank.flash_loaned = 0;
    market.index += 1;
    assert_eq!(
        settle(&mut market, &mut pool, &mut bank, &mut account, &board, true, later),
        Err(RiskError::NoPosition)
    );
}
