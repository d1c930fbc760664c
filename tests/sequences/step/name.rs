//! Names of instructions, for counting.

use super::{By, Do};

impl Do {
    /// The instruction's name, for counting; nothing for what is none.
    pub(crate) const fn name(&self, by: By) -> Option<&'static str> {
        Some(match self {
            Self::Wait { .. } => return None,
            Self::Open { .. } => "open_margin_account",
            Self::Close { .. } => "close_margin_account",
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
            Self::Borrow { .. } => "borrow",
            Self::Repay { .. } => "repay",
            Self::Liquidate { .. } => "liquidate",
            Self::BeginLiquidation { .. } => "begin_liquidation",
            Self::Seize { .. } => "seize",
            Self::EndLiquidation { .. } => "end_liquidation",
            Self::BeginFlashLoan { .. } => "begin_flash_loan",
            Self::EndFlashLoan { .. } => "end_flash_loan",
            Self::Deleverage { wind_down: false, .. } => "deleverage by policy",
            Self::Deleverage { wind_down: true, .. } => "deleverage in wind-down",
            Self::Resolve { .. } => "resolve_bankruptcy",
            Self::Mark { .. } => "mark",
            Self::SetPolicy { .. } => "set_policy",
            Self::SetDelegate { .. } => "set_delegate",
            Self::Transfer { .. } => "transfer_margin_account",
            Self::Print { .. } => "refresh_price_feed",
            Self::Donate { .. } => "donation",
            Self::Spend { .. } => "spending",
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
            Self::ProposeAdmin { .. } => "propose_admin",
            Self::AcceptAdmin => "accept_admin",
            Self::ConfigureTimelock { .. } => "configure_timelock",
            Self::Execute { .. } => "execute_change",
            Self::Cancel { .. } => "cancel_change",
            Self::Migrate { .. } => "migrate_account",
            Self::Perp(does) => does.name(by),
        })
    }
}
