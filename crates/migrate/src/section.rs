//! Tables of a migration file whose fields are those of an instruction's arguments and of an account.

use crate::units::Units;

/// Something wrong with a value, and where it stands: `banks[2].settings.curve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Values by their paths, as a file would say them.
pub(crate) type Texts = Vec<(String, String)>;

/// A value that stands in a file, in an account and in an instruction.
///
/// The file's form is where they meet: chain and file are compared in it, text by text. Every text is exact: it is read back
/// as the same stored number.
pub(crate) trait Setting: Sized {
    /// As the account holds it.
    type State;
    /// As the instruction takes it.
    type Args;

    /// From an account.
    fn of(state: &Self::State) -> Self;
    /// From arguments.
    fn of_args(args: &Self::Args) -> Self;
    /// Into an account, for the engine's judgement of it.
    fn write(&self, state: &mut Self::State);
    /// Into arguments.
    fn args(&self) -> Self::Args;
    /// Adds what it says.
    fn texts(&self, path: &str, texts: &mut Texts);

    /// Turns amounts into atoms and sizes into lots.
    ///
    /// # Errors
    /// One in another unit, finer than the smallest part, or too large.
    fn denominate(&mut self, _path: &str, _units: &Units<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Defines a table: its type, the account and the arguments it stands for, and its fields. The names are those of the
/// arguments; where the account has another, it follows `in`.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident: $state:ty, $args:ident {
            $($(#[$field_meta:meta])* $field:ident: $setting:ty $(, in $($place:ident).+)?;)+
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
        $(#[$meta])*
        #[allow(missing_docs, reason = "field by field those of the account")]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $setting,)+
        }

        impl $crate::section::Setting for $name {
            type State = $state;
            type Args = $args;

            fn of(state: &$state) -> Self {
                Self { $($field: <$setting>::of(&section!(@place state $field $($($place).+)?)),)+ }
            }

            fn of_args(args: &$args) -> Self {
                Self { $($field: <$setting>::of_args(&args.$field),)+ }
            }

            fn write(&self, state: &mut $state) {
                $(self.$field.write(&mut section!(@place state $field $($($place).+)?));)+
            }

            fn args(&self) -> $args {
                $args { $($field: self.$field.args(),)+ }
            }

            fn texts(&self, path: &str, texts: &mut $crate::section::Texts) {
                $(self.$field.texts(&$crate::section::join(path, stringify!($field)), texts);)+
            }

            fn denominate(
                &mut self,
                path: &str,
                units: &$crate::units::Units<'_>,
            ) -> Result<(), $crate::section::Fault> {
                $(self.$field.denominate(&$crate::section::join(path, stringify!($field)), units)?;)+
                Ok(())
            }
        }

        impl From<&$args> for $name {
            fn from(args: &$args) -> Self {
                $crate::section::Setting::of_args(args)
            }
        }

        impl From<&$name> for $args {
            fn from(settings: &$name) -> Self {
                $crate::section::Setting::args(settings)
            }
        }

        impl $name {
            /// The first field that could be replaced by that of `good` to make the table valid.
            #[allow(dead_code, reason = "not every table has a good example")]
            pub(crate) fn blame(&self, good: &Self, is_valid: impl Fn(&Self) -> bool) -> Option<&'static str> {
                $(if is_valid(&Self { $field: good.$field.clone(), ..self.clone() }) {
                    return Some(stringify!($field));
                })+
                None
            }
        }
    };
    (@place $state:ident $field:ident) => { $state.$field };
    (@place $state:ident $field:ident $($place:ident).+) => { $state.$($place).+ };
}
pub(crate) use section;

/// A field of the table at `path`.
pub(crate) fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        return field.to_owned();
    }
    format!("{path}.{field}")
}
