//! What the instructions' tests share.

pub(crate) use super::bounds::{
    refuses_everyone_but, Role, BANK_OUT_OF_BOUNDS, FEED_OUT_OF_BOUNDS, OUT_OF_BOUNDS, TERMS_OUT_OF_BOUNDS,
};
pub(crate) use ballast_client::ballast::types::{
    EventHeader, HealthPoint, LossShare, MarketArgs, MarketLoss, Movement, PoolArgs,
};
pub(crate) use ballast_client::events::{Event, Liquidated, LiquidationBegun, Repaid, Seized};
pub(crate) use ballast_client::instructions::Takeover;
pub(crate) use ballast_client::perps::{self as pix, Follow};
pub(crate) use ballast_client::{addresses, instructions as ix, presets};
pub(crate) use ballast_math::Index;
pub(crate) use ballast_state::{
    Bank, Group, LiquidityPool, LiquidityProvider, MarginAccount, PerpMarket, RiskBoard, TransferFee, Zeroable,
};
pub(crate) use ballast_testkit::plain::*;
pub(crate) use ballast_testkit::{
    aged, assert_fails, assert_same, event, indebted, lent, symbol, unhealthy, Failed, MarketSpec, Sent, Trader, World,
    DELAY, EXPIRY, LOT_DECIMALS, PLAIN, PLAIN_DOLLAR, START_TS, TOKEN_2022,
};
pub(crate) use solana_instruction::{AccountMeta, Instruction};
pub(crate) use solana_keypair::Keypair;
pub(crate) use solana_pubkey::Pubkey;
pub(crate) use solana_signer::Signer;

/// The header of an event about `account`, in this slot.
pub(crate) fn header(world: &World, account: Pubkey, sequence: u64) -> EventHeader {
    EventHeader { group: world.group, account, slot: world.svm.clock().slot, sequence }
}

/// Assets, liabilities and requirement in whole dollars, and by how many units of 2⁻²⁰ USD rounding moves each: a number of
/// atoms with decimals is no binary fraction, so assets come out a unit lower, what they must cover a unit or two higher.
pub(crate) fn health(dollars: [u64; 3], rounding: [i64; 3]) -> HealthPoint {
    let [assets, liabilities, requirement] =
        [0, 1, 2].map(|at| presets::dollars(dollars[at]).checked_add_signed(rounding[at]).expect("in range"));
    HealthPoint { assets, liabilities, requirement }
}

/// `liquidate` and `deleverage` as one party of it would build them.
pub(crate) fn takeover<T>(
    world: &World,
    taker: &Trader,
    from: &Trader,
    loan_bank: u16,
    collateral_bank: u16,
    build: impl FnOnce(&Takeover<'_>) -> T,
) -> T {
    let (taker_state, account_state) = (world.margin(taker), world.margin(from));
    build(&Takeover {
        authority: taker.key.pubkey(),
        taker: taker.account,
        taker_state: &taker_state,
        account: from.account,
        account_state: &account_state,
        loan_bank,
        collateral_bank,
    })
}

/// A pool that trades at whatever price it is asked for, and signs: it stands for any other program.
pub(crate) fn swap(
    world: &World,
    pool: &Trader,
    user: &Trader,
    sold: (u16, u64),
    bought: (u16, u64),
) -> Vec<Instruction> {
    let transfer = |from: &Trader, to: &Trader, (bank, atoms): (u16, u64)| {
        let (market, at) = (&world.markets[usize::from(bank)], usize::from(bank));
        let (program, from_key) = (spl_token_interface::ID, from.key.pubkey());
        spl_token_interface::instruction::transfer_checked(
            &program,
            &from.tokens[at],
            &market.mint,
            &to.tokens[at],
            &from_key,
            &[],
            atoms,
            market.decimals,
        )
        .expect("a transfer")
    };
    vec![transfer(user, pool, sold), transfer(pool, user, bought)]
}

/// Of these keys those that a transaction needs; the first pays.
pub(crate) fn signers<'a>(transaction: &[Instruction], keys: &[&'a Keypair]) -> Vec<&'a Keypair> {
    let signs = |key: &Keypair| {
        let metas = transaction.iter().flat_map(|one| &one.accounts);
        metas.into_iter().any(|meta| meta.is_signer && meta.pubkey == key.pubkey())
    };
    let (payer, others) = keys.split_first().expect("a payer");
    std::iter::once(*payer).chain(others.iter().copied().filter(|key| signs(key))).collect()
}

/// Liquidates in stages without anything in between: the wallet is given what it takes.
pub(crate) fn liquidate_in_stages(world: &mut World, liquidator: &Trader, from: &Trader) -> Result<Sent, Failed> {
    world.mint_to(liquidator, USD, 100_000 * DOLLAR);
    let transaction = world.stages(liquidator, from, USD, COIN).all(u64::MAX);
    world.svm.send(&transaction, &[&liquidator.key])
}

