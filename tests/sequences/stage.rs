//! The stage of a story: markets, owners and their wallets; how a step becomes an instruction; what everything is after it.

use ballast_client::ballast::types::{BankArgs, CurvePointArgs, PriceFeedArgs, SideArgs};
use ballast_client::instructions::{self as ix, Takeover, User};
use ballast_client::presets;
use ballast_client::{addresses, view};
use ballast_math::Ratio;
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::Now;
use ballast_state::{Bank, Group, MarginAccount, PriceFeed, RiskBoard, Zeroable};
use ballast_testkit::{Failed, Market, MarketSpec, Sent, Underlying, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::step::{Do, OfBank, OfFeed, OfRules, Step, ADMIN};

/// People with margin accounts. The first lends, the next two take over, the others borrow.
pub(crate) const OWNERS: u8 = 8;
/// Margin accounts: slot `n` is number `n / OWNERS` of owner `n % OWNERS`.
pub(crate) const SLOTS: u8 = 12;

/// Row of the feed with two sources.
pub(crate) const TWO_SOURCES: u8 = 3;
/// What the second of them calls it.
const SECOND_FEED_ID: [u8; 32] = [9; 32];

pub(crate) const fn owner_of(slot: u8) -> u8 {
    slot % OWNERS
}

/// Every account of the group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) now: Now,
    pub(crate) group: Group,
    pub(crate) board: Box<RiskBoard>,
    pub(crate) feeds: Vec<PriceFeed>,
    pub(crate) banks: Vec<Bank>,
    /// Tokens in the banks' vaults.
    pub(crate) vaults: Vec<u64>,
    /// Margin accounts by slot.
    pub(crate) accounts: Vec<Option<MarginAccount>>,
    /// Tokens in the wallets, by owner (administration last) and bank.
    pub(crate) wallets: Vec<Vec<u64>>,
}

impl State {
    pub(crate) fn bank(&self, index: u16) -> Option<&Bank> {
        self.banks.get(usize::from(index))
    }

    pub(crate) fn account(&self, slot: u8) -> Option<&MarginAccount> {
        self.accounts.get(usize::from(slot)).and_then(Option::as_ref)
    }

    /// All tokens of a bank's mint.
    pub(crate) fn tokens(&self, bank: usize) -> u128 {
        let wallets: u128 = self.wallets.iter().filter_map(|owner| owner.get(bank)).map(|held| u128::from(*held)).sum();
        wallets + u128::from(self.vaults.get(bank).copied().unwrap_or(0))
    }
}

/// A world on which steps are done.
pub(crate) struct Stage {
    pub(crate) world: World,
    owners: Vec<Keypair>,
    /// Token accounts by owner (administration last) and bank.
    wallets: Vec<Vec<Pubkey>>,
    /// Account of the second source of [`TWO_SOURCES`].
    second: Pubkey,
    /// What each market began at.
    pub(crate) first_prices: Vec<i64>,
    /// The feeds' settings as listed, by row.
    listed_feeds: Vec<PriceFeedArgs>,
    /// The banks' settings as listed.
    pub(crate) listed_banks: Vec<BankArgs>,
    rules: ballast_client::ballast::types::RulesArgs,
    /// What everything is.
    pub(crate) state: State,
}

impl Stage {
    /// Five feeds: two hedge each other, one has two sources, one asks no more at Initial than at Maintenance. Six banks, two of
    /// them of dollars; decimals from 2 to 12; interest, fees and caps in all.
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

