//! Ways around a rule: through another instruction, another account, another order, another place in the transaction.

use ballast_state::rights;
use solana_instruction::Instruction;

use super::support::*;

/// What an instruction may do to the equity of the margin accounts it writes, and what holds it back.
enum Equity {
    /// It cannot fall.
    Rises,
    /// It falls, and Initial health must not be negative afterwards.
    Checked,
    /// It moves between two accounts: the one must be better off, the other healthy at Initial or no worse.
    Exchanged,
    /// Only inside an open liquidation, whose end holds the outcome against the beginning.
    Staged,
    /// Nothing but the loan goes, for which there is nothing left.
    WrittenOff,
    /// Of perps: what holds it back is asserted in the instruction's own file.
    Shown(&'static str),
}

/// One instruction let a user give away collateral and skipped the check that all others made; the account it made insolvent
/// was then liquidated by its owner. Here every instruction of the interface that writes a margin account is in this list,
/// with what it may do to equity; a new one fails here until it is.
#[test]
fn t12_every_instruction_that_lowers_equity_is_held_back() {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../idl/ballast.json")).expect("the IDL");
    let margin = ["margin_account", "liquidator", "liquidatee", "keeper"];
    let mut writers = Vec::new();
    for instruction in idl["instructions"].as_array().expect("instructions") {
        let accounts = instruction["accounts"].as_array().expect("accounts");
        let writes = accounts.iter().any(|account| {
            margin.contains(&account["name"].as_str().expect("a name")) && account["writable"].as_bool() == Some(true)
        });
        if writes {
            writers.push(instruction["name"].as_str().expect("a name"));
        }
    }
    writers.sort_unstable();
    let listed: Vec<&str> = EQUITY.iter().map(|(name, _)| *name).collect();
    assert_eq!(writers, listed);

    // Those that lower it, each by a step more than health allows.
    let (mut world, _, borrower, _) = cast();
    let poor = world.trader_with(&[(COIN, ONE_COIN / 10)]);
    step(&mut world, |world| world.set_policy(&borrower, 20_000, 1_000, 100_000));
    for (name, equity) in EQUITY {
        match (*name, equity) {
            ("borrow", Equity::Checked) => {
                fails(&mut world, "InsufficientHealth", |world| world.borrow(&borrower, USD, 86 * DOLLAR));
            }
            ("withdraw", Equity::Checked) => {
                fails(&mut world, "InsufficientHealth", |world| world.withdraw(&borrower, COIN, Some(5 * ONE_COIN)));
            }
            ("deleverage", Equity::Exchanged) => {
                fails(&mut world, "InsufficientHealth", |world| {
                    world.deleverage(&poor, &borrower, USD, COIN, 200 * DOLLAR, false)
                });
            }
            ("liquidate", Equity::Exchanged) => world.tried(|world| {
                world.crash(COIN, 24_00000000);
                fails(world, "InsufficientHealth", |world| world.liquidate(&poor, &borrower, USD, COIN, 500 * DOLLAR));
            }),
            ("resolve_bankruptcy", Equity::WrittenOff) => {
                fails(&mut world, "AccountHealthy", |world| world.resolve_bankruptcy(&borrower, USD));
            }
            ("seize", Equity::Staged) => {
                let seize = ix::seize(&borrower.user(COIN), &world.bank(COIN), Some(1));
                fails(&mut world, "NoOpenLiquidation", |world| world.send(seize, &[&borrower.key]));
            }
            (name, Equity::Shown(by)) => {
                let file = format!("{}/program/{name}.rs", env!("CARGO_MANIFEST_DIR"));
                let text = std::fs::read_to_string(&file).expect("the instruction's tests");
                assert!(text.to_lowercase().contains(&by.to_lowercase()), "{name}: {by}");
            }
            (_, Equity::Rises | Equity::Staged) => {}
            (name, _) => panic!("{name} has no trial"),
        }
    }
}

/// The instructions that write a margin account, sorted.
const EQUITY: &[(&str, Equity)] = &[
    ("abandon_claim", Equity::Rises),
    ("begin_liquidation", Equity::Staged),
    ("borrow", Equity::Checked),
    ("cancel_order", Equity::Rises),
    ("claim_liquidity", Equity::Rises),
    ("close_margin_account", Equity::Rises),
    ("deleverage", Equity::Exchanged),
    ("deposit", Equity::Rises),
    ("end_liquidation", Equity::Staged),
    ("fill_order", Equity::Shown("unhealthy")),
    ("liquidate", Equity::Exchanged),
    ("liquidate_hedge", Equity::Shown("AccountHealthy")),
    ("liquidate_perp", Equity::Shown("AccountHealthy")),
    ("mark", Equity::Rises),
    ("open_margin_account", Equity::Rises),
    ("place_order", Equity::Shown("InsufficientHealth")),
    ("register_claim", Equity::Rises),
    ("repay", Equity::Rises),
    ("request_add_liquidity", Equity::Shown("InsufficientHealth")),
    ("resolve_bankruptcy", Equity::WrittenOff),
    ("seize", Equity::Staged),
    ("set_delegate", Equity::Rises),
    ("set_policy", Equity::Rises),
    ("settle_pnl", Equity::Rises),
    ("transfer_margin_account", Equity::Rises),
    ("withdraw", Equity::Checked),
];

/// A vote nearly gave a protocol power over one user's account. Here no role has any: of the instructions that write a margin
/// account none but its opening reads the group, where all roles are.
#[test]
fn t13_no_role_acts_on_an_account() {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../idl/ballast.json")).expect("the IDL");
    let with_group = idl["instructions"].as_array().expect("instructions").iter().filter(|instruction| {
        EQUITY.iter().any(|(name, _)| instruction["name"] == *name)
            && instruction["accounts"].as_array().expect("accounts").iter().any(|account| account["name"] == "group")
    });
    let names: Vec<&str> = with_group.map(|instruction| instruction["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["open_margin_account"]);
}

/// Whatever one transaction does: prices come from outside it, and at one second the indices stand. A flash loan of all there
/// is, deposits, loans, repayments and a gift move neither a row of the board nor what a share is worth.
#[test]
fn t32_no_price_of_the_protocol_moves_inside_a_transaction() {
    let mut world = World::standard();
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let actor = world.trader_with(&[(COIN, 1_000 * ONE_COIN)]);
    world.borrow(&actor, USD, 10_000 * DOLLAR).expect("borrow");
    let saver = world.sub_account(&actor, 1);
    world.advance(1_000_000);
    let (board, now) = (world.board(), world.now());
    let worth = |world: &World| {
        [USD, COIN].map(|bank| ballast_risk::interest::project(&world.bank(bank), now).expect("indices"))
    };
    let indices = worth(&world);
    assert!(indices[0].liability > indices[0].asset && indices[0].asset.0 > 1 << 64);
    let bank = world.bank(USD);
    let tokens = actor.tokens[0];
    let state = world.margin(&actor);
    let mut saved = world.margin(&saver);
    saved.owner = actor.key.pubkey();
    let all = [
        ix::deposit_insurance(&actor.key.pubkey(), &tokens, &bank, 500 * DOLLAR),
        ix::begin_flash_loan(&actor.key.pubkey(), &tokens, &bank, 80_000 * DOLLAR),
        ix::deposit(&saver.user(USD), &bank, 50_000 * DOLLAR),
        ix::borrow(&actor.user(USD), &state, &bank, 5_000 * DOLLAR),
        ix::repay(&actor.user(USD), &bank, Some(12_000 * DOLLAR)),
        ix::withdraw(&saver.user(USD), &saved, &bank, None),
        ix::end_flash_loan(&actor.key.pubkey(), &tokens, &bank),
    ];
    world.mint_to(&actor, USD, 10_000 * DOLLAR);
    step(&mut world, |world| world.svm.send(&all, &[&actor.key]));
    assert_eq!((worth(&world), world.board() == board), (indices, true));
    assert_eq!(world.bank(USD).flash_loaned, 0);
    // A print of this second is taken once.
    fails(&mut world, "PublishTimeNotNewer", |world| world.refresh(COIN));
}

/// What was paused could be had through another door. Here every door is tried: the owner's, a delegate's, a new account's, a
/// new owner's and a flash loan; and a liquidation, which must go on, moves no token out of a paused bank.
#[test]
fn v24_there_is_no_way_around_a_pause() {
    let (mut world, lender, borrower, liquidator) = cast();
    let (admin, group) = (world.admin.pubkey(), world.group);
    let delegate = world.svm.rich_keypair();
    let grant = ix::set_delegate(&borrower.key.pubkey(), &borrower.account, delegate.pubkey(), rights::ALL);
    step(&mut world, |world| world.send(grant, &[&borrower.key]));
    let fresh = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let sub = world.sub_account(&borrower, 7);
    world.mint_to(&lender, USD, 1_000 * DOLLAR);
    world.mint_to(&borrower, USD, 1_000 * DOLLAR);
    world.advance(1);

    let of_delegate = |trader: &Trader| ix::User { authority: delegate.pubkey(), ..trader.user(USD) };
    let lending = |world: &World| -> Vec<(Instruction, Pubkey)> {
        let bank = world.bank(USD);
        let (state, other) = (world.margin(&borrower), world.margin(&fresh));
        vec![
            (ix::borrow(&borrower.user(USD), &state, &bank, 11 * DOLLAR), borrower.key.pubkey()),
            (ix::borrow(&of_delegate(&borrower), &state, &bank, 11 * DOLLAR), delegate.pubkey()),
            (ix::borrow(&fresh.user(USD), &other, &bank, 11 * DOLLAR), fresh.key.pubkey()),
        ]
    };
    let refused = |world: &mut World, instructions: Vec<(Instruction, Pubkey)>, error: &str| {
        let keys = [&borrower.key, &delegate, &fresh.key, &lender.key];
        for (instruction, signer) in instructions {
            let key = keys.into_iter().find(|key| key.pubkey() == signer).expect("a signer");
            fails(world, error, |world| world.svm.send(&[instruction], &[key]));
        }
    };

    // The bank alone.
    step(&mut world, |world| world.as_admin(ix::pause_bank(&admin, &group, USD, 3_600)));
    let instructions = lending(&world);
    refused(&mut world, instructions, "BankPaused");
    let bank = world.bank(USD);
    let doors = vec![
        (ix::deposit(&lender.user(USD), &bank, DOLLAR), lender.key.pubkey()),
        (ix::deposit(&sub.user(USD), &bank, DOLLAR), borrower.key.pubkey()),
    ];
    refused(&mut world, doors, "BankPaused");
    let flash = [
        ix::begin_flash_loan(&lender.key.pubkey(), &lender.tokens[0], &bank, DOLLAR),
        ix::end_flash_loan(&lender.key.pubkey(), &lender.tokens[0], &bank),
    ];
    fails(&mut world, "BankPaused", |world| world.svm.send(&flash, &[&lender.key]));
    step(&mut world, |world| world.as_admin(ix::pause_bank(&admin, &group, USD, 0)));

    // New risk in the whole group.
    step(&mut world, |world| world.as_admin(ix::pause_risk(&admin, &group, 3_600)));
    let mut instructions = lending(&world);
    let (state, coins) = (world.margin(&borrower), world.bank(COIN));
    let delegated = ix::User { authority: delegate.pubkey(), ..borrower.user(COIN) };
    instructions.push((ix::withdraw(&borrower.user(COIN), &state, &coins, Some(1)), borrower.key.pubkey()));
    instructions.push((ix::withdraw(&delegated, &state, &coins, Some(1)), delegate.pubkey()));
    refused(&mut world, instructions, "RiskPaused");
    // Under another owner it owes what it owed.
    world.tried(|world| {
        let to = fresh.key.pubkey();
        let transfer = ix::transfer_margin_account(&borrower.key.pubkey(), &to, &borrower.account);
        step(world, |world| world.svm.send(&[transfer], &[&borrower.key, &fresh.key]));
        let user = ix::User { authority: to, margin_account: borrower.account, tokens: fresh.tokens[1] };
        let withdraw = ix::withdraw(&user, &world.margin(&borrower), &coins, Some(1));
        fails(world, "RiskPaused", |world| world.send(withdraw, &[&fresh.key]));
    });

    // What goes on moves claims only.
    step(&mut world, |world| world.as_admin(ix::pause_bank(&admin, &group, USD, 3_600)));
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let vaults = [USD, COIN].map(|bank| world.vault(bank));
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    assert_eq!([USD, COIN].map(|bank| world.vault(bank)), vaults);
    // It ends by itself.
    world.advance(3_600);
    step(&mut world, |world| world.borrow(&fresh, USD, 11 * DOLLAR));
}

/// Margin was checked once for a whole batch, at one end of it. Here each instruction answers for the state it leaves: what
/// only the next would make good is refused, and what the one before made good passes.
#[test]
fn v26_each_instruction_of_a_batch_is_checked_where_it_stands() {
    let (mut world, _, borrower, _) = cast();
    world.mint_to(&borrower, COIN, 10 * ONE_COIN);
    let (state, coins, dollars) = (world.margin(&borrower), world.bank(COIN), world.bank(USD));
    let out = |atoms| ix::withdraw(&borrower.user(COIN), &state, &coins, Some(atoms));
    let back = |atoms| ix::deposit(&borrower.user(COIN), &coins, atoms);
    let borrow = |dollar| ix::borrow(&borrower.user(USD), &state, &dollars, dollar * DOLLAR);
    let repay = |dollar| ix::repay(&borrower.user(USD), &dollars, Some(dollar * DOLLAR));
    for batch in [
        // Good at the end, not in the middle.
        vec![out(50 * ONE_COIN), back(50 * ONE_COIN)],
        vec![borrow(1_000), repay(1_000)],
        vec![borrow(100), back(10 * ONE_COIN)],
        // Good in the beginning, not at the end.
        vec![back(10 * ONE_COIN), borrow(100), out(10 * ONE_COIN)],
        vec![repay(1_000), out(40 * ONE_COIN), borrow(1_000)],
    ] {
        fails(&mut world, "InsufficientHealth", |world| world.svm.send(&batch, &[&borrower.key]));
    }
    step(&mut world, |world| {
        world.svm.send(&[back(10 * ONE_COIN), borrow(100), repay(100), out(10 * ONE_COIN)], &[&borrower.key])
    });
    assert_eq!(world.margin(&borrower).balances, state.balances);
}

/// An account was deleted and left rows that named it; a share was rebased to zero; a vault was valued by an index of
/// yesterday. Here only an empty account closes, and who opens its address again finds nothing of it.
#[test]
fn v29_a_closed_account_leaves_nothing() {
    let (mut world, _, borrower, _) = cast();
    let owner = borrower.key.pubkey();
    let empty = world.sub_account(&borrower, 3);
    let pristine = world.margin(&empty);
    step(&mut world, |world| world.set_policy(&borrower, 13_000, 1_000, 2_000));
    let grant = ix::set_delegate(&owner, &borrower.account, world.admin.pubkey(), rights::ALL);
    step(&mut world, |world| world.send(grant, &[&borrower.key]));
    world.crash(COIN, 24_00000000);
    step(&mut world, |world| world.mark(&borrower));
    let close = ix::close_margin_account(&owner, &owner, &borrower.account);
    // A loan alone, a deposit alone, and both.
    fails(&mut world, "AccountNotEmpty", |world| world.send(close.clone(), &[&borrower.key]));
    step(&mut world, |world| world.repay(&borrower, USD, None));
    fails(&mut world, "AccountNotEmpty", |world| world.send(close.clone(), &[&borrower.key]));
    step(&mut world, |world| world.withdraw(&borrower, COIN, None));
    // In one transaction with its opening, too.
    let open = ix::open_margin_account(&owner, &owner, &world.group, 0);
    step(&mut world, |world| world.svm.send(&[close, open], &[&borrower.key]));
    let again = world.margin(&borrower);
    let expected = ballast_state::MarginAccount { bump: again.bump, sub_account: 0, ..pristine };
    assert_eq!(again, expected);
    assert_eq!((world.bank(USD).liability_shares, world.bank(COIN).asset_shares), (0, 0));
}

/// A claim on a bank that lost everything is no row that nobody can close: it is withdrawn for nothing. And a claim is paid at
/// the index of the second, not at that of the bank's last movement.
#[test]
fn v29_claims_are_paid_at_the_index_of_the_second() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 2_048 * DOLLAR)]);
    world.configure_bank(USD, |args| args.max_utilisation = 1 << 32).expect("configure_bank");
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&borrower, USD, 2_048 * DOLLAR).expect("borrow");
    world.svm.advance(1);
    world.crash(COIN, 1_000);
    step(&mut world, |world| world.resolve_bankruptcy(&borrower, USD));
    assert_eq!(world.bank(USD).asset_index, [1, 0]);
    let sent = step(&mut world, |world| world.withdraw(&lender, USD, None));
    assert_eq!(event!(sent, Withdrawn).movement.atoms, 0);
    let close = ix::close_margin_account(&lender.key.pubkey(), &lender.key.pubkey(), &lender.account);
    step(&mut world, |world| world.send(close, &[&lender.key]));

    let (mut world, lender, _) = ballast_testkit::aged();
    let stored = world.bank(USD);
    let index = ballast_risk::interest::project(&stored, world.now()).expect("indices").asset;
    let shares = world.margin(&lender).balance(USD).expect("a claim").shares;
    let claim = index.amount_down(shares).expect("atoms");
    // 5 % of utilised 50,000 for a year, less a tenth: some 2,300 USD more than is stored.
    assert!(claim > 102_000 * DOLLAR && stored.asset_index == [0, 1]);
    step(&mut world, |world| world.withdraw(&lender, USD, Some(40_000 * DOLLAR)));
    let left = world.margin(&lender).balance(USD).expect("a claim").shares;
    assert_eq!(shares - left, index.shares_up(40_000 * DOLLAR).expect("shares"));
    assert_eq!(world.bank(USD).asset_index, index.to_words());
}

