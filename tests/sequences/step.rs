//! What can happen: instructions, and what goes on around them. A step is complete in itself, so that a list of them is a
//! story that can be shortened, printed and told again.

/// Signs for administration.
pub(crate) const ADMIN: u8 = 255;

/// Who signs, and what it is. For what nobody signs, whoever pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// One of the [`OWNERS`](crate::stage::OWNERS), or [`ADMIN`].
    pub(crate) by: u8,
    pub(crate) does: Do,
}

/// A step.
pub(crate) const fn by(by: u8, does: Do) -> Step {
    Step { by, does }
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
    /// No amount: all of it.
    Withdraw {
        slot: u8,
        bank: u16,
        atoms: Option<u64>,
    },
    Borrow {
        slot: u8,
        bank: u16,
        atoms: u64,
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
    /// Lists a bank of another mint under a feed.
    AddBank {
        row: u8,
        decimals: u8,
    },
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

impl Do {
    /// The instruction's name, for counting; nothing for what is none.
    pub(crate) const fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Wait { .. } => return None,
            Self::Open { .. } => "open_margin_account",
            Self::Close { .. } => "close_margin_account",
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
            Self::Borrow { .. } => "borrow",
            Self::Repay { .. } => "repay",
            Self::Liquidate { .. } => "liquidate",
            Self::Deleverage { wind_down: false, .. } => "deleverage by policy",
            Self::Deleverage { wind_down: true, .. } => "deleverage in wind-down",
            Self::Resolve { .. } => "resolve_bankruptcy",
            Self::Mark { .. } => "mark",
            Self::SetPolicy { .. } => "set_policy",
            Self::Print { .. } => "refresh_price_feed",
            Self::Donate { .. } => "donation",
            Self::Insure { .. } => "deposit_insurance",
            Self::CollectFees { .. } => "collect_fees",
            Self::PauseBank { .. } => "pause_bank",
            Self::PauseRisk { .. } => "pause_risk",
            Self::SetMode { .. } => "set_bank_mode",
            Self::ConfigureBank { .. } => "configure_bank",
            Self::ConfigureFeed { .. } => "configure_price_feed",
            Self::ConfigureRules { .. } => "configure_group",
            Self::ConfigureClass { .. } => "configure_risk_class",
            Self::AddBank { .. } => "add_bank",
        })
    }

    /// The same with its amount halved, for shortening; nothing where there is nothing to halve.
    pub(crate) fn halved(self) -> Option<Self> {
        let half = |atoms: u64| (atoms > 1 && atoms != u64::MAX).then_some(atoms / 2);
        Some(match self {
            Self::Deposit { slot, bank, atoms } => Self::Deposit { slot, bank, atoms: half(atoms)? },
            Self::Withdraw { slot, bank, atoms: Some(atoms) } => {
                Self::Withdraw { slot, bank, atoms: Some(half(atoms)?) }
            }
            Self::Borrow { slot, bank, atoms } => Self::Borrow { slot, bank, atoms: half(atoms)? },
            Self::Repay { slot, bank, atoms: Some(atoms) } => Self::Repay { slot, bank, atoms: Some(half(atoms)?) },
            Self::Liquidate { taker, from, loan, collateral, most } => {
                Self::Liquidate { taker, from, loan, collateral, most: half(most)? }
            }
            Self::Deleverage { taker, from, loan, collateral, most, wind_down } => {
                Self::Deleverage { taker, from, loan, collateral, most: half(most)?, wind_down }
            }
            Self::Donate { bank, atoms } => Self::Donate { bank, atoms: half(atoms)? },
            Self::Insure { bank, atoms } => Self::Insure { bank, atoms: half(atoms)? },
            Self::Wait { seconds } => Self::Wait { seconds: u32::try_from(half(seconds.into())?).unwrap_or(1) },
            _ => return None,
        })
    }
}
