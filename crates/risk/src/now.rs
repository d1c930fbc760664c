/// The moment an instruction runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Unix seconds, as the chain's clock says.
    pub ts: i64,
    /// Slot.
    pub slot: u64,
}

impl Now {
    /// Whole seconds since `earlier`; zero if it lies ahead.
    #[inline]
    #[must_use]
    pub fn seconds_since(self, earlier: i64) -> u64 {
        if self.ts <= earlier {
            return 0;
        }
        self.ts.abs_diff(earlier)
    }
}
