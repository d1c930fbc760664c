//! For every instruction a world in which it succeeds; more than one where it asks for other accounts in another case.

use ballast_client::instructions::{self as ix, Takeover};
use ballast_client::presets;
use ballast_oracle::fixtures::PythLegacyPrice;
use ballast_oracle::Provider;
use ballast_risk::interest;
use ballast_risk::liquidation::staged;
use ballast_state::{rights, Bank, Group, MarginAccount};
use ballast_testkit::plain::{COIN, DOLLAR, GEM, ONE_COIN, ONE_GEM, USD};
use ballast_testkit::{aged, indebted, lent, unhealthy, Trader, World, DELAY, EXPIRY};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::stage::Stage;

/// How to set a stage up.
pub(crate) type Build = fn() -> Stage;

/// Instruction, case, and stage.
pub(crate) const STAGES: &[(&str, &str, Build)] = &[
    ("accept_admin", "", accept_admin),
    ("add_bank", "", add_bank),
    ("add_price_feed", "", add_price_feed),
    ("begin_flash_loan", "", begin_flash_loan),
    ("begin_liquidation", "", begin_liquidation),
    ("borrow", "", borrow),
    ("borrow", "by a delegate", borrow_by_delegate),
    ("cancel_change", "", cancel_change),
    ("close_margin_account", "", close_margin_account),
    ("collect_fees", "", collect_fees),
    ("configure_bank", "", configure_bank),
    ("configure_group", "", configure_group),
    ("configure_price_feed", "", configure_price_feed),
    ("configure_risk_class", "", configure_risk_class),
    ("configure_timelock", "", configure_timelock),
    ("create_group", "", create_group),
    ("deleverage", "below the floor", deleverage),
    ("deleverage", "wind-down", deleverage_wind_down),
    ("deposit", "", deposit),
    ("deposit_insurance", "", deposit_insurance),
    ("end_flash_loan", "", end_flash_loan),
    ("end_liquidation", "", end_liquidation),
    ("execute_change", "", execute_change),
    ("liquidate", "", liquidate),
    ("mark", "", mark),
    ("migrate_account", "", migrate_account),
    ("open_margin_account", "", open_margin_account),
    ("pause_bank", "", pause_bank),
    ("pause_risk", "", pause_risk),
    ("propose_admin", "", propose_admin),
    ("propose_change", "", propose_change),
    ("refresh_price_feed", "any account of a feed id", refresh_price_feed),
    ("refresh_price_feed", "an account by its address", refresh_named),
    ("refresh_price_feed", "three sources", refresh_three),
    ("repay", "", repay),
    ("repay", "in a liquidation", repay_in_a_liquidation),
    ("resolve_bankruptcy", "", resolve_bankruptcy),
    ("seize", "", seize),
    ("set_bank_mode", "", set_bank_mode),
    ("set_delegate", "", set_delegate),
    ("set_policy", "", set_policy),
    ("transfer_margin_account", "", transfer_margin_account),
    ("withdraw", "with debt", withdraw),
    ("withdraw", "without debt", withdraw_without_debt),
];

/// The same where somebody else pays, who signs after the admin.
pub(crate) fn by_admin_and_payer(mut world: World, mut instruction: Instruction) -> Stage {
    let (admin, payer) = (world.admin.insecure_clone(), rich(&mut world));
    instruction.accounts[1].pubkey = payer.pubkey();
    Stage::alone(world, instruction, &[&admin, &payer])
}

/// A stage whose instruction the admin signs.
pub(crate) fn by_admin(world: World, instruction: Instruction) -> Stage {
    let admin = world.admin.insecure_clone();
    Stage::alone(world, instruction, &[&admin])
}

/// A key with lamports.
pub(crate) fn rich(world: &mut World) -> Keypair {
    let key = world.key();
    world.svm.fund(&key.pubkey());
    key
}

