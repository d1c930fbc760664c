//! Mints of Token-2022 with every extension there is, made by its own program.

use spl_token_2022_interface::extension::{
    confidential_mint_burn, confidential_transfer, confidential_transfer_fee, default_account_state,
    group_member_pointer, group_pointer, interest_bearing_mint, metadata_pointer, pausable, permissioned_burn,
    scaled_ui_amount, transfer_fee, transfer_hook, ExtensionType,
};
use spl_token_2022_interface::instruction as token;
use spl_token_2022_interface::state::{AccountState, Mint};
use spl_token_metadata_interface::instruction as token_metadata;

use crate::support::*;

pub(super) const BEFORE_EXTENSIONS: usize = 166;

/// A fee nobody reaches the limit of.
pub(super) const fn unlimited(basis_points: u16) -> TransferFee {
    TransferFee { most: u64::MAX, basis_points }
}

/// An extension of a mint.
pub(super) struct Extension {
    /// Types the mint gets, those asked for by the token program first.
    pub(super) types: &'static [ExtensionType],
    pub(super) initialize: fn(&Pubkey, &Pubkey) -> Vec<Instruction>,
    /// What listing says.
    pub(super) refused: Option<&'static str>,
}

fn fee_config(mint: &Pubkey, admin: &Pubkey) -> Instruction {
    transfer_fee::instruction::initialize_transfer_fee_config(&TOKEN_2022, mint, Some(admin), Some(admin), 100, 5)
        .expect("an instruction")
}

fn confidential(mint: &Pubkey, admin: &Pubkey) -> Instruction {
    confidential_transfer::instruction::initialize_mint(&TOKEN_2022, mint, Some(*admin), true, None)
        .expect("an instruction")
}

fn default_state(mint: &Pubkey, state: AccountState) -> Instruction {
    default_account_state::instruction::initialize_default_account_state(&TOKEN_2022, mint, &state)
        .expect("an instruction")
}

