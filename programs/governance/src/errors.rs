use anchor_lang::prelude::*;

#[error_code]
pub enum GovernanceError {
    /// 6000
    #[msg("only the mint authority of the token may create its governance")]
    NotTheMintAuthority,
    /// 6001
    #[msg("only governance itself may do this, by an executed proposal")]
    NotGovernance,
    /// 6002
    #[msg("a rule is out of range: times last at least a second, the longest lock not less than the shortest, shares at most 10000")]
    BadRule,
    /// 6003
    #[msg("the account belongs to another governance")]
    ForeignGovernance,
    /// 6004
    #[msg("the mint, vault or token account is not the one expected")]
    WrongTokenAccount,
    /// 6005
    #[msg("an amount must be greater than zero")]
    ZeroAmount,
    /// 6006
    #[msg("the amount does not fit 64 bits")]
    AmountOverflow,
    /// 6007
    #[msg("only the position's owner may do this")]
    NotTheOwner,
    /// 6008
    #[msg("a lock lasts no less than the shortest and no longer than the longest")]
    LockOutOfRange,
    /// 6009
    #[msg("a lock can only become longer; a constant lock ends by starting to unlock")]
    LockShortened,
    /// 6010
    #[msg("the lock is over")]
    LockOver,
    /// 6011
    #[msg("the tokens are still locked")]
    StillLocked,
    /// 6012
    #[msg("the lock is not constant")]
    NotConstant,
    /// 6013
    #[msg("the position has votes that are not released")]
    VotesActive,
    /// 6014
    #[msg("the position has no weight at the proposal's snapshot")]
    NoWeight,
    /// 6015
    #[msg("the position has too little weight to propose")]
    TooLittleToPropose,
    /// 6016
    #[msg("proposals are numbered: this is not the next number")]
    WrongProposalNumber,
    /// 6017
    #[msg("a hash cannot be zero")]
    ZeroHash,
    /// 6018
    #[msg("the vote is over")]
    VoteOver,
    /// 6019
    #[msg("the vote is not over")]
    VoteOpen,
    /// 6020
    #[msg("the proposal is not in the state for this")]
    WrongState,
    /// 6021
    #[msg("only the proposer may cancel")]
    NotTheProposer,
    /// 6022
    #[msg("the delay is not over")]
    TooEarly,
    /// 6023
    #[msg("the time for execution is over")]
    TooLate,
    /// 6024
    #[msg("the instructions are not the ones that were voted on")]
    InstructionMismatch,
    /// 6025
    #[msg("the instructions do not describe the accounts given")]
    MalformedInstructions,
    /// 6026
    #[msg("the vault holds less than is locked")]
    BooksDoNotBalance,
    /// 6027
    #[msg("the vote is of another proposal or position")]
    ForeignVote,
    /// 6028
    #[msg("the rent goes to who paid it")]
    NotTheRentPayer,
}
