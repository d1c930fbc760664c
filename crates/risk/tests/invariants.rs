//! Every invariant from INV-16 on holds where nothing is wrong, and notices the smallest thing that is. The ones before have
//! theirs among the properties.

mod support;

use ballast_math::{Index, Usd};
use ballast_risk::bankruptcy::{self, Loss};
use ballast_risk::health::{assess_maintenance, Health, Portfolio};
use ballast_risk::invariant::{self as inv, Checked, DeleverageContext, Exit, NewRisk, Takeover};
use ballast_risk::{interest, Now};
use ballast_state::{
    BalanceSide, Bank, BankMode, Group, MarginAccount, OracleSource, PendingPrint, PriceFeed, RiskBoard, Zeroable,
};

use support::build::{account, after, bank, board, dollars, give, sol, usdc, with_interest, MILLION, NOW, T0};

/// A bank of dollars with a lender of 1,000 and a borrower of 500, at 10 % a year where all is lent; and the two.
fn lent() -> (Bank, MarginAccount, MarginAccount) {
    let (mut bank, mut lender, mut borrower) = (with_interest(bank(0, 0, 6), 10), account(), account());
    give(&mut bank, &mut lender, BalanceSide::Deposit, 1_000 * MILLION);
    give(&mut bank, &mut borrower, BalanceSide::Loan, 500 * MILLION);
    bank.insurance = 10 * MILLION;
    bank.vault_balance += 10 * MILLION;
    interest::update_rate(&mut bank).unwrap();
    (bank, lender, borrower)
}

/// The same bank a day later.
fn accrued(before: &Bank) -> Bank {
    let mut bank = *before;
    interest::accrue(&mut bank, after(86_400)).unwrap();
    bank
}

fn changed(bank: &Bank, change: impl FnOnce(&mut Bank)) -> Bank {
    let mut bank = *bank;
    change(&mut bank);
    bank
}

fn holds(checked: Checked) {
    assert_eq!(checked, Ok(()));
}

fn breaks(number: u8, checked: Checked) {
    assert_eq!(checked.unwrap_err().number, number);
}

#[test]
fn inv_16_17_18_books_and_indices() {
    let (old, ..) = lent();
    let new = changed(&old, |bank| bank.vault_balance += 5);
    holds(inv::check_vault_change(&old, &new, [100, 105]));
    breaks(16, inv::check_vault_change(&old, &new, [100, 104]));
    let new = accrued(&old);
    for check in [inv::check_index_causes, inv::check_growth, inv::check_surplus] {
        holds(check(&old, &old));
        holds(check(&old, &new));
    }
    breaks(17, inv::check_index_causes(&old, &changed(&new, |bank| bank.asset_index[0] += 1)));
    breaks(17, inv::check_index_causes(&old, &changed(&new, |bank| bank.liability_index[0] += 1)));
    breaks(17, inv::check_index_causes(&old, &changed(&old, |bank| bank.accrued_ts -= 1)));
    breaks(18, inv::check_growth(&old, &changed(&new, |bank| bank.accrued_ts -= 3_600)));
    breaks(18, inv::check_growth(&old, &changed(&new, |bank| bank.accrued_ts += 3_600)));
}

#[test]
fn inv_19_20_21_funds() {
    let (old, ..) = lent();
    let new = accrued(&old);
    breaks(19, inv::check_surplus(&old, &changed(&new, |bank| bank.fees += 1)));
    breaks(19, inv::check_surplus(&old, &changed(&new, |bank| bank.asset_shares += 1)));
    breaks(19, inv::check_surplus(&old, &changed(&new, |bank| bank.vault_balance -= 1)));
    assert!(new.fees > 1);
    holds(inv::check_fees(&old, &new, 0));
    holds(inv::check_fees(&old, &changed(&new, |bank| bank.fees -= 1), 1));
    breaks(20, inv::check_fees(&old, &changed(&new, |bank| bank.fees -= 1), 0));
    breaks(20, inv::check_fees(&old, &changed(&new, |bank| bank.fees += 1), 0));
    holds(inv::check_insurance(&old, &changed(&old, |bank| bank.insurance += 2), 5, 3));
    breaks(21, inv::check_insurance(&old, &changed(&old, |bank| bank.insurance += 1), 0, 0));
    breaks(21, inv::check_insurance(&old, &changed(&old, |bank| bank.insurance -= 1), 0, 0));
}

