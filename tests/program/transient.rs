//! What may run while a liquidation of an account or a flash loan of a bank is open: every instruction of the IDL, aimed at
//! that account, its banks and its board. An instruction that no row is about fails the test, and no flag is left behind.

use std::collections::BTreeSet;

use ballast_client::ballast::types::OrderArgs;
use ballast_state::{Account as _, OpenLiquidation, Orders, PerpPosition};
use ballast_testkit::Svm;

use super::support::*;
use State::{FlashLoan, Liquidation};
use While::{Fails, Moves, Runs};

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A liquidation of the trader's account: loan of dollars, collateral of coins.
    Liquidation,
    /// A flash loan of dollars.
    FlashLoan,
}

/// What becomes of an instruction while something is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum While {
    /// It runs, and so does the end.
    Runs,
    /// It fails itself.
    Fails(&'static str),
    /// It runs, and then the liquidation cannot be ended: `StateMoved`.
    Moves,
}

/// A world in which everything can happen.
struct Cast {
    world: World,
    /// Owes dollars and holds coins and gems; unhealthy.
    trader: Trader,
    /// With dollars, coins and gems in its wallet.
    liquidator: Trader,
    /// Lends dollars and owes nothing.
    lender: Trader,
    /// Holds coins, owes dollars, and is below the floor it set.
    floored: Trader,
    /// Owes dollars, and has less than a cent of coins.
    bankrupt: Trader,
    /// Has an account with nothing in it; also proposed as admin.
    newcomer: Trader,
}

impl Cast {
    fn new() -> Self {
        let (mut world, lender, trader, liquidator) = unhealthy();
        world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
        let floored = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
        world.borrow(&floored, USD, 1_500 * DOLLAR).expect("borrow");
        world.set_policy(&floored, 13_000, 1_000, 100_000).expect("set_policy");
        let bankrupt = world.trader_with(&[(COIN, ONE_COIN)]);
        world.borrow(&bankrupt, USD, 15 * DOLLAR).expect("borrow");
        world.svm.edit::<MarginAccount>(&bankrupt.account, |account| account.balances[1].shares = 1_000);
        world.svm.edit::<Bank>(&world.bank_key(COIN), |bank| bank.asset_shares -= ONE_COIN - 1_000);
        world.insure(&lender, USD, 100 * DOLLAR).expect("deposit_insurance");
        let newcomer = world.trader();
        for (bank, atoms) in [(USD, 100_000 * DOLLAR), (COIN, 100 * ONE_COIN), (GEM, ONE_GEM)] {
            world.mint_to(&liquidator, bank, atoms);
            world.mint_to(&lender, bank, atoms);
            world.mint_to(&trader, bank, atoms);
        }
        world.advance(11);
        Self { world, trader, liquidator, lender, floored, bankrupt, newcomer }
    }

    /// Dollars' fees, left by a flash loan.
    fn earn_fees(&mut self) {
        let transaction = self.world.flash_loan(&self.lender, USD, 1_000 * DOLLAR);
        self.world.svm.send(&transaction, &[&self.lender.key]).expect("a flash loan");
    }

    /// A change of the dollars' bank that waited a day for the timelock, or waits still.
    fn proposed(&mut self, ready: bool) -> Instruction {
        let (admin, group) = (self.world.admin.pubkey(), self.world.group);
        self.world.as_admin(ix::configure_timelock(&admin, &group, 86_400, 86_400)).expect("configure_timelock");
        let change = self.configure_bank();
        self.world.as_admin(ix::propose_change(&admin, &group, 0, &change)).expect("propose_change");
        if ready {
            // And the grace after a day without prices.
            self.world.advance(86_400);
            self.world.advance(120);
        }
        change
    }

    /// A pool of dollars with a perp on gems and liquidity of the lender's. The newcomer is short of three gems, which rose: its
    /// position can be liquidated.
    fn trade_perps(&mut self) {
        let Self { world, lender, newcomer, .. } = self;
        world.create_pool(presets::pool());
        let gems = world.list_perp(GEM, LOT_DECIMALS, presets::market());
        world.provide(lender, 10_000 * DOLLAR);
        // The grace after a day without prices.
        world.advance(120);
        world.deposit(newcomer, USD, 1_000 * DOLLAR).expect("deposit");
        world.trade(lender, newcomer, gems, -3_000_000).expect("fill_order");
        world.svm.advance(1);
        world.crash(GEM, 1_300_00000000);
    }

