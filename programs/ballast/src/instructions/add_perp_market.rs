//! `add_perp_market`.

use anchor_lang::prelude::*;
use ballast_math::Decimals;
use ballast_oracle::Provider;
use ballast_risk::{limits, perp, price};
use ballast_state::seeds::SEED_MARKET;
use ballast_state::{Account as _, Bank, Group, LiquidityPool, PerpMarket, PriceFeed, RiskBoard};

use crate::args::MarketArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, MarketConfigured};
use crate::view::{view, view_mut};
use crate::{loader, roles};

/// Accounts of `add_perp_market`.
#[derive(Accounts)]
pub struct AddPerpMarket<'info> {
    /// The admin, or the timelock.
    pub authority: Signer<'info>,
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and group.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: the underlying's feed, by view and its group.
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the group's pool, by view and its group.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the new market, by its seeds.
    #[account(mut, seeds = [SEED_MARKET, group.key().as_ref(), &loader::next_market(&pool)?[..]], bump)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Lists a perp on a feed with a fresh price and a source that says what it printed before. For the admin of a group without a
/// timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `WrongGroup`, `BankMismatch`, `WrongSystemProgram`, `AlreadyExists`, the price errors,
/// `DecimalsNotSupported`, `PriceOutOfRange`, `LotOutOfRange`, `InvalidParameter`, `PremiumTooSteep`, `BasisBelowBonus`, `NoPullSource`,
/// `TooManyMarkets`.
pub(crate) fn handle(ctx: Context<AddPerpMarket>, symbol: [u8; 16], lot_decimals: u8, args: &MarketArgs) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    roles::require_full(&*view::<Group>(&accounts.group)?, accounts.authority.key)?;
    let mut board = view_mut::<RiskBoard>(&accounts.board)?;
    ensure_same(&board.group, accounts.group.key, BallastError::WrongBoard)?;
    let mut feed = view_mut::<PriceFeed>(&accounts.feed)?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    ensure_same(&pool.group, &board.group, BallastError::WrongGroup)?;
    ensure_same(&pool.bank_address, accounts.bank.key, BallastError::BankMismatch)?;
    let bank = view::<Bank>(&accounts.bank)?;
    let row = board.row(feed.row).or_raise(BallastError::FeedNotListed)?;
    let quote = board.row(pool.feed).or_raise(BallastError::FeedNotListed)?;
    price::check_usable(row, now, board.rules.borrow_max_age).or_fail()?;
    price::check_usable(quote, now, board.rules.borrow_max_age).or_fail()?;
    require_pull_source(&feed)?;
    // The quote token's own exposure is what perps won and lost.
    ensure!(feed.row != pool.feed, BallastError::InvalidParameter);
    let mut market = Creation {
        payer: &accounts.payer,
        account: &accounts.market,
        system_program: &accounts.system_program,
        seeds: &[SEED_MARKET, board.group.as_ref(), &pool.market_count.to_le_bytes(), &[ctx.bumps.market]],
    }
    .program_account::<PerpMarket>()?;
    let lots = Decimals::new(lot_decimals).or_raise(BallastError::DecimalsNotSupported)?;
    market.version = PerpMarket::VERSION;
    market.bump = ctx.bumps.market;
    market.index = pool.market_count;
    market.feed = feed.row;
    market.quote_feed = pool.feed;
    market.lot_decimals = lot_decimals;
    (market.lot_reciprocal, market.lot_shift) = (lots.reciprocal, lots.shift);
    market.quote_decimals = bank.decimals;
    (market.quote_reciprocal, market.quote_shift) = (bank.decimal_reciprocal, bank.decimal_shift);
    market.group = board.group;
    market.pool = accounts.pool.key();
    market.symbol = symbol;
    market.synced_ts = now.ts;
    market.mark = perp::mark_of(&market, row.mid, quote.mid).or_fail()?;
    perp::list(&mut market, &mut pool, &feed, args.terms()).or_fail()?;
    perp::count_on_feed(&mut feed, &market).or_fail()?;
    feed.sequence = feed.sequence.wrapping_add(1);
    loader::sync(&accounts.market, &mut market, &mut pool, &bank, &board, now)?;
    perp::validate_lot(&market).or_fail()?;
    limits::count_on(&mut board, feed.row).or_fail()?;
    emit::log(&MarketConfigured::of(EventHeader::of_market(accounts.market.key(), &market, now), &market))
}

/// Only such a source can say which print an order fills at.
pub(super) fn require_pull_source(feed: &PriceFeed) -> Result<()> {
    let pulled = feed.sources.iter().any(|source| source.provider == Provider::PythPull.to_u8());
    ensure!(pulled, BallastError::NoPullSource);
    Ok(())
}
