//! How the stage is set up, and what comes onto it: markets, wallets, prices.

use std::collections::BTreeMap;

use ballast_client::ballast::types::{BankArgs, PriceFeedArgs};
use ballast_client::instructions as ix;
use ballast_client::{addresses, presets};
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::price::PriceObservation;
use ballast_state::{Account, Bank, TransferFee};
use ballast_testkit::{Market, MarketSpec, Underlying, World, TOKEN_2022};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{opener_of, Keys, Stage, State, OWNERS, SECOND_FEED_ID, SLOTS, TWO_SOURCES};
use crate::step::{ADMIN, GUARDIAN, HEIR, RISK_ADMIN};

impl Keys {
    /// Of a world with its first feeds and banks, and these people, owners first.
    fn of(world: &World, people: Vec<(u8, Pubkey)>) -> Self {
        let slot = |slot: u8| {
            let (_, opener) = people[usize::from(opener_of(slot))];
            addresses::margin_account(&world.group, &opener, u16::from(slot / OWNERS))
        };
        Self {
            board: world.board_key(),
            feeds: (0..world.board().row_count).map(|row| addresses::feed(&world.group, row)).collect(),
            banks: world.markets.iter().map(|market| world.bank_key(market.bank)).collect(),
            slots: (0..SLOTS).map(slot).collect(),
            pool: world.pool_key(),
            markets: Vec::new(),
            orders: (0..SLOTS).map(slot).map(|account| addresses::orders(&account)).collect(),
            providers: people[..usize::from(OWNERS)]
                .iter()
                .map(|(_, owner)| addresses::provider(&world.pool_key(), owner))
                .collect(),
            kept: Vec::new(),
            epochs: Vec::new(),
            people,
        }
    }
}

