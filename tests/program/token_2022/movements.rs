//! Every movement of a token that takes a fee, to the atom.

use ballast_client::instructions::StagedLiquidation;
use ballast_testkit::{assert_fails, Event, Sent};
use spl_token_2022_interface::extension::{cpi_guard, memo_transfer, transfer_fee};

use super::mints::*;
use crate::support::*;

/// Which tokens a world has.
#[derive(Clone, Copy)]
enum Tokens {
    Classic,
    /// Of Token-2022, without any extension.
    Bare,
    /// Of Token-2022, with metadata.
    Described,
    Fee(TransferFee),
}

/// Dollars and coins of the plain world, made of these tokens.
fn world_of(tokens: Tokens) -> World {
    let mut world = World::empty();
    for (underlying, decimals, price) in [(PLAIN_DOLLAR, 6, 1_00000000), (PLAIN, 9, 32_00000000)] {
        let spec = MarketSpec::plain(underlying, decimals, price);
        match tokens {
            Tokens::Classic => world.list(&spec),
            Tokens::Bare => {
                let mint = mint_with(&mut world, decimals, &[]);
                world.list_mint(&spec, &mint, &TOKEN_2022)
            }
            Tokens::Described => {
                let mint = described_mint(&mut world, decimals);
                world.list_mint(&spec, &mint, &TOKEN_2022)
            }
            Tokens::Fee(fee) => {
                let mint = world.fee_mint(decimals, fee);
                world.list_mint(&spec, &mint, &TOKEN_2022)
            }
        };
    }
    world
}

/// By Token-2022's own library.
fn library(fee: TransferFee) -> transfer_fee::TransferFee {
    transfer_fee::TransferFee {
        epoch: 0.into(),
        maximum_fee: fee.most.into(),
        transfer_fee_basis_points: fee.basis_points.into(),
    }
}

/// What arrives of `atoms` sent.
fn after(fee: TransferFee, atoms: u64) -> u64 {
    library(fee).calculate_post_fee_amount(atoms).expect("in range")
}

/// What is sent so that `atoms` arrive.
fn before(fee: TransferFee, atoms: u64) -> u64 {
    library(fee).calculate_pre_fee_amount(atoms).expect("in range")
}

/// The two sides of a movement: a bank's books and vault, a wallet, and what was withheld from both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sides {
    books: u64,
    vault: u64,
    vault_withheld: u64,
    wallet: u64,
    wallet_withheld: u64,
}

impl Sides {
    fn of(world: &World, bank: u16, wallet: &Pubkey) -> Self {
        let state = world.bank(bank);
        Self {
            books: state.vault_balance,
            vault: world.vault(bank),
            vault_withheld: world.svm.withheld(&state.vault),
            wallet: world.svm.tokens(wallet),
            wallet_withheld: world.svm.withheld(wallet),
        }
    }

    /// After `sent` left the wallet, of which `booked` were to arrive.
    fn paid_in(self, sent: u64, booked: u64) -> Self {
        Self {
            books: self.books + booked,
            vault: self.vault + booked,
            vault_withheld: self.vault_withheld + (sent - booked),
            wallet: self.wallet - sent,
            ..self
        }
    }

    /// After `booked` left the vault, of which `arrived` came.
    fn paid_out(self, booked: u64, arrived: u64) -> Self {
        Self {
            books: self.books - booked,
            vault: self.vault - booked,
            wallet: self.wallet + arrived,
            wallet_withheld: self.wallet_withheld + (booked - arrived),
            ..self
        }
    }
}

