use ballast_math::{Price, Ratio, Usd};
use ballast_risk::invariant::{self, PositionLiquidation};
use ballast_risk::perp::{self, book, slots, Fill};
use ballast_risk::{bankruptcy, Now, RiskError, RiskResult};
use ballast_state::{MarginAccount, PerpMarket, PerpSide};

use crate::case::after;
use crate::endings;
use crate::market::{Exchange, FEED, KEEPER, TRADERS};
use crate::source::Source;
use crate::world::hold;

/// Any market through up to 24 trades, prints, waits, settlements, shrinks, liquidations and what ends it: the sums are the
/// positions', the money is somebody's, and INV-55 to INV-85 as far as they look at books.
pub fn perps(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let Some(mut exchange) = Exchange::of(source) else { return false };
    let mut moved = 0;
    for _ in 0..24 {
        if source.is_empty() {
            break;
        }
        let done = match source.index(13) {
            0..=2 => trade(&mut exchange, source),
            3 => reprice(&mut exchange, source),
            4 => wait(&mut exchange, source),
            5 => settle(&mut exchange, source),
            6 => shrink(&mut exchange, source),
            7 => endings::deleverage(&mut exchange),
            8 => endings::end(&mut exchange, source),
            9 => endings::register(&mut exchange, source),
            10 => endings::update_payout(&mut exchange, source),
            11 => endings::abandon(&mut exchange, source),
            _ => liquidate(&mut exchange, source),
        };
        moved += u32::from(done.is_ok());
    }
    moved > 2
}

fn trade(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let trader = source.index(TRADERS);
    let held = slots::held(&exchange.accounts[trader], &exchange.market)?;
    let sized = i64::try_from(source.sized(48)).expect("48 bits");
    let lots = match source.index(6) {
        0 => held.saturating_neg(),
        1 => held.saturating_neg() / 2,
        2 | 3 => sized.saturating_neg(),
        _ => sized,
    };
    let (spread, away) = (source.u16(), source.flag());
    exchange.atomic(|next| {
        endings::require_going_on(&next.market)?;
        let Exchange { board, market, pool, bank, accounts, now } = next;
        let account = &mut accounts[trader];
        // A per cent at most, against the trader, and a print nearby.
        let part = market.mark / 100 / 65_536 * u64::from(spread);
        let price = if lots > 0 { market.mark.saturating_add(part) } else { market.mark.saturating_sub(part) };
        let print = if away { price } else { market.mark };
        let most = perp::most_paid(market, pool, bank, account, board, *now)?;
        let (before, skew) = (slots::held(account, market)?, book::skew(market)?);
        let traded =
            perp::trade(market, slots::find_or_open(account, market.index)?, Fill { lots, price, print }, most)?;
        slots::prune(account, market.index);
        if book::skew(market)?.unsigned_abs() > market.terms.skew_cap {
            return Err(RiskError::SkewCapExceeded);
        }
        perp::move_claim(market, pool, bank, account, traded.paid)?;
        perp::refresh_equity(market, pool, bank, *now)?;
        assert_eq!((traded.before, traded.after), (before, before + lots));
        assert_eq!(slots::held(account, market)?, before + lots, "a size is exactly what was traded");
        // The premium telescopes: it is what the reserve at the print rose by.
        let reserve = |skew: i64| perp::skew_reserve(print, skew, &market.terms).map(i128::from);
        assert_eq!(i128::from(traded.premium), reserve(book::skew(market)?)? - reserve(skew)?);
        next.check_fresh();
        Ok(())
    })
}

fn reprice(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let (thousandths, half) = (source.between(500, 1_600), source.u16());
    exchange.atomic(|next| {
        let before = next.market;
        let mid = (next.board.rows[usize::from(FEED)].mid / 1_000).saturating_mul(thousandths);
        let mid = Price(mid).clamp(Price::MIN, Price::MAX);
        next.print(mid, mid.0 / 50 / 65_536 * u64::from(half));
        next.sync()?;
        next.check_fresh();
        hold(invariant::check_funding(&before, &next.market));
        Ok(())
    })
}