    /// The trader is long a gem, at today's price, in the market on gems.
    fn position(&mut self, gems: u16) {
        let (lots, market) = (1_000_000, self.world.market_key(gems));
        self.world.svm.edit::<PerpMarket>(&market, |market| {
            (market.long.base, market.long.positions) = ([lots, 0], 1);
        });
        self.world.svm.edit::<MarginAccount>(&self.trader.account, |account| {
            account.perps[0] = PerpPosition { base: [lots, 0], market: gems, side: 1, ..PerpPosition::zeroed() };
            account.perp_count = 1;
        });
    }

    /// The pool spent more than there is for its market on gems.
    fn lack_margin(&mut self) {
        let (spent, spent_day) = (20_000 * DOLLAR as i64, PerpMarket::day(self.world.svm.now()));
        let (pool, market) = (self.world.pool_key(), self.world.market_key(0));
        self.world.svm.edit::<LiquidityPool>(&pool, |pool| pool.spent = spent);
        self.world.svm.edit::<PerpMarket>(&market, |market| (market.spent, market.spent_day) = (spent, spent_day));
    }

    /// The market on gems ends, or, with mode 3, has its price and pays claims in part.
    fn end_market(&mut self, mode: u8) {
        let market = self.world.market_key(0);
        self.world.svm.edit::<PerpMarket>(&market, |market| (market.mode, market.settlement_ts) = (mode, 1));
        self.world.calm(GEM);
    }

    /// The trader is short a gem, at today's price: its gems, worth a dollar, hedge a part of that.
    fn hedge(&mut self) {
        self.world.create_pool(presets::pool());
        let gems = self.world.list_perp(GEM, LOT_DECIMALS, presets::market());
        let (lots, market) = (1_000_000, self.world.market_key(gems));
        self.world.svm.edit::<PerpMarket>(&market, |market| {
            (market.short.base, market.short.positions) = ([lots, 0], 1);
        });
        self.world.svm.edit::<MarginAccount>(&self.trader.account, |account| {
            account.perps[0] = PerpPosition { base: [lots, 0], market: gems, side: 2, ..PerpPosition::zeroed() };
            account.perp_count = 1;
        });
    }

    /// A pool whose only provider asked to leave it. The epoch is over.
    fn leave_pool(world: &mut World, provider: &Trader) {
        world.create_pool(presets::pool());
        world.list_perp(GEM, LOT_DECIMALS, presets::market());
        world.provide(provider, 10_000 * DOLLAR);
        world.remove_liquidity(provider, DOLLAR).expect("request_remove_liquidity");
        // The grace after a day without prices.
        world.svm.set_time(world.pool().epoch_end - 90);
        world.refresh_all();
        world.end_epoch();
    }

    /// As [`Cast::trade_perps`], and the newcomer has an order to buy a gem back, whose moment has come or is ahead.
    fn order_perps(&mut self, due: bool) {
        self.trade_perps();
        let (world, newcomer) = (&mut self.world, &self.newcomer);
        let args = OrderArgs { lots: 1_000_000, limit: 0, reduce_only: true, life: 60 };
        let (owner, gems) = (newcomer.key.pubkey(), world.perp(0));
        let place = pix::place_order(&owner, gems, &newcomer.account, args, Follow::default());
        world.send(place, &[&newcomer.key]).expect("place_order");
        let open = pix::open_orders(&world.admin.pubkey(), &self.trader.account);
        world.as_admin(open).expect("open_orders");
        if due {
            let orders: Orders = world.svm.read(&addresses::orders(&newcomer.account));
            world.svm.set_time(orders.slots[0].eligible_ts);
            world.refresh_all();
        }
    }

    /// Of the newcomer, or of somebody without an order.
    fn fill(&self, keeper: &Trader, of: &Trader) -> Instruction {
        let print = self.world.markets[usize::from(GEM)].oracle;
        let keeper = (&keeper.key.pubkey(), &keeper.account);
        pix::fill_order(keeper, self.world.perp(0), &of.account, 2, &print, Follow::default())
    }

    fn configure_bank(&self) -> Instruction {
        let args = self.world.markets[0].bank_args.clone();
        ix::configure_bank(&self.world.admin.pubkey(), &self.world.group, USD, args)
    }

    fn liquidation(&self) -> Vec<Instruction> {
        self.world.stages(&self.liquidator, &self.trader, USD, COIN).all(u64::MAX)
    }

    /// The transaction in which `probe` runs while `state` is open.
    fn around(&self, state: State, probe: &[Instruction]) -> Vec<Instruction> {
        let mut transaction = match state {
            Liquidation => self.liquidation(),
            FlashLoan => self.world.flash_loan(&self.lender, USD, DOLLAR).to_vec(),
        };
        transaction.splice(1..1, probe.iter().cloned());
        transaction
    }