impl Stage {
    /// Six feeds: two hedge each other, one has two sources, one asks no more at Initial than at Maintenance, one has no bank. Six
    /// banks, two of them of dollars; decimals from 2 to 12; interest, fees and caps in all. Three perp markets.
    pub(crate) fn new() -> Self {
        let mut world = World::empty();
        let coin = Underlying {
            symbol: "COIN",
            class: 1,
            sigma: 9_000,
            maintenance: (980, 800),
            initial: (2_440, 2_080),
            add_on: 200,
            basis: 200,
            depth: 50_000_000,
        };
        let alone = Underlying { class: 255, ..coin };
        // Two banks share it, so that it needs a basis.
        let dollar = Underlying {
            symbol: "USDC",
            sigma: 100,
            maintenance: (50, 50),
            initial: (100, 100),
            add_on: 50,
            basis: 60,
            depth: 0,
            ..alone
        };
        let big = Underlying {
            symbol: "BIG",
            sigma: 4_700,
            maintenance: (510, 410),
            initial: (1_270, 1_080),
            add_on: 100,
            basis: 100,
            depth: 300_000_000,
            ..alone
        };
        let level = Underlying {
            symbol: "LEVEL",
            sigma: 6_000,
            maintenance: (670, 550),
            initial: (670, 550),
            add_on: 150,
            basis: 150,
            depth: 150_000_000,
            ..alone
        };
        for (underlying, decimals, price) in [
            (dollar, 6, 99_987_654),
            (coin, 9, 31_41592653),
            (Underlying { symbol: "STAKED", add_on: 400, ..coin }, 5, 35_77777777),
            (big, 2, 19_876_54321098),
            (level, 12, 1_234_56789012),
        ] {
            let mut spec = MarketSpec::new(underlying, decimals, price);
            // Caps of five million dollars.
            spec.bank.deposit_cap /= 20;
            spec.bank.borrow_cap /= 20;
            world.list(&spec);
        }
        world.list_under(0, 8);
        let second = world.key().pubkey();
        let add = |args: &mut PriceFeedArgs| args.sources.push(presets::pyth_pull(SECOND_FEED_ID));
        world.configure_feed(TWO_SOURCES.into(), add).expect("configure_price_feed");
        let admin = world.admin.pubkey();
        let kappa = ix::configure_risk_class(&admin, &world.group, 1, presets::bps(2_000));
        world.as_admin(kappa).expect("configure_risk_class");

        let index = super::perps::list(&mut world);

        let owners: Vec<Keypair> = (0..OWNERS).map(|_| world.key()).collect();
        for (number, owner) in owners.iter().enumerate() {
            world.svm.fund(&owner.pubkey());
            let open = ix::open_margin_account(&owner.pubkey(), &owner.pubkey(), &world.group, 0);
            world.send(open, &[owner]).unwrap_or_else(|failed| panic!("owner {number}: {}", failed.name()));
        }
        let [heir, guardian, risk_admin] = [(); 3].map(|()| world.key());
        for key in [&heir, &guardian, &risk_admin] {
            world.svm.fund(&key.pubkey());
        }
        let wallets = vec![Vec::new(); owners.len() + 1];
        let feeds = || world.markets[..5].iter().chain([&index]);
        let first_prices = feeds().map(|market| market.price).collect();
        let listed_feeds = feeds().map(|market| market.feed_args.clone()).collect();
        let listed_banks: Vec<BankArgs> = world.markets.iter().map(|market| market.bank_args.clone()).collect();
        let rules = presets::rules();
        let roles = [(ADMIN, &world.admin), (HEIR, &heir), (GUARDIAN, &guardian), (RISK_ADMIN, &risk_admin)];
        let people = (0..OWNERS).zip(&owners).chain(roles).map(|(person, key)| (person, key.pubkey())).collect();
        let keys = Keys::of(&world, people);
        let mut stage = Self {
            state: State::unseen(&world),
            world,
            owners,
            heir,
            guardian,
            risk_admin,
            wallets,
            second,
            index,
            printed: Vec::new(),
            perp_args: super::perps::listed(),
            first_prices,
            listed_feeds,
            listed_banks,
            rules,
            proposed: BTreeMap::new(),
            keys,
        };
        let args = stage.group_args(rules);
        let appoint = ix::configure_group(&admin, &stage.world.group, args);
        stage.world.as_admin(appoint).expect("configure_group");
        stage.give_wallets();
        stage.meet_perps();
        stage.keys.kept = stage.first_prices.iter().map(|_| stage.world.key().pubkey()).collect();
        stage.state = stage.look();
        stage.printed = stage.state.feeds.iter().map(|feed| feed.accepted_ts).collect();
        stage
    }

    /// A wallet for everybody in every bank that has none yet, with four times the bank's deposit cap: all of them together
    /// less than a mint can have, for the token program relies on that.
    fn give_wallets(&mut self) {
        let keys: Vec<Pubkey> = self.owners.iter().chain([&self.world.admin]).map(Signer::pubkey).collect();
        for bank in self.wallets[0].len()..self.world.markets.len() {
            let Market { mint, token_program, ref bank_args, .. } = self.world.markets[bank];
            let atoms = bank_args.deposit_cap.saturating_mul(4).min(u64::MAX / 16);
            for (wallets, key) in self.wallets.iter_mut().zip(&keys) {
                let address = self.world.key();
                if token_program == TOKEN_2022 {
                    self.world.create_tokens_2022(&address, &mint, key, 0);
                    self.world.mint_2022(&mint, &address.pubkey(), atoms);
                } else {
                    self.world.svm.put_tokens(&address.pubkey(), &mint, key, atoms);
                }
                wallets.push(address.pubkey());
            }
        }
    }

