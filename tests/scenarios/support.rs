//! What the stories share: the plain world, told with its invariants.

pub(crate) use ballast_client::{instructions as ix, presets};
pub(crate) use ballast_state::RiskBoard;
pub(crate) use ballast_testkit::plain::*;
pub(crate) use ballast_testkit::{
    assert_fails, event, Failed, MarketSpec, Sent, Trader, World, DELAY, EXPIRY, PLAIN, PLAIN_DOLLAR,
};
pub(crate) use solana_pubkey::Pubkey;
pub(crate) use solana_signer::Signer;

/// A step of a story: it must succeed, and leave every invariant.
#[track_caller]
pub(crate) fn step(world: &mut World, act: impl FnOnce(&mut World) -> Result<Sent, Failed>) -> Sent {
    let sent = act(world).unwrap_or_else(|failed| panic!("{}: {:#?}", failed.name(), failed.logs));
    world.check_invariants();
    sent
}

/// A step that must fail with this error, and leave everything as it was.
#[track_caller]
pub(crate) fn fails(world: &mut World, error: &str, act: impl FnOnce(&mut World) -> Result<Sent, Failed>) {
    let (banks, board, accounts) = (world.banks(), world.board(), world.margin_accounts());
    assert_fails(act(world), error);
    assert!(banks == world.banks() && board == world.board() && accounts == world.margin_accounts(), "{error}");
    world.check_invariants();
}

/// A lender of 100,000 USD, a borrower of 2,048 USD against 100 coins (3,200 USD), and a liquidator with 10,000 USD.
pub(crate) fn cast() -> (World, Trader, Trader, Trader) {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&borrower, USD, 2_048 * DOLLAR).expect("borrow");
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.svm.advance(1);
    world.check_invariants();
    (world, lender, borrower, liquidator)
}

/// All that an account is worth at today's judged prices, in 2⁻²⁰ USD: deposits less loans, and what is in the wallet.
pub(crate) fn wealth(world: &World, trader: &Trader) -> i64 {
    let board = world.board();
    let account = world.margin(trader);
    let mut total = 0i128;
    for market in &world.markets {
        let bank = world.bank(market.bank);
        let indices = ballast_risk::interest::project(&bank, world.now()).expect("indices");
        let mut atoms = i128::from(world.svm.tokens(&trader.tokens[usize::from(market.bank)]));
        if let Some(balance) = account.balance(market.bank) {
            if balance.is_loan() {
                atoms -= i128::from(indices.liability.amount_up(balance.shares).expect("a debt"));
            } else {
                atoms += i128::from(indices.asset.amount_down(balance.shares).expect("a claim"));
            }
        }
        // Price has 40 fraction bits, values 20.
        let price = i128::from(board.rows[usize::from(market.row)].mid);
        total += atoms * price / 10i128.pow(u32::from(market.decimals)) / (1 << 20);
    }
    i64::try_from(total).expect("in range")
}

/// The trader can borrow `atoms`, and not `more` on top.
#[track_caller]
pub(crate) fn assert_most(world: &mut World, trader: &Trader, bank: u16, atoms: u64, more: u64) {
    if let Err(failed) = world.tried(|world| world.borrow(trader, bank, atoms)) {
        panic!("{atoms}: {}", failed.name());
    }
    assert_fails(world.tried(|world| world.borrow(trader, bank, atoms + more)), "InsufficientHealth");
}

/// A token's price becomes another one within a second, for everybody who looks at the board.
pub(crate) fn reprice(world: &mut World, bank: u16, price: u64) {
    let row = usize::from(world.markets[usize::from(bank)].row);
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        let row = &mut board.rows[row];
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (price, price, price, price, price);
    });
}