/// All mint extensions of Token-2022 that are initialised before the mint.
pub(super) const EXTENSIONS: &[Extension] = &[
    Extension {
        types: &[ExtensionType::TransferFeeConfig],
        initialize: |mint, admin| vec![fee_config(mint, admin)],
        refused: None,
    },
    Extension {
        types: &[ExtensionType::InterestBearingConfig],
        initialize: |mint, admin| {
            vec![interest_bearing_mint::instruction::initialize(&TOKEN_2022, mint, Some(*admin), 500).expect("data")]
        },
        refused: None,
    },
    Extension {
        types: &[ExtensionType::ScaledUiAmount],
        initialize: |mint, admin| {
            vec![scaled_ui_amount::instruction::initialize(&TOKEN_2022, mint, Some(*admin), 2.5).expect("data")]
        },
        refused: None,
    },
    Extension {
        types: &[ExtensionType::MetadataPointer],
        initialize: |mint, admin| {
            vec![metadata_pointer::instruction::initialize(&TOKEN_2022, mint, Some(*admin), Some(*mint)).expect("data")]
        },
        refused: None,
    },
    Extension {
        types: &[ExtensionType::GroupPointer],
        initialize: |mint, admin| {
            vec![group_pointer::instruction::initialize(&TOKEN_2022, mint, Some(*admin), Some(*mint)).expect("data")]
        },
        refused: None,
    },
    Extension {
        types: &[ExtensionType::GroupMemberPointer],
        initialize: |mint, admin| {
            vec![group_member_pointer::instruction::initialize(&TOKEN_2022, mint, Some(*admin), Some(*mint))
                .expect("data")]
        },
        refused: None,
    },
    Extension {
        types: &[ExtensionType::MintCloseAuthority],
        initialize: |mint, admin| {
            vec![token::initialize_mint_close_authority(&TOKEN_2022, mint, Some(admin)).expect("data")]
        },
        refused: Some("MintCloseAuthority"),
    },
    Extension {
        types: &[ExtensionType::ConfidentialTransferMint],
        initialize: |mint, admin| vec![confidential(mint, admin)],
        refused: Some("MintConfidential"),
    },
    // The token program takes this one with a fee and confidential transfers only; here it is the first in the mint.
    Extension {
        types: &[
            ExtensionType::ConfidentialTransferFeeConfig,
            ExtensionType::TransferFeeConfig,
            ExtensionType::ConfidentialTransferMint,
        ],
        initialize: |mint, admin| {
            let fee = confidential_transfer_fee::instruction::initialize_confidential_transfer_fee_config(
                &TOKEN_2022,
                mint,
                Some(*admin),
                &Default::default(),
            );
            vec![fee.expect("data"), fee_config(mint, admin), confidential(mint, admin)]
        },
        refused: Some("MintConfidential"),
    },
    // With confidential transfers only.
    Extension {
        types: &[ExtensionType::ConfidentialMintBurn, ExtensionType::ConfidentialTransferMint],
        initialize: |mint, admin| {
            let (key, supply) = (Default::default(), Default::default());
            let burn = confidential_mint_burn::instruction::initialize_mint(&TOKEN_2022, mint, &key, &supply);
            vec![burn.expect("data"), confidential(mint, admin)]
        },
        refused: Some("MintConfidential"),
    },
    Extension {
        types: &[ExtensionType::DefaultAccountState],
        initialize: |mint, _| vec![default_state(mint, AccountState::Frozen)],
        refused: Some("MintDefaultState"),
    },
    // It could be changed to frozen.
    Extension {
        types: &[ExtensionType::DefaultAccountState],
        initialize: |mint, _| vec![default_state(mint, AccountState::Initialized)],
        refused: Some("MintDefaultState"),
    },
    Extension {
        types: &[ExtensionType::NonTransferable],
        initialize: |mint, _| vec![token::initialize_non_transferable_mint(&TOKEN_2022, mint).expect("data")],
        refused: Some("MintNonTransferable"),
    },
    Extension {
        types: &[ExtensionType::PermanentDelegate],
        initialize: |mint, admin| vec![token::initialize_permanent_delegate(&TOKEN_2022, mint, admin).expect("data")],
        refused: Some("MintPermanentDelegate"),
    },
    Extension {
        types: &[ExtensionType::TransferHook],
        initialize: |mint, admin| {
            vec![transfer_hook::instruction::initialize(&TOKEN_2022, mint, Some(*admin), None).expect("data")]
        },
        refused: Some("MintTransferHook"),
    },
    Extension {
        types: &[ExtensionType::Pausable],
        initialize: |mint, admin| vec![pausable::instruction::initialize(&TOKEN_2022, mint, admin).expect("data")],
        refused: Some("MintPausable"),
    },
    Extension {
        types: &[ExtensionType::PermissionedBurn],
        initialize: |mint, admin| {
            vec![permissioned_burn::instruction::initialize(&TOKEN_2022, mint, admin).expect("data")]
        },
        refused: Some("MintExtensionUnknown"),
    },
];

/// Creates a mint with these extensions by Token-2022 itself.
pub(super) fn mint_with(world: &mut World, decimals: u8, extensions: &[&Extension]) -> Pubkey {
    let (mint, admin) = (world.key(), world.admin.pubkey());
    let types: Vec<ExtensionType> = extensions.iter().flat_map(|extension| extension.types).copied().collect();
    let bytes = ExtensionType::try_calculate_account_len::<Mint>(&types).expect("a length");
    let initialize: Vec<Instruction> =
        extensions.iter().flat_map(|extension| (extension.initialize)(&mint.pubkey(), &admin)).collect();
    world.create_mint_2022(&mint, decimals, bytes.saturating_sub(BEFORE_EXTENSIONS), &initialize);
    mint.pubkey()
}

pub(super) fn extension(kind: ExtensionType) -> &'static Extension {
    EXTENSIONS.iter().find(|extension| extension.types == [kind]).expect("in the table")
}

/// A mint with its metadata in itself: a pointer, and the text that is added to the initialised mint.
pub(super) fn described_mint(world: &mut World, decimals: u8) -> Pubkey {
    let mint = mint_with(world, decimals, &[extension(ExtensionType::MetadataPointer)]);
    let admin = world.admin.pubkey();
    let [name, symbol, uri] = ["A coin of many words", "COIN", "https://example.com/coin.json"].map(str::to_owned);
    let describe = token_metadata::initialize(&TOKEN_2022, &mint, &admin, &mint, &admin, name, symbol, uri);
    world.as_admin(describe).expect("metadata");
    mint
}