    /// What the chain is after a transaction.
    fn send(&self, transaction: &[Instruction]) -> Result<Svm, Failed> {
        let admin = self.world.admin.insecure_clone();
        let everyone =
            [&self.liquidator, &self.trader, &self.lender, &self.floored, &self.newcomer].map(|one| &one.key);
        let keys: Vec<&Keypair> = everyone.into_iter().chain([&admin]).collect();
        let mut svm = self.world.svm.clone();
        svm.send(transaction, &signers(transaction, &keys))?;
        Ok(svm)
    }
}

/// Builds what is tried: the instruction, and what has to go with it.
type Build = fn(&mut Cast, State) -> Vec<Instruction>;

/// An instruction, aimed at what is open.
struct Row {
    name: &'static str,
    build: Build,
    /// What it fails with where nothing is open; nothing: it succeeds, so that what is open is the reason it fails.
    alone: [Option<&'static str>; 2],
    /// While a liquidation is open, and while a flash loan is.
    outcome: [While; 2],
}

/// An instruction that succeeds where nothing is open.
const fn row(name: &'static str, liquidation: While, flash_loan: While, build: Build) -> Row {
    Row { name, build, alone: [None, None], outcome: [liquidation, flash_loan] }
}

impl Row {
    /// It fails with this where nothing is open.
    const fn alone(self, liquidation: Option<&'static str>, flash_loan: Option<&'static str>) -> Self {
        Self { alone: [liquidation, flash_loan], ..self }
    }
}

const IN_TRANSIT: While = Fails("AccountInTransit");
const IN_FLASH_LOAN: While = Fails("BankInFlashLoan");

/// All instructions. Where the state is a flash loan, what is aimed at an account is about one for which it succeeds.
const ROWS: &[Row] = &[
    // The steps themselves.
    row("seize", Runs, Runs, |cast, state| match state {
        Liquidation => vec![cast.world.stages(&cast.liquidator, &cast.trader, USD, COIN).seize(Some(ONE_COIN))],
        FlashLoan => cast.liquidation(),
    })
    .alone(Some("NoOpenLiquidation"), None),
    row("repay", Runs, Runs, |cast, state| match state {
        Liquidation => vec![cast.world.stages(&cast.liquidator, &cast.trader, USD, COIN).repay(Some(DOLLAR))],
        FlashLoan => vec![ix::repay(&cast.trader.user(USD), &cast.world.bank(USD), Some(DOLLAR))],
    }),
    row("end_liquidation", Fails("EndNotUnique"), Runs, |cast, state| match state {
        Liquidation => cast.liquidation().split_off(1),
        FlashLoan => cast.liquidation(),
    })
    .alone(Some("NoOpenLiquidation"), None),
    row("begin_liquidation", IN_TRANSIT, Runs, |cast, state| match state {
        Liquidation => vec![cast.liquidation().swap_remove(0)],
        FlashLoan => cast.liquidation(),
    })
    .alone(Some("MissingEnd"), None),
    row("end_flash_loan", Fails("NoFlashLoan"), Fails("EndNotUnique"), |cast, _| {
        vec![cast.world.flash_loan(&cast.lender, USD, DOLLAR)[1].clone()]
    })
    .alone(Some("NoFlashLoan"), Some("NoFlashLoan")),
    row("begin_flash_loan", Moves, IN_FLASH_LOAN, |cast, state| {
        let mut both = cast.world.flash_loan(&cast.lender, USD, DOLLAR).to_vec();
        both.truncate(if state == Liquidation { 2 } else { 1 });
        both
    })
    .alone(None, Some("MissingEnd")),
    // What users do.
    row("deposit", IN_TRANSIT, Runs, |cast, _| {
        vec![ix::deposit(&cast.trader.user(COIN), &cast.world.bank(COIN), ONE_COIN)]
    }),
    row("deposit", Moves, Runs, |cast, _| vec![ix::deposit(&cast.lender.user(USD), &cast.world.bank(USD), DOLLAR)]),
    row("withdraw", IN_TRANSIT, Runs, |cast, state| {
        let (who, bank) = if state == Liquidation { (&cast.trader, COIN) } else { (&cast.lender, USD) };
        vec![ix::withdraw(&who.user(bank), &cast.world.margin(who), &cast.world.bank(bank), Some(1))]
    })
    .alone(Some("InsufficientHealth"), None),
    row("borrow", IN_TRANSIT, Runs, |cast, state| {
        let who = if state == Liquidation { &cast.trader } else { &cast.floored };
        vec![ix::borrow(&who.user(USD), &cast.world.margin(who), &cast.world.bank(USD), DOLLAR)]
    })
    .alone(Some("InsufficientHealth"), None),
    row("liquidate", IN_TRANSIT, Runs, |cast, _| {
        vec![takeover(&cast.world, &cast.liquidator, &cast.trader, USD, COIN, |it| ix::liquidate(it, DOLLAR))]
    }),
    row("liquidate", IN_TRANSIT, Runs, |cast, state| {
        let [taker, from] =
            if state == Liquidation { [&cast.trader, &cast.floored] } else { [&cast.liquidator, &cast.trader] };
        vec![takeover(&cast.world, taker, from, USD, COIN, |it| ix::liquidate(it, DOLLAR))]
    })
    .alone(Some("AccountHealthy"), None),
    row("deleverage", IN_TRANSIT, Runs, |cast, state| {
        let from = if state == Liquidation { &cast.trader } else { &cast.floored };
        vec![takeover(&cast.world, &cast.liquidator, from, USD, COIN, |it| ix::deleverage(it, DOLLAR, false))]
    })
    .alone(Some("OnlyLiquidation"), None),
    row("deleverage", IN_TRANSIT, Runs, |cast, state| {
        let taker = if state == Liquidation { &cast.trader } else { &cast.liquidator };
        vec![takeover(&cast.world, taker, &cast.floored, USD, COIN, |it| ix::deleverage(it, DOLLAR, false))]
    })
    .alone(Some("InsufficientHealth"), None),
    row("mark", IN_TRANSIT, Runs, |cast, _| vec![ix::mark(&cast.trader.account, &cast.world.margin(&cast.trader))]),
    row("resolve_bankruptcy", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        let who = if state == Liquidation { &cast.trader } else { &cast.bankrupt };
        vec![ix::resolve_bankruptcy(&who.account, &cast.world.margin(who), USD)]
    })
    .alone(Some("AccountHealthy"), None),
    row("resolve_bankruptcy", Moves, IN_FLASH_LOAN, |cast, _| {
        vec![ix::resolve_bankruptcy(&cast.bankrupt.account, &cast.world.margin(&cast.bankrupt), USD)]
    }),
    row("deposit_insurance", Moves, IN_FLASH_LOAN, |cast, _| {
        let (key, bank) = (cast.lender.key.pubkey(), cast.world.bank(USD));
        vec![ix::deposit_insurance(&key, &cast.lender.tokens[0], &bank, DOLLAR)]
    }),
    row("collect_fees", Moves, IN_FLASH_LOAN, |cast, _| {
        cast.earn_fees();
        let (destination, bank) = (cast.world.key().pubkey(), cast.world.bank(USD));
        cast.world.svm.put_tokens(&destination, &bank.mint, &cast.world.admin.pubkey(), 0);
        vec![ix::collect_fees(&destination, &bank)]
    }),
    // An account's owner.
    row("close_margin_account", IN_TRANSIT, Runs, |cast, state| {
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        let owner = who.key.pubkey();
        vec![ix::close_margin_account(&owner, &owner, &who.account)]
    })
    .alone(Some("AccountNotEmpty"), None),
    row("set_policy", IN_TRANSIT, Runs, |cast, _| {
        vec![ix::set_policy(&cast.trader.key.pubkey(), &cast.trader.account, 0, 0, 0)]
    }),
    row("set_delegate", IN_TRANSIT, Runs, |cast, _| {
        vec![ix::set_delegate(&cast.trader.key.pubkey(), &cast.trader.account, cast.lender.key.pubkey(), 1)]
    }),
    row("transfer_margin_account", IN_TRANSIT, Runs, |cast, _| {
        let [from, to] = [&cast.trader, &cast.newcomer].map(|one| one.key.pubkey());
        vec![ix::transfer_margin_account(&from, &to, &cast.trader.account)]
    }),
    row("open_margin_account", Runs, Runs, |cast, _| {
        let owner = cast.trader.key.pubkey();
        vec![ix::open_margin_account(&owner, &owner, &cast.world.group, 7)]
    }),
    // Prices.
    row("refresh_price_feed", Moves, Runs, |cast, _| {
        cast.world.svm.advance(1);
        cast.world.publish(GEM, 1_024_00000000);
        vec![ix::refresh_price_feed(&cast.world.group, 2, &[cast.world.markets[2].oracle])]
    }),
    row("add_price_feed", Moves, Runs, |cast, _| {
        let args = cast.world.markets[1].feed_args.clone();
        vec![ix::add_price_feed(&cast.world.admin.pubkey(), &cast.world.group, 3, args)]
    }),
    row("configure_price_feed", Moves, Runs, |cast, _| {
        let args = cast.world.markets[1].feed_args.clone();
        vec![ix::configure_price_feed(&cast.world.admin.pubkey(), &cast.world.group, 1, args)]
    }),
    // Banks.
    row("add_bank", Moves, Runs, |cast, _| {
        let mint = cast.world.key().pubkey();
        cast.world.svm.put_mint(&mint, 9);
        let (admin, group, args) =
            (cast.world.admin.pubkey(), cast.world.group, cast.world.markets[1].bank_args.clone());
        vec![ix::add_bank(&admin, &group, 3, &mint, &spl_token_interface::ID, 1, args)]
    }),
    row("configure_bank", Moves, IN_FLASH_LOAN, |cast, _| vec![cast.configure_bank()]),
    row("set_bank_mode", Moves, IN_FLASH_LOAN, |cast, _| {
        vec![ix::set_bank_mode(&cast.world.admin.pubkey(), &cast.world.group, USD, 1)]
    }),
    row("pause_bank", Moves, IN_FLASH_LOAN, |cast, _| {
        vec![ix::pause_bank(&cast.world.admin.pubkey(), &cast.world.group, USD, 60)]
    }),
    row("migrate_account", Fails("WrongAccountVersion"), Fails("WrongAccountVersion"), |cast, _| {
        vec![ix::migrate_account(&cast.world.bank_key(USD))]
    })
    .alone(Some("WrongAccountVersion"), Some("WrongAccountVersion")),
    // Perps.
    row("create_pool", Moves, Runs, |cast, _| {
        vec![pix::create_pool(&cast.world.admin.pubkey(), cast.world.quote(), presets::pool())]
    }),
    row("configure_pool", Runs, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        vec![pix::configure_pool(&cast.world.admin.pubkey(), cast.world.quote(), presets::pool())]
    }),
    // It counts on the board.
    row("add_perp_market", Moves, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        let (admin, lots) = (cast.world.admin.pubkey(), (symbol("GEM-PERP"), LOT_DECIMALS));
        vec![pix::add_perp_market(&admin, cast.world.quote(), 0, 2, lots, presets::market())]
    }),
    row("configure_perp_market", Runs, Runs, |cast, _| {
        cast.trade_perps();
        let (admin, quote) = (cast.world.admin.pubkey(), cast.world.quote());
        vec![pix::configure_perp_market(&admin, quote, 0, 2, 1, presets::market())]
    }),
    // Of a market the account has a position in: any change of it counts.
    row("pause_perp_market", Moves, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        let gems = cast.world.list_perp(GEM, LOT_DECIMALS, presets::market());
        cast.position(gems);
        vec![pix::pause_perp_market(&cast.world.admin.pubkey(), &cast.world.group, gems, 60)]
    }),
    row("sync_market", Runs, Runs, |cast, _| {
        cast.trade_perps();
        vec![pix::sync_market(cast.world.quote(), 0)]
    }),
    row("sync_market", Moves, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        let gems = cast.world.list_perp(GEM, LOT_DECIMALS, presets::market());
        cast.position(gems);
        vec![pix::sync_market(cast.world.quote(), gems)]
    }),
    row("deleverage_market", Runs, Runs, |cast, _| {
        cast.trade_perps();
        cast.lack_margin();
        vec![pix::deleverage_market(cast.world.quote(), 0)]
    }),
    row("deleverage_market", Moves, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        let gems = cast.world.list_perp(GEM, LOT_DECIMALS, presets::market());
        cast.position(gems);
        vec![pix::deleverage_market(cast.world.quote(), gems)]
    }),
    row("settle_market", Runs, Runs, |cast, _| {
        cast.trade_perps();
        cast.end_market(2);
        vec![pix::settle_market(cast.world.quote(), 0, 2)]
    }),
    row("settle_market", Moves, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        let gems = cast.world.list_perp(GEM, LOT_DECIMALS, presets::market());
        cast.position(gems);
        cast.end_market(2);
        vec![pix::settle_market(cast.world.quote(), gems, 2)]
    }),
    row("register_claim", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        cast.trade_perps();
        cast.end_market(3);
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        let keeper = (&cast.lender.key.pubkey(), &cast.lender.account);
        vec![pix::register_claim(keeper, cast.world.quote(), &who.account, 0)]
    })
    .alone(Some("NoPosition"), None),
    row("register_claim", Moves, IN_FLASH_LOAN, |cast, _| {
        cast.trade_perps();
        cast.end_market(3);
        let keeper = (&cast.lender.key.pubkey(), &cast.lender.account);
        vec![pix::register_claim(keeper, cast.world.quote(), &cast.newcomer.account, 0)]
    }),
    row("abandon_claim", IN_TRANSIT, Runs, |cast, state| {
        cast.trade_perps();
        cast.end_market(3);
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        let claim = PerpPosition {
            offset: [(-5i64 << 32) as u64, u64::MAX],
            entry_quote: 5,
            side: 1,
            flags: PerpPosition::REGISTERED,
            ..PerpPosition::zeroed()
        };
        cast.world.svm.edit::<MarginAccount>(&who.account, |account| {
            (account.perps[0], account.perp_count) = (claim, 1);
        });
        let market = cast.world.market_key(0);
        cast.world.svm.edit::<PerpMarket>(&market, |market| (market.registered, market.payout) = (5, 1));
        vec![pix::abandon_claim(&who.key.pubkey(), cast.world.quote(), &who.account, 0)]
    }),
    row("update_payout", Runs, Runs, |cast, _| {
        cast.trade_perps();
        cast.end_market(3);
        vec![pix::update_payout(cast.world.quote(), 0)]
    }),
    row("settle_pnl", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        cast.trade_perps();
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        vec![pix::settle_pnl(&cast.lender.key.pubkey(), cast.world.quote(), &who.account, 0)]
    })
    .alone(Some("NoPosition"), None),
    row("settle_pnl", Moves, IN_FLASH_LOAN, |cast, _| {
        cast.trade_perps();
        vec![pix::settle_pnl(&cast.lender.key.pubkey(), cast.world.quote(), &cast.newcomer.account, 0)]
    }),
    row("liquidate_perp", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        cast.trade_perps();
        let from = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        vec![cast.world.perp_liquidation(&cast.liquidator, from, 0, u64::MAX)]
    })
    .alone(Some("NoPosition"), None),
    row("liquidate_perp", IN_TRANSIT, IN_FLASH_LOAN, |cast, _| {
        cast.trade_perps();
        vec![cast.world.perp_liquidation(&cast.trader, &cast.newcomer, 0, u64::MAX)]
    }),
    row("liquidate_perp", Moves, IN_FLASH_LOAN, |cast, _| {
        cast.trade_perps();
        vec![cast.world.perp_liquidation(&cast.lender, &cast.newcomer, 0, u64::MAX)]
    }),
    row("liquidate_hedge", IN_TRANSIT, IN_FLASH_LOAN, |cast, _| {
        cast.hedge();
        let (owner, taker) = (cast.liquidator.key.pubkey(), &cast.liquidator.account);
        let (quote, follow) = (cast.world.quote(), Follow { banks: &[COIN], markets: &[] });
        vec![pix::liquidate_hedge((&owner, taker), quote, &cast.trader.account, [USD, GEM], 0, u64::MAX, follow)]
    }),
    row("close_orders", Runs, Runs, |cast, _| {
        let owner = cast.trader.key.pubkey();
        let open = pix::open_orders(&owner, &cast.trader.account);
        cast.world.send(open, &[&cast.trader.key]).expect("open_orders");
        vec![pix::close_orders(&owner, &cast.trader.account, &owner)]
    }),
    row("open_orders", Runs, Runs, |cast, _| vec![pix::open_orders(&cast.lender.key.pubkey(), &cast.trader.account)]),
    row("place_order", IN_TRANSIT, Runs, |cast, state| {
        cast.order_perps(false);
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        let args = OrderArgs { lots: 1_000_000, limit: 0, reduce_only: false, life: 60 };
        let (banks, markets) = cast.world.others(who, 0);
        let follow = Follow { banks: &banks, markets: &markets };
        vec![pix::place_order(&who.key.pubkey(), cast.world.perp(0), &who.account, args, follow)]
    })
    .alone(Some("InsufficientHealth"), None),
    row("cancel_order", IN_TRANSIT, Runs, |cast, state| {
        cast.order_perps(false);
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        vec![pix::cancel_order(&who.key.pubkey(), cast.world.perp(0), &who.account, 2)]
    })
    .alone(Some("NoOrder"), None),
    row("fill_order", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        cast.order_perps(true);
        let who = if state == Liquidation { &cast.trader } else { &cast.newcomer };
        vec![cast.fill(&cast.lender, who)]
    })
    .alone(Some("NoOrder"), None),
    row("fill_order", IN_TRANSIT, IN_FLASH_LOAN, |cast, _| {
        cast.order_perps(true);
        vec![cast.fill(&cast.trader, &cast.newcomer)]
    }),
    // The order ends: its owner is unhealthy. Nobody pays for it.
    row("fill_order", Runs, IN_FLASH_LOAN, |cast, _| {
        cast.order_perps(true);
        vec![cast.fill(&cast.lender, &cast.newcomer)]
    }),
    // Liquidity.
    row("open_liquidity_provider", Runs, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        vec![pix::open_liquidity_provider(&cast.trader.key.pubkey(), cast.world.quote())]
    }),
    row("close_liquidity_provider", Runs, Runs, |cast, _| {
        cast.world.create_pool(presets::pool());
        cast.world.open_provider(&cast.trader).expect("open_liquidity_provider");
        let owner = cast.trader.key.pubkey();
        vec![pix::close_liquidity_provider(&owner, cast.world.quote(), &owner)]
    }),
    row("close_epoch", Runs, Runs, |cast, _| {
        Cast::leave_pool(&mut cast.world, &cast.lender);
        cast.world.strike().expect("strike_epoch");
        cast.world.claim(&cast.lender, 1).expect("claim_liquidity");
        vec![pix::close_epoch(cast.world.quote(), 1, &cast.world.admin.pubkey())]
    }),
    row("request_add_liquidity", IN_TRANSIT, IN_FLASH_LOAN, |cast, state| {
        cast.world.create_pool(presets::pool());
        let who = if state == Liquidation { &cast.trader } else { &cast.lender };
        cast.world.open_provider(who).expect("open_liquidity_provider");
        let (owner, quote) = (who.key.pubkey(), cast.world.quote());
        vec![pix::request_add_liquidity(&owner, quote, &who.account, Some(DOLLAR), Follow::default())]
    })
    .alone(Some("WrongSide"), None),
    row("request_add_liquidity", Runs, IN_FLASH_LOAN, |cast, _| {
        cast.world.create_pool(presets::pool());
        cast.world.open_provider(&cast.lender).expect("open_liquidity_provider");
        let (owner, quote) = (cast.lender.key.pubkey(), cast.world.quote());
        vec![pix::request_add_liquidity(&owner, quote, &cast.lender.account, Some(DOLLAR), Follow::default())]
    }),
    row("request_remove_liquidity", Runs, Runs, |cast, _| {
        cast.trade_perps();
        vec![pix::request_remove_liquidity(&cast.lender.key.pubkey(), cast.world.quote(), DOLLAR)]
    }),
    row("strike_epoch", Runs, Runs, |cast, _| {
        Cast::leave_pool(&mut cast.world, &cast.lender);
        vec![pix::strike_epoch(&cast.lender.key.pubkey(), cast.world.quote(), 1, 1)]
    }),
    row("claim_liquidity", IN_TRANSIT, IN_FLASH_LOAN, |cast, _| {
        let other = cast.world.sub_account(&cast.trader, 1);
        cast.world.deposit(&other, USD, 10_000 * DOLLAR).expect("deposit");
        Cast::leave_pool(&mut cast.world, &other);
        cast.world.strike().expect("strike_epoch");
        vec![pix::claim_liquidity(&cast.trader.key.pubkey(), cast.world.quote(), &cast.trader.account, 1)]
    }),
    row("claim_liquidity", Moves, IN_FLASH_LOAN, |cast, _| {
        Cast::leave_pool(&mut cast.world, &cast.lender);
        cast.world.strike().expect("strike_epoch");
        vec![pix::claim_liquidity(&cast.lender.key.pubkey(), cast.world.quote(), &cast.lender.account, 1)]
    }),
    // The group.
    row("create_group", Runs, Runs, |cast, _| vec![ix::create_group(&cast.trader.key.pubkey(), 9, presets::rules())]),
    row("configure_group", Moves, Runs, |cast, _| {
        vec![ix::configure_group(&cast.world.admin.pubkey(), &cast.world.group, cast.world.group_args())]
    }),
    row("configure_risk_class", Moves, Runs, |cast, _| {
        vec![ix::configure_risk_class(&cast.world.admin.pubkey(), &cast.world.group, 0, presets::bps(1_000))]
    }),
    row("pause_risk", Moves, Runs, |cast, _| vec![ix::pause_risk(&cast.world.admin.pubkey(), &cast.world.group, 60)]),
    row("configure_timelock", Runs, Runs, |cast, _| {
        vec![ix::configure_timelock(&cast.world.admin.pubkey(), &cast.world.group, 86_400, 86_400)]
    }),
    row("propose_admin", Runs, Runs, |cast, _| {
        vec![ix::propose_admin(&cast.world.admin.pubkey(), &cast.world.group, cast.newcomer.key.pubkey())]
    }),
    row("accept_admin", Runs, Runs, |cast, _| {
        let next = cast.newcomer.key.pubkey();
        let propose = ix::propose_admin(&cast.world.admin.pubkey(), &cast.world.group, next);
        cast.world.as_admin(propose).expect("propose_admin");
        vec![ix::accept_admin(&next, &cast.world.group)]
    }),
    row("propose_change", Runs, Runs, |cast, _| {
        let change = cast.proposed(false);
        vec![ix::propose_change(&cast.world.admin.pubkey(), &cast.world.group, 1, &change)]
    }),
    row("execute_change", Moves, IN_FLASH_LOAN, |cast, _| {
        let (admin, change) = (cast.world.admin.pubkey(), cast.proposed(true));
        vec![ix::execute_change(&admin, &cast.world.group, 0, &admin, &change)]
    }),
    row("cancel_change", Runs, Runs, |cast, _| {
        let admin = cast.world.admin.pubkey();
        cast.proposed(false);
        vec![ix::cancel_change(&admin, &cast.world.group, 0, &admin)]
    }),
];

