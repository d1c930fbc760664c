//! Orders of a world: placed, waited for, filled at the print they met.

use ballast_client::ballast::types::OrderArgs;
use ballast_client::events::OrderFilled;
use ballast_client::perps::{self as ix, Follow};
use ballast_client::{addresses, view};
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_state::{Order, Orders};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{event, Failed, Sent, Trader, World};

/// An order at any price that lives as long as the preset lets it.
#[must_use]
pub const fn order(lots: i64) -> OrderArgs {
    OrderArgs { lots, limit: 0, reduce_only: false, life: 60 }
}

impl World {
    /// A trader with deposits of `(bank, atoms)` and an account of orders.
    ///
    /// # Panics
    /// If set-up fails.
    pub fn perp_trader(&mut self, deposits: &[(u16, u64)]) -> Trader {
        let trader = self.trader_with(deposits);
        let open = ix::open_orders(&trader.key.pubkey(), &trader.account);
        self.send(open, &[&trader.key]).expect("open_orders");
        trader
    }

    /// The trader's pending orders.
    #[must_use]
    pub fn orders(&self, trader: &Trader) -> Orders {
        self.svm.read(&addresses::orders(&trader.account))
    }

    /// A pending order of the trader's.
    ///
    /// # Panics
    /// If there is none of this number.
    #[must_use]
    pub fn pending(&self, trader: &Trader, id: u64) -> Order {
        *self.orders(trader).slots.iter().find(|order| order.id == id).expect("a pending order")
    }

    /// `place_order` as the trader would send it.
    #[must_use]
    pub fn place_order(&self, trader: &Trader, market: u16, args: OrderArgs) -> Instruction {
        self.following(trader, market, |follow| {
            ix::place_order(&trader.key.pubkey(), self.perp(market), &trader.account, args, follow)
        })
    }

    /// Places an order.
    ///
    /// # Errors
    /// What failed.
    pub fn place(&mut self, trader: &Trader, market: u16, args: OrderArgs) -> Result<Sent, Failed> {
        self.send(self.place_order(trader, market, args), &[&trader.key])
    }

    /// Takes an order back.
    ///
    /// # Errors
    /// What failed.
    pub fn cancel(&mut self, trader: &Trader, market: u16, id: u64) -> Result<Sent, Failed> {
        let cancel = ix::cancel_order(&trader.key.pubkey(), self.perp(market), &trader.account, id);
        self.send(cancel, &[&trader.key])
    }

    /// `fill_order` at the print in an account.
    #[must_use]
    pub fn fill_order(&self, keeper: &Trader, trader: &Trader, market: u16, id: u64, print: &Pubkey) -> Instruction {
        self.following(trader, market, |follow| {
            let keeper = (&keeper.key.pubkey(), &keeper.account);
            ix::fill_order(keeper, self.perp(market), &trader.account, id, print, follow)
        })
    }

    /// Fills an order at the print the market's feed was refreshed from last.
    ///
    /// # Errors
    /// What failed.
    pub fn fill(&mut self, keeper: &Trader, trader: &Trader, market: u16, id: u64) -> Result<Sent, Failed> {
        let row = self.market(market).feed;
        let print = self.markets.iter().find(|market| market.row == row).expect("a market on the row").oracle;
        self.send(self.fill_order(keeper, trader, market, id, &print), &[&keeper.key])
    }

    /// Waits for the moment of an order, at which the market's feed prints this price, and fills it there.
    ///
    /// # Errors
    /// What failed.
    pub fn fill_at(
        &mut self,
        keeper: &Trader,
        trader: &Trader,
        market: u16,
        id: u64,
        price: i64,
    ) -> Result<Sent, Failed> {
        let (row, order) = (self.market(market).feed, self.pending(trader, id));
        self.svm.set_time(order.eligible_ts);
        self.markets.iter_mut().filter(|market| market.row == row).for_each(|market| market.price = price);
        self.refresh_all();
        self.sync_others(trader, market);
        self.fill(keeper, trader, market, id)
    }

    /// Places an order at any price and fills it at the price, unless it is refused.
    ///
    /// # Panics
    /// If a step fails.
    pub fn trade_at(&mut self, keeper: &Trader, trader: &Trader, market: u16, lots: i64, price: i64) -> OrderFilled {
        let placed = self.place(trader, market, order(lots)).unwrap_or_else(|failed| panic!("{}", failed.name()));
        let id = event!(placed, OrderPlaced).id;
        let sent = self.fill_at(keeper, trader, market, id, price);
        event!(sent.unwrap_or_else(|failed| panic!("{}", failed.name())), OrderFilled)
    }

    /// Brings the trader's markets but this one to the board's prices.
    ///
    /// # Panics
    /// If one cannot be.
    pub fn sync_others(&mut self, trader: &Trader, market: u16) {
        for position in self.margin(trader).positions().iter().filter(|position| position.market != market) {
            self.sync(position.market).expect("sync_market");
        }
    }

    /// Moves what a position won or lost, as its owner.
    ///
    /// # Errors
    /// What failed.
    pub fn settle_own(&mut self, trader: &Trader, market: u16) -> Result<Sent, Failed> {
        let settle = self.settlement(&trader.key.pubkey(), trader, market);
        self.send(settle, &[&trader.key])
    }

    /// Writes an update of a bank's feed to an account of its own: published now, a second after the one before it, at the
    /// last price, but for what is changed.
    pub fn post(&mut self, bank: u16, change: impl FnOnce(&mut PythPullUpdate)) -> Pubkey {
        let market = &self.markets[usize::from(bank)];
        let mut update = PythPullUpdate {
            feed_id: market.feed_id,
            price: market.price,
            confidence: 0,
            exponent: -8,
            publish_time: self.svm.now(),
            previous_publish_time: self.svm.now() - 1,
            posted_slot: self.svm.clock().slot,
        };
        change(&mut update);
        let key = self.key().pubkey();
        let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
        self.svm.put_data(&key, &owner, update.to_bytes());
        key
    }

    /// What an instruction about a market has to be followed by for the trader's health.
    fn following<T>(&self, trader: &Trader, market: u16, build: impl FnOnce(Follow<'_>) -> T) -> T {
        let account = self.margin(trader);
        let banks = view::banks_to_follow(&[&account], &[self.quote().bank]);
        let positions = account.positions().iter().map(|position| position.market);
        let markets: Vec<u16> = positions.filter(|other| *other != market).collect();
        build(Follow { banks: &banks, markets: &markets })
    }
}
