use anchor_lang::prelude::*;

#[error_code]
pub enum RewardsError {
    /// 6000
    #[msg("only the admin may do this")]
    NotTheAdmin,
    /// 6001
    #[msg("only the guardian or the admin may do this")]
    NotTheGuardian,
    /// 6002
    #[msg("only the proposed admin may accept")]
    NotTheProposedAdmin,
    /// 6003
    #[msg("only the network's admin may create its distributor")]
    NotTheNetworkAdmin,
    /// 6004
    #[msg("the account belongs to another network")]
    ForeignNetwork,
    /// 6005
    #[msg("the account belongs to another distributor")]
    ForeignDistributor,
    /// 6006
    #[msg("the mint, vault or token account is not the one expected")]
    WrongTokenAccount,
    /// 6007
    #[msg("the distributor is paused")]
    Paused,
    /// 6008
    #[msg("the distributor is not paused")]
    NotPaused,
    /// 6009
    #[msg("a setting is out of range")]
    BadSetting,
    /// 6010
    #[msg("the first epoch is over already")]
    FirstEpochOver,
    /// 6011
    #[msg("settings take effect in a later epoch than the present one")]
    EpochNotInTheFuture,
    /// 6012
    #[msg("the last change has not been used by an epoch yet: issue the epochs before first")]
    ChangePending,
    /// 6013
    #[msg("a period has no epochs")]
    EmptyPeriod,
    /// 6014
    #[msg("periods overlap or are not in order")]
    PeriodsOverlap,
    /// 6015
    #[msg("a period ends beyond the last epoch number")]
    PeriodBeyondLastEpoch,
    /// 6016
    #[msg("the periods together issue more than 64 bits hold")]
    ScheduleOverflow,
    /// 6017
    #[msg("too many periods")]
    TooManyPeriods,
    /// 6018
    #[msg("an appended period starts in a later epoch than the present one")]
    PeriodNotInTheFuture,
    /// 6019
    #[msg("an oracle set has 1 to 15 different keys and a threshold of more than two thirds of them")]
    BadOracleSet,
    /// 6020
    #[msg("the signer is not an oracle")]
    NotAnOracle,
    /// 6021
    #[msg("epochs are issued one by one: this is not the next")]
    NotTheNextEpoch,
    /// 6022
    #[msg("the epoch is not over")]
    EpochNotOver,
    /// 6023
    #[msg("the epoch's record of burns and prices is not what the data-credit program wrote")]
    WrongEpochRecord,
    /// 6024
    #[msg("the amount does not fit 64 bits")]
    AmountOverflow,
    /// 6025
    #[msg("more would be issued again than was ever burnt")]
    ReissueExceedsBurns,
    /// 6026
    #[msg("the vault did not receive what was issued")]
    BooksDoNotBalance,
    /// 6027
    #[msg("the attempt is not open for votes")]
    VotingClosed,
    /// 6028
    #[msg("the attempt was opened under another oracle set")]
    OracleSetChanged,
    /// 6029
    #[msg("this oracle has voted in this attempt")]
    AlreadyVoted,
    /// 6030
    #[msg("the vote was computed under other parameters than the epoch's")]
    ParameterMismatch,
    /// 6031
    #[msg("the total is below that of the last final root")]
    TotalBelowFinal,
    /// 6032
    #[msg("the total is above what was issued")]
    TotalAboveIssued,
    /// 6033
    #[msg("a root has 1 to 2^24 leaves and hashes that are not zero")]
    MalformedRoot,
    /// 6034
    #[msg("the attempt has no approved root")]
    NotApproved,
    /// 6035
    #[msg("the window for a veto is over")]
    VetoWindowOver,
    /// 6036
    #[msg("the window for a veto is still open")]
    VetoWindowOpen,
    /// 6037
    #[msg("roots become final one epoch after the other: this is not the next")]
    NotTheNextFinal,
    /// 6038
    #[msg("the attempt can still succeed")]
    AttemptStillOpen,
    /// 6039
    #[msg("this is not the epoch's latest attempt")]
    NotTheLatestAttempt,
    /// 6040
    #[msg("the epoch has a final root")]
    EpochFinal,
    /// 6041
    #[msg("the root is kept until enough later epochs are final")]
    RootRetained,
    /// 6042
    #[msg("the rent goes to who paid it")]
    NotTheRentPayer,
    /// 6043
    #[msg("there is no final root yet")]
    NoFinalRoot,
    /// 6044
    #[msg("everything that is proven has been paid")]
    NothingToClaim,
    /// 6045
    #[msg("the payout account is not the beneficiary's own associated token account")]
    WrongPayoutAccount,
    /// 6046
    #[msg("the proof is deeper than any tree")]
    ProofTooDeep,
    /// 6047
    #[msg("the proof has a side bit without a step")]
    StraySideBit,
    /// 6048
    #[msg("the sums of the proof do not fit 64 bits")]
    ProofSumOverflow,
    /// 6049
    #[msg("the proof does not lead to the final root")]
    WrongRoot,
    /// 6050
    #[msg("all claims together would exceed the final total")]
    ClaimsExceedTotal,
    /// 6051
    #[msg("a log head has been recorded for this interval")]
    HeadAlreadyRecorded,
    /// 6052
    #[msg("the log has become shorter, or shows another head for the same length")]
    LogForked,
    /// 6053
    #[msg("the ingest key is not a usable one")]
    BadIngestKey,
    /// 6054
    #[msg("the interval of log heads never changes: heads on record are numbered by it")]
    LogIntervalFixed,
}

impl From<merkle_sum::Refusal> for RewardsError {
    fn from(refusal: merkle_sum::Refusal) -> Self {
        match refusal {
            merkle_sum::Refusal::TooDeep => Self::ProofTooDeep,
            merkle_sum::Refusal::StraySideBit => Self::StraySideBit,
            merkle_sum::Refusal::SumOverflow => Self::ProofSumOverflow,
            merkle_sum::Refusal::WrongRoot => Self::WrongRoot,
        }
    }
}

impl From<schedule::Refusal> for RewardsError {
    fn from(refusal: schedule::Refusal) -> Self {
        match refusal {
            schedule::Refusal::Empty => Self::EmptyPeriod,
            schedule::Refusal::Overlap => Self::PeriodsOverlap,
            schedule::Refusal::BeyondLastEpoch => Self::PeriodBeyondLastEpoch,
            schedule::Refusal::TotalOverflow => Self::ScheduleOverflow,
        }
    }
}
