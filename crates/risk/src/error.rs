//! Errors of the engine, with codes that never change.

use ballast_math::MathError;

/// Result of an engine function.
pub type RiskResult<T> = Result<T, RiskError>;

/// Calls `$define!` with every error of the engine: `Name = code, "what it says"`. The program makes its own error table of
/// it, so that the two cannot drift apart.
#[macro_export]
macro_rules! risk_errors {
    ($define:ident) => {
        $define! {
            PriceUnset = 1000, "the feed has no price yet",
            PriceStale = 1001, "the price is older than this action allows",
            PricePending = 1002, "the price jumped and awaits confirmation",
            PriceGuarded = 1003, "the feed's sources disagree",
            PriceOutOfRange = 1004, "a price lies outside the supported range",
            NoUsableSource = 1005, "no source gave a usable price",
            PublishTimeNotNewer = 1006, "no source is newer than what the feed has",
            FeedNotListed = 1007, "no such feed on the board",
            ZeroAmount = 2000, "the amount is zero",
            ZeroShares = 2001, "the amount is too small to mint or burn a share",
            BankReduceOnly = 2002, "the bank takes no new deposits and loans",
            BankPaused = 2003, "the bank is paused",
            NotBorrowable = 2004, "the bank does not lend",
            DepositCapExceeded = 2005, "the deposit cap would be exceeded",
            BorrowCapExceeded = 2006, "the borrow cap would be exceeded",
            UtilisationTooHigh = 2007, "too little would be left unlent",
            InsufficientLiquidity = 2008, "the vault holds less than that",
            HourlyOutflowExceeded = 2009, "the hourly outflow limit would be exceeded",
            DailyOutflowExceeded = 2010, "the daily outflow limit would be exceeded",
            InsufficientBalance = 2011, "the balance is smaller than that",
            NoBalance = 2012, "the account has no balance in this bank",
            WrongSide = 2013, "the balance is a loan where a deposit is needed, or the other way round",
            TooManyBalances = 2014, "all balance slots are in use",
            LoanTooSmall = 2015, "a loan this small could not be liquidated",
            InsufficientHealth = 2016, "initial health would be negative",
            RiskPaused = 2017, "new risk is paused",
            BankMismatch = 2018, "the bank is not the one of the balance",
            AccountNotEmpty = 2020, "the account still holds something",
            AccountInTransit = 2021, "a liquidation of the account is open in this transaction",
            BankInFlashLoan = 2022, "a flash loan of the bank is open in this transaction",
            NoFlashLoan = 2023, "no flash loan of the bank is open",
            MarketNotSynced = 3000, "the market's books do not stand at the board's prices: sync it first",
            MarketMismatch = 3001, "the market is not the one of the position",
            PositionTooLarge = 3002, "the position would be larger than a side can be",
            NoPosition = 3003, "the account has no position in this market",
            PoolTooSmall = 3004, "the pool has less than that",
            PremiumTooSteep = 3005, "the premium of a side at its cap would exceed a quarter of the smallest margin",
            LotOutOfRange = 3006, "a lot is worth too little or too much",
            NotAHedge = 3038, "the position is matched with neither the loan nor the collateral",
            DeleverageGrace = 3051, "positions shrank or ended with their market: for an hour it makes no account liquidatable, and nobody but the owner ends that",
            MarketEnded = 3052, "the market has its settlement price",
            MarketGoesOn = 3053, "the market neither ends yet nor lacks what its claims come to",
            ClaimRegistered = 3054, "the claim is registered already",
            PayoutUnknown = 3055, "claims are still being registered",
            PriceAway = 3056, "the price is too far from its average",
            ClaimPayable = 3057, "something of the claim may still be registered or paid",
            MarketHealthy = 3039, "the market has the margin its skew needs",
            NothingToSettle = 3007, "nothing is to be paid, or may be now",
            WeightsTooLarge = 3008, "the markets' weights together exceed one",
            TooManyMarkets = 3009, "no further market can be listed",
            FeedMismatch = 3010, "the feed is not the market's",
            MarketPaused = 3011, "the market takes no new risk for a while",
            MarketReduceOnly = 3012, "the market only lets positions get smaller",
            OrderTooSmall = 3013, "the order is below the smallest and closes no whole position",
            OrderLifeOutOfRange = 3014, "the order would live too short or too long",
            WouldNotReduce = 3015, "there is nothing the order could reduce",
            AccountCapExceeded = 3016, "the account would hold more lots than one may",
            InterestCapExceeded = 3017, "the side would hold more lots than it may",
            SkewCapExceeded = 3018, "the sides would differ by more lots than they may",
            TooManyOrders = 3019, "all order slots are in use",
            TooManyPositions = 3020, "all position slots are in use",
            NoOrder = 3021, "the account has no such order",
            OrderBinding = 3022, "the order's print may be known by now: it can only be filled or expire",
            OrderNotExpired = 3023, "the order has not expired",
            OrderExpired = 3024, "the order has expired: it can only be cancelled",
            PrintWithoutPredecessor = 3025, "the print does not tell which one came before it",
            PrintCoversNothing = 3026, "the print before it was published at the same time or later",
            PrintTooEarly = 3027, "the print was published before the order may fill",
            PrintNotFirst = 3028, "an earlier print is the one the order fills at",
            FeedBehindPrint = 3029, "the feed has not come to the print: refresh it first",
            RequestsCutOff = 3030, "the epoch takes no more requests: its price is being made",
            StrikeTooEarly = 3031, "the epoch cannot be struck yet",
            MarketMissing = 3032, "all of the pool's markets are needed, in the order of their indices",
            MarkTooOld = 3033, "a price is older than the epoch's may be",
            ClaimPending = 3034, "an earlier request was struck: claim it first",
            NothingToClaim = 3035, "nothing was asked for in this epoch",
            LiquidityCapExceeded = 3036, "the pool's cap would be exceeded",
            InsufficientLiquidityShares = 3037, "the provider has fewer liquidity shares than that",
            PoolMissing = 3050, "part of the loan is owed to the pool, which has to be given",
            AccountHealthy = 4000, "the account is healthy",
            NoLiability = 4001, "the account owes nothing",
            AccountCoolingOff = 4002, "the account just changed and is not deeply unhealthy",
            GracePeriod = 4003, "prices were halted and the account is not deeply unhealthy",
            HealthyAtFavourablePrice = 4004, "the account may be healthy: a price in it is uncertain",
            PairPriceStale = 4005, "a price of the pair is too old to trade at",
            NotCollateral = 4006, "the bank's deposits are not collateral",
            LiquidationWouldWorsen = 4007, "the account would be worse off",
            SelfLiquidation = 4008, "an account cannot take its own side",
            SamePair = 4009, "loan and collateral are the same bank",
            NotBankrupt = 4010, "something is left to seize",
            AboveFloor = 4011, "the account is above its owner's floor",
            NoPolicy = 4012, "the owner set no floor",
            DeleverageTooSoon = 4013, "the last deleverage is too recent",
            TurnoverExceeded = 4014, "the owner's daily turnover is used up",
            NotWoundDown = 4015, "no bank of the pair is in wind-down past its notice",
            WindDownRateExceeded = 4016, "the hour's part of the balance is used up",
            OnlyLiquidation = 4017, "health is negative: liquidate instead",
            NothingToDo = 4018, "the closing amount is zero",
            NoOpenLiquidation = 4019, "no liquidation of the account is open",
            StateMoved = 4020, "prices, banks or settings moved while the liquidation was open",
            RepaidTooMuch = 4021, "the liquidation may not repay that much",
            SeizedTooMuch = 4022, "more was seized than the repayment pays for",
            TargetExceeded = 4023, "the health factor would pass the liquidation's target",
            InvalidParameter = 5000, "a parameter lies outside its bounds",
            MarginTooHigh = 5001, "the rates together reach one",
            AddOnBelowBonus = 5002, "the add-on is below the smallest bonus",
            CurveNotMonotone = 5003, "the interest curve must rise to a utilisation of one",
            TooManyFeeds = 5004, "the board is full",
            DecimalsNotSupported = 5005, "more decimals than supported",
            CapTooLarge = 5006, "the cap could be worth more than a value can hold",
            InvalidModeChange = 5007, "a bank or a market cannot go from its mode to that one",
            BasisBelowBonus = 5008, "the basis of a feed with several banks is below what liquidating a matched pair costs",
        }
    };
}

macro_rules! define_risk_error {
    ($($name:ident = $code:literal, $message:literal,)+) => {
        /// What went wrong. Codes are stable: 1000 prices, 2000 lending, 3000 perps, 4000 liquidation, 5000 configuration, 9000
        /// arithmetic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum RiskError {
            $(#[doc = $message] $name,)+
            /// Arithmetic left its range; the error knows where.
            Math(MathError),
        }

        impl RiskError {
            /// All errors that carry nothing.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self {
                    $(Self::$name => $code,)+
                    Self::Math(_) => 9000,
                }
            }

            /// What it says.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)+
                    Self::Math(_) => "arithmetic left its range",
                }
            }
        }
    };
}
risk_errors!(define_risk_error);

pub(crate) fn require(holds: bool, otherwise: RiskError) -> RiskResult<()> {
    if holds {
        Ok(())
    } else {
        Err(otherwise)
    }
}

impl From<MathError> for RiskError {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}

impl core::fmt::Display for RiskError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Math(error) => error.fmt(f),
            other => f.write_str(other.message()),
        }
    }
}

impl core::error::Error for RiskError {}
