use crate::state::*;
use anchor_lang::prelude::*;
use anchor_spl::associated_token;

#[derive(Accounts)]
pub struct OpenClaim<'info> {
    #[account(
        init, payer = payer, space = 8 + Claim::INIT_SPACE,
        seeds = [SEED_CLAIM, distributor.key().as_ref(), beneficiary.key().as_ref()], bump
    )]
    pub claim: Account<'info, Claim>,
    #[account(seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump)]
    pub distributor: Box<Account<'info, Distributor>>,
    /// CHECK: any wallet
    pub beneficiary: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

impl OpenClaim<'_> {
    pub fn handle(ctx: Context<Self>) -> Result<()> {
        let distributor = &ctx.accounts.distributor;
        let beneficiary = ctx.accounts.beneficiary.key();
        let seeds = [
            beneficiary.as_ref(),
            distributor.token_program.as_ref(),
            distributor.token_mint.as_ref(),
        ];
        // Found once here, so that no claim has to search for it.
        let (_, payout_bump) = Pubkey::find_program_address(&seeds, &associated_token::ID);
        ctx.accounts.claim.set_inner(Claim {
            claimed: 0,
            last_epoch: 0,
            bump: ctx.bumps.claim,
            payout_bump,
            reserved: [0; 6],
        });
        Ok(())
    }
}
