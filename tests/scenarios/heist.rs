//! A group with a timelock and users, a thief with a stolen key and money of its own, and what is measured about them.

use std::collections::BTreeSet;

use ballast_client::view::Banks;
use ballast_client::{addresses, PROGRAM_ID};
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_state::{Account as _, Bank, Group, MarginAccount};
use ballast_testkit::Roles;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::support::*;

/// Whose key is stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stolen {
    Admin,
    RiskAdmin,
    Guardian,
    PendingAdmin,
    FeeRecipient,
    Forecaster,
    /// Who created the group and has handed it over.
    Deployer,
    /// A delegate of a user, with every right.
    Delegate,
    /// Nobody's: a user's own.
    User,
}

impl Stolen {
    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Admin,
        Self::RiskAdmin,
        Self::Guardian,
        Self::PendingAdmin,
        Self::FeeRecipient,
        Self::Forecaster,
        Self::Deployer,
        Self::Delegate,
        Self::User,
    ];
}

/// Users, by their number in [`Heist::users`].
pub(crate) const LENDER: usize = 0;
pub(crate) const BORROWER: usize = 1;
pub(crate) const SAVER: usize = 2;
/// Has a delegate.
pub(crate) const PRINCIPAL: usize = 3;
/// Could let keepers act.
pub(crate) const GEARED: usize = 4;
pub(crate) const LIQUIDATOR: usize = 5;

/// The scene.
pub(crate) struct Heist {
    pub(crate) world: World,
    pub(crate) roles: Roles,
    pub(crate) users: Vec<Trader>,
    /// The thief's accounts: of its own keys, and last of the stolen one.
    pub(crate) thieves: Vec<Trader>,
    /// Changes that were published.
    pub(crate) proposed: Vec<(u64, Instruction)>,
    /// The thief's mint, and a bank for it in a group of the thief's.
    pub(crate) fake_mint: Pubkey,
    pub(crate) fake_bank: Bank,
    /// Accounts that say coins cost a thousand times as much, of another program and of another feed.
    pub(crate) fake_oracles: [Pubkey; 2],
    pub(crate) start: Start,
}

/// How things stood when the key was stolen.
#[derive(Clone)]
pub(crate) struct Start {
    pub(crate) ts: i64,
    pub(crate) thieves: i128,
    pub(crate) users: i128,
    group: Group,
    board: RiskBoard,
    banks: Banks,
}

impl Heist {
    /// The scene when a key has just been stolen.
    pub(crate) fn new(stolen: Stolen) -> Self {
        let mut world = World::plain();
        for bank in [USD, COIN, GEM] {
            let limits = |args: &mut ballast_client::ballast::types::BankArgs| {
                (args.hourly_limit, args.daily_limit) = (args.deposit_cap / 2, args.deposit_cap);
            };
            world.configure_bank(bank, limits).expect("configure_bank");
        }
        let users = users(&mut world);
        let mut thieves: Vec<Trader> = (0..2).map(|_| thief(&mut world)).collect();
        let roles = world.appoint();
        let deployer = world.admin.insecure_clone();
        if stolen == Stolen::Deployer {
            let next = world.svm.rich_keypair();
            world.as_admin(ix::propose_admin(&deployer.pubkey(), &world.group, next.pubkey())).expect("propose_admin");
            world.send(ix::accept_admin(&next.pubkey(), &world.group), &[&next]).expect("accept_admin");
            world.admin = next;
        }
        let pending = world.svm.rich_keypair();
        if stolen == Stolen::PendingAdmin {
            let name = ix::propose_admin(&world.admin.pubkey(), &world.group, pending.pubkey());
            world.as_admin(name).expect("propose_admin");
        }
        world.lock();
        let key = match stolen {
            Stolen::Admin => world.admin.insecure_clone(),
            Stolen::RiskAdmin => roles.risk_admin.insecure_clone(),
            Stolen::Guardian => roles.guardian.insecure_clone(),
            Stolen::PendingAdmin => pending,
            Stolen::FeeRecipient => roles.fee_recipient.insecure_clone(),
            Stolen::Forecaster => roles.forecaster.insecure_clone(),
            Stolen::Deployer => deployer,
            Stolen::Delegate | Stolen::User => thieves[1].key.insecure_clone(),
        };
        if stolen == Stolen::Delegate {
            let (owner, account) = (&users[PRINCIPAL].key, users[PRINCIPAL].account);
            let name = ix::set_delegate(&owner.pubkey(), &account, key.pubkey(), ballast_state::rights::ALL);
            world.send(name, &[owner]).expect("set_delegate");
        }
        if !thieves.iter().any(|thief| thief.key == key) {
            thieves.push(trader_of(&mut world, key));
        }
        // An approval from long ago: it lowers every guard, was never executed, and expired yesterday.
        let mut args = world.markets[1].bank_args.clone();
        (args.hourly_limit, args.daily_limit) = (u64::MAX, u64::MAX);
        let old = ix::configure_bank(&world.admin.pubkey(), &world.group, COIN, args);
        let proposed = vec![(world.propose(&old), old)];
        world.svm.advance(i64::from(DELAY + EXPIRY) + 86_400);
        world.refresh_all();
        let (fake_mint, fake_bank) = fakes(&mut world, &thieves[0]);
        let fake_oracles = fake_oracles(&mut world);
        world.check_invariants();
        let mut heist =
            Self { start: start(&world), world, roles, users, thieves, proposed, fake_mint, fake_bank, fake_oracles };
        (heist.start.thieves, heist.start.users) = (heist.value(&heist.thieves), heist.value(&heist.users));
        heist
    }