/// One per cent without a limit, in plain numbers.
#[test]
fn a_hundredth_of_every_transfer() {
    let mut world = world_of(Tokens::Fee(unlimited(100)));
    let trader = world.trader();
    world.mint_to(&trader, COIN, 100 * ONE_COIN);
    let wallet = trader.tokens[usize::from(COIN)];
    let start = Sides { books: 0, vault: 0, vault_withheld: 0, wallet: 100 * ONE_COIN, wallet_withheld: 0 };
    assert_eq!(Sides::of(&world, COIN, &wallet), start);

    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), 100 * ONE_COIN);
    let sent = world.send(deposit, &[&trader.key]).expect("deposit");
    assert_same(
        &event!(sent, Deposited).movement,
        &Movement { bank: COIN, atoms: 99 * ONE_COIN, shares: 99 * ONE_COIN },
    );
    let deposited = start.paid_in(100 * ONE_COIN, 99 * ONE_COIN);
    assert_eq!(Sides::of(&world, COIN, &wallet), deposited);

    let sent = world.withdraw(&trader, COIN, Some(10 * ONE_COIN)).expect("withdraw");
    assert_same(
        &event!(sent, Withdrawn).movement,
        &Movement { bank: COIN, atoms: 10 * ONE_COIN, shares: 10 * ONE_COIN },
    );
    let withdrawn = deposited.paid_out(10 * ONE_COIN, 9_900_000_000);
    assert_eq!(Sides::of(&world, COIN, &wallet), withdrawn);

    let lender = world.trader();
    world.deposit(&lender, USD, 1_000 * DOLLAR).expect("deposit");
    world.borrow(&trader, USD, 100 * DOLLAR).expect("borrow");
    let wallet = trader.tokens[usize::from(USD)];
    let borrowed = Sides {
        books: 890 * DOLLAR,
        vault: 890 * DOLLAR,
        vault_withheld: 10 * DOLLAR,
        wallet: 99 * DOLLAR,
        wallet_withheld: DOLLAR,
    };
    assert_eq!(Sides::of(&world, USD, &wallet), borrowed);
    assert_eq!(world.bank(USD).liability_shares, 100 * DOLLAR);

    // 49.5 dollars cost 50; what is left, 50.5, costs ⌈50.5 / 0.99⌉.
    let sent = world.repay(&trader, USD, Some(49_500_000)).expect("repay");
    assert_same(&event!(sent, Repaid).movement, &Movement { bank: USD, atoms: 49_500_000, shares: 49_500_000 });
    let repaid = borrowed.paid_in(50 * DOLLAR, 49_500_000);
    assert_eq!(Sides::of(&world, USD, &wallet), repaid);
    world.mint_to(&trader, USD, 100 * DOLLAR);
    let sent = world.repay(&trader, USD, None).expect("repay");
    assert_same(&event!(sent, Repaid).movement, &Movement { bank: USD, atoms: 50_500_000, shares: 50_500_000 });
    let all = Sides { wallet: repaid.wallet + 100 * DOLLAR, ..repaid }.paid_in(51_010_102, 50_500_000);
    assert_eq!(Sides::of(&world, USD, &wallet), all);
    assert_eq!(world.bank(USD).liability_shares, 0);
    world.check_invariants();
}

/// Nothing, a basis point, one per cent up to a limit that is reached, a half, and everything up to a limit.
const FEES: [TransferFee; 6] = [
    unlimited(0),
    unlimited(1),
    TransferFee { most: 7, basis_points: 100 },
    TransferFee { most: 0, basis_points: 100 },
    unlimited(5_000),
    TransferFee { most: 1_234_567, basis_points: 10_000 },
];