        let owners: Vec<Keypair> = (0..OWNERS).map(|_| world.key()).collect();
        for (number, owner) in owners.iter().enumerate() {
            world.svm.fund(&owner.pubkey());
            let open = ix::open_margin_account(&owner.pubkey(), &owner.pubkey(), &world.group, 0);
            world.send(open, &[owner]).unwrap_or_else(|failed| panic!("owner {number}: {}", failed.name()));
        }
        let wallets = vec![Vec::new(); owners.len() + 1];
        let first_prices = world.markets.iter().map(|market| market.price).collect();
        let listed_feeds = world.markets[..5].iter().map(|market| market.feed_args.clone()).collect();
        let listed_banks: Vec<BankArgs> = world.markets.iter().map(|market| market.bank_args.clone()).collect();
        let state = State {
            now: world.now(),
            group: Group::zeroed(),
            board: Box::new(world.board()),
            feeds: Vec::new(),
            banks: Vec::new(),
            vaults: Vec::new(),
            accounts: Vec::new(),
            wallets: Vec::new(),
        };
        let rules = presets::rules();
        let mut stage = Self { world, owners, wallets, second, first_prices, listed_feeds, listed_banks, rules, state };
        stage.give_wallets();
        stage.state = stage.look();
        stage
    }

    /// A wallet for everybody in every bank that has none yet, with four times the bank's deposit cap: all of them together
    /// less than a mint can have, for the token program relies on that.
    fn give_wallets(&mut self) {
        let keys: Vec<Pubkey> = self.owners.iter().chain([&self.world.admin]).map(Signer::pubkey).collect();
        for bank in self.wallets[0].len()..self.world.markets.len() {
            let (mint, cap) = (self.world.markets[bank].mint, self.world.markets[bank].bank_args.deposit_cap);
            for (wallets, key) in self.wallets.iter_mut().zip(&keys) {
                let address = self.world.key().pubkey();
                self.world.svm.put_tokens(&address, &mint, key, cap.saturating_mul(4).min(u64::MAX / 16));
                wallets.push(address);
            }
        }
    }

    /// Reads everything.
    fn look(&self) -> State {
        let (world, svm) = (&self.world, &self.world.svm);
        let group: Group = svm.read(&world.group);
        let banks: Vec<Bank> = (0..group.bank_count).map(|index| world.bank(index)).collect();
        State {
            now: world.now(),
            group,
            board: Box::new(world.board()),
            feeds: (0..group.feed_count).map(|row| world.feed(row)).collect(),
            vaults: banks.iter().map(|bank| svm.tokens(&bank.vault)).collect(),
            banks,
            accounts: (0..SLOTS).map(|slot| self.read_slot(slot)).collect(),
            wallets: self.wallets.iter().map(|own| own.iter().map(|key| svm.tokens(key)).collect()).collect(),
        }
    }

    fn read_slot(&self, slot: u8) -> Option<MarginAccount> {
        let account = self.world.svm.account(&self.slot_key(slot))?;
        view::decode(&account.data).ok()
    }

    fn slot_key(&self, slot: u8) -> Pubkey {
        let owner = &self.owners[usize::from(owner_of(slot))];
        addresses::margin_account(&self.world.group, &owner.pubkey(), u16::from(slot / OWNERS))
    }

    fn signer(&self, by: u8) -> &Keypair {
        self.owners.get(usize::from(by)).unwrap_or(&self.world.admin)
    }

    fn wallet(&self, by: u8, bank: u16) -> Pubkey {
        let owner = usize::from(by.min(OWNERS));
        self.wallets[owner].get(usize::from(bank)).copied().unwrap_or_default()
    }

    /// Does a step. Returns what was before it, and what the chain said of the instruction, if it is one.
    pub(crate) fn act(&mut self, step: Step) -> (State, Option<Result<Sent, Failed>>) {
        let outcome = self.send(step);
        let after = self.look();
        (std::mem::replace(&mut self.state, after), outcome)
    }

    fn send(&mut self, step: Step) -> Option<Result<Sent, Failed>> {
        match step.does {
            Do::Wait { seconds } => {
                self.world.svm.advance(seconds.into());
                return None;
            }
            Do::Print { row, source, price, confidence, age } => self.print(row, source, price, confidence, age),
            _ => {}
        }
        let mut listing = None;
        let instruction = match step.does {
            Do::AddBank { row, decimals } => {
                let market = self.new_market(row, decimals);
                let add = self.add_bank(step.by, &market);
                listing = Some(market);
                add
            }
            _ => self.instruction(step)?,
        };
        let signer = self.signer(step.by).insecure_clone();
        let sent = self.world.svm.send(&[instruction], &[&signer]);
        if sent.is_ok() {
            if let Some(market) = listing {
                self.listed_banks.push(market.bank_args.clone());
                self.first_prices.push(market.price);
                self.world.markets.push(market);
                self.give_wallets();
            }
            self.remember(step);
        }
        Some(sent)
    }

    fn print(&mut self, row: u8, source: u8, price: i64, confidence: u32, age: u32) {
        let bank = self.world.markets.iter().find(|market| market.row == row).map_or(0, |market| market.bank);
        let width = i128::from(price) * i128::from(confidence) / 10_000;
        let width = u64::try_from(width).unwrap_or(0);
        let published = self.world.svm.now() - i64::from(age);
        if source == 0 {
            self.world.publish_at(bank, price, width, published);
            for market in self.world.markets.iter_mut().filter(|market| market.row == row) {
                market.price = price;
            }
            return;
        }
        let update = PythPullUpdate {
            feed_id: SECOND_FEED_ID,
            price,
            confidence: width,
            exponent: -8,
            publish_time: published,
            previous_publish_time: published - 1,
            posted_slot: self.world.svm.clock().slot,
        };
        let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
        self.world.svm.put_data(&self.second, &owner, update.to_bytes());
    }

    fn new_market(&mut self, row: u8, decimals: u8) -> Market {
        let index = self.world.markets.iter().position(|market| market.row == row).unwrap_or(0);
        let mint = self.world.key().pubkey();
        self.world.svm.put_mint(&mint, decimals);
        let like = &self.world.markets[index];
        let bank = u16::try_from(self.world.markets.len()).unwrap_or(u16::MAX);
        let mut market = Market { bank, mint, decimals, ..like.clone() };
        // A million dollars, whatever the decimals.
        let cap = 10u128.saturating_pow(14 + u32::from(decimals)) / u128::from(market.price.unsigned_abs().max(1));
        let cap = u64::try_from(cap).unwrap_or(u64::MAX / 4_000);
        market.bank_args = presets::bank(cap, cap);
        market
    }

    fn add_bank(&self, by: u8, market: &Market) -> Instruction {
        let (signer, group) = (self.signer(by).pubkey(), self.world.group);
        let args = market.bank_args.clone();
        ix::add_bank(&signer, &group, market.bank, &market.mint, &spl_token_interface::ID, market.row, args)
    }

    /// Settings that the next change starts from.
    fn remember(&mut self, step: Step) {
        match step.does {
            Do::ConfigureBank { bank, sets } => {
                if let Some(args) = self.bank_args(bank, sets) {
                    self.world.markets[usize::from(bank)].bank_args = args;
                }
            }
            Do::ConfigureFeed { row, sets } => {
                if let Some(args) = self.feed_args(row, sets) {
                    for market in self.world.markets.iter_mut().filter(|market| market.row == row) {
                        market.feed_args = args.clone();
                    }
                }
            }
            Do::ConfigureRules { sets } => self.rules = self.rules_args(sets),
            _ => {}
        }
    }

    fn bank_args(&self, bank: u16, sets: OfBank) -> Option<BankArgs> {
        let mut args = self.world.markets.get(usize::from(bank))?.bank_args.clone();
        match sets {
            OfBank::DepositCap(atoms) => args.deposit_cap = atoms,
            OfBank::BorrowCap(atoms) => args.borrow_cap = atoms,
            OfBank::MaxUtilisation(bps) => args.max_utilisation = Ratio::from_bps(bps).0,
            OfBank::HourlyLimit(atoms) => args.hourly_limit = atoms,
            OfBank::DailyLimit(atoms) => args.daily_limit = atoms,
            OfBank::InterestFee(bps) => args.interest_fee = presets::bps(bps),
            OfBank::Borrowable(yes) => args.borrowable = yes,
            OfBank::Collateral(yes) => args.collateral = yes,
            OfBank::Curve(points) => {
                args.curve = points
                    .iter()
                    .map(|&(utilisation_bps, rate_bps)| CurvePointArgs { utilisation_bps, rate_bps })
                    .collect();
            }
        }
        Some(args)
    }

    fn feed_args(&self, row: u8, sets: OfFeed) -> Option<PriceFeedArgs> {
        let mut args = self.world.markets.iter().find(|market| market.row == row)?.feed_args.clone();
        let listed = self.listed_feeds.get(usize::from(row))?;
        match sets {
            OfFeed::Sigma(bps) => args.rates.sigma = Ratio::from_bps(bps).0,
            OfFeed::Rates { floor, cap } => {
                let side = |side: &SideArgs| {
                    let part = |bps: u32| u32::try_from(u64::from(side.floor) * u64::from(bps) / 10_000).unwrap_or(0);
                    SideArgs { k: side.k, floor: part(floor), cap: part(cap) }
                };
                args.rates.maintenance_long = side(&listed.rates.maintenance_long);
                args.rates.maintenance_short = side(&listed.rates.maintenance_short);
                args.rates.initial_long = side(&listed.rates.initial_long);
                args.rates.initial_short = side(&listed.rates.initial_short);
            }
            OfFeed::Basis(bps) => args.rates.basis = presets::bps(bps),
            OfFeed::JumpMin(bps) => args.judge.jump_min = presets::bps(bps),
        }
        Some(args)
    }

    fn rules_args(&self, sets: OfRules) -> ballast_client::ballast::types::RulesArgs {
        let mut rules = self.rules;
        match sets {
            OfRules::Target(bps) => rules.liquidation_target = Ratio::from_bps(bps).0,
            OfRules::Dust(dollars) => rules.dust = presets::dollars(dollars),
            OfRules::CoolOff(seconds) => rules.cool_off = seconds,
            OfRules::InsuranceShare(bps) => rules.insurance_share = presets::bps(bps),
            OfRules::DeleverageInterval(seconds) => rules.deleverage_interval = seconds,
        }
        rules
    }

    /// The instruction of a step; nothing where the step names what is not there.
    fn instruction(&self, step: Step) -> Option<Instruction> {
        let (signer, group) = (self.signer(step.by).pubkey(), self.world.group);
        let user = |slot: u8, bank: u16| User {
            authority: signer,
            margin_account: self.slot_key(slot),
            tokens: self.wallet(step.by, bank),
        };
        let account = |slot: u8| {
            self.state.account(slot).copied().unwrap_or_else(|| MarginAccount { group, ..MarginAccount::zeroed() })
        };
        let bank = |index: u16| self.state.bank(index);
        let takeover = |taker: u8,
                        from: u8,
                        loan_bank: u16,
                        collateral_bank: u16,
                        build: &dyn Fn(&Takeover<'_>) -> Instruction| {
            build(&Takeover {
                authority: signer,
                taker: self.slot_key(taker),
                taker_state: &account(taker),
                account: self.slot_key(from),
                account_state: &account(from),
                loan_bank,
                collateral_bank,
            })
        };
        Some(match step.does {
            Do::Wait { .. } | Do::AddBank { .. } => return None,
            Do::Open { slot } => {
                let owner = self.owners[usize::from(owner_of(slot))].pubkey();
                let mut open = ix::open_margin_account(&owner, &owner, &group, u16::from(slot / OWNERS));
                // Somebody else pays, and the owner does not sign.
                if owner != signer {
                    open.accounts[0].pubkey = signer;
                    open.accounts[1].is_signer = false;
                }
                open
            }
            Do::Close { slot } => ix::close_margin_account(&signer, &signer, &self.slot_key(slot)),
            Do::Deposit { slot, bank: index, atoms } => ix::deposit(&user(slot, index), bank(index)?, atoms),
            Do::Withdraw { slot, bank: index, atoms } => {
                ix::withdraw(&user(slot, index), &account(slot), bank(index)?, atoms)
            }
            Do::Borrow { slot, bank: index, atoms } => {
                ix::borrow(&user(slot, index), &account(slot), bank(index)?, atoms)
            }
            Do::Repay { slot, bank: index, atoms } => ix::repay(&user(slot, index), bank(index)?, atoms),
            Do::Liquidate { taker, from, loan, collateral, most } => {
                takeover(taker, from, loan, collateral, &|pair| ix::liquidate(pair, most))
            }
            Do::Deleverage { taker, from, loan, collateral, most, wind_down } => {
                takeover(taker, from, loan, collateral, &|pair| ix::deleverage(pair, most, wind_down))
            }
            Do::Resolve { slot, bank } => ix::resolve_bankruptcy(&self.slot_key(slot), &account(slot), bank),
            Do::Mark { slot } => ix::mark(&self.slot_key(slot), &account(slot)),
            Do::SetPolicy { slot, floor, width, dollars } => {
                let [floor, width] = [floor, width].map(|bps| Ratio::from_bps(bps).0);
                ix::set_policy(&signer, &self.slot_key(slot), floor, width, presets::dollars(dollars))
            }
            Do::Print { row, .. } => {
                let market = self.world.markets.iter().find(|market| market.row == row)?;
                let sources = [market.oracle, self.second];
                ix::refresh_price_feed(&group, row, &sources[..if row == TWO_SOURCES { 2 } else { 1 }])
            }
            Do::Donate { bank: index, atoms } => {
                let from = self.wallet(step.by, index);
                let program = spl_token_interface::ID;
                let to = bank(index)?.vault;
                spl_token_interface::instruction::transfer(&program, &from, &to, &signer, &[], atoms).ok()?
            }
            Do::Insure { bank: index, atoms } => {
                ix::deposit_insurance(&signer, &self.wallet(step.by, index), bank(index)?, atoms)
            }
            // To the fee recipient, whoever asks.
            Do::CollectFees { bank: index } => ix::collect_fees(&self.wallet(ADMIN, index), bank(index)?),
            Do::PauseBank { bank, seconds } => ix::pause_bank(&signer, &group, bank, seconds),
            Do::PauseRisk { seconds } => ix::pause_risk(&signer, &group, seconds),
            Do::SetMode { bank, mode } => ix::set_bank_mode(&signer, &group, bank, mode),
            Do::ConfigureBank { bank, sets } => ix::configure_bank(&signer, &group, bank, self.bank_args(bank, sets)?),
            Do::ConfigureFeed { row, sets } => {
                ix::configure_price_feed(&signer, &group, row, self.feed_args(row, sets)?)
            }
            Do::ConfigureRules { sets } => {
                let mut args = self.world.group_args();
                args.rules = self.rules_args(sets);
                ix::configure_group(&signer, &group, args)
            }
            Do::ConfigureClass { class, kappa } => {
                ix::configure_risk_class(&signer, &group, class, presets::bps(kappa))
            }
        })
    }
}