#[test]
fn inv_22_23_24_limits() {
    let (bank, lender, borrower) = lent();
    holds(inv::check_utilisation(&changed(&bank, |bank| bank.max_utilisation = 1 << 31)));
    breaks(22, inv::check_utilisation(&changed(&bank, |bank| bank.max_utilisation = (1 << 31) - 1)));
    breaks(22, inv::check_utilisation(&changed(&bank, |bank| bank.liability_shares = bank.asset_shares + 1)));

    let old = changed(&bank, |bank| bank.hourly.index = T0 / 3_600);
    let old = changed(&old, |bank| (bank.hourly.used, bank.hourly.limit) = (7, 10));
    let left = |atoms: u64| {
        changed(&old, |bank| {
            bank.hourly.used = 7 + atoms;
            (bank.daily.index, bank.daily.used) = (T0 / 86_400, atoms);
        })
    };
    holds(inv::check_outflow(&old, &left(3), 3, NOW));
    breaks(23, inv::check_outflow(&old, &left(4), 4, NOW));
    breaks(23, inv::check_outflow(&old, &left(3), 2, NOW));
    holds(inv::check_no_outflow(&old, &old));
    breaks(23, inv::check_no_outflow(&old, &left(1)));

    let capped =
        |cap: u64| changed(&bank, |bank| (bank.deposit_cap, bank.deposit_cap_limit, bank.borrow_cap) = (cap, cap, cap));
    holds(inv::check_deposit_cap(&capped(1_000 * MILLION), &lender));
    breaks(24, inv::check_deposit_cap(&capped(1_000 * MILLION - 1), &lender));
    holds(inv::check_deposit_cap(&capped(800 * MILLION), &borrower));
    breaks(24, inv::check_deposit_cap(&capped(800 * MILLION - 4), &borrower));
    // A top-up goes by the cap last set in full power, whatever the risk admin made of it since.
    let lowered = Bank { deposit_cap: 1, ..capped(800 * MILLION) };
    holds(inv::check_deposit_cap(&lowered, &borrower));
    breaks(24, inv::check_deposit_cap(&lowered, &lender));
    holds(inv::check_borrow_cap(&capped(500 * MILLION)));
    breaks(24, inv::check_borrow_cap(&capped(500 * MILLION - 1)));
}

/// A board of dollars and SOL at 150, their banks, and an account with `sols` SOL that owes 500 dollars.
fn leveraged(sols: u64) -> (RiskBoard, [Bank; 2], MarginAccount) {
    let (mut dollar, _, mut owner) = lent();
    let mut coin = bank(1, 1, 6);
    give(&mut coin, &mut owner, BalanceSide::Deposit, sols * MILLION);
    dollar.mode = BankMode::Normal.to_byte();
    (board(&[usdc(), sol()]), [dollar, coin], owner)
}

fn holdings(account: &MarginAccount, banks: &[Bank], now: Now) -> Portfolio {
    Portfolio::of_account(account, &[], 0, now, |index| banks.get(usize::from(index))).unwrap()
}

#[test]
fn inv_25_26_40_new_risk() {
    // Initial asks 25 % of 750 and 1 % of 500: 192.5 of 250.
    let (board, banks, owner) = leveraged(5);
    holds(inv::check_initial(&holdings(&owner, &banks, NOW), &board, NOW));
    breaks(25, inv::check_initial(&holdings(&owner, &banks, NOW), &board, after(61)));
    let (_, banks, poor) = leveraged(4);
    breaks(25, inv::check_initial(&holdings(&poor, &banks, NOW), &board, NOW));

    holds(inv::check_loan_size(&owner, &banks[0], &board));
    let strict = RiskBoard { rules: ballast_state::RiskRules { dust: dollars(501).0, ..board.rules }, ..board };
    breaks(26, inv::check_loan_size(&owner, &banks[0], &strict));
    breaks(26, inv::check_loan_size(&account(), &banks[0], &board));

    let (bank, lender) = (banks[0], account());
    for (risk, account) in [
        (NewRisk::Loan, &owner),
        (NewRisk::Withdrawal, &owner),
        (NewRisk::Deposit, &owner),
        (NewRisk::Deposit, &lender),
    ] {
        let allowed = |bank: &Bank, board: &RiskBoard| inv::check_risk_allowed(risk, bank, account, board, NOW).is_ok();
        assert!(allowed(&bank, &board));
        let tops_up = risk == NewRisk::Deposit && account == &owner;
        let paused = changed(&bank, |bank| bank.paused_until = T0 + 1);
        assert_eq!(allowed(&paused, &board), tops_up || risk == NewRisk::Withdrawal);
        let reduced = changed(&bank, |bank| bank.mode = 1);
        assert_eq!(allowed(&reduced, &board), tops_up || risk == NewRisk::Withdrawal);
        let winding = changed(&bank, |bank| bank.mode = 2);
        assert_eq!(allowed(&winding, &board), risk == NewRisk::Withdrawal);
        let group_paused = RiskBoard { risk_paused_until: T0 + 1, ..board };
        assert_eq!(allowed(&bank, &group_paused), risk == NewRisk::Deposit);
        let closed = changed(&bank, |bank| bank.borrowable = 0);
        assert_eq!(allowed(&closed, &board), risk != NewRisk::Loan);
    }
}

