use crate::{errors::DataCreditsError, events::EpochOpened, state::*};
use anchor_lang::prelude::*;

#[event_cpi]
#[derive(Accounts)]
#[instruction(epoch: u64)]
pub struct OpenEpoch<'info> {
    #[account(
        init, payer = payer, space = 8 + EpochRecord::INIT_SPACE,
        seeds = [SEED_EPOCH, dc_config.key().as_ref(), &epoch.to_le_bytes()], bump
    )]
    pub epoch_record: Account<'info, EpochRecord>,
    #[account(seeds = [SEED_DC, dc_config.dc_mint.as_ref()], bump = dc_config.bump)]
    pub dc_config: Account<'info, DcConfig>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl OpenEpoch<'_> {
    pub fn validate(&self, epoch: u64) -> Result<()> {
        let present = self.dc_config.epoch_at(Clock::get()?.unix_timestamp);
        // An epoch that is over without a record stays without: it burnt nothing and had no price.
        require!(epoch == present || epoch == present + 1, DataCreditsError::EpochNotNear);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, epoch: u64) -> Result<()> {
        ctx.accounts.epoch_record.set_inner(EpochRecord {
            dc_config: ctx.accounts.dc_config.key(),
            epoch,
            token_burned: 0,
            dc_minted: 0,
            price_e8: 0,
            price_at: 0,
            bump: ctx.bumps.epoch_record,
        });
        emit_cpi!(EpochOpened {
            dc_config: ctx.accounts.dc_config.key(),
            epoch,
        });
        Ok(())
    }
}
