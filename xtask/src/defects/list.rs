//! Defects, at least one for each invariant: small changes to the engine or the program that look like something one could
//! have written.

/// A defect.
pub(super) struct Defect {
    /// Number of the invariant it breaks.
    pub(super) invariant: u8,
    /// What is wrong.
    pub(super) says: &'static str,
    /// File, what stands there once, and what to put in its place.
    pub(super) edits: &'static [(&'static str, &'static str, &'static str)],
}

macro_rules! defects {
    ($($invariant:literal $says:literal { $($file:literal: $from:literal => $to:literal;)+ })+) => {
        /// All of them, by invariant.
        pub(super) const DEFECTS: &[Defect] = &[
            $(Defect { invariant: $invariant, says: $says, edits: &[$(($file, $from, $to)),+] },)+
        ];
    };
}

defects! {
    1 "an accrual books an atom of fees too many" {
        "crates/risk/src/interest.rs":
            "bank.fees = checked_add(bank.fees, high(fees))?;" =>
            "bank.fees = checked_add(checked_add(bank.fees, high(fees))?, 1)?;";
    }
    2 "a liquidation books the insurance's share as tokens" {
        "crates/risk/src/liquidation/mod.rs":
            "    loan_bank.insurance = checked_add(loan_bank.insurance, extra)?;" =>
            "    loan_bank.insurance = checked_add(loan_bank.insurance, extra)?;
    loan_bank.vault_balance = checked_add(loan_bank.vault_balance, extra)?;";
    }
    3 "a seized deposit is not counted in the bank's shares" {
        "crates/risk/src/swap.rs":
            "    bank.asset_shares = checked_add(bank.asset_shares, left)?;\n" => "";
    }
    4 "a loss lowers the index without being counted" {
        "crates/risk/src/bankruptcy.rs":
            "    bank.socialized_loss = bank.socialized_loss.saturating_add(loss.min(claims));\n" => "";
    }
    5 "a new balance goes to the end of the list" {
        "crates/risk/src/balances.rs":
            "let slot = account.active().iter().take_while(|balance| (balance.feed, balance.bank) < key).count();" =>
            "let slot = if key.0 < 255 { count } else { 0 };";
    }
    6 "an emptied balance keeps its slot" {
        "crates/risk/src/balances.rs":
            "    if shares == 0 {\n        return close(account, slot);" =>
            "    if shares == 0 && slot > 0 {\n        return close(account, slot);";
    }
    7 "the post-check of a liquidation looks at nothing" {
        "crates/risk/src/liquidation/mod.rs":
            "    if worse || (!minimal && after.factor_is_below(before)?) {" =>
            "    if worse && minimal && after.factor_is_below(before)? && after.assets == Usd::ZERO {";
    }
    8 "the post-check of a liquidation ignores the health factor" {
        "crates/risk/src/liquidation/mod.rs":
            "    if worse || (!minimal && after.factor_is_below(before)?) {" => "    if worse && !minimal {";
    }
    9 "the solver repays a 32nd too much" {
        "crates/risk/src/liquidation/size.rs":
            "    Ok(Usd(first.0.saturating_add(second.0)))" =>
            "    Ok(Usd(first.0.saturating_add(second.0).saturating_add(first.0 >> 5)))";
    }
    10 "the episode's lock is skipped" {
        "crates/risk/src/liquidation/bonus.rs":
            "    if account.bonus_lock.ts == 0 {" => "    if account.bonus_lock.ts >= 0 {";
    }
    11 "a loss may end an index" {
        "crates/risk/src/bankruptcy.rs":
            "let next = mul_div(index.0, left, claims)?.max(1);" => "let next = mul_div(index.0, left, claims)?;";
    }
    12 "what is seized is rounded up" {
        "crates/risk/src/liquidation/size.rs":
            "let seized_shares = asset.shares_down(worth)?.min(self.collateral.0);" =>
            "let seized_shares = asset.shares_up(worth.saturating_add(1))?.min(self.collateral.0);";
    }
    12 "a liquidation in stages is paid for with anything" {
        "crates/risk/src/liquidation/staged.rs":
            "    if !fitter.is_paid(repaid_shares, seized_shares)? {" =>
            "    if !fitter.is_paid(repaid_shares, seized_shares)? && repaid_shares == 0 {";
    }
    13 "a healthy account keeps its bonus lock" {
        "crates/risk/src/timer.rs":
            "        account.bonus_lock = BonusLock::zeroed();\n" => "        let _ = BonusLock::zeroed();\n";
    }
    14 "an older print counts as newer" {
        "crates/risk/src/price/judge.rs":
            "    if reading.publish_ts <= print.publish_ts {" => "    if reading.publish_ts == print.publish_ts {";
        "crates/risk/src/price/judge.rs":
            "    if judged.publish_ts < feed.accepted_ts {" => "    if judged.publish_ts < 0 {";
    }
    15 "the band is the last print's, whatever was accepted" {
        "crates/risk/src/price/judge.rs":
            "    row.fair_low = judged.low.min(price).0;" => "    row.fair_low = judged.low.0;";
        "crates/risk/src/price/judge.rs":
            "    row.fair_high = judged.high.max(price).0;" => "    row.fair_high = judged.high.0;";
    }
    16 "a gift to insurance is not in the vault's books" {
        "crates/risk/src/lending.rs":
            "    bank.insurance = checked_add(bank.insurance, atoms)?;
    bank.vault_balance = checked_add(bank.vault_balance, atoms)?;" =>
            "    bank.insurance = checked_add(bank.insurance, atoms)?;";
    }
    17 "a gift to insurance lifts the asset index" {
        "crates/risk/src/lending.rs":
            "    bank.insurance = checked_add(bank.insurance, atoms)?;" =>
            "    bank.insurance = checked_add(bank.insurance, atoms)?;
    bank.asset_index[0] = bank.asset_index[0].saturating_add(1 << 40);";
    }
    18 "interest counts time twice" {
        "crates/risk/src/interest.rs":
            "    let elapsed = now.seconds_since(bank.accrued_ts);" =>
            "    let elapsed = now.seconds_since(bank.accrued_ts).saturating_mul(2);";
    }
    19 "a withdrawal burns shares down" {
        "crates/risk/src/lending.rs":
            "Moved { atoms, shares: require_shares(index.shares_up(atoms)?)? }" =>
            "Moved { atoms, shares: require_shares(index.shares_down(atoms)?)? }";
    }
    20 "every loss takes an atom of fees" {
        "crates/risk/src/bankruptcy.rs": "    if left == 0 {" => "    if left <= claims {";
    }
    20 "a flash loan's fee is an atom short in the books" {
        "crates/risk/src/flash.rs":
            "    bank.fees = checked_add(bank.fees, fee)?;" =>
            "    bank.fees = checked_add(bank.fees, fee.saturating_sub(1))?;";
    }
    21 "collecting fees takes an atom of insurance" {
        "crates/risk/src/lending.rs":
            "    bank.fees = checked_sub(bank.fees, atoms)?;" =>
            "    bank.fees = checked_sub(bank.fees, atoms)?;
    bank.insurance = bank.insurance.saturating_sub(1);";
    }
    22 "a borrow does not look at utilisation" {
        "crates/risk/src/lending.rs":
            "    take_from_vault(bank, atoms)?;
    require_utilisation(bank)?;" => "    take_from_vault(bank, atoms)?;";
    }
    23 "a window forgets what left before" {
        "crates/risk/src/window.rs": "    window.used = used;" => "    window.used = atoms;";
    }
    24 "everybody may top up above the cap" {
        "crates/risk/src/lending.rs":
            "!(has_liability(account) && claims <= headroom(bank, now))" => "claims > headroom(bank, now)";
    }
    25 "new risk is checked at Maintenance" {
        "programs/ballast/src/loader.rs":
            "health::assess_initial(portfolio, board, Valuation::Initial, now).or_fail()?" =>
            "health::assess_maintenance(portfolio, board, now).or_fail()?";
    }
    26 "a loan may be dust" {
        "crates/risk/src/lending.rs": "?)?)? < dust {" => "?)?)? < dust.min(Usd(1)) {";
    }
    27 "lending does not count an account's changes" {
        "crates/risk/src/lending.rs":
            "    account.sequence = account.sequence.wrapping_add(1);" => "    let _ = account;";
    }
    28 "anybody may withdraw" {
        "programs/ballast/src/instructions/withdraw.rs":
            "        roles::require_right_to_send(&account, authority, rights::REDUCE, to, &bank.token_program)?;\n" => "";
    }
    28 "a delegate sends where it likes" {
        "programs/ballast/src/roles.rs":
            "    if signer != &account.owner {" => "    if signer != &account.owner && right == 0 {";
    }
    28 "anybody gives an account away" {
        "programs/ballast/src/instructions/transfer_margin_account.rs":
            "    ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;\n" => "";
    }
    29 "nobody looks at the liquidator's health" {
        "programs/ballast/src/instructions/liquidate.rs":
            "        holdings.check_taker(&liquidator, &[&loan_bank, &collateral_bank], &board, taker, now)?;" =>
            "        let _ = taker;";
    }
    30 "a doubtful price is taken at mid" {
        "crates/risk/src/liquidation/mod.rs":
            "    check_beyond_doubt(portfolio, board, now)?;\n" => "";
    }
    31 "neither cool-off nor grace spares anybody" {
        "crates/risk/src/liquidation/mod.rs":
            "    timer::check_not_spared(account, board, &health, now)?;" => "    let _ = account;";
    }
    32 "a liquidation takes a share of every other balance" {
        "crates/risk/src/liquidation/mod.rs":
            "    loan_bank.insurance = checked_add(loan_bank.insurance, extra)?;" =>
            "    loan_bank.insurance = checked_add(loan_bank.insurance, extra)?;
    let pair = [loan_bank.index, collateral_bank.index];
    for other in from.balances.iter_mut().filter(|other| other.shares > 1 && !pair.contains(&other.bank)) {
        other.shares = other.shares.saturating_sub(1);
    }";
    }
    33 "a keeper gets all of the collateral" {
        "crates/risk/src/deleverage.rs":
            "    apply(loan_bank, collateral_bank, account, keeper, &exchange, 0)?;" =>
            "    let seized_shares = balances::shares(account, collateral_bank, ballast_state::BalanceSide::Deposit)?;
    apply(loan_bank, collateral_bank, account, keeper, &Exchange { seized_shares, ..exchange }, 0)?;";
    }
    34 "a policy restores twice its width" {
        "crates/risk/src/deleverage.rs":
            "Ratio(policy.floor).add(Ratio(policy.width))?;" =>
            "Ratio(policy.floor).add(Ratio(policy.width))?.add(Ratio(policy.width))?;";
    }
    35 "a keeper is credited mid" {
        "crates/risk/src/deleverage.rs":
            "    let credited = ratio_down(loan.fair_low, loan.mid)?;" =>
            "    let credited = ratio_down(loan.mid, loan.mid)?;";
    }
    36 "deleverages need no interval" {
        "crates/risk/src/deleverage.rs":
            "now.seconds_since(policy.last_ts) < u64::from(board.rules.deleverage_interval)" =>
            "now.seconds_since(policy.last_ts) < u64::from(board.rules.deleverage_interval.min(1))";
    }
    37 "a wind-down takes a fifth an hour" {
        "crates/risk/src/deleverage.rs":
            "const WIND_DOWN_DIVISOR: u64 = 10;" => "const WIND_DOWN_DIVISOR: u64 = 5;";
    }
    38 "insurance pays half of what it could" {
        "crates/risk/src/bankruptcy.rs":
            "    let insured = deficit.min(bank.insurance);" => "    let insured = deficit.min(bank.insurance >> 1);";
    }
    39 "a debt is written off though there is collateral" {
        "crates/risk/src/bankruptcy.rs":
            "if account.perp_count > 0 || seizable(portfolio.exposures(), board, now)? >= Usd(board.rules.dust) {" =>
            "if seizable(portfolio.exposures(), board, now)? >= Usd(board.rules.dust << 10) {";
    }
    40 "a pause does not stop a borrow" {
        "crates/risk/src/lending.rs": "    if now.ts < bank.paused_until {" => "    if now.ts < bank.paused_until >> 60 {";
    }
    41 "a measured rate has no floor" {
        "crates/risk/src/rates.rs":
            "    measured.min(cap).max(floor).sub(add_on)" => "    measured.min(cap).min(cap.max(floor)).sub(add_on)";
    }
    42 "Initial never looks at Maintenance" {
        "crates/risk/src/health/report.rs": "    if !assessment.leads {" => "    if !assessment.leads && portfolio.has_perps() {";
    }
    43 "κ counts the larger side of a class" {
        "crates/risk/src/health/assessment.rs":
            "let hedged = sums.long_loss.min(sums.short_loss);" => "let hedged = sums.long_loss.max(sums.short_loss);";
    }
    44 "a look at an account leaves a flag" {
        "programs/ballast/src/instructions/mark.rs":
            "        account.sequence = account.sequence.wrapping_add(1);" =>
            "        account.sequence = account.sequence.wrapping_add(1);
        account.flags |= 1;";
    }
    44 "a liquidation in stages leaves its flag" {
        "crates/risk/src/liquidation/staged.rs": "    account.flags &= !MarginAccount::IN_LIQUIDATION;\n" => "";
    }
    46 "anybody may set a bank's mode" {
        "programs/ballast/src/instructions/set_bank_mode.rs":
            "    let power = roles::power(&*view::<Group>(&ctx.accounts.group)?, ctx.accounts.authority.key)?;" =>
            "    let power = Power::Full;";
    }
    46 "a change runs before its time" {
        "programs/ballast/src/instructions/execute_change.rs":
            "        ensure!(now.ts >= change.ready_ts, BallastError::ChangeNotReady);\n" => "";
    }
    46 "the risk admin may widen a window" {
        "crates/risk/src/limits.rs": "        && after.hourly.limit <= before.hourly.limit\n" => "";
    }
    47 "no curve is checked" {
        "crates/risk/src/limits.rs": "    validate_curve(bank)?;\n" => "    let _ = validate_curve(bank);\n";
    }
    48 "a new balance is of the first feed" {
        "crates/risk/src/balances.rs":
            "Balance { bank: bank.index, feed: bank.feed, side" => "Balance { bank: bank.index, feed: bank.feed.min(0), side";
    }
    49 "the timer of a healthy account runs on" {
        "crates/risk/src/timer.rs":
            "        account.unhealthy_since = 0;\n" => "";
    }
    50 "the lend ratio is stale after a liquidation" {
        "crates/risk/src/liquidation/mod.rs": "        crate::interest::update_lend_ratio(bank)?;\n" => "";
    }
    51 "a row does not tell that a jump is pending" {
        "crates/risk/src/price/judge.rs":
            "                feed.state = state.to_byte();
                row.state = feed.state;" => "                feed.state = state.to_byte();";
    }
    52 "a pause stops withdrawals" {
        "crates/risk/src/lending.rs":
            "    let held = require_balance(balances::shares(account, bank, BalanceSide::Deposit)?)?;" =>
            "    if now.ts < bank.paused_until {
        return Err(RiskError::BankPaused);
    }
    let held = require_balance(balances::shares(account, bank, BalanceSide::Deposit)?)?;";
    }
    52 "what a transfer of the token costs is not sent along" {
        "programs/ballast/src/token.rs":
            "let sent = if terms.transfer_fee { mint::before_fee(self.mint, atoms)? } else { atoms };" =>
            "let sent = atoms;";
    }
    53 "a second print at once confirms a jump" {
        "crates/risk/src/price/judge.rs":
            "    if waited < i64::from(feed.judge.jump_confirm) {" => "    if waited < 0 {";
    }
    54 "a halt has no grace" {
        "crates/risk/src/price/judge.rs":
            "now.ts.saturating_add(i64::from(board.rules.halt_grace));" => "board.grace_until;";
    }
    55 "a settlement leaves its side's offset" {
        "crates/risk/src/perp/settle.rs":
            "    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value)?);\n" =>
            "    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value >> 127)?);\n";
    }
    56 "a settlement leaves its side's offset" {
        "crates/risk/src/perp/settle.rs":
            "    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value)?);\n" =>
            "    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value >> 127)?);\n";
    }
    57 "a trade gives its side a unit of base too many" {
        "crates/risk/src/perp/trade.rs":
            "    add_base(market, new_side, base)?;\n" =>
            "    add_base(market, new_side, base.saturating_add(1))?;\n";
    }
    58 "a loan that a loss opens is not marked on its balance" {
        "crates/risk/src/perp/cash.rs":
            "        balance.perp_shares = checked_add(owed, opened)?;\n" =>
            "        balance.perp_shares = checked_add(owed, 0)?;\n";
    }
    59 "a market keeps half of its reserve" {
        "crates/risk/src/perp/equity.rs":
            "    market.skew_reserve = skew_reserve(market.mark, book::skew(market)?, &market.terms)?;\n" =>
            "    market.skew_reserve = skew_reserve(market.mark, book::skew(market)?, &market.terms)? >> 1;\n";
    }
    60 "a sync leaves a second of funding to the next one" {
        "crates/risk/src/perp/sync.rs":
            "    market.synced_ts = now.ts;\n" =>
            "    market.synced_ts = now.ts.saturating_sub(1);\n";
    }
    61 "funding may rise to twice its limit" {
        "crates/risk/src/perp/sync.rs":
            "velocity, market.terms.funding_limit, seconds)?;" =>
            "velocity, market.terms.funding_limit << 1, seconds)?;";
    }
    62 "a side without size keeps its PnL index" {
        "crates/risk/src/perp/trade.rs":
            "            book.pnl_index = [0, 0];\n" =>
            "";
    }
    63 "an order that ends leaves half of its lots pending" {
        "crates/risk/src/perp/order/reserve.rs":
            "    *pending = checked_sub(*pending, order.pending_lots())?;\n" =>
            "    *pending = checked_sub(*pending, order.pending_lots() >> 1)?;\n";
    }
    64 "who asks to leave keeps its shares" {
        "crates/risk/src/perp/liquidity/request.rs":
            "    provider.shares = left;\n" =>
            "    provider.shares = left.max(provider.shares);\n";
    }
    65 "an epoch is struck before its delay is over" {
        "crates/risk/src/perp/liquidity/strike.rs":
            "    if now.ts < first {" =>
            "    if now.ts < end {";
    }
    66 "who enters pays the low net assets" {
        "crates/risk/src/perp/liquidity/assets.rs":
            "let high = (signed_sub(self.least, funds)?" =>
            "let high = (signed_sub(self.most, funds)?";
    }
    67 "what a market spends is not its pool's" {
        "crates/risk/src/perp/equity.rs":
            "pool.spent = pool.spent.checked_add(paid)" =>
            "pool.spent = pool.spent.checked_add(0)";
    }
    68 "a fill that opens looks at no cap" {
        "crates/risk/src/perp/order/fill.rs":
            "caps::exceeded(market, held, lots, caps::added(held, lots)?)? {" =>
            "caps::exceeded(market, held, lots, caps::added(held, lots)?)?.filter(|_| order.reduce_only != 0) {";
    }
    69 "a later print will do" {
        "crates/risk/src/perp/order/print.rs":
            "        if previous >= order.eligible_ts {" =>
            "        if previous >= self.publish_ts {";
    }
    70 "an owner takes an order back whenever it likes" {
        "crates/risk/src/perp/order/cancel.rs":
            "        By::Owner if is_ahead => {}" =>
            "        By::Owner if is_ahead || now.ts >= order.placed_ts => {}";
    }
    71 "dust of a position is closed, and a lot more" {
        "crates/risk/src/perp/liquidate.rs":
            "size.saturating_sub(lots) < dust { size } else" =>
            "size.saturating_sub(lots) < dust { size.saturating_add(1) } else";
    }
    72 "a settlement pays an atom more than it takes from the claim" {
        "crates/risk/src/perp/settle.rs":
            "    let value = i128::from(paid) << VALUE_BITS;" =>
            "    let value = i128::from(paid.saturating_sub(1)) << VALUE_BITS;";
    }
    73 "a position that goes away takes the last one with it" {
        "crates/risk/src/perp/slots.rs":
            "    range.rotate_left(1);\n" =>
            "";
    }
    74 "who receives funding gets it whole, whoever pays" {
        "crates/risk/src/perp/sync.rs":
            "if shared >= Product::of(received_base, whole) {" =>
            "if shared >= Product::of(0, whole) {";
    }
    75 "a fill that opens does not look at health" {
        "crates/risk/src/perp/order/fill.rs":
            "Ok(filled) if is_safe(books, filled.print, maintenance)? =>" =>
            "Ok(filled) if is_safe(books, filled.print, maintenance)? || order.reduce_only == 0 =>";
    }
    76 "a loss is noted in no market" {
        "crates/risk/src/perp/cash.rs":
            "        origin::note(account, market, owed, opened)?;\n" =>
            "        origin::note(account, market, owed, 0)?;\n";
    }
    77 "a market spends half of what its losses cost the pool" {
        "crates/risk/src/perp/origin.rs":
            "        add_spent(market, pool, spent)?;\n" =>
            "        add_spent(market, pool, spent >> 1)?;\n";
    }
    80 "a deleverage of a market takes almost all of its skew" {
        "crates/risk/src/perp/deleverage.rs":
            "shrink(book, checked_sub(skew.unsigned_abs(), kept.unsigned_abs())?)?;" =>
            "shrink(book, checked_sub(skew.unsigned_abs(), kept.unsigned_abs() >> 8)?)?;";
    }
    81 "a series spares no position" {
        "crates/risk/src/perp/deleverage.rs":
            "book.shrink_sequence = book.shrink_sequence.wrapping_add(1);" =>
            "book.shrink_sequence = book.shrink_sequence.wrapping_add(0);";
    }
    82 "a fill that sells needs no margin of the pool" {
        "crates/risk/src/perp/order/fill.rs":
            "if caps::added(held, lots)? > 0 && !pool_has_margin" =>
            "if caps::added(held, lots)? > 0 && lots > 0 && !pool_has_margin";
    }
    83 "a profit is paid whatever the rail lets out" {
        "crates/risk/src/perp/cash.rs":
            "    Ok(funds(pool, bank, now)?.min(room))\n" =>
            "    Ok(funds(pool, bank, now)?.min(room.max(u64::MAX)))\n";
    }
    84 "a settled market's stake is set aside twice" {
        "crates/risk/src/perp/settlement.rs":
            "pool.earmarked = pool.earmarked.checked_add(market.stake)" =>
            "pool.earmarked = pool.earmarked.checked_add(market.stake << 1)";
    }
    85 "a registered claim is due twice its part" {
        "crates/risk/src/perp/claims.rs":
            "u64::try_from(wide(claim, market.payout) >> Ratio::BITS)" =>
            "u64::try_from(wide(claim, market.payout) >> (Ratio::BITS - 1))";
    }
}
