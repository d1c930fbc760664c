//! What a thief tries: any instruction, signed by the keys it has, with accounts that do not belong there.

use ballast_client::ballast::types::BankArgs;
use ballast_client::instructions::{StagedLiquidation, Takeover, User};
use ballast_client::presets;
use ballast_oracle::Provider;
use ballast_state::MarginAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::heist::{addresses_of, margin, Heist, LENDER, PRINCIPAL, SAVER};
use super::support::*;

/// Numbers that are the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(u64::try_from(list.len()).expect("short"));
        &list[usize::try_from(at).expect("short")]
    }

    fn small(&mut self, end: u64) -> u32 {
        u32::try_from(self.below(end)).expect("small")
    }

    pub(crate) fn bank(&mut self) -> u16 {
        *self.pick(&[USD, COIN, GEM])
    }

    /// Nothing, little, much or all there could be.
    fn atoms(&mut self) -> u64 {
        match self.below(8) {
            0 => self.below(3),
            1 => u64::MAX - self.below(2),
            2 | 3 => self.below(1_000_000),
            _ => self.below(2_000_000_000),
        }
    }
}

/// A move of the thief's: a transaction, whose signers are all its own.
pub(crate) fn plot(heist: &mut Heist, dice: &mut Dice) -> Vec<Instruction> {
    let mut transaction = match dice.below(15) {
        0..=3 => vec![command(heist, dice)],
        4..=9 => vec![act(heist, dice)],
        10 => flash(heist, dice),
        11 => staged(heist, dice),
        12 => vec![takeover(heist, dice)],
        13 => vec![price(heist, dice)],
        _ => {
            (0..=dice.below(3)).map(|_| if dice.one_in(2) { act(heist, dice) } else { command(heist, dice) }).collect()
        }
    };
    if dice.one_in(5) {
        misplace(heist, &mut transaction, dice);
    }
    sign(heist, &mut transaction, dice);
    transaction
}

/// Instructions of administration.
fn command(heist: &mut Heist, dice: &mut Dice) -> Instruction {
    let group = heist.world.group;
    let stolen = heist.thieves.last().expect("a key");
    let who = if dice.one_in(4) { dice.pick(&heist.thieves) } else { stolen }.key.pubkey();
    let bank = dice.bank();
    match dice.below(14) {
        0 | 1 => change(heist, dice),
        2 | 3 => {
            let (number, change) = (heist.world.next_change(), change(heist, dice));
            heist.proposed.push((number, change.clone()));
            ix::propose_change(&who, &group, number, &change)
        }
        4 | 5 => {
            let (number, change) = dice.pick(&heist.proposed).clone();
            let proposer = proposer(heist, number).unwrap_or(who);
            ix::execute_change(&who, &group, number, &proposer, &change)
        }
        6 if dice.one_in(4) => {
            let number = dice.pick(&heist.proposed).0;
            ix::cancel_change(&who, &group, number, &proposer(heist, number).unwrap_or(who))
        }
        6 => ix::accept_admin(&who, &group),
        7 | 8 => ix::configure_bank(&who, &group, bank, settings(heist, bank, dice)),
        9 => ix::set_bank_mode(&who, &group, bank, u8::try_from(dice.below(4)).expect("a mode")),
        10 => ix::pause_bank(&who, &group, bank, dice.small(90_000)),
        11 => ix::pause_risk(&who, &group, dice.small(90_000)),
        12 => ix::collect_fees(&dice.pick(&heist.thieves).tokens[usize::from(bank)], &heist.world.bank(bank)),
        _ => ix::migrate_account(dice.pick(&addresses_of(heist))),
    }
}

fn proposer(heist: &Heist, number: u64) -> Option<Pubkey> {
    use ballast_state::{Account as _, PendingChange};
    let account = heist.world.svm.account(&heist.world.change_key(number))?;
    PendingChange::copy_from(&account.data).ok().map(|change| change.proposer)
}

