use ballast_math::{Index, Price, Usd};
use ballast_risk::lending::{self, Amount, Moved};
use ballast_risk::{bankruptcy, flash, interest, limits, RiskError, RiskResult};
use ballast_state::{BalanceSide, Bank, BankMode, RiskBoard};

use crate::case;
use crate::source::Source;
use crate::world::{hold, World};

/// One bank and three accounts through up to forty operations, with interest, limits, pauses and modes.
pub fn lending(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = one_bank(source);
    let mut count = 0;
    for _ in 0..40 {
        if source.is_empty() {
            break;
        }
        let seconds = if source.one_in(4) { source.sized(28) } else { source.up_to(120) };
        world.now = case::after(world.now, seconds);
        count += u32::from(operate(&mut world, source).is_ok());
    }
    leave(&mut world);
    count > 3
}

/// A group with one bank in it, caps and windows in bounds.
fn one_bank(source: &mut Source<'_>) -> World {
    let now = case::NOW;
    let mut bank = case::bank(source, 0, 0, now);
    bank.deposit_cap = (1 << 60) >> source.up_to(60);
    bank.borrow_cap = (1 << 60) >> source.up_to(60);
    bank.max_utilisation = (1 << 32) - source.up_to(1 << 32);
    if source.flag() {
        (bank.hourly.limit, bank.daily.limit) = (source.sized(60), source.sized(60));
    }
    let mut lender = case::account();
    case::give(&mut bank, &mut lender, BalanceSide::Deposit, (1 << 50) >> source.up_to(51));
    if source.one_in(4) {
        bank.warm_up = source.u32() % (90 * 86_400 + 1);
        bank.warm_ts = now.ts + i64::from(bank.warm_up);
    }
    let board = RiskBoard { row_count: 0, ..ballast_state::Zeroable::zeroed() };
    let accounts = vec![case::account(), case::account(), lender];
    let mut world = World { board, banks: vec![bank], accounts, vaults: vec![0], now };
    world.settle();
    world
}

fn operate(world: &mut World, source: &mut Source<'_>) -> RiskResult<()> {
    let account = source.index(3);
    let kind = source.index(16);
    let amount = world.amount(source, account, 0);
    let wish = if amount == u64::MAX { Amount::All } else { Amount::Exact(amount) };
    let now = world.now;
    let (bank, owner) = (0, account);
    let before = world.clone();
    let moved = world.atomic(&[bank], |world| {
        let (books, account) = (&mut world.banks[bank], &mut world.accounts[owner]);
        match kind {
            0..=3 => {
                let amount = amount.min(source.sized(60));
                lending::deposit(books, account, amount, now).and_then(|moved| world.pay_in(bank, moved))
            }
            4..=6 => lending::withdraw(books, account, wish, now).map(|moved| world.pay_out(bank, moved)),
            7..=9 => {
                let amount = amount.min(source.sized(60));
                let moved = lending::borrow(books, account, amount, Price::ONE, Usd::ZERO, now)?;
                assert!(debts(books) <= limits::cap_in_force(books, books.borrow_cap, now));
                Ok(world.pay_out(bank, moved))
            }
            10..=12 => lending::repay(books, account, wish).and_then(|moved| world.pay_in(bank, moved)),
            13 => {
                let atoms = amount.min(source.sized(50));
                lending::deposit_insurance(books, atoms)?;
                world.pay_in(bank, Moved { atoms, shares: 0 })
            }
            14 => {
                let atoms = lending::collect_fees(books)?;
                Ok(world.pay_out(bank, Moved { atoms, shares: 0 }))
            }
            _ => {
                books.mode = source.pick(&[BankMode::Normal, BankMode::Normal, BankMode::ReduceOnly]).to_byte();
                books.paused_until = now.ts + i64::from(source.u8()) - 128;
                Ok(Moved { atoms: 0, shares: 0 })
            }
        }
    })?;
    check_moved(&before, world, kind, moved);
    Ok(())
}

fn debts(bank: &Bank) -> u64 {
    Index::from_words(bank.liability_index).amount_up(bank.liability_shares).expect("in range")
}

fn claims(bank: &Bank) -> u64 {
    Index::from_words(bank.asset_index).amount_down(bank.asset_shares).expect("in range")
}