#[test]
fn inv_27_28_32_44_49_accounts() {
    holds(inv::check_sequence(4, 5, true));
    holds(inv::check_sequence(4, 4, false));
    breaks(27, inv::check_sequence(4, 4, true));
    breaks(27, inv::check_sequence(4, 5, false));

    let (_, mut banks, owner) = leveraged(5);
    let with = |side, bank: &mut Bank, atoms| {
        let mut account = owner;
        give(bank, &mut account, side, atoms);
        account
    };
    let richer = with(BalanceSide::Deposit, &mut banks[1], 1);
    let deeper = with(BalanceSide::Loan, &mut banks[0], 1);
    holds(inv::check_not_taken(&owner, &richer));
    holds(inv::check_not_taken(&deeper, &owner));
    breaks(28, inv::check_not_taken(&richer, &owner));
    breaks(28, inv::check_not_taken(&owner, &deeper));
    breaks(28, inv::check_not_taken(&account(), &owner));
    holds(inv::check_rest_untouched(&owner, &richer, [0, 1]));
    breaks(32, inv::check_rest_untouched(&owner, &richer, [0, 2]));

    holds(inv::check_flags(&owner));
    breaks(44, inv::check_flags(&MarginAccount { flags: 1, ..owner }));

    let health = |assets| Health { assets: dollars(assets), liabilities: dollars(90), requirement: dollars(10) };
    let ill = MarginAccount { unhealthy_since: T0 - 5, unhealthy_seen: T0, ..owner };
    holds(inv::check_timer(&owner, &health(100), NOW));
    holds(inv::check_timer(&ill, &health(99), NOW));
    breaks(49, inv::check_timer(&owner, &health(99), NOW));
    breaks(49, inv::check_timer(&ill, &health(100), NOW));
    breaks(49, inv::check_timer(&ill, &health(99), after(1)));
}

#[test]
fn inv_29_30_31_liquidation() {
    let (board, banks, owner) = leveraged(5);
    let held = holdings(&owner, &banks, NOW);
    let (_, poor_banks, poor) = leveraged(3);
    let poor_held = holdings(&poor, &poor_banks, NOW);
    holds(inv::check_taker(&held, None, &board, NOW));
    let value = ballast_risk::health::taker_value(&poor_held, &board, NOW).unwrap();
    holds(inv::check_taker(&poor_held, value, &board, NOW));
    breaks(29, inv::check_taker(&poor_held, value.map(|value| value + 1), &board, NOW));
    breaks(29, inv::check_taker(&poor_held, None, &board, NOW));

    holds(inv::check_unhealthy(&poor_held, &board, NOW));
    breaks(30, inv::check_unhealthy(&held, &board, NOW));
    // A guarded price whose high end would save the owner.
    let mut doubtful = board;
    (doubtful.rows[1].state, doubtful.rows[1].high) = (3, board.rows[1].mid * 2);
    breaks(30, inv::check_unhealthy(&poor_held, &doubtful, NOW));

    let health = |assets| Health { assets: dollars(assets), liabilities: dollars(90), requirement: dollars(10) };
    let cooling = MarginAccount { risk_ts: T0 - 9, ..owner };
    let grace = RiskBoard { grace_until: T0 + 1, ..board };
    holds(inv::check_not_spared(&owner, &health(95), &board, NOW));
    holds(inv::check_not_spared(&cooling, &health(94), &board, NOW));
    breaks(31, inv::check_not_spared(&cooling, &health(95), &board, NOW));
    breaks(31, inv::check_not_spared(&owner, &health(95), &grace, NOW));
}