#[test]
fn every_way_in_and_out_is_exact() {
    for fee in FEES {
        let mut world = world_of(Tokens::Fee(fee));
        let lender = world.trader();
        world.deposit(&lender, USD, before(fee, 100_000 * DOLLAR)).expect("deposit");
        assert_eq!(world.vault(USD), 100_000 * DOLLAR);
        let trader = world.trader();
        world.deposit(&trader, COIN, before(fee, 100 * ONE_COIN)).expect("deposit");
        world.mint_to(&trader, COIN, 1_000_000 * ONE_COIN);
        world.mint_to(&trader, USD, 1_000_000 * DOLLAR);
        let [dollars, coins] = [trader.tokens[0], trader.tokens[1]];
        let signers = [&trader.key];

        for amount in [3, 1_234_571, 12_345_678_901] {
            let start = Sides::of(&world, COIN, &coins);
            let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), amount);
            if after(fee, amount) == 0 {
                world.refuses(&deposit, &signers, "ZeroAmount");
                continue;
            }
            world.send(deposit, &signers).expect("deposit");
            let deposited = start.paid_in(amount, after(fee, amount));
            assert_eq!(Sides::of(&world, COIN, &coins), deposited, "{fee:?} {amount}");
            let arrived = after(fee, amount);
            world.withdraw(&trader, COIN, Some(arrived)).expect("withdraw");
            let withdrawn = deposited.paid_out(arrived, after(fee, arrived));
            assert_eq!(Sides::of(&world, COIN, &coins), withdrawn, "{fee:?} {amount}");
        }

        let start = Sides::of(&world, USD, &dollars);
        world.borrow(&trader, USD, 1_000_000_007).expect("borrow");
        let mut sides = start.paid_out(1_000_000_007, after(fee, 1_000_000_007));
        assert_eq!(Sides::of(&world, USD, &dollars), sides, "{fee:?}");
        for amount in [1, 99, 1_234_568] {
            world.repay(&trader, USD, Some(amount)).expect("repay");
            sides = sides.paid_in(before(fee, amount), amount);
            assert_eq!(Sides::of(&world, USD, &dollars), sides, "{fee:?} {amount}");
        }
        let left = 1_000_000_007 - 1 - 99 - 1_234_568;
        world.repay(&trader, USD, None).expect("repay");
        sides = sides.paid_in(before(fee, left), left);
        assert_eq!(Sides::of(&world, USD, &dollars), sides, "{fee:?}");
        assert_eq!((world.bank(USD).liability_shares, sides.books), (0, 100_000 * DOLLAR));

        let give = ix::deposit_insurance(&trader.key.pubkey(), &dollars, &world.bank(USD), 7_654_321);
        world.send(give, &signers).expect("deposit_insurance");
        sides = sides.paid_in(7_654_321, after(fee, 7_654_321));
        assert_eq!(Sides::of(&world, USD, &dollars), sides, "{fee:?}");
        assert_eq!(world.bank(USD).insurance, after(fee, 7_654_321));

        // 5 bp, 2,147,483 / 2^32, of 20,000.0001 dollars, up.
        let (lent, due) = (20_000_000_100, 20_009_999_998 + 100);
        let bank = world.bank(USD);
        let begin = ix::begin_flash_loan(&trader.key.pubkey(), &dollars, &bank, lent);
        let end = ix::end_flash_loan(&trader.key.pubkey(), &dollars, &bank);
        world.svm.send(&[begin, end], &signers).expect("a flash loan");
        sides = sides.paid_out(lent, after(fee, lent)).paid_in(before(fee, due), due);
        assert_eq!(Sides::of(&world, USD, &dollars), sides, "{fee:?}");
        assert_eq!(world.bank(USD).fees, due - lent);

        let (treasury, admin) = (world.key(), world.admin.pubkey());
        world.create_tokens_2022(&treasury, &bank.mint, &admin, 0);
        let treasury = treasury.pubkey();
        let start = Sides::of(&world, USD, &treasury);
        let collect = ix::collect_fees(&treasury, &world.bank(USD));
        let sent = world.as_admin(collect).expect("collect_fees");
        assert_eq!(event!(sent, FeesCollected).atoms, due - lent);
        let collected = start.paid_out(due - lent, after(fee, due - lent));
        assert_eq!(Sides::of(&world, USD, &treasury), collected, "{fee:?}");

        world.withdraw(&lender, USD, None).expect("withdraw");
        assert_eq!(world.svm.tokens(&lender.tokens[0]), after(fee, 100_000 * DOLLAR));
        assert_eq!(world.vault(USD), after(fee, 7_654_321));
        world.check_invariants();
    }
}

