//! More of what happens in a world, in words of its story.

use ballast_client::ballast::types::{BankArgs, ConfigureGroupArgs, PriceFeedArgs, RulesArgs};
use ballast_client::presets;
use ballast_client::{addresses, instructions as ix};
use ballast_migrate::Deployment;
use ballast_state::{PriceFeed, RiskBoard};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{markets, Failed, MarketSpec, Sent, Trader, Underlying, World};

/// Banks of [`World::plain`], and what one whole token of each is in atoms.
pub mod plain {
    /// Dollars.
    pub const USD: u16 = 0;
    /// Coins at 32 USD.
    pub const COIN: u16 = 1;
    /// Gems at 1,024 USD.
    pub const GEM: u16 = 2;
    /// A dollar.
    pub const DOLLAR: u64 = 1_000_000;
    /// A coin.
    pub const ONE_COIN: u64 = 1_000_000_000;
    /// A gem.
    pub const ONE_GEM: u64 = 100_000_000;
}

/// A coin whose rates are powers of two, without impact: its health can be worked out in the head.
pub const PLAIN: Underlying = Underlying {
    symbol: "COIN",
    class: 255,
    sigma: 5_000,
    maintenance: (1_250, 1_250),
    initial: (2_500, 2_500),
    add_on: 625,
    basis: 625,
    depth: 0,
};

/// A dollar with rates of powers of two.
pub const PLAIN_DOLLAR: Underlying =
    Underlying { symbol: "USD", sigma: 0, maintenance: (625, 625), initial: (1_250, 1_250), basis: 0, ..PLAIN };

impl MarketSpec {
    /// A market without interest, so that every amount stays what it was.
    #[must_use]
    pub fn plain(underlying: Underlying, decimals: u8, price: i64) -> Self {
        let mut spec = Self::new(underlying, decimals, price);
        spec.bank.curve.iter_mut().for_each(|point| point.rate_bps = 0);
        spec.confidence = 0;
        spec
    }
}

impl World {
    /// Three markets with exact prices, rates of powers of two and no interest: dollars (bank 0, 6 decimals), a coin at
    /// 32 USD (1, 9 decimals) and a coin at 1,024 USD (2, 8 decimals).
    ///
    /// # Panics
    /// If set-up fails.
    #[must_use]
    pub fn plain() -> Self {
        let mut world = Self::empty();
        world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
        world.list(&MarketSpec::plain(Underlying { symbol: "GEM", ..PLAIN }, 8, 1_024_00000000));
        world
    }

    /// Runs `build` in another group of the same chain, which is created if it is not there.
    ///
    /// # Panics
    /// If the group cannot be created.
    pub fn elsewhere<R>(&mut self, id: u16, build: impl FnOnce(&mut Self) -> R) -> R {
        let admin = self.admin.pubkey();
        let group = addresses::group(&admin, id);
        let home = std::mem::replace(&mut self.group, group);
        let markets = std::mem::take(&mut self.markets);
        if self.svm.account(&group).is_none() {
            self.set_up(&Deployment::new(admin, id, markets::demo().group.settings.clone()));
        }
        let built = build(self);
        self.group = home;
        self.markets = markets;
        built
    }

    /// A trader with deposits of `(bank, atoms)`.
    ///
    /// # Panics
    /// If a deposit fails.
    pub fn trader_with(&mut self, deposits: &[(u16, u64)]) -> Trader {
        let trader = self.trader();
        for (bank, atoms) in deposits {
            self.deposit(&trader, *bank, *atoms).unwrap_or_else(|failed| panic!("deposit: {}", failed.name()));
        }
        trader
    }

    /// Opens another margin account of the trader's owner, with the same token accounts.
    ///
    /// # Panics
    /// If opening fails.
    pub fn sub_account(&mut self, trader: &Trader, number: u16) -> Trader {
        let owner = trader.key.pubkey();
        let open = ix::open_margin_account(&owner, &owner, &self.group, number);
        self.send(open, &[&trader.key]).expect("open_margin_account");
        Trader {
            key: trader.key.insecure_clone(),
            account: addresses::margin_account(&self.group, &owner, number),
            tokens: trader.tokens.clone(),
        }
    }

    /// A price that moved beyond every bound, printed twice so that it counts; everything else stays fresh. Takes 11 seconds.
    ///
    /// # Panics
    /// If a refresh fails.
    pub fn crash(&mut self, bank: u16, price: i64) {
        self.set_price(bank, price).expect("refresh_price_feed");
        self.advance(11);
    }