#[test]
fn inv_33_to_37_deleverage() {
    let (board, mut banks, old) = leveraged(5);
    let ratio = |percent: u64| (percent << 32) / 100;
    let mut old = old;
    (old.policy.floor, old.policy.width, old.policy.daily_turnover) = (ratio(140), ratio(5), dollars(100).0);
    let health = |assets, liabilities| Health {
        assets: dollars(assets),
        liabilities: dollars(liabilities),
        requirement: dollars(0),
    };
    holds(inv::check_deleverage(&health(130, 100), &health(129, 98)));
    breaks(33, inv::check_deleverage(&health(130, 100), &health(128, 98)));

    let mut new = old;
    // A token's six decimals are no binary fraction: valued up, 40 dollars are a unit more.
    new.policy.turnover_used = dollars(40).0 + 1;
    (new.policy.turnover_day, new.policy.last_ts) = (T0 / 86_400, T0);
    let context = |old, new| DeleverageContext {
        board: &board,
        loan_bank: &banks[0],
        collateral_bank: &banks[1],
        before: old,
        after: new,
        now: NOW,
    };
    let (both, nobody) = (context(&old, &new), account());
    holds(inv::check_policy(&health(139, 100), &health(145, 100), &both));
    breaks(34, inv::check_policy(&health(140, 100), &health(145, 100), &both));
    breaks(34, inv::check_policy(&health(139, 100), &health(146, 100), &both));
    breaks(34, inv::check_policy(&health(139, 100), &health(145, 100), &context(&nobody, &new)));

    // 15 dollars for a tenth of a SOL, and ten basis points.
    let moved = |repaid| Takeover { repaid, seized: MILLION / 10 };
    holds(inv::check_fee(moved(14_985_020), &both));
    breaks(35, inv::check_fee(moved(14_984_000), &both));

    holds(inv::check_pace(40 * MILLION, &both));
    breaks(36, inv::check_pace(41 * MILLION, &both));
    let mut recent = old;
    recent.policy.last_ts = T0 - 599;
    breaks(36, inv::check_pace(40 * MILLION, &context(&recent, &new)));
    let mut frugal = old;
    frugal.policy.daily_turnover = dollars(39).0;
    breaks(36, inv::check_pace(40 * MILLION, &context(&frugal, &new)));

    (banks[1].mode, banks[1].wind_down_ts) = (2, T0 - 8 * 86_400);
    let taken = |shares: u64, counted: u64| {
        let mut new = old;
        let balance = new.balances.iter_mut().find(|balance| balance.bank == 1).unwrap();
        balance.shares -= shares;
        (balance.wound_down, balance.wound_hour) = (counted, u32::try_from(T0 / 3_600).unwrap());
        new
    };
    let pace = |shares, counted| {
        let new = taken(shares, counted);
        let (loan_bank, collateral_bank) = (&banks[0], &banks[1]);
        let context =
            DeleverageContext { board: &board, loan_bank, collateral_bank, before: &old, after: &new, now: NOW };
        inv::check_wind_down_pace(collateral_bank, &context)
    };
    holds(pace(MILLION / 2, MILLION / 2));
    breaks(37, pace(MILLION / 2 + 1, MILLION / 2 + 1));
    breaks(37, pace(MILLION / 2, MILLION / 2 - 1));
}

#[test]
fn inv_38_39_losses() {
    let (board, banks, owner) = leveraged(5);
    let old = banks[0];
    let shares = owner.balance(0).unwrap().shares;
    let new = changed(&old, |bank| {
        (bank.insurance, bank.socialized_loss, bank.liability_shares) = (0, 490 * MILLION, 0);
        bank.asset_index = Index(Index::ONE.0 / 100 * 51).to_words();
    });
    let loss = Loss {
        deficit: 500 * MILLION,
        insured: 10 * MILLION,
        pooled: 0,
        socialized: 490 * MILLION,
        index_before: old.asset_index,
        index_after: new.asset_index,
    };
    holds(inv::check_loss(&loss, shares, &old, &new));
    breaks(38, inv::check_loss(&loss, shares + 1, &old, &new));
    breaks(38, inv::check_loss(&loss, shares, &old, &changed(&new, |bank| bank.insurance = 1)));
    breaks(38, inv::check_loss(&loss, shares, &old, &changed(&new, |bank| bank.socialized_loss += 1)));
    breaks(38, inv::check_loss(&Loss { socialized: loss.socialized - 1, ..loss }, shares, &old, &new));

    let left = |sols: u64| {
        let mut held = Portfolio::new(0);
        held.entry(1).unwrap().deposits = ballast_math::Units(u128::from(sols) << 60);
        held
    };
    let health = |assets| Health { assets: dollars(assets), liabilities: dollars(9), requirement: Usd::ZERO };
    // A sixteenth of a SOL is 9.375 dollars.
    holds(inv::check_nothing_left(&health(8), &left(1), &board, NOW));
    breaks(39, inv::check_nothing_left(&health(9), &left(1), &board, NOW));
    breaks(39, inv::check_nothing_left(&health(8), &left(2), &board, NOW));
}