/// Where an atom costs an atom, a single one never arrives; what goes out may be all fee.
#[test]
fn dust_that_does_not_arrive_is_refused() {
    let mut world = world_of(Tokens::Fee(unlimited(1)));
    let trader = world.trader();
    world.mint_to(&trader, COIN, 10);
    let coins = trader.tokens[usize::from(COIN)];
    let bank = world.bank(COIN);
    let one = ix::deposit(&trader.user(COIN), &bank, 1);
    world.refuses(&one, &[&trader.key], "ZeroAmount");
    let one = ix::deposit_insurance(&trader.key.pubkey(), &coins, &bank, 1);
    world.refuses(&one, &[&trader.key], "ZeroAmount");

    let start = Sides::of(&world, COIN, &coins);
    world.send(ix::deposit(&trader.user(COIN), &bank, 2), &[&trader.key]).expect("deposit");
    assert_eq!(Sides::of(&world, COIN, &coins), start.paid_in(2, 1));
    world.withdraw(&trader, COIN, None).expect("withdraw");
    assert_eq!(Sides::of(&world, COIN, &coins), start.paid_in(2, 1).paid_out(1, 0));
    world.check_invariants();
}

/// What the vault's account withholds is Token-2022's: anybody may harvest it, and no books move.
#[test]
fn harvesting_takes_nothing_from_the_vault() {
    let mut world = world_of(Tokens::Fee(unlimited(100)));
    let trader = world.trader();
    world.deposit(&trader, COIN, 100 * ONE_COIN).expect("deposit");
    let Bank { mint, vault, .. } = world.bank(COIN);
    assert_eq!(world.svm.withheld(&vault), ONE_COIN);
    let harvest = transfer_fee::instruction::harvest_withheld_tokens_to_mint(&TOKEN_2022, &mint, &[&vault]);
    world.as_admin(harvest.expect("data")).expect("harvest");
    assert_eq!((world.svm.withheld(&vault), world.vault(COIN)), (0, 99 * ONE_COIN));
    world.withdraw(&trader, COIN, None).expect("withdraw");
    assert_eq!(world.vault(COIN), 0);
    world.check_invariants();
}

/// A fee that changes takes effect two epochs later, in the middle of a loan.
#[test]
fn the_fee_of_the_epoch_counts() {
    let (old, new) = (unlimited(100), TransferFee { most: 40_000_000_000, basis_points: 5_000 });
    let mut world = world_of(Tokens::Fee(old));
    world.svm.set_epoch(500);
    let trader = world.trader();
    let lender = world.trader();
    world.deposit(&lender, USD, 10_000 * DOLLAR).expect("deposit");
    world.deposit(&trader, COIN, 100 * ONE_COIN).expect("deposit");
    world.borrow(&trader, USD, 1_000 * DOLLAR).expect("borrow");
    world.mint_to(&trader, USD, 10_000 * DOLLAR);
    world.set_transfer_fee(USD, new);
    let dollars = trader.tokens[0];
    for (epoch, fee) in [(500, old), (501, old), (502, new), (503, new)] {
        world.svm.set_epoch(epoch);
        let start = Sides::of(&world, USD, &dollars);
        world.repay(&trader, USD, Some(100 * DOLLAR)).expect("repay");
        let repaid = start.paid_in(before(fee, 100 * DOLLAR), 100 * DOLLAR);
        assert_eq!(Sides::of(&world, USD, &dollars), repaid, "{epoch}");
        let give = ix::deposit_insurance(&trader.key.pubkey(), &dollars, &world.bank(USD), DOLLAR);
        world.send(give, &[&trader.key]).expect("deposit_insurance");
        assert_eq!(Sides::of(&world, USD, &dollars), repaid.paid_in(DOLLAR, after(fee, DOLLAR)), "{epoch}");
        world.withdraw(&lender, USD, Some(DOLLAR)).expect("withdraw");
    }
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 2 * 990_000 + 2 * 500_000);
    // Changed again before it took effect: the later change replaces it, what is in force stays.
    world.set_transfer_fee(USD, unlimited(10_000));
    world.svm.set_epoch(504);
    world.set_transfer_fee(USD, unlimited(0));
    for (epoch, fee) in [(504, new), (505, new), (506, unlimited(0))] {
        world.svm.set_epoch(epoch);
        let start = Sides::of(&world, USD, &dollars);
        world.repay(&trader, USD, Some(DOLLAR)).expect("repay");
        assert_eq!(Sides::of(&world, USD, &dollars), start.paid_in(before(fee, DOLLAR), DOLLAR), "{epoch}");
    }
    world.check_invariants();
}