/// Seconds to weeks pass: funding, in one sync and in two.
fn wait(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let seconds = source.sized(22);
    let first = source.part(seconds);
    exchange.atomic(|next| {
        let before = next.market;
        let mut halves = next.market;
        next.now = after(next.now, seconds);
        next.sync()?;
        next.check_fresh();
        hold(invariant::check_funding(&before, &next.market));
        let start = before.synced_ts;
        for at in [first, seconds] {
            perp::accrue_funding(&mut halves, Now { ts: start + i64::try_from(at).expect("weeks"), slot: 0 })?;
        }
        // Whatever the cadence: the rate, and to the last place what payers pay.
        assert_eq!(halves.funding_rate, next.market.funding_rate);
        assert_eq!([halves.long.carry, halves.short.carry], [next.market.long.carry, next.market.short.carry]);
        Ok(())
    })
}

fn settle(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let (trader, by_owner) = (source.index(TRADERS), source.flag());
    exchange.atomic(|next| {
        let Exchange { board, market, pool, bank, accounts, now } = next;
        let account = &mut accounts[trader];
        let claim = |account: &MarginAccount, market: &PerpMarket| {
            slots::find(account, market.index).map_or(Ok(0), |position| book::claim(position, market))
        };
        let (before, held) = (claim(account, market)?, slots::held(account, market)?);
        let most = perp::most_paid(market, pool, bank, account, board, *now)?;
        let most = endings::most_due(market, account, most);
        let (was, old) = (*market, *account);
        let paid = perp::settle_account(market, pool, bank, account, board, by_owner, *now)?;
        // A position that is spared keeps its size, though it be less than a lot.
        let whole = held != 0 || slots::find(account, market.index).is_some_and(|position| position.base != [0, 0]);
        hold(invariant::check_settled([before, claim(account, market)?], paid, most, whole));
        hold(invariant::check_part(&was, &old, account, false));
        hold(invariant::check_released([&old, account], &was, paid, Usd::ZERO, board, *now));
        next.check_fresh();
        Ok(())
    })
}

/// A side is deleveraged, as long as its lots stay fine. Nobody's claim changes.
fn shrink(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let side = if source.flag() { PerpSide::Long } else { PerpSide::Short };
    let part = source.u16() >> 1;
    exchange.atomic(|next| {
        endings::require_going_on(&next.market)?;
        let before = next.clone();
        let Exchange { market, pool, bank, now, .. } = next;
        let book = market.book_mut(side);
        let open = book::open_interest(book)?;
        if open == 0 || book.position_index < 1 << 40 {
            return Err(RiskError::NothingToDo);
        }
        let lots = u64::try_from(u128::from(open) * u128::from(part) / 65_536).expect("a part of it");
        let taken = perp::shrink(book, lots)?;
        assert!(taken >= lots && taken - lots <= 2 + (open >> 24), "{taken} of {lots}");
        perp::refresh_equity(market, pool, bank, *now)?;
        for (old, new) in before.accounts.iter().zip(&next.accounts) {
            let claims =
                |account: &MarginAccount, market| slots::find(account, 0).map(|position| book::claim(position, market));
            assert_eq!(claims(old, &before.market), claims(new, &next.market));
        }
        next.check_fresh();
        Ok(())
    })
}

fn liquidate(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let trader = source.index(TRADERS);
    let most = if source.flag() { u64::MAX } else { source.sized(48) };
    exchange.atomic(|next| {
        let portfolio = next.portfolio(&next.accounts[trader])?;
        let before = next.accounts[trader];
        let Exchange { board, market, pool, bank, accounts, now } = next;
        let held = slots::held(&before, market)?;
        let [account, keeper] = accounts.get_disjoint_mut([trader, KEEPER]).expect("two of them");
        let plan = perp::plan_position(board, market, account, &portfolio, most, *now)?;
        perp::close_position(board, market, pool, bank, account, keeper, &plan, *now)?;
        let left = crate::market::holdings(account, market, bank, board, *now)?;
        let (health, _) = perp::conclude_position(board, market, pool, bank, account, &left, &plan, *now)?;
        let remains = slots::held(account, market)?;
        hold(invariant::check_position_closed(held, plan.lots, remains));
        hold(invariant::check_other_holdings(&before, account, market.index, bank.index));
        hold(invariant::check_unhealthy(&portfolio, board, *now));
        let done = PositionLiquidation {
            before: plan.before,
            after: health,
            bonus: Ratio(plan.bonus.0),
            lock: before.bonus_lock,
            closed: remains == 0 || plan.lots.unsigned_abs() == 1,
            nothing_left: bankruptcy::seizable(left.exposures(), board, *now)?.0 < board.rules.dust,
        };
        hold(invariant::check_position_liquidation(&done, market, board, *now));
        next.check_fresh();
        Ok(())
    })
}