fn takeover<T>(world: &World, taker: &Trader, from: &Trader, build: impl FnOnce(&Takeover<'_>) -> T) -> T {
    build(&Takeover {
        authority: taker.key.pubkey(),
        taker: taker.account,
        taker_state: &world.margin(taker),
        account: from.account,
        account_state: &world.margin(from),
        loan_bank: USD,
        collateral_bank: COIN,
    })
}

fn add_bank() -> Stage {
    let mut world = World::plain();
    let mint = world.key().pubkey();
    world.svm.put_mint(&mint, 9);
    let (admin, tokens) = (world.admin.pubkey(), spl_token_interface::ID);
    let add = ix::add_bank(&admin, &world.group, 3, &mint, &tokens, 1, presets::bank(1_000, 500));
    by_admin_and_payer(world, add)
}

fn add_price_feed() -> Stage {
    let world = World::plain();
    let add = ix::add_price_feed(&world.admin.pubkey(), &world.group, 3, world.markets[1].feed_args.clone());
    by_admin_and_payer(world, add)
}

fn begin_flash_loan() -> Stage {
    let (mut world, lender, trader) = indebted();
    world.mint_to(&lender, USD, 2 * DOLLAR);
    // Somebody else pays: who borrows is nobody's concern.
    let ([begin, _], [_, end]) = (world.flash_loan(&trader, USD, DOLLAR), world.flash_loan(&lender, USD, DOLLAR));
    Stage::alone(world, begin, &[&trader.key, &lender.key]).between(Vec::new(), vec![end])
}

/// An account that also holds gems, and a liquidator with a wallet of dollars.
fn unhealthy_with_gems() -> (World, Trader, Trader) {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    world.mint_to(&liquidator, USD, 10_000 * DOLLAR);
    (world, trader, liquidator)
}

fn begin_liquidation() -> Stage {
    let (world, trader, liquidator) = unhealthy_with_gems();
    let mut all = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let begin = all.remove(0);
    Stage::alone(world, begin, &[&liquidator.key]).between(Vec::new(), all)
}

/// A stage in the middle of a liquidation, after so many of its steps: seizing, repaying. No transaction ends like this, so
/// the engine begins it. Then nothing but the instruction itself is asked about its accounts.
fn while_open(steps: usize, at: usize) -> Stage {
    let (world, trader, liquidator) = unhealthy_with_gems();
    let mut all = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let mut stage = Stage::alone(world, all[at].clone(), &[&liquidator.key]);
    let world = &mut stage.world;
    let (now, board, portfolio) = (world.now(), world.board(), world.portfolio(&trader));
    let (mut account, mut loan, mut collateral) = (world.margin(&trader), world.bank(USD), world.bank(COIN));
    for bank in [&mut loan, &mut collateral] {
        interest::accrue(bank, now).expect("accrue");
    }
    let (others, key) = (world.bank(GEM).sequence, liquidator.key.pubkey());
    staged::begin(&board, &mut loan, &mut collateral, &mut account, &portfolio, others, key, u64::MAX, now)
        .expect("begin");
    let [loan_key, collateral_key] = [USD, COIN].map(|bank| world.bank_key(bank));
    world.svm.edit::<MarginAccount>(&trader.account, |state| *state = account);
    world.svm.edit::<Bank>(&loan_key, |state| *state = loan);
    world.svm.edit::<Bank>(&collateral_key, |state| *state = collateral);
    for step in all.drain(1..=steps) {
        world.send(step, &[&liquidator.key]).expect("a step");
    }
    stage
}

fn seize() -> Stage {
    while_open(0, 1)
}

fn repay_in_a_liquidation() -> Stage {
    while_open(1, 2)
}

fn end_liquidation() -> Stage {
    while_open(2, 3)
}

/// While a flash loan is open, which no transaction leaves behind.
fn end_flash_loan() -> Stage {
    let (mut world, _, trader) = indebted();
    world.mint_to(&trader, USD, 2 * DOLLAR);
    let (bank, Bank { vault, mint, .. }) = (world.bank_key(USD), world.bank(USD));
    world.svm.put_tokens(&vault, &mint, &bank, world.vault(USD) - DOLLAR);
    world
        .svm
        .edit::<Bank>(&bank, |bank| (bank.flash_loaned, bank.vault_balance) = (DOLLAR, bank.vault_balance - DOLLAR));
    let end = world.flash_loan(&trader, USD, DOLLAR)[1].clone();
    Stage::alone(world, end, &[&trader.key])
}

fn borrow() -> Stage {
    let (world, _, trader) = indebted();
    let borrow = ix::borrow(&trader.user(USD), &world.margin(&trader), &world.bank(USD), DOLLAR);
    Stage::alone(world, borrow, &[&trader.key])
}

fn close_margin_account() -> Stage {
    let mut world = World::plain();
    let (trader, receiver) = (world.trader(), rich(&mut world).pubkey());
    let close = ix::close_margin_account(&trader.key.pubkey(), &receiver, &trader.account);
    Stage::alone(world, close, &[&trader.key])
}

fn collect_fees() -> Stage {
    let (mut world, _, _) = aged();
    let destination = world.key().pubkey();
    world.svm.put_tokens(&destination, &world.bank(USD).mint, &world.admin.pubkey(), 0);
    let collect = ix::collect_fees(&destination, &world.bank(USD));
    Stage::alone(world, collect, &[])
}

fn configure_bank() -> Stage {
    let world = World::plain();
    let args = world.markets[1].bank_args.clone();
    let configure = ix::configure_bank(&world.admin.pubkey(), &world.group, COIN, args);
    by_admin(world, configure)
}

fn configure_group() -> Stage {
    let world = World::plain();
    let configure = ix::configure_group(&world.admin.pubkey(), &world.group, world.group_args());
    by_admin(world, configure)
}

fn configure_price_feed() -> Stage {
    let world = World::plain();
    let args = world.markets[1].feed_args.clone();
    let configure = ix::configure_price_feed(&world.admin.pubkey(), &world.group, 1, args);
    by_admin(world, configure)
}

fn configure_risk_class() -> Stage {
    let world = World::plain();
    let configure = ix::configure_risk_class(&world.admin.pubkey(), &world.group, 0, presets::bps(1_000));
    by_admin(world, configure)
}

fn create_group() -> Stage {
    let mut world = World::plain();
    let creator = rich(&mut world);
    let create = ix::create_group(&creator.pubkey(), 1, presets::rules());
    Stage::alone(world, create, &[&creator])
}

/// An account below its owner's floor that also holds gems, and a keeper that owes gems of another bank.
fn deleverage() -> Stage {
    let (mut world, _, trader) = indebted();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let keeper = taker_in_debt(&mut world);
    let deleverage = takeover(&world, &keeper, &trader, |takeover| ix::deleverage(takeover, DOLLAR, false));
    Stage::alone(world, deleverage, &[&keeper.key])
}

/// The same in a bank of coins that is wound down, a notice and a day ago.
fn deleverage_wind_down() -> Stage {
    let (mut world, _, trader) = indebted();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let keeper = taker_in_debt(&mut world);
    world.set_bank_mode(COIN, 2).expect("set_bank_mode");
    let notice = i64::from(presets::rules().wind_down_notice);
    world.advance(notice + 86_400);
    let deleverage = takeover(&world, &keeper, &trader, |takeover| ix::deleverage(takeover, DOLLAR, true));
    Stage::alone(world, deleverage, &[&keeper.key])
}

/// Somebody with 10,000 USD and a coin who owes gems of a bank beside that of the other's gems: so it follows, too.
fn taker_in_debt(world: &mut World) -> Trader {
    let other_gems = world.list_under(GEM, 8);
    // A bank that nobody is in.
    world.list_under(GEM, 8);
    let _lender = world.trader_with(&[(other_gems, ONE_GEM)]);
    let taker = world.trader_with(&[(USD, 10_000 * DOLLAR), (COIN, ONE_COIN)]);
    world.borrow(&taker, other_gems, ONE_GEM / 50).expect("borrow");
    taker
}

fn deposit() -> Stage {
    let mut world = World::plain();
    let trader = world.trader();
    world.mint_to(&trader, COIN, ONE_COIN);
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), ONE_COIN);
    Stage::alone(world, deposit, &[&trader.key])
}

