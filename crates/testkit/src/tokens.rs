//! Mints and token accounts, written as the token program would.

use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use spl_token_interface::state::{Account as TokenAccount, AccountState, Mint};

use crate::Svm;

impl Svm {
    /// Writes a mint.
    pub fn put_mint(&mut self, key: &Pubkey, decimals: u8) {
        let mint = Mint { decimals, is_initialized: true, supply: u64::MAX, ..Mint::default() };
        self.put_data(key, &spl_token_interface::ID, packed(mint));
    }

    /// Writes a token account with a balance.
    pub fn put_tokens(&mut self, key: &Pubkey, mint: &Pubkey, owner: &Pubkey, amount: u64) {
        let account = TokenAccount {
            mint: *mint,
            owner: *owner,
            amount,
            state: AccountState::Initialized,
            ..TokenAccount::default()
        };
        self.put_data(key, &spl_token_interface::ID, packed(account));
    }

    /// Freezes or thaws a token account.
    ///
    /// # Panics
    /// If it is none.
    pub fn set_frozen(&mut self, key: &Pubkey, frozen: bool) {
        let account = self.account(key).expect("a token account");
        let state = if frozen { AccountState::Frozen } else { AccountState::Initialized };
        let tokens = TokenAccount { state, ..TokenAccount::unpack(&account.data).expect("a token account") };
        self.put_data(key, &spl_token_interface::ID, packed(tokens));
    }

    /// Tokens in a token account; zero if there is none.
    #[must_use]
    pub fn tokens(&self, key: &Pubkey) -> u64 {
        // Extensions of Token-2022 come after what both programs have.
        let unpack = |data: &[u8]| TokenAccount::unpack(data.get(..TokenAccount::LEN)?).ok();
        self.account(key).and_then(|account| unpack(&account.data)).map_or(0, |tokens| tokens.amount)
    }
}

fn packed<T: Pack>(state: T) -> Vec<u8> {
    let mut data = vec![0; T::LEN];
    T::pack(state, &mut data).expect("the buffer has the right length");
    data
}