    /// Keys the thief has.
    pub(crate) fn held(&self) -> Vec<&Keypair> {
        self.thieves.iter().map(|thief| &thief.key).collect()
    }

    /// All that people own, in wallets and margin accounts, at the prices of the beginning; units of 2⁻⁴⁰ · 10⁻⁹ USD, exact.
    pub(crate) fn value(&self, people: &[Trader]) -> i128 {
        let owners: BTreeSet<Pubkey> = people.iter().map(|one| one.key.pubkey()).collect();
        let accounts = self.world.margin_accounts();
        let accounts: Vec<&MarginAccount> = accounts.iter().filter(|account| owners.contains(&account.owner)).collect();
        let worth = |market: &ballast_testkit::Market| {
            let bank = self.world.bank(market.bank);
            let indices = ballast_risk::interest::project(&bank, self.world.now()).expect("indices");
            let wallets: i128 =
                people.iter().map(|one| i128::from(self.world.svm.tokens(&one.tokens[usize::from(market.bank)]))).sum();
            let balances = accounts.iter().filter_map(|account| account.balance(market.bank));
            let booked: i128 = balances
                .map(|balance| {
                    if balance.is_loan() {
                        -i128::from(indices.liability.amount_up(balance.shares).expect("a debt"))
                    } else {
                        i128::from(indices.asset.amount_down(balance.shares).expect("a claim"))
                    }
                })
                .sum();
            let price = i128::from(self.start.board.rows[usize::from(market.row)].mid);
            (wallets + booked) * price * 10i128.pow(9 - u32::from(market.decimals))
        };
        self.world.markets.iter().map(worth).sum()
    }

    /// Which users' accounts could be liquidated now.
    pub(crate) fn unhealthy(&self) -> Vec<usize> {
        let numbers = 0..self.users.len();
        numbers.filter(|number| self.world.health(&self.users[*number]).is_negative()).collect()
    }

    /// Nothing that can add risk is other than it was, and roles are where they were, but for an admin who accepted.
    pub(crate) fn assert_nothing_added_risk(&self) {
        let (start, group) = (&self.start, self.world.svm.read::<Group>(&self.world.group));
        let named = [start.group.admin, start.group.pending_admin];
        assert!(named.contains(&group.admin), "another admin");
        assert_eq!(
            (group.risk_admin, group.guardian, group.forecaster, group.fee_recipient, group.max_pause),
            (
                start.group.risk_admin,
                start.group.guardian,
                start.group.forecaster,
                start.group.fee_recipient,
                start.group.max_pause
            )
        );
        assert_eq!((group.bank_count, group.feed_count), (start.group.bank_count, start.group.feed_count));
        assert!(group.timelock_delay >= DELAY && group.timelock_expiry <= EXPIRY);
        let board = self.world.board();
        assert_eq!((board.rules, board.class_kappa), (start.board.rules, start.board.class_kappa));
        for (row, before) in board.rows.iter().zip(&start.board.rows) {
            let settings = |row: &ballast_state::RiskRow| {
                let rates = (row.maintenance_long, row.maintenance_short, row.initial_long, row.initial_short);
                (rates, row.maintenance_add_on, row.initial_add_on, row.impact_cap, row.basis, row.class)
            };
            assert_eq!(settings(row), settings(before));
        }
        for (index, before) in &start.banks {
            let bank = self.world.bank(*index);
            assert!(ballast_risk::limits::is_tighter(before, &bank), "bank {index}");
            assert!(bank.mode <= 1 && bank.wind_down_ts == 0, "bank {index} is wound down");
            assert_eq!(
                (bank.deposit_cap_limit, bank.borrow_cap_limit),
                (before.deposit_cap_limit, before.borrow_cap_limit)
            );
        }
    }