fn deposit_insurance() -> Stage {
    let mut world = World::plain();
    let trader = world.trader();
    world.mint_to(&trader, COIN, ONE_COIN);
    let give =
        ix::deposit_insurance(&trader.key.pubkey(), &trader.tokens[usize::from(COIN)], &world.bank(COIN), ONE_COIN);
    Stage::alone(world, give, &[&trader.key])
}

/// A liquidatee that also holds gems, and a liquidator that owes gems of another bank.
fn liquidate() -> Stage {
    let (mut world, _, trader, _) = unhealthy();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let liquidator = taker_in_debt(&mut world);
    let liquidate = takeover(&world, &liquidator, &trader, |takeover| ix::liquidate(takeover, DOLLAR));
    Stage::alone(world, liquidate, &[&liquidator.key])
}

fn mark() -> Stage {
    let (world, _, trader) = indebted();
    let mark = ix::mark(&trader.account, &world.margin(&trader));
    Stage::alone(world, mark, &[])
}

fn open_margin_account() -> Stage {
    let mut world = World::plain();
    let (payer, owner) = (rich(&mut world), rich(&mut world));
    let open = ix::open_margin_account(&payer.pubkey(), &owner.pubkey(), &world.group, 0);
    Stage::alone(world, open, &[&payer, &owner])
}

