//! Accounts made after the right one, with one thing wrong.

use ballast_client::addresses;
use ballast_state::{
    Account as Layout, Bank, Epoch, Group, LiquidityPool, LiquidityProvider, MarginAccount, Orders, PendingChange,
    PerpMarket, PriceFeed, RiskBoard,
};
use ballast_testkit::plain::GEM;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::lookalike::Lookalike;
use crate::role::{Role, TOKEN_2022};
use crate::stage::Stage;

/// A group of which there is nothing but what claims to belong to it.
const OTHER_GROUP: Pubkey = Pubkey::new_from_array([91; 32]);
/// Its board, or a vault of it.
const OTHER_KEY: Pubkey = Pubkey::new_from_array([92; 32]);
/// A program that is none.
const OTHER_PROGRAM: Pubkey = Pubkey::new_from_array([66; 32]);
/// Where the program's accounts have their version.
const VERSION_AT: usize = 8;
/// Where a token account has its mint.
const MINT_AT: usize = 0;
/// Where a token account has its owner.
const OWNER_AT: usize = 32;

/// Where a look-alike is.
pub(crate) enum Sitter {
    /// It is on the chain.
    Listed(Pubkey),
    /// It has to be written, at an address of its own.
    Elsewhere(Account),
    /// It has to be written where the right account is: this may become of it.
    InPlace(Account),
}

/// The same bytes with something wrong. What only this program and the token program write cannot change where it is.
pub(crate) fn broken(role: Role, genuine: &Account) -> Vec<(Lookalike, Sitter)> {
    if genuine.executable || genuine.data.is_empty() {
        return Vec::new();
    }
    let place =
        |account| if role.may_change_in_place() { Sitter::InPlace(account) } else { Sitter::Elsewhere(account) };
    let with = |data: Vec<u8>| Account { data, ..genuine.clone() };
    let mut list = vec![
        (Lookalike::WrongOwner, Sitter::Elsewhere(Account { owner: OTHER_PROGRAM, ..genuine.clone() })),
        (Lookalike::Closed, place(with(vec![0; genuine.data.len()]))),
        (Lookalike::WrongLength, place(with(genuine.data[..genuine.data.len() - 1].to_vec()))),
    ];
    if role.is_ours() {
        for version in [genuine.data[VERSION_AT] - 1, genuine.data[VERSION_AT] + 1] {
            let mut data = genuine.data.clone();
            data[VERSION_AT] = version;
            list.push((Lookalike::WrongVersion, place(with(data))));
        }
    }
    list
}

