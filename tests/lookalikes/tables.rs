//! Where a rule does not hold, and what is no forgery at all; each row says why. A row that nothing needs fails the run.

/// Some look-alikes in some places.
pub(crate) struct Row {
    /// Names of instructions, or one with its case in brackets.
    pub(crate) instructions: &'static [&'static str],
    /// Names of places; empty: all.
    pub(crate) places: &'static [&'static str],
    /// Look-alikes, by label or in full.
    pub(crate) lookalikes: &'static [&'static str],
    /// The error; nothing: it is accepted.
    pub(crate) error: Option<&'static str>,
    pub(crate) why: &'static str,
}

type Names = &'static [&'static str];

const fn but(instructions: Names, places: Names, lookalikes: Names, error: &'static str, why: &'static str) -> Row {
    Row { instructions, places, lookalikes, error: Some(error), why }
}

const fn accepted(instructions: Names, places: Names, lookalikes: Names, why: &'static str) -> Row {
    Row { instructions, places, lookalikes, error: None, why }
}

impl Row {
    /// Whether it is about an instruction, also by the name of a case.
    pub(crate) fn is_of(&self, instruction: &str, case: &str) -> bool {
        self.instructions.contains(&instruction) || self.instructions.contains(&case)
    }

    pub(crate) fn is_at(&self, place: &str) -> bool {
        self.places.is_empty() || self.places.contains(&place)
    }

    /// Whether it is about a look-alike, by its label or its description.
    pub(crate) fn looks_like(&self, label: &str, description: &str) -> bool {
        self.lookalikes.contains(&label) || self.lookalikes.contains(&description)
    }
}

const TAKEOVERS: Names = &["liquidate", "liquidate_perp", "liquidate_hedge", "deleverage"];
const BY_DELEGATE: &str = "borrow (by a delegate)";
const OF_POSITION: &str = "resolve_bankruptcy (of what a position lost)";
const BY_FEED_ID: &str = "refresh_price_feed (any account of a feed id)";
const NAMED: &str = "refresh_price_feed (an account by its address)";
const THREE: &str = "refresh_price_feed (three sources)";
/// What an account found by its key cannot be at another address.
const ELSEWHERE: Names = &["uninitialised", "wrong owner", "wrong type", "alias", "other mint's", "duplicate"];

/// The same, and what belongs to others.
const ELSEWHERE_OR_OTHERS: Names = &[
    "uninitialised",
    "wrong owner",
    "wrong type",
    "alias",
    "other mint's",
    "other group's",
    "other user's",
    "duplicate",
];

