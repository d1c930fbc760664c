//! Smaller steps, for shortening.

use super::Do;

impl Do {
    /// The same with its amount halved, for shortening; nothing where there is nothing to halve.
    pub(crate) fn halved(self) -> Option<Self> {
        let half = |atoms: u64| (atoms > 1 && atoms != u64::MAX).then_some(atoms / 2);
        Some(match self {
            Self::Deposit { slot, bank, atoms } => Self::Deposit { slot, bank, atoms: half(atoms)? },
            Self::Withdraw { slot, bank, atoms: Some(atoms), to } => {
                Self::Withdraw { slot, bank, atoms: Some(half(atoms)?), to }
            }
            Self::Borrow { slot, bank, atoms, to } => Self::Borrow { slot, bank, atoms: half(atoms)?, to },
            Self::Repay { slot, bank, atoms: Some(atoms) } => Self::Repay { slot, bank, atoms: Some(half(atoms)?) },
            Self::Liquidate { taker, from, loan, collateral, most } => {
                Self::Liquidate { taker, from, loan, collateral, most: half(most)? }
            }
            Self::BeginLiquidation { from, loan, collateral, most } => {
                Self::BeginLiquidation { from, loan, collateral, most: half(most)? }
            }
            Self::Seize { from, bank, atoms: Some(atoms) } => Self::Seize { from, bank, atoms: Some(half(atoms)?) },
            Self::BeginFlashLoan { bank, atoms } => Self::BeginFlashLoan { bank, atoms: half(atoms)? },
            Self::Deleverage { taker, from, loan, collateral, most, wind_down } => {
                Self::Deleverage { taker, from, loan, collateral, most: half(most)?, wind_down }
            }
            Self::Donate { bank, atoms } => Self::Donate { bank, atoms: half(atoms)? },
            Self::Spend { bank, atoms, to } => Self::Spend { bank, atoms: half(atoms)?, to },
            Self::Insure { bank, atoms } => Self::Insure { bank, atoms: half(atoms)? },
            Self::Wait { seconds } => Self::Wait { seconds: u32::try_from(half(seconds.into())?).unwrap_or(1) },
            Self::Perp(does) => Self::Perp(does.halved()?),
            _ => return None,
        })
    }
}
