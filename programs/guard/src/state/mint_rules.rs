//! Which mints can be guarded: those where nobody else can create, move, tax or freeze tokens.
use crate::GuardError;
use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::spl_token_2022::{
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::Mint as MintState,
    },
    token_interface::Mint,
};

/// Extensions that only describe a token or keep its holder from passing it on.
const HARMLESS: [ExtensionType; 3] = [
    ExtensionType::NonTransferable,
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
];

/// Refuses mints with a freeze authority and with extensions other than the harmless ones.
pub fn require_plain_mint(mint: &InterfaceAccount<Mint>) -> Result<()> {
    require!(mint.freeze_authority.is_none(), GuardError::FreezeAuthorityPresent);
    let info = mint.to_account_info();
    if *info.owner == anchor_spl::token_2022::ID {
        let data = info.try_borrow_data()?;
        let extensions = StateWithExtensions::<MintState>::unpack(&data)?.get_extension_types()?;
        require!(
            extensions.iter().all(|kind| HARMLESS.contains(kind)),
            GuardError::MintExtensionForbidden
        );
    }
    Ok(())
}
