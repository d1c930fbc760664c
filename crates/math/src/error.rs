use core::panic::Location;

/// A result left its format (overflow, underflow of an unsigned value, division by zero).
///
/// One error for all of them: what a reader needs is the place, which it carries.
#[derive(Clone, Copy, Debug)]
pub struct MathError {
    location: &'static Location<'static>,
}

/// Result of a checked operation.
pub type MathResult<T> = Result<T, MathError>;

impl MathError {
    /// The error of the calling line.
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn here() -> Self {
        Self { location: Location::caller() }
    }

    /// Source file of the failed operation.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.location.file()
    }

    /// Source line of the failed operation.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.location.line()
    }
}

/// The place is for people: two arithmetic errors are the same error.
impl PartialEq for MathError {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for MathError {}

impl core::fmt::Display for MathError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "arithmetic left its range at {}:{}", self.file(), self.line())
    }
}
