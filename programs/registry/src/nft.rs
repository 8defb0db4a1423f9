//! The token of a hotspot: a Token-2022 mint with one token, no decimals, and its metadata in the mint itself. After it is made
//! nobody can make another, freeze it, or change what it says.
use crate::{RegistryError, SEED_HOTSPOT_NFT};
use anchor_lang::{prelude::*, system_program};
use anchor_spl::{
    associated_token,
    token_2022::{
        initialize_mint2, mint_to, set_authority,
        spl_token_2022::{extension::ExtensionType, instruction::AuthorityType, state::Mint as MintState},
        InitializeMint2, MintTo, SetAuthority,
    },
    token_2022_extensions::{
        metadata_pointer_initialize, token_metadata_initialize, MetadataPointerInitialize, TokenMetadataInitialize,
    },
};

const SYMBOL: &str = "HOTSPOT";

/// What it takes to make the token of a hotspot.
pub struct HotspotToken<'a, 'info> {
    pub hotspot: AccountInfo<'info>,
    /// Seeds of the hotspot account with its bump: it is mint authority until there is one token.
    pub hotspot_seeds: &'a [&'a [u8]],
    pub mint: AccountInfo<'info>,
    pub mint_bump: u8,
    pub owner: AccountInfo<'info>,
    /// The owner's associated token account, made here.
    pub token_account: AccountInfo<'info>,
    pub payer: AccountInfo<'info>,
    pub token_program: AccountInfo<'info>,
    pub associated_token_program: Pubkey,
    pub system_program: AccountInfo<'info>,
}

impl HotspotToken<'_, '_> {
    /// Makes mint, metadata and token, gives it to the owner, and gives the mint authority up.
    pub fn create(&self, gateway_id: &[u8; 8], uri_base: &str) -> Result<()> {
        let id = hex(gateway_id);
        let name = format!("Hotspot {id}");
        let uri = if uri_base.is_empty() {
            String::new()
        } else {
            format!("{uri_base}{id}")
        };
        self.create_mint(name, uri)?;
        self.create_token_account()?;
        self.mint_one()
    }

    fn create_mint(&self, name: String, uri: String) -> Result<()> {
        let space = ExtensionType::try_calculate_account_len::<MintState>(&[ExtensionType::MetadataPointer])?;
        self.allocate(space, space + metadata_bytes(&name, &uri))?;
        metadata_pointer_initialize(
            CpiContext::new(
                self.token_program.key(),
                MetadataPointerInitialize {
                    token_program_id: self.token_program.clone(),
                    mint: self.mint.clone(),
                },
            ),
            None,
            Some(self.mint.key()),
        )?;
        initialize_mint2(
            CpiContext::new(
                self.token_program.key(),
                InitializeMint2 {
                    mint: self.mint.clone(),
                },
            ),
            0,
            self.hotspot.key,
            None,
        )?;
        token_metadata_initialize(
            CpiContext::new_with_signer(
                self.token_program.key(),
                TokenMetadataInitialize {
                    program_id: self.token_program.clone(),
                    metadata: self.mint.clone(),
                    update_authority: self.hotspot.clone(),
                    mint_authority: self.hotspot.clone(),
                    mint: self.mint.clone(),
                },
                &[self.hotspot_seeds],
            ),
            name,
            SYMBOL.to_string(),
            uri,
        )
    }

    /// Gives the mint `space` bytes and the rent of `full_space`. Lamports somebody sent to its address are no obstacle.
    fn allocate(&self, space: usize, full_space: usize) -> Result<()> {
        let hotspot = self.hotspot.key();
        let bump = [self.mint_bump];
        let seeds: &[&[u8]] = &[SEED_HOTSPOT_NFT, hotspot.as_ref(), &bump];
        let missing = Rent::get()?
            .minimum_balance(full_space)
            .saturating_sub(self.mint.lamports());
        let program = self.system_program.key();
        if missing > 0 {
            let accounts = system_program::Transfer {
                from: self.payer.clone(),
                to: self.mint.clone(),
            };
            system_program::transfer(CpiContext::new(program, accounts), missing)?;
        }
        let accounts = system_program::Allocate {
            account_to_allocate: self.mint.clone(),
        };
        system_program::allocate(CpiContext::new_with_signer(program, accounts, &[seeds]), space as u64)?;
        let accounts = system_program::Assign {
            account_to_assign: self.mint.clone(),
        };
        system_program::assign(
            CpiContext::new_with_signer(program, accounts, &[seeds]),
            self.token_program.key,
        )
    }

    fn create_token_account(&self) -> Result<()> {
        associated_token::create(CpiContext::new(
            self.associated_token_program,
            associated_token::Create {
                payer: self.payer.clone(),
                associated_token: self.token_account.clone(),
                authority: self.owner.clone(),
                mint: self.mint.clone(),
                system_program: self.system_program.clone(),
                token_program: self.token_program.clone(),
            },
        ))
    }

    fn mint_one(&self) -> Result<()> {
        mint_to(
            CpiContext::new_with_signer(
                self.token_program.key(),
                MintTo {
                    mint: self.mint.clone(),
                    to: self.token_account.clone(),
                    authority: self.hotspot.clone(),
                },
                &[self.hotspot_seeds],
            ),
            1,
        )?;
        set_authority(
            CpiContext::new_with_signer(
                self.token_program.key(),
                SetAuthority {
                    current_authority: self.hotspot.clone(),
                    account_or_mint: self.mint.clone(),
                },
                &[self.hotspot_seeds],
            ),
            AuthorityType::MintTokens,
            None,
        )
    }
}

/// Bytes of the metadata in the mint: type and length, update authority, mint, three texts, no further fields.
fn metadata_bytes(name: &str, uri: &str) -> usize {
    2 + 2 + 32 + 32 + (4 + name.len()) + (4 + SYMBOL.len()) + (4 + uri.len()) + 4
}

fn hex(bytes: &[u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(*bytes))
}

/// Checks that an account holds the token of a hotspot for `holder`.
pub fn require_holder(
    account: &InterfaceAccount<anchor_spl::token_interface::TokenAccount>,
    nft_mint: &Pubkey,
    holder: &Pubkey,
) -> Result<()> {
    require_keys_eq!(account.mint, *nft_mint, RegistryError::WrongTokenAccount);
    require!(
        account.owner == *holder && account.amount == 1,
        RegistryError::NotTheHolder
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_spl::token_2022_extensions::spl_token_metadata_interface::state::TokenMetadata;

    #[test]
    fn pays_for_as_many_bytes_as_the_metadata_takes() {
        for uri in ["", "https://example.org/hotspots/0011223344556677"] {
            let metadata = TokenMetadata {
                name: "Hotspot 0011223344556677".into(),
                symbol: SYMBOL.into(),
                uri: uri.into(),
                ..Default::default()
            };
            // In its own format the metadata has a header of 12 bytes; as an extension of a mint, of 4.
            assert_eq!(metadata_bytes(&metadata.name, uri), metadata.tlv_size_of().unwrap() - 8);
        }
    }

    #[test]
    fn names_a_hotspot_by_its_gateway_id() {
        assert_eq!(hex(&[0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]), "0011223344556677");
    }
}