/// Tokens and books move alike, and shares by no more than the tokens are worth.
fn check_moved(before: &World, world: &World, kind: usize, moved: Moved) {
    let mut old = before.banks[0];
    interest::accrue(&mut old, world.now).expect("it was accrued");
    let new = &world.banks[0];
    let (old_tokens, new_tokens) = (i128::from(old.vault_balance), i128::from(new.vault_balance));
    let comes = matches!(kind, 0..=3 | 10..=13);
    let signed = if comes { i128::from(moved.atoms) } else { -i128::from(moved.atoms) };
    assert_eq!(new_tokens - old_tokens, signed);
    let asset = Index::from_words(new.asset_index);
    let liability = Index::from_words(new.liability_index);
    match kind {
        0..=3 => assert!(asset.amount_down(moved.shares).expect("in range") <= moved.atoms),
        4..=6 => assert!(asset.amount_down(moved.shares).expect("in range") >= moved.atoms),
        7..=9 => {
            assert!(liability.amount_up(moved.shares).expect("in range") >= moved.atoms);
            let utilisation = interest::utilisation(new).expect("in range");
            assert!(utilisation.0 <= new.max_utilisation && debts(new) <= claims(new));
            assert!(new.hourly.used <= new.hourly.limit && new.daily.used <= new.daily.limit);
        }
        10..=12 => assert!(liability.amount_down(moved.shares).expect("in range") <= moved.atoms),
        _ => {}
    }
    let rate = interest::curve_rate(new, interest::utilisation(new).expect("in range")).expect("in range");
    let fixed = [13, 14, 15].contains(&kind);
    assert_eq!(new.borrow_rate, if fixed { old.borrow_rate } else { rate });
}

/// Who repays all and withdraws all gets it while the vault has it: no limit is an exit lock.
fn leave(world: &mut World) {
    let now = world.now;
    for account in 0..3 {
        let repaid = world.atomic(&[0], |world| {
            let moved = lending::repay(&mut world.banks[0], &mut world.accounts[account], Amount::All)?;
            world.pay_in(0, moved)
        });
        assert!(matches!(
            repaid,
            Ok(_) | Err(RiskError::NoBalance | RiskError::WrongSide | RiskError::InvalidParameter | RiskError::Math(_))
        ));
    }
    for account in 0..3 {
        let withdrawn = world.atomic(&[0], |world| {
            let moved = lending::withdraw(&mut world.banks[0], &mut world.accounts[account], Amount::All, now)?;
            Ok(world.pay_out(0, moved))
        });
        match withdrawn {
            Ok(_) | Err(RiskError::NoBalance | RiskError::WrongSide | RiskError::Math(_)) => {}
            Err(error) => panic!("{error:?} kept a depositor in"),
        }
    }
}

/// Any bank over any intervals: borrowers pay what lenders and fees get, and looking ahead is accruing.
pub fn accrual(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = World::empty(source);
    let scale = 10u64.pow(u32::try_from(source.up_to(8)).expect("eight at most"));
    let (lent, borrowed) = (source.most_of(scale), source.most_of(scale));
    world.give(0, 0, false, lent);
    world.give(1, 0, true, borrowed);
    world.settle();
    let mut bank = world.banks[0];
    let mut rose = false;
    for _ in 0..8 {
        world.now = case::after(world.now, source.sized(32));
        let before = bank;
        let Ok(ahead) = interest::project(&before, world.now) else { break };
        if interest::accrue(&mut bank, world.now).is_err() || interest::utilisation(&bank).is_err() {
            // More atoms than there can be.
            break;
        }
        assert_eq!((ahead.asset.to_words(), ahead.liability.to_words()), (bank.asset_index, bank.liability_index));
        assert_eq!(interest::project_one(&before, true, world.now), Ok(ahead.liability));
        assert_eq!(interest::project_one(&before, false, world.now), Ok(ahead.asset));
        check_split(&before, &bank);
        hold(ballast_risk::invariant::check_bank(&bank, bank.vault_balance));
        hold(ballast_risk::invariant::check_indices(&before, &bank));
        let again = bank;
        interest::accrue(&mut bank, world.now).expect("no time passed");
        assert_eq!(again, bank);
        rose |= bank.liability_index != before.liability_index;
    }
    check_curve(source, &bank);
    rose
}

