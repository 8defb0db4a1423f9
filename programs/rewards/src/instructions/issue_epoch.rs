use crate::{errors::RewardsError, events::EpochIssued, state::*};
use anchor_lang::prelude::*;
use anchor_spl::token_interface::{TokenAccount, TokenInterface};
use data_credits::{EpochRecord, SEED_EPOCH as SEED_EPOCH_RECORD};
use guard::{cpi::accounts::GuardedMint, program::Guard as GuardProgram};
use registry::Network;

#[event_cpi]
#[derive(Accounts)]
#[instruction(epoch: u64)]
pub struct IssueEpoch<'info> {
    #[account(
        mut, seeds = [SEED_DISTRIBUTOR, network.key().as_ref()], bump = distributor.bump,
        has_one = network @ RewardsError::ForeignNetwork,
        has_one = token_mint @ RewardsError::WrongTokenAccount,
        has_one = vault @ RewardsError::WrongTokenAccount,
        has_one = treasury @ RewardsError::WrongTokenAccount,
        has_one = token_program @ RewardsError::WrongTokenAccount
    )]
    pub distributor: Box<Account<'info, Distributor>>,
    #[account(
        init, payer = payer, space = 8 + Epoch::INIT_SPACE,
        seeds = [SEED_EPOCH, distributor.key().as_ref(), &epoch.to_le_bytes()], bump
    )]
    pub epoch_account: Box<Account<'info, Epoch>>,
    #[account(
        init, payer = payer, space = 8 + Root::INIT_SPACE,
        seeds = [SEED_ROOT, distributor.key().as_ref(), &epoch.to_le_bytes(), &0u16.to_le_bytes()], bump
    )]
    pub root: Box<Account<'info, Root>>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub schedule: Box<Account<'info, Schedule>>,
    #[account(has_one = distributor @ RewardsError::ForeignDistributor)]
    pub oracle_set: Box<Account<'info, OracleSet>>,
    pub network: Box<Account<'info, Network>>,
    /// CHECK: the data-credit program's record of the epoch; empty when nothing was recorded
    #[account(
        seeds = [SEED_EPOCH_RECORD, network.dc_config.as_ref(), &epoch.to_le_bytes()], bump,
        seeds::program = data_credits::ID
    )]
    pub epoch_record: UncheckedAccount<'info>,
    /// CHECK: the distributor's
    #[account(mut)]
    pub token_mint: UncheckedAccount<'info>,
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the distributor's
    #[account(mut)]
    pub treasury: UncheckedAccount<'info>,
    /// CHECK: the guard program derives it from the mint
    #[account(mut)]
    pub mint_guard: UncheckedAccount<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub guard_program: Program<'info, GuardProgram>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl IssueEpoch<'_> {
    pub fn validate(&self, epoch: u64) -> Result<()> {
        self.distributor.require_running()?;
        require_eq!(epoch, self.distributor.next_epoch, RewardsError::NotTheNextEpoch);
        let present = self.distributor.epoch_at(Clock::get()?.unix_timestamp);
        require!(epoch < present, RewardsError::EpochNotOver);
        Ok(())
    }

    pub fn handle(ctx: Context<Self>, epoch: u64) -> Result<()> {
        let accounts = &mut *ctx.accounts;
        let record = accounts.read_record(epoch)?;
        let settings = *accounts.distributor.settings.at(epoch);
        let before = accounts.distributor.burns_before()?;
        let issue = Issue::of(&accounts.schedule, &settings, epoch, before, record.token_burned)?;
        accounts.count(epoch, &issue, &record)?;
        accounts.write_epoch(epoch, &issue, &record, ctx.bumps.epoch_account, ctx.bumps.root);

        let before = accounts.vault.amount;
        mint(accounts, accounts.vault.to_account_info(), issue.pool)?;
        mint(accounts, accounts.treasury.to_account_info(), issue.treasury)?;
        accounts.vault.reload()?;
        require!(
            accounts.vault.amount.checked_sub(before) == Some(issue.pool),
            RewardsError::BooksDoNotBalance
        );
        accounts.distributor.check_books()?;
        emit_cpi!(EpochIssued {
            distributor: ctx.accounts.distributor.key(),
            epoch,
            scheduled: issue.scheduled,
            reissued: issue.reissued,
            pool: issue.pool,
            treasury: issue.treasury,
            price_e8: ctx.accounts.epoch_account.price_e8,
            parameter_hash: ctx.accounts.epoch_account.parameter_hash,
        });
        Ok(())
    }

    /// The epoch's burns and price. The address is derived, so an account that does not exist says that nothing happened.
    fn read_record(&self, epoch: u64) -> Result<Record> {
        if *self.epoch_record.owner != data_credits::ID {
            require!(self.epoch_record.data_is_empty(), RewardsError::WrongEpochRecord);
            return Ok(Record {
                token_burned: 0,
                price_e8: 0,
            });
        }
        let record = EpochRecord::try_deserialize(&mut &self.epoch_record.try_borrow_data()?[..])
            .map_err(|_| RewardsError::WrongEpochRecord)?;
        let is_ours = record.epoch == epoch && record.dc_config == self.network.dc_config;
        require!(is_ours, RewardsError::WrongEpochRecord);
        Ok(Record {
            token_burned: record.token_burned,
            price_e8: record.price_e8,
        })
    }

    fn count(&mut self, epoch: u64, issue: &Issue, record: &Record) -> Result<()> {
        let add = |sum: u64, amount| sum.checked_add(amount).ok_or(RewardsError::AmountOverflow);
        let distributor = &mut self.distributor;
        distributor.next_epoch = epoch + 1;
        distributor.issued = add(distributor.issued, issue.pool)?;
        distributor.issued_treasury = add(distributor.issued_treasury, issue.treasury)?;
        distributor.burned = add(distributor.burned, record.token_burned)?;
        distributor.reissued = add(distributor.reissued, issue.reissued)?;
        distributor.burn_average = issue.burn_average;
        if record.price_e8 > 0 {
            distributor.price_e8 = record.price_e8;
        }
        Ok(())
    }

    fn write_epoch(&mut self, epoch: u64, issue: &Issue, record: &Record, bump: u8, root_bump: u8) {
        let distributor = self.distributor.key();
        self.epoch_account.set_inner(Epoch {
            distributor,
            epoch,
            scheduled: issue.scheduled,
            reissued: issue.reissued,
            pool: issue.pool,
            treasury: issue.treasury,
            burned: record.token_burned,
            issued: self.distributor.issued,
            price_e8: self.distributor.price_e8,
            parameter_hash: self.network.parameters.at(epoch),
            attempts: 1,
            is_final: false,
            root_hash: [0; 32],
            root_total: 0,
            leaf_count: 0,
            report_hash: [0; 32],
            final_at: 0,
            bump,
        });
        self.root.set_inner(Root::open(
            distributor,
            epoch,
            0,
            &self.oracle_set,
            self.payer.key(),
            root_bump,
        ));
    }
}

/// What another program wrote down about the epoch.
struct Record {
    /// Base units.
    token_burned: u64,
    /// 1e-8 USD a token; 0 for none.
    price_e8: u64,
}

fn mint<'info>(accounts: &IssueEpoch<'info>, to: AccountInfo<'info>, amount: u64) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    guard::cpi::guarded_mint(
        CpiContext::new_with_signer(
            accounts.guard_program.key(),
            GuardedMint {
                guard: accounts.mint_guard.to_account_info(),
                mint: accounts.token_mint.to_account_info(),
                to,
                caller: accounts.distributor.to_account_info(),
                token_program: accounts.token_program.to_account_info(),
            },
            &[&[
                SEED_DISTRIBUTOR,
                accounts.distributor.network.as_ref(),
                &[accounts.distributor.bump],
            ]],
        ),
        amount,
    )
}