/// Windows count what goes out, not what comes back: who borrows and repays in a circle fills them for the price of a
/// transaction, and nobody borrows until the hour is over. That is a limit of the rule. What it must not do is keep anybody
/// in, and it does not.
#[test]
fn t24_a_window_filled_on_purpose_stops_no_exit() {
    let (mut world, lender, borrower, liquidator) = cast();
    let vandal = world.trader_with(&[(GEM, 4 * ONE_GEM)]);
    let second = world.trader_with(&[(GEM, ONE_GEM)]);
    world.advance(1);
    step(&mut world, |world| {
        world.configure_bank(USD, |args| (args.hourly_limit, args.daily_limit) = (10_000 * DOLLAR, 10_000 * DOLLAR))
    });
    let (state, bank) = (world.margin(&vandal), world.bank(USD));
    let circle =
        [ix::borrow(&vandal.user(USD), &state, &bank, 2_000 * DOLLAR), ix::repay(&vandal.user(USD), &bank, None)];
    // The borrower's 2,048 were counted before there was a limit.
    for _ in 0..3 {
        step(&mut world, |world| world.svm.send(&circle, &[&vandal.key]));
    }
    fails(&mut world, "HourlyOutflowExceeded", |world| world.svm.send(&circle, &[&vandal.key]));
    assert_eq!((world.bank(USD).hourly.used, world.svm.tokens(&vandal.tokens[0])), (8_048 * DOLLAR, 0));
    step(&mut world, |world| world.tried(|world| world.borrow(&second, USD, 500 * DOLLAR)));
    assert_fails(world.tried(|world| world.borrow(&second, USD, 1_952 * DOLLAR + 1)), "HourlyOutflowExceeded");

    step(&mut world, |world| world.withdraw(&lender, USD, Some(50_000 * DOLLAR)));
    step(&mut world, |world| world.repay(&borrower, USD, Some(48 * DOLLAR)));
    step(&mut world, |world| world.deposit(&borrower, COIN, ONE_COIN));
    step(&mut world, |world| world.withdraw(&vandal, GEM, None));
    world.svm.advance(1);
    world.crash(COIN, 23_00000000);
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    // A day later it is forgotten.
    world.advance(86_400);
    step(&mut world, |world| world.borrow(&second, USD, 500 * DOLLAR));
}