/// A staged liquidation of all that may be.
fn staged(world: &World, liquidator: &Trader, from: &Trader) -> Vec<Instruction> {
    let state = world.margin(from);
    let staged = StagedLiquidation {
        authority: liquidator.key.pubkey(),
        account: from.account,
        account_state: &state,
        loan_bank: USD,
        collateral_bank: COIN,
    };
    let mut user = liquidator.user(COIN);
    user.margin_account = from.account;
    let seize = ix::seize(&user, &world.bank(COIN), None);
    user.tokens = liquidator.tokens[usize::from(USD)];
    let repay = ix::repay(&user, &world.bank(USD), None);
    vec![ix::begin_liquidation(&staged, u64::MAX), seize, repay, ix::end_liquidation(&staged)]
}

/// Every bank and margin account.
type Books = (Vec<Bank>, Vec<MarginAccount>);

/// But for what says which token program it is.
fn books(world: &World) -> Books {
    let banks = world.banks().into_values();
    let banks = banks.map(|bank| Bank { token_program: Pubkey::default(), transfer_fee: 0, ..bank }).collect();
    let mut accounts = world.margin_accounts();
    accounts.sort_by_key(|account| account.owner);
    (banks, accounts)
}

/// A story of lending, deleverage, liquidation in one and in several instructions, with the same amounts arriving whatever
/// the tokens are. Returns the books after every step, and the tokens in wallets.
fn story(tokens: Tokens) -> (Vec<Books>, Vec<u64>) {
    let gross = |atoms| if let Tokens::Fee(fee) = tokens { before(fee, atoms) } else { atoms };
    let mut world = world_of(tokens);
    let lender = world.trader();
    world.deposit(&lender, USD, gross(100_000 * DOLLAR)).expect("deposit");
    let mut told = vec![books(&world)];
    let trader = world.trader();
    world.deposit(&trader, COIN, gross(100 * ONE_COIN)).expect("deposit");
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    let liquidator = world.trader();
    world.deposit(&liquidator, USD, gross(10_000 * DOLLAR)).expect("deposit");
    world.deposit(&liquidator, COIN, gross(ONE_COIN)).expect("deposit");
    told.push(books(&world));
    let vaults = |world: &World| [USD, COIN].map(|bank| (world.vault(bank), world.bank(bank).vault_balance));

    world.set_policy(&trader, 13_000, 1_000, 1_000_000).expect("set_policy");
    let still = vaults(&world);
    world.deleverage(&liquidator, &trader, USD, COIN, 100 * DOLLAR, false).expect("deleverage");
    told.push(books(&world));
    world.svm.advance(1);
    world.crash(COIN, 23_00000000);
    world.liquidate(&liquidator, &trader, USD, COIN, 100 * DOLLAR).expect("liquidate");
    told.push(books(&world));
    // Only shares moved.
    assert_eq!(vaults(&world), still);

    let wallet = world.svm.tokens(&liquidator.tokens[0]);
    world.mint_to(&liquidator, USD, 10_000 * DOLLAR);
    let instructions = staged(&world, &liquidator, &trader);
    let sent = world.svm.send(&instructions, &[&liquidator.key]).expect("a staged liquidation");
    told.push(books(&world));
    let (paid, seized) = staged_amounts(&sent);
    let now = vaults(&world);
    assert_eq!(now[0], (still[0].0 + paid, still[0].1 + paid));
    assert_eq!(now[1], (still[1].0 - seized, still[1].1 - seized));
    let received = if let Tokens::Fee(fee) = tokens { after(fee, seized) } else { seized };
    assert_eq!(world.svm.tokens(&liquidator.tokens[0]), wallet + 10_000 * DOLLAR - gross(paid));
    assert_eq!(world.svm.tokens(&liquidator.tokens[1]), received);

    world.withdraw(&liquidator, USD, None).expect("withdraw");
    world.mint_to(&trader, USD, 10_000 * DOLLAR);
    world.repay(&trader, USD, None).expect("repay");
    world.withdraw(&trader, COIN, None).expect("withdraw");
    world.withdraw(&lender, USD, None).expect("withdraw");
    told.push(books(&world));
    world.check_invariants();
    let wallets = [&lender, &trader, &liquidator];
    (told, wallets.into_iter().flat_map(|of| &of.tokens).map(|key| world.svm.tokens(key)).collect())
}