fn pause_bank() -> Stage {
    let world = World::plain();
    let pause = ix::pause_bank(&world.admin.pubkey(), &world.group, COIN, 60);
    by_admin(world, pause)
}

fn pause_risk() -> Stage {
    let world = World::plain();
    let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 60);
    by_admin(world, pause)
}

fn refresh_price_feed() -> Stage {
    let mut world = World::plain();
    world.svm.advance(1);
    world.publish(COIN, 32_00000000);
    let refresh = ix::refresh_price_feed(&world.group, 1, &[world.markets[1].oracle]);
    Stage::alone(world, refresh, &[])
}

/// A print of 32 USD in the format of Pyth's first program, as of now.
fn publish_legacy(world: &mut World, key: Pubkey) {
    let now = world.svm.now();
    let print = PythLegacyPrice {
        product: [0; 32],
        price: 32_00000000,
        confidence: 0,
        exponent: -8,
        status: 1,
        publish_time: now,
        previous_publish_time: now - 1,
        slot: world.svm.clock().slot,
    };
    let owner = Pubkey::new_from_array(Provider::PythLegacy.default_owners()[0]);
    world.svm.put_data(&key, &owner, print.to_bytes());
}

fn refresh_named() -> Stage {
    let mut world = World::plain();
    let named = world.key().pubkey();
    let source = presets::source(Provider::PythLegacy, named, [0; 32]);
    world.configure_feed(COIN, |args| args.sources = vec![source]).expect("configure_price_feed");
    world.svm.advance(1);
    publish_legacy(&mut world, named);
    let refresh = ix::refresh_price_feed(&world.group, 1, &[named]);
    Stage::alone(world, refresh, &[])
}

fn refresh_three() -> Stage {
    let mut world = World::plain();
    let sources = [world.markets[1].oracle, world.key().pubkey(), world.key().pubkey()];
    let named = sources.map(|key| presets::source(Provider::PythLegacy, key, [0; 32]));
    world.configure_feed(COIN, |args| args.sources.extend_from_slice(&named[1..])).expect("configure_price_feed");
    world.svm.advance(1);
    world.publish(COIN, 32_00000000);
    publish_legacy(&mut world, sources[1]);
    publish_legacy(&mut world, sources[2]);
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    Stage::alone(world, refresh, &[])
}

fn repay() -> Stage {
    let (world, _, trader) = indebted();
    let repay = ix::repay(&trader.user(USD), &world.bank(USD), Some(DOLLAR));
    Stage::alone(world, repay, &[&trader.key])
}

/// An account with a loan of dollars and less than a cent of coins.
fn resolve_bankruptcy() -> Stage {
    let (mut world, _, trader) = indebted();
    let (account, coins) = (trader.account, world.bank_key(COIN));
    world.svm.edit::<MarginAccount>(&account, |account| account.balances[1].shares = 1_000);
    world.svm.edit::<Bank>(&coins, |bank| bank.asset_shares = 1_000);
    let resolve = ix::resolve_bankruptcy(&account, &world.margin(&trader), USD);
    Stage::alone(world, resolve, &[])
}

fn set_bank_mode() -> Stage {
    let world = World::plain();
    let set = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 1);
    by_admin(world, set)
}

fn set_policy() -> Stage {
    let mut world = World::plain();
    let trader = world.trader();
    let set = ix::set_policy(&trader.key.pubkey(), &trader.account, 0, 0, 0);
    Stage::alone(world, set, &[&trader.key])
}