    /// A source publishes. Of the first one an update says when the one before it was published, and of two at one time that
    /// the later has nothing to tell.
    pub(super) fn print(&mut self, row: u8, source: u8, price: i64, confidence: u32, age: u32) {
        let Some(market) = self.market_of(row) else { return };
        let (feed_id, oracle) =
            if source == 0 { (market.feed_id, market.oracle) } else { (SECOND_FEED_ID, self.second) };
        let width = i128::from(price) * i128::from(confidence) / 10_000;
        let publish_time = self.world.svm.now() - i64::from(age);
        let mut previous_publish_time = publish_time - 1;
        if source == 0 {
            if let Some(printed) = self.printed.get_mut(usize::from(row)) {
                previous_publish_time = (*printed).min(publish_time);
                *printed = publish_time;
            }
            let markets = self.world.markets.iter_mut().chain([&mut self.index]);
            markets.filter(|market| market.row == row).for_each(|market| market.price = price);
            let observation = PriceObservation {
                price: price.into(),
                confidence: width.unsigned_abs(),
                exponent: -8,
                publish_time,
                previous_publish_time: Some(previous_publish_time),
                slot: self.world.svm.clock().slot,
            };
            let prints = self.state.perps.prints.entry(row).or_default();
            *prints = [Some(observation), prints[0]];
            if let (Some(kept), Some(last)) = (self.keys.kept.get(usize::from(row)), self.world.svm.account(&oracle)) {
                self.world.svm.put_data(kept, &last.owner, last.data);
            }
        }
        let update = PythPullUpdate {
            feed_id,
            price,
            confidence: u64::try_from(width).unwrap_or(0),
            exponent: -8,
            publish_time,
            previous_publish_time,
            posted_slot: self.world.svm.clock().slot,
        };
        let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
        self.world.svm.put_data(&oracle, &owner, update.to_bytes());
    }

    pub(super) fn new_market(&mut self, row: u8, decimals: u8, fee: u16) -> Market {
        let (mint, token_program) = if fee == 0 {
            let mint = self.world.key().pubkey();
            self.world.svm.put_mint(&mint, decimals);
            (mint, spl_token_interface::ID)
        } else {
            let most = 10u64.checked_pow(decimals.into()).unwrap_or(u64::MAX);
            (self.world.fee_mint(decimals, TransferFee { most, basis_points: fee }), TOKEN_2022)
        };
        let like = self.market_of(row).unwrap_or(&self.index);
        let bank = u16::try_from(self.world.markets.len()).unwrap_or(u16::MAX);
        let mut market = Market { bank, mint, token_program, decimals, ..like.clone() };
        // A million dollars, whatever the decimals.
        let cap = 10u128.saturating_pow(14 + u32::from(decimals)) / u128::from(market.price.unsigned_abs().max(1));
        let cap = u64::try_from(cap).unwrap_or(u64::MAX / 4_000);
        market.bank_args = presets::bank(cap, cap);
        market
    }

    pub(super) fn add_bank(&self, by: u8, market: &Market) -> Instruction {
        let (signer, group) = (self.key_of(by), self.world.group);
        let args = market.bank_args.clone();
        ix::add_bank(&signer, &group, market.bank, &market.mint, &market.token_program, market.row, args)
    }

    /// A market that was listed: wallets for it.
    pub(super) fn enlist(&mut self, market: Market) {
        self.keys.banks.push(self.world.bank_key(market.bank));
        self.listed_banks.push(market.bank_args.clone());
        self.world.markets.push(market);
        self.give_wallets();
    }

    /// Writes a bank as the version before would have: without what came after it.
    pub(super) fn write_old(&mut self, bank: u16) {
        let Some(seen) = self.state.banks.get_mut(usize::from(bank)) else { return };
        *seen = Bank {
            flash_fee: 0,
            warm_up: 0,
            warm_ts: 0,
            deposit_cap_limit: seen.deposit_cap,
            borrow_cap_limit: seen.borrow_cap,
            ..*seen
        };
        let old = Bank { version: Bank::VERSION - 1, deposit_cap_limit: 0, borrow_cap_limit: 0, ..*seen };
        let key = self.world.bank_key(bank);
        self.world.svm.edit(&key, |bank: &mut Bank| *bank = old);
    }
}
