use crate::{errors::RegistryError, events::ParametersScheduled, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
pub struct SetParameters<'info> {
    #[account(
        mut, seeds = [SEED_NETWORK, network.token_mint.as_ref()], bump = network.bump,
        has_one = admin @ RegistryError::NotTheAdmin
    )]
    pub network: Box<Account<'info, Network>>,
    pub admin: Signer<'info>,
}

impl SetParameters<'_> {
    pub fn validate(&self, hash: &[u8; 32], from_epoch: u64) -> Result<()> {
        require!(*hash != [0; 32], RegistryError::ZeroHash);
        let present = self.network.epoch_at(Clock::get()?.unix_timestamp);
        require!(from_epoch > present, RegistryError::EpochNotInTheFuture);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, hash: [u8; 32], from_epoch: u64) -> Result<()> {
        let network = &mut ctx.accounts.network;
        let present = network.epoch_at(Clock::get()?.unix_timestamp);
        network.parameters.schedule(hash, from_epoch, present);
        emit_cpi!(ParametersScheduled {
            network: ctx.accounts.network.key(),
            hash,
            from_epoch
        });
        Ok(())
    }
}
