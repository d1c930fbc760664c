//! A world in which an instruction succeeds.

use ballast_client::PROGRAM_ID;
use ballast_state::{Account as Layout, Epoch, LiquidityPool, LiquidityProvider, Orders, PerpMarket};
use ballast_testkit::plain::{GEM, ONE_GEM};
use ballast_testkit::{Failed, Sent, Svm, Trader, World};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::idl::{Described, Seat};
use crate::role::Role;

/// A place of an instruction, and what the account there is.
pub(crate) struct Place {
    pub(crate) seat: Seat,
    pub(crate) role: Role,
}

/// A world, and a transaction that would succeed in it.
pub(crate) struct Stage {
    pub(crate) world: World,
    /// The transaction.
    pub(crate) transaction: Vec<Instruction>,
    /// Which of its instructions is the one whose accounts are exchanged.
    pub(crate) at: usize,
    /// Somebody else, with a deposit of gems.
    pub(crate) stranger: Trader,
    /// An account of every type that a group need not have, and what it is.
    pub(crate) strays: [(&'static str, Pubkey); 5],
    keys: Vec<Keypair>,
}

impl Stage {
    /// A transaction of one instruction.
    pub(crate) fn alone(mut world: World, instruction: Instruction, signers: &[&Keypair]) -> Self {
        let stranger = world.trader_with(&[(GEM, 100 * ONE_GEM)]);
        // Nobody that an instruction names pays for its transaction: so all of its accounts can be compared.
        let payer = world.key();
        world.svm.fund(&payer.pubkey());
        let admin = world.admin.insecure_clone();
        let mut keys = vec![payer, stranger.key.insecure_clone(), admin];
        for key in signers {
            if !keys.contains(key) {
                keys.push(key.insecure_clone());
            }
        }
        let group = world.group;
        let strays = [
            ("a perp market", stray(&mut world, |it: &mut PerpMarket| (it.group, it.index) = (group, u16::MAX))),
            ("a pool", stray(&mut world, |it: &mut LiquidityPool| it.group = group)),
            ("a provider", stray(&mut world, |_: &mut LiquidityProvider| ())),
            ("an epoch", stray(&mut world, |_: &mut Epoch| ())),
            ("orders", stray(&mut world, |_: &mut Orders| ())),
        ];
        Self { world, transaction: vec![instruction], at: 0, stranger, strays, keys }
    }

    /// How many perp markets the group has.
    pub(crate) fn perps(&self) -> u16 {
        self.world.svm.account(&self.world.pool_key()).map_or(0, |_| self.world.pool().market_count)
    }

    /// Puts other instructions around the one whose accounts are exchanged.
    pub(crate) fn between(mut self, before: Vec<Instruction>, after: Vec<Instruction>) -> Self {
        self.at = before.len();
        self.transaction = [before, self.transaction, after].concat();
        self
    }

    /// Whether the instruction has an account.
    pub(crate) fn names(&self, key: &Pubkey) -> bool {
        self.instruction().accounts.iter().any(|meta| meta.pubkey == *key)
    }

    /// What the instruction's accounts are, by the IDL and by what is there.
    ///
    /// # Panics
    /// If it is another instruction than the one described, or its flags are not those of the IDL.
    pub(crate) fn places(&self, described: &Described) -> Vec<Place> {
        let instruction = self.instruction();
        assert!(instruction.data.starts_with(&described.tag), "a stage of {} that is none", described.name);
        assert!(instruction.accounts.len() >= described.seats.len(), "{}: too few accounts", described.name);
        let place = |(at, meta): (usize, &AccountMeta)| {
            let following = || Seat::following(at - described.seats.len(), meta.is_writable);
            let seat = described.seats.get(at).cloned().unwrap_or_else(following);
            assert_eq!((seat.writable, seat.signer), (meta.is_writable, meta.is_signer), "{}", seat.name);
            Place { role: Role::of(&self.world.svm, &meta.pubkey, &seat), seat }
        };
        instruction.accounts.iter().enumerate().map(place).collect()
    }

    /// The instruction whose accounts are exchanged.
    pub(crate) fn instruction(&self) -> &Instruction {
        &self.transaction[self.at]
    }

    /// Sends a transaction that the payer and whoever has to have signed.
    pub(crate) fn send(&self, svm: &mut Svm, transaction: &[Instruction]) -> Result<Sent, Failed> {
        let signs = |key: &Pubkey| {
            transaction.iter().flat_map(|one| &one.accounts).any(|meta| meta.is_signer && meta.pubkey == *key)
        };
        let (payer, others) = self.keys.split_first().expect("a payer");
        let mut signers = vec![payer];
        signers.extend(others.iter().filter(|key| signs(&key.pubkey())));
        svm.send(transaction, &signers)
    }
}

/// An account of a type, but for what is filled in with nothing in it.
fn stray<T: Layout>(world: &mut World, fill: impl FnOnce(&mut T)) -> Pubkey {
    let key = world.key().pubkey();
    let mut data = vec![0; T::SPACE];
    data[..8].copy_from_slice(&T::TAG);
    data[8] = T::VERSION;
    world.svm.put_data(&key, &PROGRAM_ID, data);
    world.svm.edit(&key, fill);
    key
}
