//! Administration: settings as instructions, at once or through the timelock.

use ballast_client::ballast::types::{
    BankArgs, ConfigureGroupArgs, CurvePointArgs, MarketArgs, PriceFeedArgs, RulesArgs, SideArgs,
};
use ballast_client::instructions as ix;
use ballast_client::presets;
use ballast_math::Ratio;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::Stage;
use crate::step::{Do, How, OfBank, OfFeed, OfRules, Step, ADMIN, GUARDIAN, RISK_ADMIN};

/// Settings that the next change starts from.
#[derive(Clone)]
pub(super) enum Settings {
    Bank(u16, BankArgs),
    Feed(u8, PriceFeedArgs),
    Rules(RulesArgs),
    Perp(u16, MarketArgs),
    Proposed(u64, Proposal),
}

/// A change that was proposed.
#[derive(Clone)]
pub(super) struct Proposal {
    /// Where it waits.
    pub(super) key: Pubkey,
    change: Instruction,
    settings: Option<Box<Settings>>,
}

impl Stage {
    /// What a step sets, if it succeeds.
    pub(super) fn settings_after(&self, step: Step) -> Option<Settings> {
        if step.how == How::Proposed {
            let now = Step { how: How::Now, ..step };
            let settings = self.settings_after(now).map(Box::new);
            let number = self.state.group.change_count;
            let proposal = Proposal { key: self.world.change_key(number), change: self.instruction(now)?, settings };
            return Some(Settings::Proposed(number, proposal));
        }
        Some(match step.does {
            Do::ConfigureBank { bank, sets } => Settings::Bank(bank, self.bank_args(bank, sets)?),
            Do::ConfigureFeed { row, sets } => Settings::Feed(row, self.feed_args(row, sets)?),
            Do::ConfigureRules { sets } => Settings::Rules(self.rules_args(sets)),
            Do::Perp(does) => {
                let (market, args) = self.perp_args_after(does)?;
                Settings::Perp(market, args)
            }
            Do::Execute { number, .. } => *self.proposed.get(&number)?.settings.clone()?,
            _ => return None,
        })
    }

    pub(super) fn remember(&mut self, settings: Settings) {
        match settings {
            Settings::Bank(bank, args) => self.world.markets[usize::from(bank)].bank_args = args,
            Settings::Feed(row, args) => {
                let markets = self.world.markets.iter_mut().chain([&mut self.index]);
                for market in markets.filter(|market| market.row == row) {
                    market.feed_args = args.clone();
                }
            }
            Settings::Rules(rules) => self.rules = rules,
            Settings::Perp(market, args) => match self.perp_args.get_mut(usize::from(market)) {
                Some(known) => *known = args,
                None => self.perp_args.push(args),
            },
            Settings::Proposed(number, proposal) => {
                self.proposed.insert(number, proposal);
            }
        }
    }

    /// A step as the change it would be.
    pub(super) fn proposing(&self, step: Step) -> Option<Instruction> {
        let change = self.instruction(Step { how: How::Now, ..step })?;
        let number = self.state.group.change_count;
        Some(ix::propose_change(&self.key_of(step.by), &self.world.group, number, &change))
    }

    /// The instruction of a step of administration.
    pub(super) fn administration(&self, step: Step) -> Option<Instruction> {
        let (signer, group) = (self.key_of(step.by), self.world.group);
        Some(match step.does {
            Do::PauseBank { bank, seconds } => ix::pause_bank(&signer, &group, bank, seconds),
            Do::PauseRisk { seconds } => ix::pause_risk(&signer, &group, seconds),
            Do::SetMode { bank, mode } => ix::set_bank_mode(&signer, &group, bank, mode),
            Do::ConfigureBank { bank, sets } => ix::configure_bank(&signer, &group, bank, self.bank_args(bank, sets)?),
            Do::ConfigureFeed { row, sets } => {
                ix::configure_price_feed(&signer, &group, row, self.feed_args(row, sets)?)
            }
            Do::ConfigureRules { sets } => ix::configure_group(&signer, &group, self.group_args(self.rules_args(sets))),
            Do::ConfigureClass { class, kappa } => {
                ix::configure_risk_class(&signer, &group, class, presets::bps(kappa))
            }
            Do::ProposeAdmin { who } => ix::propose_admin(&signer, &group, self.key_of(who)),
            Do::AcceptAdmin => ix::accept_admin(&signer, &group),
            Do::ConfigureTimelock { delay, expiry } => ix::configure_timelock(&signer, &group, delay, expiry),
            Do::Execute { number, proposer, mixed } => {
                let nothing = || Instruction { program_id: ballast_client::PROGRAM_ID, accounts: vec![], data: vec![] };
                let mut change = self.proposed.get(&number).map_or_else(nothing, |proposal| proposal.change.clone());
                if let (true, [.., left, right]) = (mixed, change.accounts.as_mut_slice()) {
                    std::mem::swap(left, right);
                }
                ix::execute_change(&signer, &group, number, &self.key_of(proposer), &change)
            }
            Do::Cancel { number, proposer } => ix::cancel_change(&signer, &group, number, &self.key_of(proposer)),
            _ => return None,
        })
    }

    /// The group with such rules, and its roles as they are on this stage.
    pub(super) fn group_args(&self, rules: RulesArgs) -> ConfigureGroupArgs {
        ConfigureGroupArgs {
            rules,
            risk_admin: self.key_of(RISK_ADMIN),
            guardian: self.key_of(GUARDIAN),
            fee_recipient: self.key_of(ADMIN),
            ..self.world.group_args()
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
        let mut args = self.market_of(row)?.feed_args.clone();
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

    fn rules_args(&self, sets: OfRules) -> RulesArgs {
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
}
