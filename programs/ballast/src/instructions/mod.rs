//! The instructions: one file each, accounts beside their handler.

macro_rules! instructions {
    ($($name:ident),+ $(,)?) => {
        $(
            pub mod $name;
            // Some share the accounts of another and export nothing.
            #[allow(unused_imports, unreachable_pub, reason = "see above")]
            pub use $name::*;
        )+
    };
}

instructions!(
    add_bank,
    add_price_feed,
    borrow,
    close_margin_account,
    collect_fees,
    configure_bank,
    configure_group,
    configure_price_feed,
    configure_risk_class,
    create_group,
    deleverage,
    deposit,
    deposit_insurance,
    liquidate,
    mark,
    open_margin_account,
    pause_bank,
    pause_risk,
    refresh_price_feed,
    repay,
    resolve_bankruptcy,
    set_bank_mode,
    set_policy,
    withdraw,
);