/// What the events of a transaction with one liquidation in two steps tell, in any order of the steps.
pub(crate) struct Told {
    pub(crate) begun: LiquidationBegun,
    pub(crate) seized: Seized,
    pub(crate) repaid: Repaid,
    pub(crate) done: Liquidated,
}

impl Told {
    pub(crate) fn by(sent: &Sent) -> Self {
        match sent.events.as_slice() {
            [Event::LiquidationBegun(begun), Event::Seized(seized), Event::Repaid(repaid), Event::Liquidated(done)]
            | [Event::LiquidationBegun(begun), Event::Repaid(repaid), Event::Seized(seized), Event::Liquidated(done)] => {
                Self { begun: *begun, seized: *seized, repaid: *repaid, done: *done }
            }
            others => panic!("{:?}", others.iter().map(Event::name).collect::<Vec<_>>()),
        }
    }
}

/// What insurance gets on top of a repayment in a liquidation: `⌈atoms · ⌈share · bonus⌉⌉`, worked out without the engine.
pub(crate) fn insurance(atoms: u64, bonus: u64) -> u64 {
    let up = |a: u64, b: u64| u64::try_from((u128::from(a) * u128::from(b)).div_ceil(1 << 32)).expect("a ratio of it");
    up(atoms, up(bonus, u64::from(presets::rules().insurance_share)))
}

/// `⌊atoms / index⌋`, worked out without the engine's own function.
pub(crate) fn shares_down(index: [u64; 2], atoms: u64) -> u64 {
    u64::try_from((u128::from(atoms) << 64) / whole(index)).expect("shares")
}

/// `⌈atoms / index⌉`.
pub(crate) fn shares_up(index: [u64; 2], atoms: u64) -> u64 {
    u64::try_from((u128::from(atoms) << 64).div_ceil(whole(index))).expect("shares")
}

/// `⌈shares · index⌉`.
pub(crate) fn atoms_up(index: [u64; 2], shares: u64) -> u64 {
    Index::from_words(index).amount_up(shares).expect("atoms")
}

fn whole(index: [u64; 2]) -> u128 {
    (u128::from(index[1]) << 64) | u128::from(index[0])
}

/// The instruction with the account at `index` no longer marked as signer.
pub(crate) fn unsigned(instruction: &Instruction, index: usize) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts[index].is_signer = false;
    changed
}

/// The instruction with another account at `index`.
pub(crate) fn with(instruction: &Instruction, index: usize, key: Pubkey) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts[index].pubkey = key;
    changed
}

/// While the token account at `index` is frozen an instruction fails that succeeds otherwise.
pub(crate) fn refuses_while_frozen(world: &mut World, right: &Instruction, signers: &[&Keypair], index: usize) {
    let tokens = right.accounts[index].pubkey;
    world.svm.set_frozen(&tokens, true);
    world.refuses(right, signers, "token::AccountFrozen");
    world.svm.set_frozen(&tokens, false);
    world.send(right.clone(), signers).expect("right in the end");
}

/// A trader without tokens of a bank cannot pay into it.
pub(crate) fn refuses_without_tokens(world: &mut World, right: &Instruction, trader: &Trader, bank: u16) {
    let (tokens, mint) = (trader.tokens[usize::from(bank)], world.bank(bank).mint);
    world.svm.put_tokens(&tokens, &mint, &trader.key.pubkey(), 0);
    world.refuses(right, &[&trader.key], "token::InsufficientFunds");
}