/// A change that would open a way to the money.
fn change(heist: &Heist, dice: &mut Dice) -> Instruction {
    let (world, thief) = (&heist.world, dice.pick(&heist.thieves).key.pubkey());
    let group = world.group;
    let bank = dice.bank();
    let fake = vec![presets::source(Provider::PythLegacy, heist.fake_oracles[0], [0; 32])];
    match dice.below(9) {
        0 => {
            let mut args = presets::bank(1 << 40, 1 << 40);
            args.warm_up = dice.small(8 * 86_400);
            let next = u16::try_from(world.markets.len()).expect("few");
            ix::add_bank(&thief, &group, next, &heist.fake_mint, &spl_token_interface::ID, 0, args)
        }
        1 => ix::add_price_feed(&thief, &group, 3, PLAIN.feed(fake)),
        2 => ix::configure_bank(&thief, &group, bank, settings(heist, bank, dice)),
        3 => {
            let mut args = world.group_args();
            (args.guardian, args.risk_admin, args.fee_recipient) = (thief, thief, thief);
            args.rules.bonus_max = presets::bps(2_000);
            ix::configure_group(&thief, &group, args)
        }
        4 => {
            let mut args = world.markets[usize::from(bank)].feed_args.clone();
            args.sources = fake;
            (args.rates.maintenance_long.floor, args.rates.maintenance_long.cap) =
                (presets::bps(625), presets::bps(625));
            ix::configure_price_feed(&thief, &group, u8::try_from(bank).expect("few"), args)
        }
        5 => ix::configure_risk_class(&thief, &group, 0, 0),
        6 => ix::configure_timelock(&thief, &group, dice.small(40 * 86_400), dice.small(20 * 86_400)),
        7 => ix::propose_admin(&thief, &group, thief),
        _ => ix::set_bank_mode(&thief, &group, bank, 2),
    }
}

/// Settings of a bank with one or two of them moved, mostly down.
fn settings(heist: &Heist, bank: u16, dice: &mut Dice) -> BankArgs {
    let mut args = heist.world.markets[usize::from(bank)].bank_args.clone();
    let now = heist.world.bank(bank);
    (args.borrowable, args.max_utilisation) = (now.borrowable == 1, now.max_utilisation);
    (args.hourly_limit, args.daily_limit) = (now.hourly.limit, now.daily.limit);
    for _ in 0..=dice.below(2) {
        match dice.below(12) {
            0 => args.deposit_cap = dice.below(args.deposit_cap.saturating_add(2)),
            1 => args.borrow_cap = dice.below(args.borrow_cap.saturating_add(2)),
            2 => args.hourly_limit = dice.atoms(),
            3 => args.daily_limit = dice.atoms(),
            4 => args.max_utilisation = dice.below(1 << 32),
            5 => args.borrowable = !args.borrowable,
            6 => (args.deposit_cap, args.borrow_cap) = (0, 0),
            7 => args.collateral = !args.collateral,
            8 => args.interest_fee = dice.small(1 << 31),
            9 => args.flash_fee = dice.small(1 << 25),
            10 => args.warm_up = dice.small(86_400),
            _ => args.curve.iter_mut().for_each(|point| point.rate_bps = 100_000),
        }
    }
    args
}

/// Somebody's margin account and somebody's token account.
fn user(heist: &Heist, bank: u16, dice: &mut Dice) -> (User, MarginAccount) {
    let account = if !dice.one_in(3) {
        dice.pick(&heist.thieves)
    } else if dice.one_in(2) {
        &heist.users[PRINCIPAL]
    } else {
        dice.pick(&heist.users)
    };
    let state = margin(&heist.world, &account.account).unwrap_or_else(ballast_state::Zeroable::zeroed);
    let state = MarginAccount { group: heist.world.group, ..state };
    // Accounts of the thief's change hands.
    let owner = heist.thieves.iter().find(|thief| thief.key.pubkey() == state.owner).unwrap_or(account);
    let tokens = match dice.below(8) {
        0 => dice.pick(&heist.users),
        1..=3 => dice.pick(&heist.thieves),
        _ => owner,
    };
    let authority = owner.key.pubkey();
    (User { authority, margin_account: account.account, tokens: tokens.tokens[usize::from(bank)] }, state)
}