/// The risk admin may close every window and every cap at once, without a delay. Who owes something cannot take anything out
/// then; repaying, topping up, being liquidated, and leaving without debt go on.
#[test]
fn t24_a_risk_admin_that_closes_every_window_locks_nobody_in() {
    let (mut world, lender, borrower, liquidator) = cast();
    world.set_policy(&borrower, 20_000, 1_000, 100_000).expect("set_policy");
    let (admin, group) = (world.admin.pubkey(), world.group);
    step(&mut world, |world| world.as_admin(ix::configure_timelock(&admin, &group, 86_400, 86_400)));
    for bank in [USD, COIN, GEM] {
        step(&mut world, |world| {
            world.configure_bank(bank, |args| {
                (args.hourly_limit, args.daily_limit) = (0, 0);
                (args.borrow_cap, args.max_utilisation, args.borrowable) = (0, 0, false);
            })
        });
    }
    // Not back: that waits.
    fails(&mut world, "TimelockRequired", |world| world.configure_bank(USD, |args| args.hourly_limit = 1));
    fails(&mut world, "NotBorrowable", |world| world.borrow(&borrower, USD, 11 * DOLLAR));
    fails(&mut world, "HourlyOutflowExceeded", |world| world.withdraw(&borrower, COIN, Some(1)));
    step(&mut world, |world| world.deposit(&borrower, COIN, ONE_COIN));
    step(&mut world, |world| world.repay(&borrower, USD, Some(48 * DOLLAR)));
    step(&mut world, |world| world.deleverage(&liquidator, &borrower, USD, COIN, 100 * DOLLAR, false));
    step(&mut world, |world| world.withdraw(&lender, USD, Some(10_000 * DOLLAR)));
    world.tried(|world| {
        world.crash(COIN, 22_00000000);
        step(world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    });
    // A deposit cap lowered to nothing keeps out who owes nothing, and no top-up.
    step(&mut world, |world| world.configure_bank(COIN, |args| args.deposit_cap = 0));
    fails(&mut world, "DepositCapExceeded", |world| world.deposit(&lender, COIN, ONE_COIN));
    step(&mut world, |world| world.deposit(&borrower, COIN, ONE_COIN));
    world.mint_to(&borrower, USD, 100 * DOLLAR);
    step(&mut world, |world| world.repay(&borrower, USD, None));
    step(&mut world, |world| world.withdraw(&borrower, COIN, None));
    step(&mut world, |world| world.withdraw(&lender, USD, None));
}