/// One of each kind of change that waits for the timelock, as the admin would send it in the plain world, which gets a pool and a
/// perp market: `create_pool` itself has its own test.
pub(crate) fn changes(world: &mut World) -> [(&'static str, Instruction); 12] {
    world.create_pool(presets::pool());
    world.list_perp(COIN, LOT_DECIMALS, presets::market());
    // So that none of them runs between an epoch's end and its strike.
    world.advance(200);
    let mint = world.key().pubkey();
    world.svm.put_mint(&mint, 9);
    let (admin, group) = (world.admin.pubkey(), world.group);
    let (feed, mut bank) = (world.markets[1].feed_args.clone(), world.markets[1].bank_args.clone());
    bank.max_utilisation += 1;
    let mut listed = presets::bank(1_000, 500);
    listed.warm_up = 7 * 86_400;
    let (token_program, next) = (spl_token_interface::ID, Pubkey::new_from_array([5; 32]));
    let (quote, perp) = (world.quote(), presets::market());
    let looser = MarketArgs { interest_cap: perp.interest_cap + 1, ..perp };
    [
        ("add_bank", ix::add_bank(&admin, &group, 3, &mint, &token_program, 1, listed)),
        ("add_price_feed", ix::add_price_feed(&admin, &group, 3, feed.clone())),
        ("configure_bank", ix::configure_bank(&admin, &group, COIN, bank)),
        ("configure_group", ix::configure_group(&admin, &group, world.group_args())),
        ("configure_price_feed", ix::configure_price_feed(&admin, &group, 1, feed)),
        ("configure_risk_class", ix::configure_risk_class(&admin, &group, 0, presets::bps(1_000))),
        ("configure_timelock", ix::configure_timelock(&admin, &group, DELAY - 1, EXPIRY)),
        ("propose_admin", ix::propose_admin(&admin, &group, next)),
        ("set_bank_mode", ix::set_bank_mode(&admin, &group, COIN, 2)),
        ("add_perp_market", pix::add_perp_market(&admin, quote, 1, 2, (symbol("GEM-PERP"), LOT_DECIMALS), perp)),
        ("configure_perp_market", pix::configure_perp_market(&admin, quote, 0, 1, 0, looser)),
        ("configure_pool", pix::configure_pool(&admin, quote, PoolArgs { exit_fee: 0, ..presets::pool() })),
    ]
}

/// The market on coins in [`World::perps`], and the market on gems.
pub(crate) const COIN_PERP: u16 = 0;
pub(crate) const GEM_PERP: u16 = 1;

/// Terms without fees, premium and funding: what a position is worth can be worked out in the head.
pub(crate) fn plain_terms() -> MarketArgs {
    let (skew_scale, funding_limit, funding_velocity) = (1 << 62, 0, 0);
    MarketArgs { skew_scale, funding_limit, funding_velocity, fill_fee: 0, keeper_fee: 0, ..presets::market() }
}

/// [`World::perps`] on plain terms, with a trader who has 200 dollars and is long 20 coins, 640 dollars. The provider is the
/// keeper.
pub(crate) fn long() -> (World, Trader, Trader) {
    let (mut world, provider) = World::perps();
    for (index, row) in [(COIN_PERP, 1), (GEM_PERP, 2)] {
        let admin = world.admin.pubkey();
        let plain = pix::configure_perp_market(&admin, world.quote(), index, row, 0, plain_terms());
        world.as_admin(plain).expect("configure_perp_market");
    }
    let trader = world.trader_with(&[(USD, 200 * DOLLAR)]);
    world.trade(&provider, &trader, COIN_PERP, 20 * COIN_LOTS).expect("fill_order");
    (world, provider, trader)
}

/// Lots of a coin or a gem.
pub(crate) const COIN_LOTS: i64 = 1_000_000;

/// Accounts of another group with the same markets, and a pool.
pub(crate) struct Neighbour {
    pub(crate) board: Pubkey,
    pub(crate) feed: Pubkey,
    pub(crate) bank: Pubkey,
    pub(crate) pool: Pubkey,
    pub(crate) market: Pubkey,
}

impl Neighbour {
    pub(crate) fn of(world: &mut World) -> Self {
        world.elsewhere(1, |world| {
            world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
            world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
            world.create_pool(presets::pool());
            let market = world.list_perp(COIN, LOT_DECIMALS, presets::market());
            let market = world.market_key(market);
            let (group, board, bank, pool) = (world.group, world.board_key(), world.bank_key(USD), world.pool_key());
            Self { board, feed: addresses::feed(&group, 1), bank, pool, market }
        })
    }
}

/// Sends lamports to an address.
pub(crate) fn pay(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    // Number 2 of the system program: transfer.
    let data = [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
    Instruction { program_id: Pubkey::default(), accounts, data }
}

/// The instruction with somebody else in every place of a signer.
pub(crate) fn signed_by(instruction: &Instruction, signer: &Keypair, other: &Keypair) -> Instruction {
    let mut changed = instruction.clone();
    for meta in changed.accounts.iter_mut().filter(|meta| meta.pubkey == signer.pubkey()) {
        meta.pubkey = other.pubkey();
    }
    changed
}

/// The plain world with two banks of euros under one feed, nothing charged for a match, which no listing lets come to be; and a
/// trader who owes dollars against coins, and euros of the first bank against euros of the second.
pub(crate) fn euros_against_euros() -> (World, Trader, [u16; 2]) {
    let mut world = World::plain();
    let euro = ballast_testkit::Underlying { symbol: "EUR", basis: 100, ..PLAIN_DOLLAR };
    let loan = world.list(&MarketSpec::plain(euro, 6, 1_00000000));
    let collateral = world.list_under(loan, 6);
    let (board, row) = (world.board_key(), usize::from(world.bank(loan).feed));
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].basis = 0);
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR), (loan, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN), (collateral, 1_000 * DOLLAR)]);
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    world.borrow(&trader, loan, 1_000 * DOLLAR).expect("borrow");
    (world, trader, [loan, collateral])
}