/// To the last 2⁻⁶⁴ of an atom.
fn check_split(before: &Bank, after: &Bank) {
    let exact = |index: [u64; 2], shares: u64| Index::from_words(index).exact(shares).ok();
    let fees = |bank: &Bank| (u128::from(bank.fees) << 64) | u128::from(bank.fees_fraction);
    let debts = |bank: &Bank| exact(bank.liability_index, bank.liability_shares);
    let claims = |bank: &Bank| exact(bank.asset_index, bank.asset_shares);
    if let (Some(old), Some(new), Some(had), Some(has)) = (debts(before), debts(after), claims(before), claims(after)) {
        assert_eq!(new - old, (has - had) + (fees(after) - fees(before)));
    }
    assert_eq!((before.borrow_rate, before.lend_ratio), (after.borrow_rate, after.lend_ratio));
    assert_eq!((before.asset_shares, before.liability_shares), (after.asset_shares, after.liability_shares));
    assert_eq!((before.vault_balance, before.insurance), (after.vault_balance, after.insurance));
}

/// The curve rises, and meets its corners but for the rounding of its slopes.
fn check_curve(source: &mut Source<'_>, bank: &Bank) {
    let rate = |at: u64| interest::curve_rate(bank, ballast_math::Ratio(at)).expect("in range");
    let low = source.up_to(1 << 32);
    let high = source.between(low, 1 << 32);
    assert!(rate(low) <= rate(high) && rate(high) <= bank.curve[2].rate);
    for corner in &bank.curve[..3] {
        assert!((corner.rate.saturating_sub(1)..=corner.rate).contains(&rate(corner.utilisation)));
    }
}

/// A flash loan with anything a user may do in between: it comes back with its fee, and the house's money waits.
pub fn flash_loan(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut world = one_bank(source);
    for _ in 0..source.up_to(6) {
        let _ = operate(&mut world, source);
    }
    let atoms = if source.one_in(4) { source.sized(64) } else { source.most_of(world.vaults[0]) };
    let before = world.clone();
    let now = world.now;
    let begun = world.atomic(&[0], |world| {
        let moved = flash::begin(&mut world.banks[0], atoms, now)?;
        Ok(world.pay_out(0, moved))
    });
    let mut books = world.banks[0];
    let Ok(lent) = begun else {
        assert_eq!(flash::end(&mut books), Err(RiskError::NoFlashLoan));
        return false;
    };
    assert_eq!((lent, books.flash_loaned), (Moved { atoms, shares: 0 }, atoms));
    assert_eq!(flash::begin(&mut books, 1, now), Err(RiskError::BankInFlashLoan));
    assert_eq!(lending::deposit_insurance(&mut books, 1), Err(RiskError::BankInFlashLoan));
    assert_eq!(lending::collect_fees(&mut books), Err(RiskError::BankInFlashLoan));
    let portfolio = ballast_risk::health::Portfolio::new(0);
    let resolved = bankruptcy::resolve(&world.board, &mut books, None, &mut [], &mut case::account(), &portfolio, now);
    assert_eq!(resolved, Err(RiskError::BankInFlashLoan));

    let mut between = 0i128;
    for _ in 0..source.up_to(6) {
        let tokens = world.vaults[0];
        let _ = operate(&mut world, source);
        between += i128::from(world.vaults[0]) - i128::from(tokens);
    }
    let fees = world.banks[0].fees;
    let Ok(returned) = world.atomic(&[0], |world| {
        let moved = flash::end(&mut world.banks[0])?;
        world.pay_in(0, moved)
    }) else {
        return false;
    };
    let fee = returned.atoms - atoms;
    let exact = u128::from(atoms) * u128::from(before.banks[0].flash_fee);
    assert_eq!(u128::from(fee), exact.div_ceil(1 << 32), "rounded up");
    assert_eq!(world.banks[0].flash_loaned, 0);
    assert_eq!(world.banks[0].fees - fees, fee);
    assert_eq!(i128::from(world.vaults[0]), i128::from(before.vaults[0]) + between + i128::from(fee));
    true
}