/// Accounts of the same role.
pub(crate) fn relatives(stage: &Stage, role: Role, genuine: &Account) -> Vec<(Lookalike, Sitter)> {
    let (world, stranger) = (&stage.world, stage.stranger.key.pubkey());
    let gem = &world.markets[usize::from(GEM)];
    let copy = |owner| Sitter::Elsewhere(Account { owner, ..genuine.clone() });
    let alias = (Lookalike::Alias, copy(genuine.owner));
    let newer = (Lookalike::OtherTokenProgram, copy(TOKEN_2022));
    let strangers = || (Lookalike::OtherUser, with_key(genuine, OWNER_AT, &stranger));
    match role {
        // Another group has another board, and its banks have other vaults.
        Role::Group => vec![of_other_group(genuine, |group: &mut Group| group.board = OTHER_KEY)],
        Role::Board => vec![of_other_group(genuine, |board: &mut RiskBoard| board.group = OTHER_GROUP)],
        Role::Feed => vec![
            of_other_group(genuine, |feed: &mut PriceFeed| feed.group = OTHER_GROUP),
            (Lookalike::OtherMint, Sitter::Listed(other_feed(stage))),
        ],
        Role::Bank => {
            let other = |bank: &mut Bank| (bank.group, bank.vault) = (OTHER_GROUP, OTHER_KEY);
            let beside = other_bank(stage).map(|key| (Lookalike::OtherMint, Sitter::Listed(key)));
            std::iter::once(of_other_group(genuine, other)).chain(beside).collect()
        }
        Role::Margin => vec![
            of_other_group(genuine, |account: &mut MarginAccount| account.group = OTHER_GROUP),
            (Lookalike::OtherUser, edited(genuine, |account: &mut MarginAccount| account.owner = stranger)),
            (Lookalike::Alias, edited(genuine, |account: &mut MarginAccount| account.sub_account += 1)),
        ],
        Role::Change => vec![
            of_other_group(genuine, |change: &mut PendingChange| change.group = OTHER_GROUP),
            (Lookalike::OtherUser, edited(genuine, |change: &mut PendingChange| change.proposer = stranger)),
            (Lookalike::Alias, edited(genuine, |change: &mut PendingChange| change.number += 1)),
        ],
        Role::Market => {
            let other = |market: &mut PerpMarket| (market.group, market.pool) = (OTHER_GROUP, OTHER_KEY);
            let beside = other_market(stage).map(|key| (Lookalike::OtherMint, Sitter::Listed(key)));
            std::iter::once(of_other_group(genuine, other)).chain(beside).collect()
        }
        Role::Pool => vec![of_other_group(genuine, |pool: &mut LiquidityPool| {
            (pool.group, pool.bank_address) = (OTHER_GROUP, OTHER_KEY);
        })],
        Role::Provider => vec![
            of_other_group(genuine, |provider: &mut LiquidityProvider| provider.pool = OTHER_KEY),
            (Lookalike::OtherUser, edited(genuine, |provider: &mut LiquidityProvider| provider.owner = stranger)),
        ],
        Role::Epoch => vec![
            of_other_group(genuine, |epoch: &mut Epoch| epoch.pool = OTHER_KEY),
            (Lookalike::Alias, edited(genuine, |epoch: &mut Epoch| epoch.number += 1)),
        ],
        Role::Orders => {
            let other = stage.stranger.account;
            vec![(Lookalike::OtherUser, edited(genuine, |orders: &mut Orders| orders.margin_account = other))]
        }
        Role::Vault => vec![strangers(), alias, newer],
        Role::Tokens => {
            let mints = [0, 1].map(|bank| world.markets[bank].mint);
            let other = mints.iter().find(|mint| genuine.data[..OWNER_AT] != mint.to_bytes()).expect("two mints");
            vec![(Lookalike::OtherMint, with_key(genuine, MINT_AT, other)), strangers(), alias, newer]
        }
        Role::Mint => vec![(Lookalike::OtherMint, copy(genuine.owner)), newer],
        Role::TokenProgram => vec![(Lookalike::OtherTokenProgram, Sitter::Listed(TOKEN_2022))],
        Role::Oracle => vec![alias, (Lookalike::OtherMint, Sitter::Listed(gem.oracle))],
        _ => Vec::new(),
    }
}

/// A bank of the group that the instruction does not have.
fn other_bank(stage: &Stage) -> Option<Pubkey> {
    let banks = stage.world.markets.iter().map(|market| stage.world.bank_key(market.bank));
    banks.into_iter().find(|key| !stage.names(key))
}

/// The last feed of the group that the instruction does not have.
fn other_feed(stage: &Stage) -> Pubkey {
    let feeds = stage.world.markets.iter().rev().map(|market| addresses::feed(&stage.world.group, market.row));
    feeds.into_iter().find(|key| !stage.names(key)).expect("another feed")
}

/// A perp market of the group that the instruction does not have.
fn other_market(stage: &Stage) -> Option<Pubkey> {
    let markets = (0..stage.perps()).map(|index| addresses::market(&stage.world.group, index));
    markets.into_iter().find(|key| !stage.names(key))
}

fn of_other_group<T: Layout>(genuine: &Account, change: impl FnOnce(&mut T)) -> (Lookalike, Sitter) {
    (Lookalike::OtherGroup, edited(genuine, change))
}

/// A program account with something changed.
fn edited<T: Layout>(genuine: &Account, change: impl FnOnce(&mut T)) -> Sitter {
    let mut state: T = bytemuck::pod_read_unaligned(&genuine.data[VERSION_AT..]);
    change(&mut state);
    let mut account = genuine.clone();
    account.data[VERSION_AT..].copy_from_slice(bytemuck::bytes_of(&state));
    Sitter::Elsewhere(account)
}

/// An account with another key in its data.
fn with_key(genuine: &Account, offset: usize, key: &Pubkey) -> Sitter {
    let mut account = genuine.clone();
    account.data[offset..offset + 32].copy_from_slice(key.as_ref());
    Sitter::Elsewhere(account)
}
