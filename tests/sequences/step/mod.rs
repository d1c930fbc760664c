//! What can happen: instructions, and what goes on around them. A step is complete in itself, so that a list of them is a
//! story that can be shortened, printed and told again.

mod halved;
mod name;
mod perps;

pub(crate) use perps::{OfMarket, OfPerps};

/// Signs for administration, and is the admin at first.
pub(crate) const ADMIN: u8 = 255;
/// To whom administration may pass.
pub(crate) const HEIR: u8 = 254;
/// The group's guardian.
pub(crate) const GUARDIAN: u8 = 253;
/// The group's risk admin.
pub(crate) const RISK_ADMIN: u8 = 252;
/// No key at all.
pub(crate) const NOBODY: u8 = 251;

/// Who signs, and what it is. For what nobody signs, whoever pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// One of the [`OWNERS`](crate::stage::OWNERS), or a role.
    pub(crate) by: u8,
    pub(crate) does: Do,
    pub(crate) how: How,
}

/// How a step is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// As it is. It ends its transaction.
    Now,
    /// In one transaction with the next step.
    Joined,
    /// Not done, but proposed to the timelock.
    Proposed,
}

/// Who does a step, for its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    pub(crate) person: u8,
    /// The account's owner.
    pub(crate) owner: bool,
    /// Its delegate, and not its owner.
    pub(crate) delegate: bool,
}

/// A step.
pub(crate) const fn by(by: u8, does: Do) -> Step {
    Step { by, does, how: How::Now }
}

/// A step in one transaction with the next.
pub(crate) const fn join(by: u8, does: Do) -> Step {
    Step { by, does, how: How::Joined }
}

/// A step that is proposed to the timelock.
pub(crate) const fn propose(by: u8, does: Do) -> Step {
    Step { by, does, how: How::Proposed }
}

/// Margin accounts are named by slot, banks by index, feeds by row. Amounts are atoms, prices 10⁻⁸ USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Open {
        slot: u8,
    },
    Close {
        slot: u8,
    },
    Deposit {
        slot: u8,
        bank: u16,
        atoms: u64,
    },
    /// No amount: all of it. To whose wallet, here and at loans.
    Withdraw {
        slot: u8,
        bank: u16,
        atoms: Option<u64>,
        to: u8,
    },
    Borrow {
        slot: u8,
        bank: u16,
        atoms: u64,
        to: u8,
    },
    /// No amount: all of it.
    Repay {
        slot: u8,
        bank: u16,
        atoms: Option<u64>,
    },
    Liquidate {
        taker: u8,
        from: u8,
        loan: u16,
        collateral: u16,
        most: u64,
    },
    BeginLiquidation {
        from: u8,
        loan: u16,
        collateral: u16,
        most: u64,
    },
    /// No amount: all of it.
    Seize {
        from: u8,
        bank: u16,
        atoms: Option<u64>,
    },
    EndLiquidation {
        from: u8,
        loan: u16,
        collateral: u16,
    },
    BeginFlashLoan {
        bank: u16,
        atoms: u64,
    },
    EndFlashLoan {
        bank: u16,
    },
    Deleverage {
        taker: u8,
        from: u8,
        loan: u16,
        collateral: u16,
        most: u64,
        wind_down: bool,
    },
    Resolve {
        slot: u8,
        bank: u16,
    },
    Mark {
        slot: u8,
    },
    /// Ratios in basis points.
    SetPolicy {
        slot: u8,
        floor: u32,
        width: u32,
        dollars: u64,
    },
    /// Rights are the bits that the program knows.
    SetDelegate {
        slot: u8,
        to: u8,
        rights: u32,
    },
    /// Both sign.
    Transfer {
        slot: u8,
        to: u8,
    },
    /// A source of the feed prints, so many seconds ago, with a confidence in basis points, and the feed is refreshed.
    Print {
        row: u8,
        source: u8,
        price: i64,
        confidence: u32,
        age: u32,
    },
    /// Time passes; no instruction.
    Wait {
        seconds: u32,
    },
    /// Tokens sent to a vault, past the program.
    Donate {
        bank: u16,
        atoms: u64,
    },
    /// Tokens sent to another's wallet, past the program.
    Spend {
        bank: u16,
        atoms: u64,
        to: u8,
    },
    Insure {
        bank: u16,
        atoms: u64,
    },
    CollectFees {
        bank: u16,
    },
    PauseBank {
        bank: u16,
        seconds: u32,
    },
    PauseRisk {
        seconds: u32,
    },
    SetMode {
        bank: u16,
        mode: u8,
    },
    ConfigureBank {
        bank: u16,
        sets: OfBank,
    },
    ConfigureFeed {
        row: u8,
        sets: OfFeed,
    },
    ConfigureRules {
        sets: OfRules,
    },
    ConfigureClass {
        class: u8,
        kappa: u32,
    },
    /// Lists a bank of another mint under a feed. A transfer of the token costs so many basis points, a whole token at most.
    AddBank {
        row: u8,
        decimals: u8,
        fee: u16,
    },
    ProposeAdmin {
        who: u8,
    },
    AcceptAdmin,
    /// Seconds.
    ConfigureTimelock {
        delay: u32,
        expiry: u32,
    },
    /// Runs a change, saying who proposed it; mixed: with its last two accounts exchanged.
    Execute {
        number: u64,
        proposer: u8,
        mixed: bool,
    },
    Cancel {
        number: u64,
        proposer: u8,
    },
    /// Migrates a bank: as it is, or as the version before would have written it.
    Migrate {
        bank: u16,
        old: bool,
    },
    /// Perps, and the pool they are traded against.
    Perp(OfPerps),
}

impl Do {
    /// Margin accounts whose health the instruction reads.
    pub(crate) fn reads(&self) -> Vec<u8> {
        match *self {
            Self::Withdraw { slot, .. } | Self::Borrow { slot, .. } => vec![slot],
            Self::Resolve { slot, .. } | Self::Mark { slot } => vec![slot],
            Self::Liquidate { taker, from, .. } | Self::Deleverage { taker, from, .. } => vec![taker, from],
            Self::BeginLiquidation { from, .. } => vec![from],
            Self::Perp(
                OfPerps::AddLiquidity { slot, .. } | OfPerps::Place { slot, .. } | OfPerps::Settle { slot, .. },
            ) => vec![slot],
            _ => Vec::new(),
        }
    }
}

/// One setting of a bank. Ratios in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfBank {
    DepositCap(u64),
    BorrowCap(u64),
    MaxUtilisation(u32),
    HourlyLimit(u64),
    DailyLimit(u64),
    InterestFee(u32),
    Borrowable(bool),
    Collateral(bool),
    /// Utilisation and yearly rate of the corners.
    Curve([(u32, u32); 3]),
}

/// One setting of a feed, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfFeed {
    Sigma(u32),
    /// Floor and cap of every rate, as parts of what the rate was at listing.
    Rates {
        floor: u32,
        cap: u32,
    },
    Basis(u32),
    JumpMin(u32),
}

/// One rule of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfRules {
    /// Basis points.
    Target(u32),
    /// Dollars.
    Dust(u64),
    /// Seconds.
    CoolOff(u32),
    /// Basis points.
    InsuranceShare(u32),
    /// Seconds.
    DeleverageInterval(u32),
}