/// Atoms repaid with insurance's part, and seized.
fn staged_amounts(sent: &Sent) -> (u64, u64) {
    let (mut paid, mut seized) = (0, 0);
    for event in &sent.events {
        match event {
            Event::Repaid(event) => paid = event.movement.atoms,
            Event::Seized(event) => seized = event.movement.atoms,
            _ => {}
        }
    }
    assert!(paid > 0 && seized > 0);
    (paid, seized)
}

/// Also in the wallets.
#[test]
fn without_a_fee_tokens_of_both_programs_are_alike() {
    let classic = story(Tokens::Classic);
    for tokens in [Tokens::Bare, Tokens::Described, Tokens::Fee(unlimited(0))] {
        assert_eq!(story(tokens), classic);
    }
}

#[test]
fn with_a_fee_the_books_are_the_same() {
    let (classic, _) = story(Tokens::Classic);
    for fee in FEES {
        assert_eq!(story(Tokens::Fee(fee)).0, classic, "{fee:?}");
    }
}

/// The issuer takes everything, two epochs after it said so. Nothing can be paid in, so loans of the token cannot be repaid
/// with it, and what lenders withdraw is the issuer's. But shares move: liquidations and deleverages go on, and banks of
/// other tokens are not concerned. Once the fee falls everything is as it was.
#[test]
fn an_issuer_that_takes_everything_stops_payments_but_no_liquidation() {
    let mut world = world_of(Tokens::Fee(unlimited(100)));
    let safe = world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    let lender = world.trader();
    world.deposit(&lender, USD, 100_000 * DOLLAR).expect("deposit");
    let trader = world.trader();
    world.deposit(&trader, safe, 100 * ONE_COIN).expect("deposit");
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    let liquidator = world.trader();
    world.deposit(&liquidator, USD, 10_000 * DOLLAR).expect("deposit");
    world.deposit(&liquidator, safe, ONE_COIN).expect("deposit");
    world.set_transfer_fee(USD, unlimited(10_000));
    world.svm.set_epoch(2);
    world.mint_to(&trader, USD, 10_000 * DOLLAR);

    let (bank, user) = (world.bank(USD), trader.user(USD));
    let signers = [&trader.key];
    world.refuses(&ix::deposit(&user, &bank, 10_000 * DOLLAR), &signers, "ZeroAmount");
    let give = ix::deposit_insurance(&trader.key.pubkey(), &user.tokens, &bank, 10_000 * DOLLAR);
    world.refuses(&give, &signers, "ZeroAmount");
    for amount in [None, Some(1), Some(DOLLAR)] {
        world.refuses(&ix::repay(&user, &bank, amount), &signers, "Overflow");
    }
    let flash = [
        ix::begin_flash_loan(&user.authority, &user.tokens, &bank, DOLLAR),
        ix::end_flash_loan(&user.authority, &user.tokens, &bank),
    ];
    assert_fails(world.svm.send(&flash, &signers), "Overflow");

    world.svm.advance(1);
    world.crash(safe, 24_00000000);
    let sent = world.liquidate(&liquidator, &trader, USD, safe, u64::MAX).expect("liquidate");
    assert_eq!(event!(sent, Liquidated).repaid, 1_057_665_890);
    world.withdraw(&liquidator, safe, None).expect("withdraw");
    world.withdraw(&lender, USD, Some(1_000 * DOLLAR)).expect("withdraw");
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 0);
    world.check_invariants();

    world.set_transfer_fee(USD, unlimited(0));
    world.svm.set_epoch(4);
    world.repay(&trader, USD, None).expect("repay");
    world.withdraw(&trader, safe, None).expect("withdraw");
    world.withdraw(&lender, USD, None).expect("withdraw");
    world.check_invariants();
}