/// Instructions of users, for whatever accounts.
fn act(heist: &Heist, dice: &mut Dice) -> Instruction {
    let index = dice.bank();
    let bank = if dice.one_in(12) { heist.fake_bank } else { heist.world.bank(index) };
    let (user, state) = user(heist, index, dice);
    let thief = dice.pick(&heist.thieves).key.pubkey();
    let amount = if dice.one_in(4) { None } else { Some(dice.atoms()) };
    match dice.below(12) {
        0 | 1 => ix::deposit(&user, &bank, amount.unwrap_or(1)),
        2 | 3 => ix::withdraw(&user, &state, &bank, amount),
        4..=6 => ix::borrow(&user, &state, &bank, dice.atoms()),
        7 => ix::repay(&user, &bank, amount),
        8 => ix::deposit_insurance(&thief, &user.tokens, &bank, dice.below(100)),
        9 => ix::set_delegate(&user.authority, &user.margin_account, thief, dice.small(8)),
        10 => ix::transfer_margin_account(&user.authority, &thief, &user.margin_account),
        _ if dice.one_in(2) => ix::set_policy(&user.authority, &user.margin_account, 6 << 30, 1 << 30, u64::MAX),
        _ => ix::close_margin_account(&user.authority, &thief, &user.margin_account),
    }
}

/// A flash loan with something in its middle, or without its end.
fn flash(heist: &mut Heist, dice: &mut Dice) -> Vec<Instruction> {
    let index = dice.bank();
    let bank = heist.world.bank(index);
    let thief = dice.pick(&heist.thieves);
    let (who, tokens) = (thief.key.pubkey(), thief.tokens[usize::from(index)]);
    let begin = ix::begin_flash_loan(&who, &tokens, &bank, dice.below(bank.vault_balance.saturating_add(2)));
    let end = ix::end_flash_loan(&who, &tokens, &bank);
    let mut transaction = vec![begin];
    transaction.extend((0..dice.below(3)).map(|_| act(heist, dice)));
    if !dice.one_in(8) {
        transaction.push(end);
    }
    transaction
}

/// Two of anybody's accounts, in a liquidation or a deleverage; or what has no taker.
fn takeover(heist: &Heist, dice: &mut Dice) -> Instruction {
    let (loan_bank, collateral_bank) = (dice.bank(), dice.bank());
    let (from, account_state) = user(heist, loan_bank, dice);
    let thief = dice.pick(&heist.thieves);
    let taker_state = margin(&heist.world, &thief.account).unwrap_or(account_state);
    let takeover = Takeover {
        authority: thief.key.pubkey(),
        taker: thief.account,
        taker_state: &taker_state,
        account: from.margin_account,
        account_state: &account_state,
        loan_bank,
        collateral_bank,
    };
    match dice.below(4) {
        0 => ix::liquidate(&takeover, dice.atoms()),
        1 => ix::deleverage(&takeover, dice.atoms(), dice.one_in(2)),
        2 => ix::resolve_bankruptcy(&from.margin_account, &account_state, loan_bank),
        _ => ix::mark(&from.margin_account, &account_state),
    }
}