    /// Tries every exit on a copy of the chain: repaying, topping up, leaving without debt, deleverage, liquidation and
    /// bankruptcy.
    pub(crate) fn assert_exits_are_open(&mut self) {
        let (svm, markets) = (self.world.svm.clone(), self.world.markets.clone());
        self.world.svm.advance(1);
        self.world.refresh_all();
        for number in [BORROWER, PRINCIPAL, GEARED] {
            let user = &self.users[number];
            let account = self.world.margin(user);
            let owes = |bank: u16| account.balance(bank).is_some_and(ballast_state::Balance::is_loan);
            if !owes(USD) {
                continue;
            }
            for bank in [COIN, GEM].into_iter().filter(|bank| !owes(*bank)) {
                self.world.deposit(user, bank, 1_000_000).unwrap_or_else(|failed| panic!("top-up: {}", failed.name()));
            }
            self.world.mint_to(user, USD, DOLLAR);
            self.world.repay(user, USD, Some(DOLLAR)).unwrap_or_else(|failed| panic!("repay: {}", failed.name()));
        }
        for (number, bank, atoms) in [(LENDER, USD, DOLLAR), (SAVER, COIN, ONE_COIN)] {
            // What others have borrowed is not there.
            if self.world.vault(bank) >= atoms {
                let left = self.world.withdraw(&self.users[number], bank, Some(atoms));
                left.unwrap_or_else(|failed| panic!("withdraw: {}", failed.name()));
            }
        }
        let [borrower, geared, liquidator] = [BORROWER, GEARED, LIQUIDATOR].map(|number| &self.users[number]);
        let owes =
            |world: &World, user: &Trader| world.margin(user).balance(USD).is_some_and(ballast_state::Balance::is_loan);
        if owes(&self.world, geared) {
            self.world.set_policy(geared, 40_000, 500, 100_000).expect("set_policy");
            let done = self.world.deleverage(liquidator, geared, USD, GEM, 10 * DOLLAR, false);
            done.unwrap_or_else(|failed| panic!("deleverage: {}", failed.name()));
        }
        self.world.svm.advance(1);
        self.world.crash(COIN, 20_00000000);
        if self.world.health(borrower).is_negative() {
            let done = self.world.liquidate(liquidator, borrower, USD, COIN, 10 * DOLLAR);
            done.unwrap_or_else(|failed| panic!("liquidate: {}", failed.name()));
            // Nothing is left of it.
            self.world.svm.edit::<MarginAccount>(&borrower.account, |account| {
                account
                    .balances
                    .iter_mut()
                    .filter(|balance| balance.is_deposit())
                    .for_each(|balance| balance.shares = 1);
            });
            let done = self.world.resolve_bankruptcy(borrower, USD);
            done.unwrap_or_else(|failed| panic!("resolve_bankruptcy: {}", failed.name()));
        }
        (self.world.svm, self.world.markets) = (svm, markets);
    }
}

/// Lender, borrower, saver, principal, geared, liquidator.
fn users(world: &mut World) -> Vec<Trader> {
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let saver = world.trader_with(&[(COIN, 1_000 * ONE_COIN), (GEM, 10 * ONE_GEM)]);
    let principal = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let geared = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    for (user, dollars) in [(&borrower, 2_048), (&principal, 1_000), (&geared, 6_000)] {
        world.borrow(user, USD, dollars * DOLLAR).expect("borrow");
    }
    vec![lender, borrower, saver, principal, geared, liquidator]
}