fn withdraw() -> Stage {
    let (world, _, trader) = indebted();
    let withdraw = ix::withdraw(&trader.user(COIN), &world.margin(&trader), &world.bank(COIN), Some(1));
    Stage::alone(world, withdraw, &[&trader.key])
}

fn withdraw_without_debt() -> Stage {
    let (world, lender, _) = lent();
    let withdraw = ix::withdraw(&lender.user(USD), &world.margin(&lender), &world.bank(USD), Some(DOLLAR));
    Stage::alone(world, withdraw, &[&lender.key])
}

fn accept_admin() -> Stage {
    let mut world = World::plain();
    let next = rich(&mut world);
    world.as_admin(ix::propose_admin(&world.admin.pubkey(), &world.group, next.pubkey())).expect("propose_admin");
    let accept = ix::accept_admin(&next.pubkey(), &world.group);
    Stage::alone(world, accept, &[&next])
}

fn propose_admin() -> Stage {
    let world = World::plain();
    let propose = ix::propose_admin(&world.admin.pubkey(), &world.group, Pubkey::new_from_array([5; 32]));
    by_admin(world, propose)
}

fn configure_timelock() -> Stage {
    let world = World::plain();
    let configure = ix::configure_timelock(&world.admin.pubkey(), &world.group, DELAY, EXPIRY);
    by_admin(world, configure)
}

/// A world with a timelock, and a change for it.
fn locked() -> (World, Instruction) {
    let mut world = World::plain();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    (world, change)
}

fn propose_change() -> Stage {
    let (world, change) = locked();
    let propose = ix::propose_change(&world.admin.pubkey(), &world.group, 0, &change);
    by_admin(world, propose)
}

/// Proposed by an admin who is no more.
fn waiting() -> (World, Instruction, Pubkey) {
    let (mut world, change) = locked();
    let (old, next) = (world.admin.pubkey(), rich(&mut world));
    world.propose(&change);
    let group = world.group;
    world.svm.edit::<Group>(&group, |group| group.admin = next.pubkey());
    world.admin = next;
    (world, change, old)
}

fn execute_change() -> Stage {
    let (mut world, change, proposer) = waiting();
    world.svm.advance(i64::from(DELAY));
    let execute = ix::execute_change(&world.admin.pubkey(), &world.group, 0, &proposer, &change);
    by_admin(world, execute)
}

fn cancel_change() -> Stage {
    let (world, _, proposer) = waiting();
    let cancel = ix::cancel_change(&world.admin.pubkey(), &world.group, 0, &proposer);
    by_admin(world, cancel)
}

fn set_delegate() -> Stage {
    let mut world = World::plain();
    let trader = world.trader();
    let set = ix::set_delegate(&trader.key.pubkey(), &trader.account, Pubkey::new_from_array([5; 32]), rights::ALL);
    Stage::alone(world, set, &[&trader.key])
}

fn transfer_margin_account() -> Stage {
    let (mut world, _, trader) = indebted();
    let next = rich(&mut world);
    let transfer = ix::transfer_margin_account(&trader.key.pubkey(), &next.pubkey(), &trader.account);
    Stage::alone(world, transfer, &[&trader.key, &next])
}

/// Of version 1, which is this one with another number.
fn migrate_account() -> Stage {
    let mut world = World::plain();
    let key = world.bank_key(COIN);
    world.svm.edit::<Bank>(&key, |bank| bank.version = 1);
    Stage::alone(world, ix::migrate_account(&key), &[])
}

/// A loan that a delegate takes for its principal.
fn borrow_by_delegate() -> Stage {
    let (mut world, _, trader) = indebted();
    let delegate = rich(&mut world);
    let set = ix::set_delegate(&trader.key.pubkey(), &trader.account, delegate.pubkey(), rights::TRADE);
    world.send(set, &[&trader.key]).expect("set_delegate");
    let user = ix::User { authority: delegate.pubkey(), ..trader.user(USD) };
    let borrow = ix::borrow(&user, &world.margin(&trader), &world.bank(USD), DOLLAR);
    Stage::alone(world, borrow, &[&delegate])
}