/// Nothing open is left in a chain.
fn assert_closed(svm: &Svm) {
    for (key, account) in svm.program_accounts(&ballast_client::PROGRAM_ID) {
        if let Ok(account) = MarginAccount::copy_from(&account.data) {
            assert_eq!((account.flags, account.liquidation), (0, OpenLiquidation::zeroed()), "{key}");
        }
        if let Ok(bank) = Bank::copy_from(&account.data) {
            assert_eq!(bank.flash_loaned, 0, "{key}");
        }
    }
}

fn try_row(row: &Row, state: State) {
    let at = usize::from(state == FlashLoan);
    let (alone, outcome, what) = (row.alone[at], row.outcome[at], format!("{} in {state:?}", row.name));
    let mut cast = Cast::new();
    let probe = (row.build)(&mut cast, state);
    let name = |result: &Result<Svm, Failed>| result.as_ref().err().map(Failed::name);
    assert_eq!(name(&cast.send(&probe)).as_deref(), alone, "{what}: alone");
    let empty = cast.send(&cast.around(state, &[]));
    assert_eq!(name(&empty), None, "{what}: without it");
    let result = cast.send(&cast.around(state, &probe));
    let failed_at = result.as_ref().err().and_then(Failed::instruction);
    match outcome {
        Runs => assert_eq!(name(&result), None, "{what}"),
        Fails(error) => {
            assert_eq!(name(&result).as_deref(), Some(error), "{what}");
            // The count of ends is asked by the beginning, everything else by the instruction itself.
            let by = if error == "EndNotUnique" { 0 } else { 1 };
            assert_eq!(failed_at, Some(by), "{what}");
        }
        Moves => {
            assert_eq!(name(&result).as_deref(), Some("StateMoved"), "{what}");
            assert!(failed_at > Some(probe.len()), "{what}");
        }
    }
    if let Ok(svm) = &result {
        assert_closed(svm);
    }
}