/// Settings with any numbers: what listing lets pass, the engine can store and use.
pub fn parameters(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut feed = ballast_state::PriceFeed { ..ballast_state::Zeroable::zeroed() };
    let kappa = source.u32();
    let bonus_min = source.u32() >> source.up_to(31);
    // Numbers of any size: with uniform ones nothing would pass.
    let sized = |source: &mut Source<'_>| u32::try_from(source.sized(32)).expect("32 bits");
    let side = |source: &mut Source<'_>, add_on: u32| {
        let floor = add_on.saturating_add(sized(source) >> 1);
        let cap = floor.saturating_add(sized(source) >> 1);
        ballast_state::SideRates { k: source.sized(38), floor, cap }
    };
    let rates = &mut feed.rates;
    rates.sigma = source.sized(37);
    rates.maintenance_add_on = bonus_min.saturating_add(sized(source) >> 2);
    rates.initial_add_on = rates.maintenance_add_on.saturating_add(sized(source) >> 2);
    rates.maintenance_long = side(source, rates.maintenance_add_on);
    rates.maintenance_short = side(source, rates.maintenance_add_on);
    rates.initial_long = side(source, rates.initial_add_on);
    rates.initial_short = side(source, rates.initial_add_on);
    (rates.basis, rates.impact_factor, rates.impact_cap) = (sized(source), source.u32(), sized(source));
    rates.depth = source.sized(64);
    feed.class = source.pick(&[0, 1, 15, 16, 200, ballast_state::NO_CLASS]);
    let price = case::price(source);
    let mut bank = case::bank(source, 0, 0, case::NOW);
    (bank.deposit_cap, bank.borrow_cap) = (source.sized(64), source.sized(64));
    for point in &mut bank.curve {
        (point.utilisation, point.rate) = (source.sized(33), source.sized(44));
    }
    bank.curve_points = source.u8() % 8;
    check_bank_parameters(source, &mut bank, price);
    check_rates(&feed, kappa, bonus_min)
}

fn check_bank_parameters(source: &mut Source<'_>, bank: &mut Bank, price: Price) {
    // As drawn it hardly ever passes; with its ends put right it may.
    if source.flag() {
        bank.curve_points = bank.curve_points.clamp(2, 6);
        let last = usize::from(bank.curve_points) - 1;
        (bank.curve[0].utilisation, bank.curve[last].utilisation) = (0, 1 << 32);
        bank.curve[..=last].sort_by_key(|point| point.utilisation);
        let mut rate = 0;
        for point in &mut bank.curve {
            rate = point.rate.max(rate);
            point.rate = rate;
        }
    }
    if limits::validate_bank(bank, price).is_err() {
        return;
    }
    if interest::write_slopes(bank).is_err() {
        return;
    }
    let mut last = 0;
    for at in 0..=64 {
        let rate = interest::curve_rate(bank, ballast_math::Ratio(at << 26)).expect("in range");
        assert!(rate >= last && rate <= limits::MAX_RATE);
        last = rate;
    }
    // The cap, whatever the price does, is worth a value that fits.
    let thousandfold = Price(price.0.saturating_mul(1_000).min(Price::MAX.0));
    for cap in [bank.deposit_cap, bank.borrow_cap] {
        let units = ballast_risk::health::decimals(bank).units_up(cap).expect("in range");
        assert!(thousandfold.value_up(units).is_ok());
    }
}

fn check_rates(feed: &ballast_state::PriceFeed, kappa: u32, bonus_min: u32) -> bool {
    let passes = limits::validate_rates(&feed.rates, kappa, bonus_min).is_ok();
    let mut row = ballast_state::RiskRow { mid: Price::ONE.0, ..ballast_state::Zeroable::zeroed() };
    let written = ballast_risk::rates::write_row(feed, &mut row);
    if !passes || limits::validate_class(feed.class).is_err() {
        return false;
    }
    assert_eq!(written, Ok(()), "rates that listing lets pass can be stored");
    let add_ons = [(row.maintenance_add_on, row.maintenance_long.max(row.maintenance_short))];
    let add_ons = add_ons.into_iter().chain([(row.initial_add_on, row.initial_long.max(row.initial_short))]);
    for (add_on, rate) in add_ons {
        let netted = (u128::from(rate) * ((1 << 32) + u128::from(kappa))) >> 32;
        let unnetted = (u128::from(add_on) + u128::from(row.impact_cap) * 3 / 2).max(row.basis.into());
        assert!(netted + unnetted < 1 << 32, "no exposure needs all of its value as margin");
    }
    let mut board = RiskBoard { row_count: 1, ..ballast_state::Zeroable::zeroed() };
    board.rows[0] = row;
    assert_eq!(limits::validate_bonus_min(&board, bonus_min), Ok(()));
    if feed.class < 16 {
        assert_eq!(limits::validate_kappa(&board, feed.class, kappa), Ok(()));
    }
    true
}