/// Other errors than the rules say.
pub(crate) const EXCEPTIONS: &[Row] = &[
    but(
        &["begin_flash_loan"],
        &["bank"],
        ELSEWHERE_OR_OTHERS,
        "MissingEnd",
        "the end names the bank, and is looked for first",
    ),
    but(
        &["begin_liquidation"],
        &["margin_account"],
        ELSEWHERE_OR_OTHERS,
        "MissingEnd",
        "the end names the account, and is looked for first",
    ),
    but(
        &["begin_liquidation"],
        &["loan_bank", "collateral_bank"],
        &["duplicate: loan_bank", "duplicate: collateral_bank"],
        "SamePair",
        "asked before anything is read",
    ),
    but(
        &["repay", "deposit_insurance", "end_flash_loan"],
        &["authority"],
        &["other user's"],
        "token::OwnerMismatch",
        "anyone may, but with tokens of its own",
    ),
    but(
        &["create_group"],
        &["creator"],
        &["other user's"],
        "anchor::ConstraintSeeds",
        "the creator is part of the group's address",
    ),
    but(
        &["open_margin_account"],
        &["owner"],
        &["other user's", "duplicate: payer"],
        "anchor::ConstraintSeeds",
        "the owner is part of the account's address",
    ),
    but(
        &["mark", "resolve_bankruptcy", "end_liquidation"],
        &["margin_account"],
        &["other group's"],
        "WrongBoard",
        "the board is the first account it is compared with",
    ),
    but(
        &["deposit_insurance", "end_flash_loan"],
        &["bank"],
        &["other group's"],
        "WrongVault",
        "the vault is all it is compared with",
    ),
    but(&["refresh_price_feed"], &["feed"], &["other group's"], "WrongBoard", "the board is all it is compared with"),
    but(
        &[BY_FEED_ID, THREE],
        &["feed"],
        &["other mint's"],
        "OracleWrongFeed",
        "then the oracle account is the one that is about another feed",
    ),
    but(&[NAMED], &["feed"], &["other mint's"], "OracleWrongOwner", "the other feed's source is another provider's"),
    but(&[NAMED], &["following 0"], ELSEWHERE, "WrongOracleAccount", "the source names its account"),
    but(&[THREE], &["following 1", "following 2"], ELSEWHERE, "WrongOracleAccount", "the source names its account"),
    but(
        &[THREE],
        &["following 0", "following 1"],
        &["missing"],
        "WrongOracleAccount",
        "the next source's account moves up",
    ),
    but(
        TAKEOVERS,
        &["liquidator", "liquidatee", "keeper", "margin_account"],
        &["duplicate: liquidator", "duplicate: liquidatee", "duplicate: keeper", "duplicate: margin_account"],
        "SelfLiquidation",
        "asked before anything is read",
    ),
    but(TAKEOVERS, &["loan_bank"], &["duplicate: collateral_bank"], "SamePair", "asked before anything is read"),
    but(TAKEOVERS, &["collateral_bank"], &["duplicate: loan_bank"], "SamePair", "asked before anything is read"),
    but(
        &["liquidate_hedge"],
        &["loan_bank", "collateral_bank"],
        &["duplicate: bank"],
        "MissingAccount",
        "the pool's bank may be one of the pair; here it is not, and the balance's is missing",
    ),
    but(
        &["liquidate_hedge"],
        &["market"],
        &["duplicate: pool"],
        "WrongAccountType",
        "market and pool are read before the pair, the market first",
    ),
    but(
        &["add_perp_market"],
        &["board"],
        &["duplicate: group"],
        "WrongAccountType",
        "the group is looked at and let go before the board is read",
    ),
    but(
        &["borrow", "withdraw"],
        &["bank"],
        &["duplicate: following 0"],
        "WrongVault",
        "the vault is asked for before the banks that follow are read",
    ),
    but(
        &["collect_fees"],
        &["token_program"],
        &["uninitialised", "wrong type", "other token program's", "duplicate"],
        "WrongTokenAccount",
        "the destination has to be of that program, and is asked first",
    ),
    but(
        &["collect_fees"],
        &["destination"],
        &["closed", "other user's", "wrong type: a mint", "wrong type: a vault", "duplicate: mint", "duplicate: vault"],
        "WrongFeeRecipient",
        "whoever its bytes name as owner is not the recipient",
    ),
    but(
        &["collect_fees"],
        &["destination"],
        &["uninitialised", "wrong owner", "wrong type", "other token program's", "duplicate"],
        "WrongTokenAccount",
        "its owner is read, so its program is asked first",
    ),
    but(
        &["close_margin_account"],
        &["receiver"],
        &["duplicate: margin_account"],
        "DuplicateAccount",
        "an account cannot receive its own rent",
    ),
    but(
        &["add_bank", "add_price_feed", "configure_group", "configure_risk_class", "pause_risk"],
        &["board"],
        ELSEWHERE,
        "WrongBoard",
        "the group names its board",
    ),
    but(
        &["add_bank"],
        &["token_program"],
        &["other token program's"],
        "NotAMint",
        "the mint is the other program's, and none of this one's",
    ),
    but(
        &["open_margin_account", "create_pool", "add_perp_market"],
        &["group"],
        ELSEWHERE,
        "anchor::ConstraintSeeds",
        "the group is part of the account's address",
    ),
    but(
        &["open_liquidity_provider"],
        &["owner", "pool"],
        ELSEWHERE_OR_OTHERS,
        "anchor::ConstraintSeeds",
        "owner and pool are part of the account's address",
    ),
    but(
        &["open_orders"],
        &["margin_account"],
        ELSEWHERE_OR_OTHERS,
        "anchor::ConstraintSeeds",
        "the margin account is part of the orders' address",
    ),
    but(
        &["strike_epoch"],
        &["pool"],
        &["other group's"],
        "anchor::ConstraintSeeds",
        "the pool is part of the epoch's address",
    ),
    but(
        &["close_epoch", "close_liquidity_provider", "request_remove_liquidity"],
        &["pool"],
        &["other group's"],
        "PoolMismatch",
        "the provider and the epoch name their pool",
    ),
    but(
        &["close_epoch"],
        &["epoch"],
        &["duplicate: pool"],
        "WrongAccountType",
        "both are only read, before one is closed",
    ),
    but(
        &["deleverage_market", "settle_market", "sync_market"],
        &["market"],
        &["other group's"],
        "WrongBoard",
        "the board is what it is compared with",
    ),
    but(&["update_payout"], &["market"], &["other group's"], "PoolMismatch", "the pool is what it is compared with"),
    but(&["deleverage_market"], &["market"], &["other mint's"], "MarketHealthy", "any market may be meant"),
    but(
        &["abandon_claim", "register_claim", "update_payout"],
        &["market"],
        &["other mint's"],
        "MarketGoesOn",
        "any market may be meant that ended",
    ),
    but(
        &["settle_market"],
        &["market", "feed"],
        &["other mint's"],
        "MarketMismatch",
        "the market names its feed's row",
    ),
    but(
        &["settle_pnl"],
        &["margin_account"],
        &["other group's"],
        "WrongBoard",
        "the board is the first account it is compared with",
    ),
    but(
        &["configure_perp_market"],
        &["feed", "market"],
        &["other mint's"],
        "MarketMismatch",
        "the feed is the market's",
    ),
    but(
        &["cancel_order", "place_order"],
        &["feed", "market"],
        &["other mint's"],
        "FeedMismatch",
        "the feed is the market's",
    ),
    but(
        &["fill_order"],
        &["feed"],
        &["other mint's"],
        "OracleWrongFeed",
        "then the print is the one that is about another feed",
    ),
    but(
        &["fill_order"],
        &["print"],
        &[
            "duplicate: authority",
            "duplicate: board",
            "duplicate: feed",
            "duplicate: following 0",
            "duplicate: following 1",
        ],
        "OracleWrongOwner",
        "both are only read",
    ),
    but(
        &["place_order"],
        &["market"],
        &["duplicate: following 1"],
        "FeedMismatch",
        "the order is refused before what follows is read",
    ),
    but(&["settle_pnl"], &["market"], &["other mint's"], "NoPosition", "the account has none there"),
    but(
        &["strike_epoch"],
        &["following 0", "following 1"],
        &["wrong type: a bank", "wrong type: a pool"],
        "WrongAccountType",
        "nothing but markets follows",
    ),
    but(&["strike_epoch"], &["following 0", "following 1"], &["missing"], "MarketMissing", "all have to be there"),
    but(
        &[OF_POSITION],
        &["following 1"],
        &["duplicate: board"],
        "WrongAccountType",
        "it is looked at before it has to be a pool",
    ),
    but(
        &[OF_POSITION],
        &["following 1"],
        &[
            "missing",
            "wrong type: a bank",
            "wrong type: a perp market",
            "duplicate: following 0",
            "duplicate: following 2",
        ],
        "PoolMissing",
        "nothing else can pay",
    ),
    but(
        &[OF_POSITION],
        &["following 0"],
        &["duplicate: following 1", "duplicate: following 2"],
        "MissingAccount",
        "pool and market are let go of until the health is known",
    ),
    but(
        &[OF_POSITION],
        &["following 2"],
        &["duplicate: board"],
        "WrongAccountType",
        "it is looked at before it has to be a market",
    ),
    but(
        &[OF_POSITION],
        &["following 2"],
        &[
            "missing",
            "wrong type: a bank",
            "wrong type: a pool",
            "other mint's",
            "duplicate: following 0",
            "duplicate: following 1",
        ],
        "MarketMissing",
        "no other market's losses opened the loan",
    ),
    but(&[OF_POSITION], &["following 1"], &["other group's"], "BankMismatch", "the pool is of another bank"),
    but(&["cancel_order"], &["authority"], &["other user's"], "OrderNotExpired", "anyone may cancel what has expired"),
    but(
        &["cancel_order", "close_orders", "place_order"],
        &["margin_account"],
        &["alias", "other group's"],
        "OrdersMismatch",
        "the orders name their margin account",
    ),
    but(
        &["cancel_order", "fill_order"],
        &["margin_account"],
        &["alias", "other user's"],
        "OrdersMismatch",
        "the orders name their margin account",
    ),
    but(&["claim_liquidity"], &["epoch"], &["alias"], "NothingToClaim", "the requests are of another epoch"),
    but(
        &["configure_timelock"],
        &["group"],
        ELSEWHERE,
        "anchor::ConstraintSeeds",
        "the group is part of the timelock's address",
    ),
    but(
        &["configure_bank", "collect_fees", "set_bank_mode", "create_pool"],
        &["bank"],
        &["duplicate: group"],
        "WrongAccountType",
        "the group is let go of before the bank is read",
    ),
    but(
        &["configure_perp_market", "configure_pool"],
        &["feed", "pool", "market"],
        &["duplicate: group"],
        "WrongAccountType",
        "the group is let go of before they are read",
    ),
    but(
        &["add_perp_market"],
        &["feed"],
        &["duplicate: group"],
        "WrongAccountType",
        "the group is let go of before the feed is read",
    ),
    but(
        &["add_perp_market"],
        &["board", "feed"],
        &["duplicate: pool"],
        "WrongAccountType",
        "the pool is let go of once it told the market's number",
    ),
    but(
        &["configure_bank"],
        &["bank"],
        &["duplicate: board"],
        "DuplicateAccount",
        "the board is held while the bank is read",
    ),
    but(
        &["cancel_change", "execute_change"],
        &["change"],
        &["other user's"],
        "ChangeMismatch",
        "somebody else proposed it, who is not the one given",
    ),
    but(
        &["cancel_change", "execute_change"],
        &["change"],
        &["duplicate: group"],
        "WrongAccountType",
        "both are only read",
    ),
    but(&["execute_change"], &["group"], &["other group's"], "WrongGroup", "its timelock is asked for later"),
    but(
        &["execute_change"],
        &["following 0", "following 1", "following 2"],
        &["uninitialised", "wrong owner", "wrong type", "other mint's", "other group's", "duplicate", "missing"],
        "ChangeMismatch",
        "the change names its accounts",
    ),
    but(
        &["propose_change"],
        &["following 0"],
        &["uninitialised", "wrong owner", "wrong type", "duplicate", "missing"],
        "ChangeMismatch",
        "the timelock has to be the authority",
    ),
    but(
        &["migrate_account"],
        &["account"],
        &["other mint's"],
        "WrongAccountVersion",
        "the other bank is of this version",
    ),
    but(
        &[BY_DELEGATE],
        &["destination"],
        &["closed", "other user's", "wrong type: a mint", "wrong type: a vault", "duplicate: mint", "duplicate: vault"],
        "DestinationNotOwners",
        "whoever its bytes name as owner does not own the account",
    ),
    but(
        &[BY_DELEGATE],
        &["destination"],
        &["uninitialised", "wrong owner", "wrong type", "other token program's", "duplicate"],
        "WrongTokenAccount",
        "its owner is read, so its program is asked first",
    ),
    but(
        &[BY_DELEGATE],
        &["margin_account"],
        &["other user's"],
        "DestinationNotOwners",
        "of another owner with the same delegate: then the tokens are to go to the other",
    ),
];