#[test]
fn every_instruction_while_a_liquidation_is_open() {
    ROWS.iter().for_each(|row| try_row(row, Liquidation));
}

#[test]
fn every_instruction_while_a_flash_loan_is_open() {
    ROWS.iter().for_each(|row| try_row(row, FlashLoan));
}

#[test]
fn no_instruction_is_left_out() {
    let named: BTreeSet<String> = ROWS.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(named, super::coverage::instructions());
}

/// In short, as the documentation says it.
#[test]
fn what_runs_is_a_short_list() {
    let which = |at: usize, outcome: While| -> BTreeSet<&str> {
        let rows = ROWS.iter().filter(move |row| row.outcome[at] == outcome);
        rows.map(|row| row.name).collect()
    };
    // Of what could touch the account, its banks or their prices: the steps alone.
    let elsewhere = [
        "accept_admin",
        "cancel_change",
        "configure_timelock",
        "create_group",
        "open_margin_account",
        "propose_admin",
        "propose_change",
        // A market the account has no position in (there is a row of one it has), and a pool that only gives and takes shares.
        "close_epoch",
        "close_liquidity_provider",
        "close_orders",
        "configure_perp_market",
        "configure_pool",
        "open_liquidity_provider",
        "open_orders",
        "request_add_liquidity",
        "request_remove_liquidity",
        "deleverage_market",
        "settle_market",
        "strike_epoch",
        "sync_market",
        "update_payout",
        // One that ends without a fee.
        "fill_order",
    ];
    let runs: BTreeSet<&str> = which(0, Runs).into_iter().filter(|name| !elsewhere.contains(name)).collect();
    assert_eq!(runs, BTreeSet::from(["repay", "seize"]));
    let waits = [
        "begin_flash_loan",
        "claim_liquidity",
        "collect_fees",
        "configure_bank",
        "deposit_insurance",
        "execute_change",
        "fill_order",
        "liquidate_hedge",
        "liquidate_perp",
        "pause_bank",
        "register_claim",
        "request_add_liquidity",
        "resolve_bankruptcy",
        "set_bank_mode",
        "settle_pnl",
    ];
    assert_eq!(which(1, IN_FLASH_LOAN), BTreeSet::from(waits));
}