/// A liquidation in steps.
fn staged(heist: &Heist, dice: &mut Dice) -> Vec<Instruction> {
    let thief = dice.pick(&heist.thieves);
    let (from, account_state) = user(heist, USD, dice);
    let collateral_bank = *dice.pick(&[COIN, GEM]);
    let steps = StagedLiquidation {
        authority: thief.key.pubkey(),
        account: from.margin_account,
        account_state: &account_state,
        loan_bank: USD,
        collateral_bank,
    };
    let by = |bank: u16| User {
        authority: thief.key.pubkey(),
        margin_account: from.margin_account,
        tokens: thief.tokens[usize::from(bank)],
    };
    let mut transaction = vec![
        ix::begin_liquidation(&steps, u64::MAX),
        ix::seize(&by(collateral_bank), &heist.world.bank(collateral_bank), None),
        ix::repay(&by(USD), &heist.world.bank(USD), Some(dice.atoms())),
        ix::end_liquidation(&steps),
    ];
    if dice.one_in(3) {
        let at = usize::try_from(dice.below(4)).expect("four");
        transaction.remove(at);
    }
    transaction
}

/// A price from an account that looks like an oracle's.
fn price(heist: &Heist, dice: &mut Dice) -> Instruction {
    let row = u8::try_from(dice.bank()).expect("few");
    let mut oracles: Vec<Pubkey> = heist.world.markets.iter().map(|market| market.oracle).collect();
    oracles.extend(heist.fake_oracles);
    ix::refresh_price_feed(&heist.world.group, row, &[*dice.pick(&oracles)])
}

/// Puts an account where it does not belong.
fn misplace(heist: &Heist, transaction: &mut [Instruction], dice: &mut Dice) {
    let keys = addresses_of(heist);
    let at = usize::try_from(dice.below(u64::try_from(transaction.len()).expect("short"))).expect("short");
    let accounts = &mut transaction[at].accounts;
    let place = usize::try_from(dice.below(u64::try_from(accounts.len()).expect("short"))).expect("short");
    accounts[place].pubkey = *dice.pick(&keys);
}

/// Replaces every signer that is not the thief's by one that is.
fn sign(heist: &Heist, transaction: &mut [Instruction], dice: &mut Dice) {
    let held: Vec<Pubkey> = heist.held().iter().map(Signer::pubkey).collect();
    let stolen = *held.last().expect("a key");
    for meta in transaction.iter_mut().flat_map(|one| &mut one.accounts) {
        if meta.is_signer && !held.contains(&meta.pubkey) {
            meta.pubkey = if dice.one_in(2) { stolen } else { *dice.pick(&held) };
        }
    }
}

/// Sends a transaction of the thief's.
pub(crate) fn send(heist: &mut Heist, transaction: &[Instruction]) -> Result<Sent, Failed> {
    let signs = |key: &Pubkey| {
        transaction.iter().flat_map(|one| &one.accounts).any(|meta| meta.is_signer && meta.pubkey == *key)
    };
    let keys: Vec<Keypair> = heist.held().into_iter().map(Keypair::insecure_clone).collect();
    let (payer, others) = keys.split_first().expect("keys");
    let signers: Vec<&Keypair> =
        std::iter::once(payer).chain(others.iter().filter(|key| signs(&key.pubkey()))).collect();
    heist.world.svm.send(transaction, &signers)
}

/// What users do meanwhile. Those who only save owe nothing.
pub(crate) fn business(heist: &mut Heist, dice: &mut Dice) {
    let number = usize::try_from(dice.below(6)).expect("few");
    let (user, index) = (&heist.users[number], dice.bank());
    let some = dice.below(10_000_000);
    let (state, bank, side) = (heist.world.margin(user), heist.world.bank(index), user.user(index));
    let instruction = match dice.below(4) {
        0 => ix::deposit(&side, &bank, some),
        1 => ix::repay(&side, &bank, Some(some)),
        2 if ![LENDER, SAVER].contains(&number) => ix::borrow(&side, &state, &bank, some + 10 * DOLLAR),
        _ => ix::withdraw(&side, &state, &bank, Some(some)),
    };
    // Whether it may, is for others to test.
    let _ = heist.world.svm.send(&[instruction], &[&user.key]);
}
