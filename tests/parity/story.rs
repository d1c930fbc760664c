//! One world with traders, in which every action is done twice: by the engine on the host and by the ELF.

use std::collections::BTreeMap;

use ballast_client::instructions as ix;
use ballast_client::presets;
use ballast_math::Ratio;
use ballast_migrate::units::{Class, Share};
use ballast_migrate::FeedPlan;
use ballast_testkit::{listing, Failed, MarketSpec, Sent, Trader, World};
use solana_signer::Signer;

use super::host::{shown, Action, Host};

/// A world and who acts in it.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) traders: Vec<Trader>,
    /// What each market began at.
    pub(crate) first_prices: Vec<i64>,
    /// How often each action succeeded and failed, by its name.
    pub(crate) done: BTreeMap<String, [u32; 2]>,
}

impl Story {
    /// Five markets with interest, of odd decimals; two of them hedge each other in a class; `traders` traders, the first
    /// of whom lends in every market.
    pub(crate) fn new(traders: usize) -> Self {
        let mut world = World::empty();
        let like = |known: &str, symbol: &str| {
            let symbol = symbol.parse().expect("a symbol");
            FeedPlan { symbol, ..listing(known).0 }
        };
        let coin = FeedPlan { class: Class(1), ..like("SOL", "COIN") };
        let mut staked = FeedPlan { class: Class(1), ..like("SOL", "STAKED") };
        staked.rates.maintenance_add_on = Share(presets::bps(400));
        staked.rates.initial_add_on = Share(presets::bps(400));
        for (feed, decimals, price) in [
            (listing("USDC").0, 6, 99_987_654),
            (coin, 9, 31_41592653),
            (staked, 5, 35_77777777),
            (like("BTC", "BIG"), 2, 19_876_54321098),
            (like("ETH", "FINE"), 15, 1_234_56789012),
        ] {
            let mut spec = MarketSpec::new(feed, decimals, price);
            if decimals == 15 {
                (spec.bank.deposit_cap, spec.bank.borrow_cap) = (u64::MAX / 8, u64::MAX / 8);
            }
            world.list(&spec);
        }
        let kappa = ix::configure_risk_class(&world.admin.pubkey(), &world.group, 1, presets::bps(2_000));
        world.as_admin(kappa).expect("configure_risk_class");
        let traders: Vec<Trader> = (0..traders).map(|_| world.trader()).collect();
        let first_prices = world.markets.iter().map(|market| market.price).collect();
        let mut story = Self { world, traders, first_prices, done: BTreeMap::new() };
        for bank in 0..5 {
            let atoms = story.worth(bank, 200_000);
            story.must(Action::Deposit { who: 0, bank, atoms });
        }
        story
    }

    /// So many dollars of a bank's token in atoms, at the published price.
    pub(crate) fn worth(&self, bank: u16, dollars: u64) -> u64 {
        let market = &self.world.markets[usize::from(bank)];
        let atoms =
            u128::from(dollars) * 10u128.pow(u32::from(market.decimals) + 8) / u128::from(market.price.unsigned_abs());
        u64::try_from(atoms).unwrap_or(u64::MAX).min(u64::MAX / 8)
    }

    /// Lets a trader be deleveraged below a health factor of `floor` basis points.
    pub(crate) fn set_policy(&mut self, who: usize, floor: u32) {
        let trader = &self.traders[who];
        let ratio = |bps| Ratio::from_bps(bps).0;
        let dollars = presets::dollars(1_000_000);
        let set = ix::set_policy(&trader.key.pubkey(), &trader.account, ratio(floor), ratio(1_000), dollars);
        self.world.send(set, &[&trader.key]).expect("set_policy");
    }

    /// Does it on both sides, and asserts that they are one. Returns the chain's answer.
    pub(crate) fn act(&mut self, action: Action) -> Result<Sent, Failed> {
        let mut host = Host::of(&self.world, &self.traders);
        let before = host.clone();
        if let Action::Deposit { who, bank, .. } | Action::Repay { who, bank, .. } | Action::Insure { who, bank, .. } =
            action
        {
            self.fill_wallet(who, bank);
        }
        let expected = host.run(&action, &self.world);
        let result = self.send(&action);
        match (&expected, &result) {
            (Ok(event), Ok(sent)) => {
                assert_eq!(sent.events.len(), 1, "{action:?}");
                assert_eq!(&shown(&sent.events[0]), event, "{action:?}");
                host.assert_is(&self.world, &self.traders, &action);
            }
            (Err(error), Err(failed)) => {
                assert_eq!(&failed.name(), error, "{action:?}: {:#?}", failed.logs);
                before.assert_is(&self.world, &self.traders, &action);
            }
            (Ok(_), Err(failed)) => panic!("{action:?}: only the chain refuses: {} {:#?}", failed.name(), failed.logs),
            (Err(error), Ok(_)) => panic!("{action:?}: only the host refuses: {error}"),
        }
        self.world.check_invariants();
        let kind = format!("{action:?}").split(' ').next().unwrap_or_default().to_owned();
        self.done.entry(kind).or_default()[usize::from(result.is_err())] += 1;
        result
    }

    /// As [`Story::act`], and it must succeed.
    pub(crate) fn must(&mut self, action: Action) {
        self.act(action).unwrap_or_else(|failed| panic!("{action:?}: {}", failed.name()));
    }

    /// Nobody ever lacks tokens: what the token program thinks is not compared here.
    fn fill_wallet(&mut self, who: usize, bank: u16) {
        let (trader, mint) = (&self.traders[who], self.world.markets[usize::from(bank)].mint);
        self.world.svm.put_tokens(&trader.tokens[usize::from(bank)], &mint, &trader.key.pubkey(), u64::MAX / 4);
    }

    fn send(&mut self, action: &Action) -> Result<Sent, Failed> {
        let Self { world, traders, .. } = self;
        match *action {
            Action::Deposit { who, bank, atoms } => {
                let deposit = ix::deposit(&traders[who].user(bank), &world.bank(bank), atoms);
                world.send(deposit, &[&traders[who].key])
            }
            Action::Withdraw { who, bank, atoms } => world.withdraw(&traders[who], bank, atoms),
            Action::Borrow { who, bank, atoms } => world.borrow(&traders[who], bank, atoms),
            Action::Repay { who, bank, atoms } => world.repay(&traders[who], bank, atoms),
            Action::Insure { who, bank, atoms } => {
                let trader = &traders[who];
                let tokens = &trader.tokens[usize::from(bank)];
                let give = ix::deposit_insurance(&trader.key.pubkey(), tokens, &world.bank(bank), atoms);
                world.send(give, &[&trader.key])
            }
            Action::Liquidate { who, from, loan, collateral, most } => {
                world.liquidate(&traders[who], &traders[from], loan, collateral, most)
            }
            Action::Deleverage { who, from, loan, collateral, most, wind_down } => {
                world.deleverage(&traders[who], &traders[from], loan, collateral, most, wind_down)
            }
            Action::Resolve { who, bank } => world.resolve_bankruptcy(&traders[who], bank),
            Action::Mark { who } => world.mark(&traders[who]),
            Action::Refresh { bank } => world.refresh(bank),
        }
    }

    /// Publishes a price and lets both sides take it in.
    pub(crate) fn price(&mut self, bank: u16, price: i64) {
        self.world.publish(bank, price);
        let _ = self.act(Action::Refresh { bank });
    }

    /// Publishes all prices anew.
    pub(crate) fn refresh_all(&mut self) {
        for bank in 0..5 {
            let price = self.world.markets[usize::from(bank)].price;
            self.price(bank, price);
        }
    }
}
