//! What the instructions' tests share.

pub(crate) use super::bounds::{refuses_everyone_but, Role, BANK_OUT_OF_BOUNDS, FEED_OUT_OF_BOUNDS, OUT_OF_BOUNDS};
pub(crate) use ballast_client::ballast::types::{EventHeader, HealthPoint, LossShare, Movement};
pub(crate) use ballast_client::instructions::Takeover;
pub(crate) use ballast_client::{addresses, instructions as ix, presets};
pub(crate) use ballast_math::Index;
pub(crate) use ballast_state::{Bank, MarginAccount, RiskBoard};
pub(crate) use ballast_testkit::plain::*;
pub(crate) use ballast_testkit::{
    aged, assert_same, event, indebted, lent, unhealthy, Forgery, MarketSpec, Trader, World, PLAIN, PLAIN_DOLLAR,
    START_TS,
};
pub(crate) use solana_instruction::Instruction;
pub(crate) use solana_keypair::Keypair;
pub(crate) use solana_pubkey::Pubkey;
pub(crate) use solana_signer::Signer;

/// The header of an event about `account`, in this slot.
pub(crate) fn header(world: &World, account: Pubkey, sequence: u64) -> EventHeader {
    EventHeader { group: world.group, account, slot: world.svm.clock().slot, sequence }
}

/// Assets, liabilities and requirement in whole dollars, and by how many units of 2⁻²⁰ USD rounding moves each: a number of
/// atoms with decimals is no binary fraction, so assets come out a unit lower, what they must cover a unit or two higher.
pub(crate) fn health(dollars: [u64; 3], rounding: [i64; 3]) -> HealthPoint {
    let [assets, liabilities, requirement] =
        [0, 1, 2].map(|at| presets::dollars(dollars[at]).checked_add_signed(rounding[at]).expect("in range"));
    HealthPoint { assets, liabilities, requirement }
}

/// `liquidate` and `deleverage` as one party of it would build them.
pub(crate) fn takeover<T>(
    world: &World,
    taker: &Trader,
    from: &Trader,
    loan_bank: u16,
    collateral_bank: u16,
    build: impl FnOnce(&Takeover<'_>) -> T,
) -> T {
    let (taker_state, account_state) = (world.margin(taker), world.margin(from));
    build(&Takeover {
        authority: taker.key.pubkey(),
        taker: taker.account,
        taker_state: &taker_state,
        account: from.account,
        account_state: &account_state,
        loan_bank,
        collateral_bank,
    })
}

/// `⌊atoms / index⌋`, worked out without the engine's own function.
pub(crate) fn shares_down(index: [u64; 2], atoms: u64) -> u64 {
    u64::try_from((u128::from(atoms) << 64) / whole(index)).expect("shares")
}

/// `⌈atoms / index⌉`.
pub(crate) fn shares_up(index: [u64; 2], atoms: u64) -> u64 {
    u64::try_from((u128::from(atoms) << 64).div_ceil(whole(index))).expect("shares")
}

/// `⌈shares · index⌉`.
pub(crate) fn atoms_up(index: [u64; 2], shares: u64) -> u64 {
    Index::from_words(index).amount_up(shares).expect("atoms")
}

fn whole(index: [u64; 2]) -> u128 {
    (u128::from(index[1]) << 64) | u128::from(index[0])
}

/// The instruction with the account at `index` no longer marked as signer.
pub(crate) fn unsigned(instruction: &Instruction, index: usize) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts[index].is_signer = false;
    changed
}

/// The instruction with the account at `index` read-only.
pub(crate) fn read_only(instruction: &Instruction, index: usize) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts[index].is_writable = false;
    changed
}

/// The instruction with another account at `index`.
pub(crate) fn with(instruction: &Instruction, index: usize, key: Pubkey) -> Instruction {
    let mut changed = instruction.clone();
    changed.accounts[index].pubkey = key;
    changed
}

