//! `add_bank`.

use ballast_client::ballast::types::BankArgs;

use super::support::*;

const MINT: usize = 4;
const VAULT: usize = 6;
const TOKEN_PROGRAM: usize = 7;

/// A mint of so many decimals, to be listed as bank 3 under the coin's feed.
fn ready(decimals: u8) -> (World, Pubkey) {
    let mut world = World::plain();
    let mint = world.key().pubkey();
    world.svm.put_mint(&mint, decimals);
    (world, mint)
}

fn args() -> BankArgs {
    presets::bank(1_000, 500)
}

fn instruction(world: &World, mint: &Pubkey, feed: u8, args: BankArgs) -> Instruction {
    ix::add_bank(&world.admin.pubkey(), &world.group, 3, mint, &spl_token_interface::ID, feed, args)
}

#[test]
fn lists_a_bank_with_its_vault() {
    let (mut world, mint) = ready(5);
    let group: Group = world.svm.read(&world.group);
    let sent = world.as_admin(instruction(&world, &mint, 1, args())).expect("add_bank");
    let told = event!(sent, BankConfigured);
    assert_same(&told.header, &header(&world, world.bank_key(3), 0));
    assert_eq!((told.bank, told.mode, told.paused_until), (3, 0, 0));
    assert_eq!(told.board_sequence, world.board().sequence, "the board counts a feed's banks");

    let bank = world.bank(3);
    let vault = addresses::vault(&world.group, &mint);
    assert_eq!((bank.version, bank.index, bank.feed, bank.decimals, bank.mode), (2, 3, 1, 5, 0));
    assert_eq!((bank.transfer_fee, bank.flash_loaned), (0, 0));
    assert_eq!(
        (bank.group, bank.mint, bank.vault, bank.token_program),
        (world.group, mint, vault, spl_token_interface::ID)
    );
    assert_eq!((bank.asset_index, bank.liability_index), ([0, 1], [0, 1]));
    assert_eq!(
        (bank.asset_shares, bank.liability_shares, bank.vault_balance, bank.insurance, bank.fees),
        (0, 0, 0, 0, 0)
    );
    assert_eq!((bank.deposit_cap, bank.borrow_cap), (1_000, 500));
    assert_eq!((bank.deposit_cap_limit, bank.borrow_cap_limit), (1_000, 500));
    assert_eq!((bank.warm_up, bank.warm_ts, bank.flash_fee), (0, world.svm.now(), presets::bps(5)));
    assert_eq!((bank.collateral, bank.borrowable, bank.curve_points), (1, 1, 3));
    assert_eq!(bank.interest_fee, presets::bps(1_000));
    assert_eq!(bank.curve[2].utilisation, 1 << 32);
    // 100 % a year: 2^64 / 31,557,600.
    assert_eq!(bank.curve[2].rate, 584_542_046_090);
    // Nothing is lent: 2 % a year.
    assert_eq!((bank.borrow_rate, bank.accrued_ts), (584_542_046_090 / 50, world.svm.now()));
    assert_eq!(world.svm.tokens(&vault), 0);
    let owner = world.svm.account(&vault).expect("vault").data[32..64].to_vec();
    assert_eq!(owner, world.bank_key(3).to_bytes());
    let after: Group = world.svm.read(&world.group);
    assert_eq!((after.bank_count, after.sequence), (4, group.sequence + 1));
}

#[test]
fn takes_every_number_of_decimals_up_to_eighteen() {
    for decimals in 0..=18 {
        let (mut world, mint) = ready(decimals);
        world.as_admin(instruction(&world, &mint, 1, args())).expect("add_bank");
        assert_eq!(world.bank(3).decimals, decimals);
    }
    for decimals in [19, 20, 255] {
        let (mut world, mint) = ready(decimals);
        let admin = world.admin.insecure_clone();
        let add = instruction(&world, &mint, 1, args());
        world.refuses(&add, &[&admin], "DecimalsNotSupported");
    }
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let (mut world, mint) = ready(9);
    let admin = world.admin.insecure_clone();
    for (what, change, error) in BANK_OUT_OF_BOUNDS {
        let mut args = args();
        change(&mut args);
        eprintln!("{what}");
        let add = instruction(&world, &mint, 1, args);
        world.refuses(&add, &[&admin], error);
    }
}

#[test]
fn refuses_feeds_that_are_not_there_or_have_no_good_price() {
    let (mut world, mint) = ready(9);
    let admin = world.admin.insecure_clone();
    let signers = [&admin];
    for feed in [3, 63, 64, 255] {
        let add = instruction(&world, &mint, feed, args());
        world.refuses(&add, &signers, "FeedNotListed");
    }
    let add = instruction(&world, &mint, 1, args());
    let board = world.board_key();
    for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = state);
        world.refuses(&add, &signers, error);
    }
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 1);
    world.svm.advance(61);
    world.refuses(&add, &signers, "PriceStale");
}

/// What Token-2022 adds stands in `token_2022`.
#[test]
fn refuses_what_is_no_mint_of_the_token_program() {
    let (mut world, mint) = ready(9);
    let admin = world.admin.insecure_clone();
    let signers = [&admin];
    let right = instruction(&world, &mint, 1, args());
    world.refuses(&with(&right, TOKEN_PROGRAM, TOKEN_2022), &signers, "NotAMint");
    world.refuses(&with(&right, TOKEN_PROGRAM, world.group), &signers, "WrongTokenProgram");
    for account in [world.bank(COIN).vault, world.group, Pubkey::new_unique()] {
        let mut add = with(&right, MINT, account);
        add.accounts[VAULT].pubkey = addresses::vault(&world.group, &account);
        world.refuses(&add, &signers, "NotAMint");
    }
    world.as_admin(right).expect("right in the end");
}

/// The vault's address is the mint's: a mint has one bank in a group.
#[test]
fn refuses_a_mint_that_is_listed() {
    let (mut world, _) = ready(9);
    let admin = world.admin.insecure_clone();
    let mint = world.bank(COIN).mint;
    let add = instruction(&world, &mint, 1, args());
    world.refuses(&add, &[&admin], "AlreadyExists");
}

#[test]
fn refuses_everyone_else() {
    let (mut world, mint) = ready(9);
    let add = instruction(&world, &mint, 1, args());
    refuses_everyone_but(&mut world, &add, &[Role::Admin]);
}

/// A second bank under dollars, whose matched pairs are charged nothing: see `liquidate`.
#[test]
fn v14_refuses_a_second_bank_of_a_feed_without_basis() {
    let (mut world, mint) = ready(6);
    let add = instruction(&world, &mint, 0, args());
    let admin = world.admin.insecure_clone();
    world.refuses(&add, &[&admin], "BasisBelowBonus");
    // Coins have a basis.
    world.as_admin(instruction(&world, &mint, 1, args())).expect("add_bank");
}
