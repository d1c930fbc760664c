//! What waits for the timelock.

use anchor_lang::Discriminator;

use crate::ballast::client::args;

/// The name of an instruction that can wait, by its data.
#[must_use]
pub fn name(data: &[u8]) -> Option<&'static str> {
    let known = [
        ("add_bank", args::AddBank::DISCRIMINATOR),
        ("add_perp_market", args::AddPerpMarket::DISCRIMINATOR),
        ("add_price_feed", args::AddPriceFeed::DISCRIMINATOR),
        ("configure_bank", args::ConfigureBank::DISCRIMINATOR),
        ("configure_group", args::ConfigureGroup::DISCRIMINATOR),
        ("configure_perp_market", args::ConfigurePerpMarket::DISCRIMINATOR),
        ("configure_price_feed", args::ConfigurePriceFeed::DISCRIMINATOR),
        ("configure_risk_class", args::ConfigureRiskClass::DISCRIMINATOR),
        ("configure_timelock", args::ConfigureTimelock::DISCRIMINATOR),
        ("create_pool", args::CreatePool::DISCRIMINATOR),
        ("propose_admin", args::ProposeAdmin::DISCRIMINATOR),
        ("set_bank_mode", args::SetBankMode::DISCRIMINATOR),
    ];
    known.into_iter().find(|(_, discriminator)| data.starts_with(discriminator)).map(|(name, _)| name)
}