/// Token accounts of users have extensions of their own, and say so when they are in the way.
#[test]
fn extensions_of_a_users_token_account_give_their_own_errors() {
    let mut world = world_of(Tokens::Bare);
    let trader = world.trader();
    world.deposit(&trader, COIN, 10 * ONE_COIN).expect("deposit");
    let (mint, owner) = (world.bank(COIN).mint, trader.key.pubkey());
    let open = |world: &mut World, enable: fn(&Pubkey, &Pubkey) -> Instruction| {
        let key = world.key();
        world.create_tokens_2022(&key, &mint, &owner, 5);
        world.send(enable(&key.pubkey(), &owner), &[&trader.key]).expect("an extension");
        world.mint_2022(&mint, &key.pubkey(), ONE_COIN);
        key.pubkey()
    };
    let guarded = open(&mut world, |account, owner| {
        cpi_guard::instruction::enable_cpi_guard(&TOKEN_2022, account, owner, &[]).expect("data")
    });
    let noted = open(&mut world, |account, owner| {
        memo_transfer::instruction::enable_required_transfer_memos(&TOKEN_2022, account, owner, &[]).expect("data")
    });
    let (bank, account) = (world.bank(COIN), world.margin(&trader));
    let user = |tokens| ix::User { tokens, ..trader.user(COIN) };
    let signers = [&trader.key];

    // A guarded account receives, but does not pay through a program.
    world.refuses(&ix::deposit(&user(guarded), &bank, 1), &signers, "token::CpiGuardTransferBlocked");
    world.send(ix::withdraw(&user(guarded), &account, &bank, Some(5)), &signers).expect("withdraw");
    assert_eq!(world.svm.tokens(&guarded), ONE_COIN + 5);
    // One that wants a memo pays, but receives nothing: the memo would have to come from this program.
    world.send(ix::deposit(&user(noted), &bank, 7), &signers).expect("deposit");
    let account = world.margin(&trader);
    world.refuses(&ix::withdraw(&user(noted), &account, &bank, Some(5)), &signers, "token::NoMemo");
    world.check_invariants();
}