/// As [`World::refuses_lookalikes`], for accounts that Anchor's own loader checks, in cold instructions.
pub(crate) fn refuses_anchor_lookalikes(
    world: &mut World,
    right: &Instruction,
    signers: &[&Keypair],
    indices: &[usize],
) {
    for index in indices {
        for (forgery, error) in [
            (Forgery::Empty, "anchor::AccountOwnedByWrongProgram"),
            (Forgery::Foreign, "anchor::AccountOwnedByWrongProgram"),
            (Forgery::Zeroed, "anchor::AccountDiscriminatorMismatch"),
        ] {
            world.refuses_forgery(right, signers, *index, forgery, error);
        }
    }
}

/// Where an instruction has the accounts of a transfer.
pub(crate) struct TransferAt {
    pub(crate) vault: usize,
    pub(crate) user: usize,
    pub(crate) mint: usize,
    pub(crate) token_program: usize,
    /// The user pays: its account is also checked for owner and amount.
    pub(crate) user_pays: bool,
}

/// Every wrong account of a transfer, in an instruction that is right otherwise and moves dollars of the plain world.
pub(crate) fn refuses_wrong_transfer(world: &mut World, right: &Instruction, signers: &[&Keypair], at: &TransferAt) {
    let other = world.bank(COIN);
    let (board, vault) = (world.board_key(), world.bank(USD).vault);
    let lookalikes = [Forgery::Empty, Forgery::Foreign, Forgery::Zeroed, Forgery::Other(board)];
    let pinned = [
        (at.vault, other.vault, "WrongVault"),
        (at.mint, other.mint, "WrongMint"),
        (at.token_program, spl_token_2022(), "WrongTokenProgram"),
    ];
    for (index, another, error) in pinned {
        world.refuses_forgery(right, signers, index, Forgery::Other(another), error);
        for forgery in lookalikes {
            world.refuses_forgery(right, signers, index, forgery, error);
        }
    }
    world.refuses_forgery(right, signers, at.user, Forgery::Other(vault), "DuplicateAccount");

    let user = right.accounts[at.user].pubkey;
    let owner = signers[0].pubkey();
    let other_mint = world.key().pubkey();
    world.svm.put_tokens(&other_mint, &other.mint, &owner, 1_000_000 * DOLLAR);
    world.refuses_forgery(right, signers, at.user, Forgery::Other(other_mint), "token::MintMismatch");
    for forgery in [Forgery::Empty, Forgery::Foreign, Forgery::Zeroed] {
        let mut forged = right.clone();
        forged.accounts[at.user].pubkey = world.forge(user, forgery);
        let keys: Vec<Pubkey> = forged.accounts.iter().skip(1).map(|meta| meta.pubkey).collect();
        let failed = world.unchanged(&keys, |world| world.send(forged, signers)).err();
        let name = failed.unwrap_or_else(|| panic!("{forgery:?} passed")).name();
        let refusals = ["InvalidAccountData", "ExternalAccountDataModified", "UninitializedAccount"];
        assert!(refusals.iter().any(|refusal| name == format!("runtime::{refusal}")), "{forgery:?}: {name}");
    }
    world.svm.set_frozen(&user, true);
    world.refuses(right, signers, "token::AccountFrozen");
    world.svm.set_frozen(&user, false);
    if at.user_pays {
        let strangers = world.key().pubkey();
        let (mint, stranger) = (world.bank(USD).mint, world.key().pubkey());
        world.svm.put_tokens(&strangers, &mint, &stranger, 1_000_000 * DOLLAR);
        world.refuses_forgery(right, signers, at.user, Forgery::Other(strangers), "token::OwnerMismatch");
        let held = world.svm.tokens(&user);
        world.svm.put_tokens(&user, &mint, &owner, 0);
        world.refuses(right, signers, "token::InsufficientFunds");
        world.svm.put_tokens(&user, &mint, &owner, held);
    }
}

/// The other token program.
pub(crate) fn spl_token_2022() -> Pubkey {
    Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
}