/// What succeeds, and may.
pub(crate) const ACCEPTED: &[Row] = &[
    accepted(&["begin_flash_loan"], &["authority"], &["other user's"], "whoever signs may borrow: it costs a fee"),
    accepted(
        &["begin_flash_loan", "seize"],
        &["tokens", "destination"],
        &["alias", "other user's"],
        "the borrower and the liquidator send the tokens to whom they like",
    ),
    accepted(&["end_flash_loan"], &["tokens"], &["alias"], "any token account that the signer may spend from"),
    accepted(
        &["end_flash_loan"],
        &["instructions"],
        &["uninitialised", "wrong type", "duplicate"],
        "only the beginning reads it",
    ),
    accepted(
        &["seize", "end_liquidation"],
        &["margin_account"],
        &["alias", "other user's"],
        "anyone's account whose liquidation the signer began",
    ),
    accepted(
        &[
            "add_bank",
            "add_perp_market",
            "add_price_feed",
            "create_pool",
            "open_liquidity_provider",
            "open_margin_account",
            "open_orders",
            "strike_epoch",
        ],
        &["payer"],
        &["other user's", "duplicate: authority", "duplicate: owner"],
        "whoever signs may pay",
    ),
    accepted(
        &["close_margin_account"],
        &["receiver"],
        &["uninitialised", "wrong type", "duplicate: owner"],
        "the owner sends the rent to whom it likes",
    ),
    accepted(
        &["borrow", "withdraw"],
        &["destination"],
        &["alias", "other user's"],
        "the owner sends the tokens to whom it likes",
    ),
    accepted(
        &["deposit", "repay", "deposit_insurance"],
        &["source"],
        &["alias"],
        "any token account that the signer may spend from",
    ),
    accepted(&["collect_fees"], &["destination"], &["alias"], "any token account of the fee recipient"),
    accepted(
        &["configure_bank", "pause_bank", "set_bank_mode"],
        &["bank"],
        &["other mint's"],
        "any bank of the group may be meant",
    ),
    accepted(&["create_pool"], &["bank"], &["other mint's"], "the pool may be of any collateral"),
    accepted(
        &["add_perp_market", "configure_price_feed"],
        &["feed"],
        &["other mint's"],
        "any feed of the group may be meant",
    ),
    accepted(&["pause_perp_market", "sync_market"], &["market"], &["other mint's"], "any market may be meant"),
    accepted(&["close_epoch"], &["epoch"], &["alias"], "any epoch of the pool may be meant"),
    accepted(
        &["claim_liquidity", "request_add_liquidity"],
        &["margin_account"],
        &["alias"],
        "any account of the provider's owner may be meant",
    ),
    accepted(&["settle_pnl"], &["authority"], &["other user's"], "anyone may, at prices that a liquidation could use"),
    accepted(
        &["fill_order", "register_claim"],
        &["keeper"],
        &["alias"],
        "the keeper's fee goes to whichever of its accounts it likes",
    ),
    accepted(&["fill_order"], &["print"], &["alias"], "an update is known by program and feed id, wherever it is"),
    accepted(
        &[
            "abandon_claim",
            "borrow",
            "close_margin_account",
            "deposit",
            "set_delegate",
            "set_policy",
            "transfer_margin_account",
            "withdraw",
        ],
        &["margin_account"],
        &["alias"],
        "any account of its owner may be meant",
    ),
    accepted(TAKEOVERS, &["liquidator", "keeper"], &["alias"], "any account of its owner may take over"),
    accepted(
        &["close_margin_account", "set_delegate", "set_policy", "transfer_margin_account"],
        &["margin_account"],
        &["other group's"],
        "any account of its owner may be meant, in any group",
    ),
    accepted(
        &["mark", "register_claim", "repay", "resolve_bankruptcy", "settle_pnl"],
        &["margin_account"],
        &["alias", "other user's"],
        "anyone may do this for anyone's account",
    ),
    accepted(
        TAKEOVERS,
        &["liquidatee", "margin_account"],
        &["alias", "other user's"],
        "anyone's account that is in such a state",
    ),
    accepted(
        &[BY_FEED_ID, THREE],
        &["following 0"],
        &["alias"],
        "a price update is known by program and feed id, wherever it is",
    ),
    accepted(&[THREE], &["following 0"], ELSEWHERE, "two sources are left: the judge goes on without the third"),
    accepted(
        &[THREE],
        &["following 0", "following 1", "following 2"],
        &["closed", "wrong length"],
        "two sources are left: the judge goes on without the third",
    ),
    accepted(
        &["request_add_liquidity (without debt)", "withdraw (without debt)"],
        &["board"],
        &[
            "uninitialised",
            "wrong owner",
            "closed",
            "wrong version",
            "wrong length",
            "wrong type",
            "other group's",
            "duplicate",
        ],
        "an account that owes nothing needs no board: nothing reads it",
    ),
    accepted(
        &["accept_admin", "propose_admin"],
        &["group"],
        &["other group's"],
        "any group may be meant whose admin the signer is, or is to be",
    ),
    accepted(
        &["transfer_margin_account"],
        &["new_owner"],
        &["other user's", "duplicate: owner"],
        "whoever signs takes it",
    ),
    accepted(&["migrate_account"], &["account"], &["other group's"], "any account of an older version, in any group"),
    accepted(&["cancel_change", "execute_change"], &["change"], &["alias"], "any change of the group may be meant"),
    accepted(
        &["configure_timelock"],
        &["timelock"],
        &["taken"],
        "only the address is used, which nobody but the program can sign for",
    ),
    accepted(
        &["execute_change", "propose_change"],
        &["following 0"],
        &["taken"],
        "only the timelock's address is used",
    ),
    accepted(
        &["propose_change"],
        &["following 1", "following 2"],
        &["uninitialised", "wrong owner", "wrong type", "other group's", "other mint's", "duplicate", "missing"],
        "keys are published, whatever is there: the instruction judges them when it runs",
    ),
    accepted(
        &["propose_change"],
        &["following 2"],
        &["closed", "wrong version", "wrong length"],
        "keys are published, whatever is there: the instruction judges them when it runs",
    ),
];