/// Somebody with 5,000 USD and 50 coins in the bank, and as much again and gems in the wallet.
fn thief(world: &mut World) -> Trader {
    let thief = world.trader_with(&[(USD, 5_000 * DOLLAR), (COIN, 50 * ONE_COIN)]);
    for (bank, atoms) in [(USD, 5_000 * DOLLAR), (COIN, 50 * ONE_COIN), (GEM, 5 * ONE_GEM)] {
        world.mint_to(&thief, bank, atoms);
    }
    thief
}

/// The stolen key's own margin account and wallet, with a hundred dollars.
fn trader_of(world: &mut World, key: Keypair) -> Trader {
    world.svm.fund(&key.pubkey());
    let (owner, group) = (key.pubkey(), world.group);
    world.send(ix::open_margin_account(&owner, &owner, &group, 0), &[&key]).expect("open_margin_account");
    let mut tokens = Vec::new();
    for bank in 0..world.markets.len() {
        let address = world.key().pubkey();
        world.svm.put_tokens(&address, &world.markets[bank].mint, &owner, 0);
        tokens.push(address);
    }
    let trader = Trader { key, account: addresses::margin_account(&group, &owner, 0), tokens };
    world.mint_to(&trader, USD, 100 * DOLLAR);
    trader
}

/// A group of the thief's, in which its own mint is worth a dollar and collateral.
fn fakes(world: &mut World, thief: &Trader) -> (Pubkey, Bank) {
    let (who, mint) = (thief.key.pubkey(), world.key().pubkey());
    world.svm.put_mint(&mint, 6);
    let group = addresses::group(&who, 0);
    let send = |world: &mut World, instruction| {
        world.send(instruction, &[&thief.key]).unwrap_or_else(|failed| panic!("{}", failed.name()))
    };
    send(world, ix::create_group(&who, 0, presets::rules()));
    send(world, ix::add_price_feed(&who, &group, 0, PLAIN_DOLLAR.feed(vec![presets::fixed(1_000_000)])));
    send(world, ix::refresh_price_feed(&group, 0, &[]));
    let args = presets::bank(1 << 40, 1 << 40);
    send(world, ix::add_bank(&who, &group, 0, &mint, &spl_token_interface::ID, 0, args));
    (mint, world.svm.read(&addresses::bank(&group, 0)))
}

/// What a thief can write: an account of its own program that looks like Pyth's, and Pyth's own about something else.
fn fake_oracles(world: &mut World) -> [Pubkey; 2] {
    let market = &world.markets[usize::from(COIN)];
    let update = PythPullUpdate {
        feed_id: market.feed_id,
        price: market.price * 1_000,
        confidence: 0,
        exponent: -8,
        publish_time: world.svm.now() + 1,
        previous_publish_time: world.svm.now(),
        posted_slot: world.svm.clock().slot,
    };
    let (theirs, other) = (Pubkey::new_from_array([66; 32]), world.markets[usize::from(GEM)].oracle);
    let key = world.key().pubkey();
    world.svm.put_data(&key, &theirs, update.to_bytes());
    [key, other]
}

fn start(world: &World) -> Start {
    Start {
        ts: world.svm.now(),
        thieves: 0,
        users: 0,
        group: world.svm.read(&world.group),
        board: world.board(),
        banks: world.banks(),
    }
}

/// Every account of the program and the wallets and vaults around it, to be put in wrong places.
pub(crate) fn addresses_of(heist: &Heist) -> Vec<Pubkey> {
    let world = &heist.world;
    let mut keys: Vec<Pubkey> = world.svm.program_accounts(&PROGRAM_ID).into_iter().map(|(key, _)| key).collect();
    keys.sort();
    for people in [&heist.users, &heist.thieves] {
        for one in people {
            keys.push(one.key.pubkey());
            keys.extend(&one.tokens);
        }
    }
    for market in &world.markets {
        keys.extend([market.mint, market.oracle, world.bank(market.bank).vault]);
    }
    keys.extend([heist.fake_mint, heist.fake_bank.vault, addresses::timelock(&world.group)]);
    keys.extend(heist.fake_oracles);
    keys
}

/// A margin account that may be gone.
pub(crate) fn margin(world: &World, key: &Pubkey) -> Option<MarginAccount> {
    world.svm.account(key).and_then(|account| MarginAccount::copy_from(&account.data).ok())
}