#[test]
fn inv_41_51_53_54_prices() {
    let mut board = board(&[usdc(), sol()]);
    let mut feed = PriceFeed { row: 1, class: board.rows[1].class, state: 1, ..PriceFeed::zeroed() };
    (feed.accepted_price, feed.accepted_ts) = (board.rows[1].mid, board.rows[1].publish_ts);
    let row = board.rows[1];
    let side = |rate: u32, add_on: u32| ballast_state::SideRates { k: 0, floor: rate + add_on, cap: rate + add_on };
    feed.rates.maintenance_long = side(row.maintenance_long, row.maintenance_add_on);
    feed.rates.maintenance_short = side(row.maintenance_short, row.maintenance_add_on);
    feed.rates.initial_long = side(row.initial_long, row.initial_add_on);
    feed.rates.initial_short = side(row.initial_short, row.initial_add_on);
    (feed.rates.maintenance_add_on, feed.rates.initial_add_on) = (row.maintenance_add_on, row.initial_add_on);
    (feed.rates.basis, feed.rates.impact_cap) = (row.basis, row.impact_cap);
    holds(inv::check_rates(&feed, &board));
    holds(inv::check_row(&feed, &board));
    board.rows[1].initial_short += 1;
    breaks(41, inv::check_rates(&feed, &board));
    board.rows[1].state = 2;
    breaks(51, inv::check_row(&feed, &board));

    feed.sources[0] = OracleSource { provider: 1, ..OracleSource::zeroed() };
    (feed.judge.jump_min, feed.judge.jump_confirm) = (support::build::bits(3, 100), 10);
    let accepts = |percent: u64, seconds: i64| {
        let mut next = feed;
        next.accepted_price = feed.accepted_price / 100 * percent;
        next.accepted_ts = T0 + seconds;
        next
    };
    holds(inv::check_jump(&feed, &accepts(103, 1)));
    breaks(53, inv::check_jump(&feed, &accepts(104, 1)));
    let waiting =
        PriceFeed { pending: PendingPrint { price: feed.accepted_price / 100 * 110, publish_ts: T0 + 1 }, ..feed };
    holds(inv::check_jump(&waiting, &accepts(110, 11)));
    breaks(53, inv::check_jump(&waiting, &accepts(110, 10)));
    breaks(53, inv::check_jump(&waiting, &accepts(111, 11)));
    breaks(53, inv::check_jump(&waiting, &accepts(90, 11)));

    let refreshed = |seconds: i64, grace_until: i64| {
        let mut next = board;
        (next.refreshed_ts, next.grace_until) = (T0 + seconds, grace_until);
        next
    };
    holds(inv::check_grace(&board, &refreshed(300, 0), after(300)));
    holds(inv::check_grace(&board, &refreshed(301, T0 + 421), after(301)));
    breaks(54, inv::check_grace(&board, &refreshed(301, 0), after(301)));
    breaks(54, inv::check_grace(&board, &refreshed(300, T0 + 420), after(300)));
}

#[test]
fn inv_42_43_requirements() {
    holds(inv::check_levels(Usd(125), Usd(100)));
    breaks(42, inv::check_levels(Usd(124), Usd(100)));
    let (board, banks, owner) = leveraged(5);
    let held = holdings(&owner, &banks, NOW);
    let requirement = assess_maintenance(&held, &board, NOW).unwrap().requirement;
    holds(inv::check_netting(&held, requirement, &board));
    breaks(43, inv::check_netting(&held, Usd(requirement.0 + 16), &board));
}

