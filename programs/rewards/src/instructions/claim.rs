use crate::{errors::RewardsError, events::RewardClaimed, state::*};
use anchor_lang::prelude::*;
use anchor_spl::{
    associated_token,
    token_interface::{TokenAccount, TokenInterface},
};
use guard::{cpi::accounts::GuardedTransfer, program::Guard as GuardProgram, Guard};
use merkle_sum::{leaf, verify, Node};

#[event_cpi]
#[derive(Accounts)]
pub struct PayClaim<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, distributor.network.as_ref()], bump = distributor.bump,
        has_one = vault @ RewardsError::WrongTokenAccount,
        has_one = token_mint @ RewardsError::WrongTokenAccount,
        has_one = token_program @ RewardsError::WrongTokenAccount
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    #[account(
        mut, seeds = [SEED_CLAIM, distributor.key().as_ref(), beneficiary.key().as_ref()], bump = claim.bump
    )]
    pub claim: Account<'info, Claim>,
    /// CHECK: the wallet that is paid
    pub beneficiary: UncheckedAccount<'info>,
    /// The beneficiary's associated token account.
    #[account(mut)]
    pub payout: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the distributor's
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the guard program derives it from the vault
    #[account(mut)]
    pub vault_guard: UncheckedAccount<'info>,
    /// CHECK: the distributor's
    pub token_mint: UncheckedAccount<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl PayClaim<'_> {
    pub fn validate(&self, cumulative: u64) -> Result<()> {
        self.distributor.require_running()?;
        require!(
            self.distributor.next_final > self.distributor.first_epoch,
            RewardsError::NoFinalRoot
        );
        require!(cumulative > self.claim.claimed, RewardsError::NothingToClaim);
        let seeds = [
            self.beneficiary.key.as_ref(),
            self.distributor.token_program.as_ref(),
            self.distributor.token_mint.as_ref(),
            &[self.claim.payout_bump],
        ];
        let own = Pubkey::create_program_address(&seeds, &associated_token::ID);
        require!(
            own == Ok(self.payout.key()) && self.payout.owner == self.beneficiary.key(),
            RewardsError::WrongPayoutAccount
        );
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, cumulative: u64, left_siblings: u32, proof: Vec<ProofStep>) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let distributor = accounts.distributor.key();
        let root = Node {
            hash: accounts.distributor.final_hash,
            sum: accounts.distributor.final_total,
        };
        let wallet = leaf(
            &distributor.to_bytes(),
            &accounts.beneficiary.key.to_bytes(),
            cumulative,
        );
        let siblings = proof.iter().map(|step| Node {
            hash: step.hash,
            sum: step.sum,
        });
        verify(&root, wallet, siblings, left_siblings).map_err(RewardsError::from)?;

        // Checked above: the proven amount is greater.
        let amount = accounts.payable(cumulative - accounts.claim.claimed)?;
        let epoch = accounts.distributor.next_final - 1;
        // At most what is proven, so it fits.
        accounts.claim.claimed += amount;
        accounts.claim.last_epoch = epoch;
        let claimed = accounts.distributor.claimed.checked_add(amount);
        accounts.distributor.claimed = claimed.ok_or(RewardsError::AmountOverflow)?;
        // A root that took from one wallet what it gave another would pay out more than its total; here that ends.
        accounts.distributor.check_books()?;
        accounts.pay(amount)?;
        emit_cpi!(RewardClaimed {
            distributor,
            beneficiary: ctx.accounts.beneficiary.key(),
            amount,
            claimed: ctx.accounts.claim.claimed,
            epoch,
        });
        Ok(())
    }

    /// What is paid of `due` base units: all of it, or, where it is more than the vault ever lets out at once, what it lets out now.
    /// A wallet that nobody claimed for in years would otherwise never be paid.
    fn payable(&self, due: u64) -> Result<u64> {
        let data = self.vault_guard.try_borrow_data()?;
        let Ok(guard) = Guard::try_deserialize(&mut &data[..]) else {
            // The guard program refuses what is no guard of the vault.
            return Ok(due);
        };
        let room = guard.bucket().room(guard.bucket_limit(), Clock::get()?.unix_timestamp);
        Ok(if due > guard.limit && room > 0 { room } else { due })
    }

    fn pay(&self, amount: u64) -> Result<()> {
        guard::cpi::guarded_transfer(
            CpiContext::new_with_signer(
                self.guard_program.key(),
                GuardedTransfer {
                    guard: self.vault_guard.to_account_info(),
                    vault: self.vault.to_account_info(),
                    mint: self.token_mint.to_account_info(),
                    to: self.payout.to_account_info(),
                    caller: self.distributor.to_account_info(),
                    token_program: self.token_program.to_account_info(),
                },
                &[&[
                    SEED_DISTRIBUTOR,
                    self.distributor.network.as_ref(),
                    &[self.distributor.bump],
                ]],
            ),
            amount,
        )
    }
}
