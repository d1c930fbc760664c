//! Mints and token accounts, written as the token program would.

use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use spl_token_interface::state::{Account as TokenAccount, AccountState, Mint};

use ballast_state::Bank;
use solana_signer::Signer;

use crate::{Svm, Trader, World};

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
        self.account(key).and_then(|account| TokenAccount::unpack(&account.data).ok()).map_or(0, |tokens| tokens.amount)
    }
}

fn packed<T: Pack>(state: T) -> Vec<u8> {
    let mut data = vec![0; T::LEN];
    T::pack(state, &mut data).expect("the buffer has the right length");
    data
}

/// A mint of Token-2022 that takes a hundredth of every transfer.
const FEE_MINT_LEN: usize = 165 + 1 + 4 + 108;
/// Token-2022's program.
const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

impl World {
    /// Turns a listed token into one of Token-2022 that takes 1 % of every transfer, which listing would refuse.
    pub fn make_fee_token(&mut self, bank: u16) {
        let Bank { mint, vault, decimals, .. } = self.bank(bank);
        let mut data = packed(Mint { decimals, is_initialized: true, supply: u64::MAX, ..Mint::default() });
        data.resize(FEE_MINT_LEN, 0);
        // Account type 1: a mint. Extension 1: a transfer fee, both of them 100 basis points without a limit.
        data[165] = 1;
        data[166] = 1;
        data[168] = 108;
        for fee in [166 + 4 + 72, 166 + 4 + 90] {
            data[fee + 8..fee + 16].copy_from_slice(&u64::MAX.to_le_bytes());
            data[fee + 16] = 100;
        }
        self.svm.put_data(&mint, &TOKEN_2022, data);
        let bank_key = self.bank_key(bank);
        self.put_fee_tokens_at(&vault, &mint, &bank_key, self.vault(bank));
        self.svm.edit::<Bank>(&bank_key, |bank| bank.token_program = TOKEN_2022);
    }

    /// Gives a trader a token account of such a token.
    pub fn put_fee_tokens(&mut self, trader: &Trader, bank: u16, amount: u64) {
        let mint = self.bank(bank).mint;
        let address = trader.tokens[usize::from(bank)];
        self.put_fee_tokens_at(&address, &mint, &trader.key.pubkey(), amount);
    }

    fn put_fee_tokens_at(&mut self, key: &Pubkey, mint: &Pubkey, owner: &Pubkey, amount: u64) {
        self.svm.put_tokens(key, mint, owner, amount);
        let mut data = self.svm.account(key).map(|account| account.data).unwrap_or_default();
        // Account type 2: a token account. Extension 2: what was withheld, nothing yet.
        data.extend_from_slice(&[2, 2, 0, 8, 0]);
        data.extend_from_slice(&[0; 8]);
        self.svm.put_data(key, &TOKEN_2022, data);
    }
}