    /// As if a bank's price had been what it is for long: its average is there, and profits of perps are paid.
    pub fn calm(&mut self, bank: u16) {
        let (row, board) = (usize::from(self.markets[usize::from(bank)].row), self.board_key());
        let feed = addresses::feed(&self.group, self.markets[usize::from(bank)].row);
        self.svm.edit::<PriceFeed>(&feed, |feed| feed.ema = feed.accepted_price);
        self.svm.edit::<RiskBoard>(&board, |board| board.rows[row].is_away = 0);
    }

    /// Marks an account.
    ///
    /// # Errors
    /// What failed.
    pub fn mark(&mut self, trader: &Trader) -> Result<Sent, Failed> {
        let mark = ix::mark(&trader.account, &self.margin(trader));
        self.as_admin(mark)
    }

    /// Writes off an account's loan.
    ///
    /// # Errors
    /// What failed.
    pub fn resolve_bankruptcy(&mut self, trader: &Trader, bank: u16) -> Result<Sent, Failed> {
        let resolve = ix::resolve_bankruptcy(&trader.account, &self.margin(trader), bank);
        self.as_admin(resolve)
    }

    /// Gives atoms to a bank's insurance.
    ///
    /// # Errors
    /// What failed.
    pub fn insure(&mut self, giver: &Trader, bank: u16, atoms: u64) -> Result<Sent, Failed> {
        self.mint_to(giver, bank, atoms);
        let give =
            ix::deposit_insurance(&giver.key.pubkey(), &giver.tokens[usize::from(bank)], &self.bank(bank), atoms);
        self.send(give, &[&giver.key])
    }

    /// Sets a trader's policy, ratios in basis points and turnover in dollars.
    ///
    /// # Errors
    /// What failed.
    pub fn set_policy(&mut self, trader: &Trader, floor: u32, width: u32, dollars: u64) -> Result<Sent, Failed> {
        let ratio = |n| ballast_math::Ratio::from_bps(n).0;
        let policy = ix::set_policy(
            &trader.key.pubkey(),
            &trader.account,
            ratio(floor),
            ratio(width),
            presets::dollars(dollars),
        );
        self.send(policy, &[&trader.key])
    }

    /// Changes a bank's settings.
    ///
    /// # Errors
    /// What failed.
    pub fn configure_bank(&mut self, bank: u16, change: impl FnOnce(&mut BankArgs)) -> Result<Sent, Failed> {
        let mut args = self.markets[usize::from(bank)].bank_args.clone();
        change(&mut args);
        let configure = ix::configure_bank(&self.admin.pubkey(), &self.group, bank, args.clone());
        let sent = self.as_admin(configure)?;
        self.markets[usize::from(bank)].bank_args = args;
        Ok(sent)
    }

    /// Changes a feed's settings.
    ///
    /// # Errors
    /// What failed.
    pub fn configure_feed(&mut self, bank: u16, change: impl FnOnce(&mut PriceFeedArgs)) -> Result<Sent, Failed> {
        let market = &self.markets[usize::from(bank)];
        let mut args = market.feed_args.clone();
        change(&mut args);
        let configure = ix::configure_price_feed(&self.admin.pubkey(), &self.group, market.row, args.clone());
        let sent = self.as_admin(configure)?;
        self.markets[usize::from(bank)].feed_args = args;
        Ok(sent)
    }

    /// Changes the group's rules; the admin keeps every role.
    ///
    /// # Errors
    /// What failed.
    pub fn configure_rules(&mut self, change: impl FnOnce(&mut RulesArgs)) -> Result<Sent, Failed> {
        let mut args = self.group_args();
        change(&mut args.rules);
        let configure = ix::configure_group(&self.admin.pubkey(), &self.group, args);
        self.as_admin(configure)
    }

    /// Arguments of `configure_group` that leave a new group as it is.
    #[must_use]
    pub fn group_args(&self) -> ConfigureGroupArgs {
        ConfigureGroupArgs::from(&markets::demo().group.settings)
    }

    /// Sets a bank's mode.
    ///
    /// # Errors
    /// What failed.
    pub fn set_bank_mode(&mut self, bank: u16, mode: u8) -> Result<Sent, Failed> {
        let set = ix::set_bank_mode(&self.admin.pubkey(), &self.group, bank, mode);
        self.as_admin(set)
    }

    /// Address of a bank of this group.
    #[must_use]
    pub fn bank_key(&self, bank: u16) -> Pubkey {
        addresses::bank(&self.group, bank)
    }

    /// Address of the group's board.
    #[must_use]
    pub fn board_key(&self) -> Pubkey {
        addresses::board(&self.group)
    }
}
