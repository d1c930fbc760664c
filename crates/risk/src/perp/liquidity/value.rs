use ballast_math::{checked_add, mul_div_down, MathResult};

/// Liquidity shares, and as many atoms, that nobody owns: the price is `(NAV + V) / (supply + V)`. What the first provider
/// loses to the pool on purpose goes to them, so that no share can be made too dear for the next deposit.
pub const VIRTUAL: u64 = 1_000_000;

/// Liquidity shares for a deposit of `atoms`, down: `⌊atoms·(supply + V) / (NAV + V)⌋`. None if there is nothing to mint: a pool
/// that has providers and no net assets has no price, and shares may be worth so little that their number does not fit.
#[must_use]
pub fn liquidity_of(atoms: u64, supply: u64, assets: i64) -> Option<u64> {
    let is_new = supply == 0 && assets == 0;
    let assets = if is_new { 0 } else { positive(assets)? };
    let price = |of: u64| of.checked_add(VIRTUAL);
    mul_div_down(atoms, price(supply)?, price(assets)?).ok().filter(|shares| *shares > 0)
}

/// What liquidity shares are worth, atoms, down: at the same price, but never more than their part of what there is. Under one
/// atom a share the virtual atoms would pay, and they do not exist.
///
/// # Errors
/// More shares than the supply; overflow.
pub fn value_of(shares: u64, supply: u64, assets: i64) -> MathResult<u64> {
    let Some(assets) = positive(assets) else { return Ok(0) };
    if shares == 0 {
        return Ok(0);
    }
    let part = mul_div_down(shares, assets, supply)?;
    let priced = mul_div_down(shares, checked_add(assets, VIRTUAL)?, checked_add(supply, VIRTUAL)?)?;
    Ok(part.min(priced))
}

fn positive(assets: i64) -> Option<u64> {
    u64::try_from(assets).ok().filter(|assets| *assets > 0)
}