/// From tokens that cannot be divided to those with eighteen decimals: the same story in whole tokens, at 1,024 USD.
#[test]
fn tokens_of_every_number_of_decimals_are_deposited_borrowed_and_liquidated() {
    for decimals in 0..=18 {
        let mut world = World::empty();
        world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        let mut spec = MarketSpec::plain(PLAIN, decimals, 1_024_00000000);
        let one = 10u64.pow(u32::from(decimals));
        (spec.bank.deposit_cap, spec.bank.borrow_cap) = (16 * one, 16 * one);
        let gem = world.list(&spec);
        assert_eq!(world.bank(gem).decimals, decimals);

        // Borrowed against dollars, and repaid.
        let lender = world.trader_with(&[(gem, 2 * one)]);
        let borrower = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
        world.borrow(&borrower, gem, one).expect("borrow");
        assert_eq!(world.svm.tokens(&borrower.tokens[1]), one);
        let health = world.health(&borrower);
        // A tenth is no binary fraction: a unit of rounding, up.
        assert_eq!(health.liabilities.0, presets::dollars(1_024) + u64::from(decimals > 0), "{decimals}");
        world.repay(&borrower, gem, None).expect("repay");
        assert_eq!((world.svm.tokens(&borrower.tokens[1]), world.bank(gem).liability_shares), (0, 0));
        world.withdraw(&lender, gem, None).expect("withdraw");

        // As collateral, seized: 10 tokens, of which the price falls to three quarters.
        world.trader_with(&[(USD, 100_000 * DOLLAR)]);
        let trader = world.trader_with(&[(gem, 10 * one)]);
        world.borrow(&trader, USD, 6_553_600_000).expect("borrow");
        let liquidator = world.trader_with(&[(USD, 50_000 * DOLLAR), (gem, one)]);
        world.svm.advance(1);
        world.crash(gem, 768_00000000);
        let sent = world.liquidate(&liquidator, &trader, USD, gem, u64::MAX).expect("liquidate");
        let done = event!(sent, Liquidated);
        // The loan's value is exact without decimals, else a unit of rounding higher.
        assert_eq!(done.repaid, if decimals == 0 { 3_384_530_808 } else { 3_384_530_813 }, "{decimals}");
        // 3,384.530813 · 1.0667 / 768, in whole atoms.
        assert_eq!(done.seized, 4_700_999_980_171_521_504 / 10u64.pow(18 - u32::from(decimals)), "{decimals}");
        let left = world.margin(&trader).balance(gem).expect("a deposit").shares;
        assert_eq!(left + done.seized, 10 * one);
        let taken = world.margin(&liquidator).balance(gem).expect("a deposit").shares;
        assert_eq!(taken, one + done.seized);
        world.check_invariants();
    }
}

/// One atom is a million dollars: it is taken when the loan pays for all of it, and before that nothing can be.
#[test]
fn an_atom_that_is_worth_a_lot_is_taken_whole_or_not_at_all() {
    let mut world = World::empty();
    world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
    let mut spec = MarketSpec::plain(PLAIN, 0, 1_000_000_00000000);
    (spec.bank.deposit_cap, spec.bank.borrow_cap) = (4_000, 4_000);
    let gem = world.list(&spec);
    world.trader_with(&[(USD, 10_000_000 * DOLLAR)]);
    let trader = world.trader_with(&[(gem, 1)]);
    world.borrow(&trader, USD, 640_000 * DOLLAR).expect("borrow");
    let liquidator = world.trader_with(&[(USD, 5_000_000 * DOLLAR)]);
    // Unhealthy since 777,143 USD.
    for price in [770_000, 643_500] {
        world.svm.advance(1);
        world.crash(gem, price * 1_00000000);
        let liquidate = takeover(&world, &liquidator, &trader, USD, gem, |takeover| ix::liquidate(takeover, u64::MAX));
        world.refuses(&liquidate, &[&liquidator.key], "ZeroShares");
    }
    world.svm.advance(1);
    world.crash(gem, 643_000_00000000);
    let sent = world.liquidate(&liquidator, &trader, USD, gem, u64::MAX).expect("liquidate");
    let done = event!(sent, Liquidated);
    // 643,000 / 1.005; what it does not pay for is written off.
    assert_eq!((done.repaid, done.seized, done.loss.deficit), (639_800_995_097, 1, 199_004_903));
    assert_eq!(world.margin(&liquidator).balance(gem).expect("the atom").shares, 1);
    world.check_invariants();
}