#[test]
fn inv_45_to_48_50_settings_and_names() {
    holds(inv::check_tokens(5, 5));
    breaks(45, inv::check_tokens(5, 6));

    let (old, lender, _) = lent();
    let new = accrued(&old);
    holds(inv::check_bank_settings(&old, &new));
    breaks(46, inv::check_bank_settings(&old, &changed(&new, |bank| bank.paused_until = 1)));
    breaks(46, inv::check_bank_settings(&old, &changed(&new, |bank| bank.hourly.limit -= 1)));
    let winding = changed(&new, |bank| bank.mode = 2);
    breaks(46, inv::check_bank_settings(&old, &winding));
    holds(inv::check_bank_settings(&old, &changed(&winding, |bank| bank.socialized_loss = 1)));
    let board = board(&[usdc(), sol()]);
    let mut other = board;
    (other.rows[1].mid, other.grace_until) = (1, 1);
    holds(inv::check_board_settings(&board, &other));
    other.rows[1].basis += 1;
    breaks(46, inv::check_board_settings(&board, &other));
    breaks(46, inv::check_board_settings(&board, &RiskBoard { risk_paused_until: 1, ..board }));
    let feed = PriceFeed::zeroed();
    holds(inv::check_feed_settings(&feed, &PriceFeed { ema: 1, ..feed }));
    breaks(46, inv::check_feed_settings(&feed, &PriceFeed { class: 1, ..feed }));
    let group = Group::zeroed();
    holds(inv::check_group_settings(&group, &group));
    breaks(46, inv::check_group_settings(&group, &Group { max_pause: 1, ..group }));

    holds(inv::check_curve(&old));
    breaks(47, inv::check_curve(&changed(&old, |bank| bank.curve[0].rate = bank.curve[1].rate + 1)));
    breaks(47, inv::check_curve(&changed(&old, |bank| bank.curve[1].utilisation -= 1)));

    holds(inv::check_bank_names(&old, 0, &board));
    breaks(48, inv::check_bank_names(&old, 1, &board));
    breaks(48, inv::check_bank_names(&changed(&old, |bank| bank.feed = 2), 0, &board));
    holds(inv::check_feed_names(&feed, 0, &board));
    breaks(48, inv::check_feed_names(&feed, 1, &board));
    let banks = [old];
    let find = |index: u16| banks.get(usize::from(index));
    holds(inv::check_account_names(&lender, &board, find));
    let mut misnamed = lender;
    misnamed.balances[0].feed = 1;
    breaks(48, inv::check_account_names(&misnamed, &board, find));

    holds(inv::check_rate(&old));
    holds(inv::check_lend_ratio(&old));
    breaks(50, inv::check_rate(&changed(&old, |bank| bank.borrow_rate += 1)));
    breaks(50, inv::check_lend_ratio(&changed(&old, |bank| bank.lend_ratio[0] += 1)));
}

#[test]
fn inv_52_exits() {
    let (bank, lender, borrower) = lent();
    let refused = |exit, account| inv::check_exit(exit, &bank, account, NOW);
    breaks(52, refused(Exit::Repay(500 * MILLION), &borrower));
    holds(refused(Exit::Repay(500 * MILLION + 1), &borrower));
    holds(refused(Exit::Repay(0), &borrower));
    holds(refused(Exit::Repay(1), &lender));
    breaks(52, refused(Exit::Withdraw(510 * MILLION), &lender));
    holds(refused(Exit::Withdraw(510 * MILLION + 1), &lender));
    holds(refused(Exit::Withdraw(0), &lender));
    holds(refused(Exit::Withdraw(1), &account()));
}

/// A bank lends all it has, and after a month of interest nobody pays. What lenders cannot bear fees do, to the last fraction.
#[test]
fn inv_01_a_loss_beyond_claims_and_fees_leaves_no_fraction() {
    let (mut bank, mut lender, mut borrower) = (with_interest(bank(0, 0, 6), 10), account(), account());
    give(&mut bank, &mut lender, BalanceSide::Deposit, 1_000 * MILLION);
    give(&mut bank, &mut borrower, BalanceSide::Loan, 1_000 * MILLION);
    interest::update_rate(&mut bank).unwrap();
    interest::accrue(&mut bank, after(2_592_000)).unwrap();
    holds(inv::check_bank(&bank, 0));
    let held = holdings(&borrower, &[bank], after(2_592_000));
    let (_, loss) =
        bankruptcy::resolve(&board(&[usdc()]), &mut bank, None, &mut [], &mut borrower, &held, after(2_592_000))
            .unwrap();
    assert!(loss.deficit > 1_000 * MILLION);
    assert_eq!((bank.vault_balance, bank.fees, bank.liability_shares), (0, 0, 0));
    assert_eq!(bank.fees_fraction, 0);
    holds(inv::check_bank(&bank, 0));
}
