use anchor_lang::prelude::*;
use precompile::Refusal;

#[error_code]
pub enum DataCreditsError {
    /// 6000
    #[msg("an amount must be greater than zero")]
    ZeroAmount,
    /// 6001
    #[msg("the program is paused for this network")]
    Paused,
    /// 6002
    #[msg("it is not paused")]
    NotPaused,
    /// 6003
    #[msg("only the admin may do this")]
    NotTheAdmin,
    /// 6004
    #[msg("only the guardian or the admin may do this")]
    NotTheGuardian,
    /// 6005
    #[msg("only the proposed admin may accept")]
    NotTheProposedAdmin,
    /// 6006
    #[msg("only the network may burn fees")]
    NotTheNetwork,
    /// 6007
    #[msg("only the burn authority may burn for use")]
    NotTheBurnAuthority,
    /// 6008
    #[msg("only an oracle of the price feed may submit a price")]
    NotAPriceOracle,
    /// 6009
    #[msg("parameter out of range: ages, epochs and windows last at least a second, shares are at most 10000")]
    BadParameter,
    /// 6010
    #[msg("a price feed has 1 to 15 different oracles and a quorum of more than half of them")]
    BadOracleSet,
    /// 6011
    #[msg("the price account is not the one the price source names")]
    WrongPriceAccount,
    /// 6012
    #[msg("this price source has no such instruction")]
    WrongPriceSource,
    /// 6013
    #[msg("the price account belongs to another program")]
    PriceOwner,
    /// 6014
    #[msg("the bytes are no price update")]
    PriceMalformed,
    /// 6015
    #[msg("the price update is of another feed")]
    PriceFeedId,
    /// 6016
    #[msg("the price update is not fully verified")]
    PriceNotVerified,
    /// 6017
    #[msg("the price is too old")]
    PriceTooOld,
    /// 6018
    #[msg("the price is of the future")]
    PriceOfTheFuture,
    /// 6019
    #[msg("the price is not positive, or out of range")]
    PriceOutOfRange,
    /// 6020
    #[msg("the price is too uncertain")]
    PriceTooUncertain,
    /// 6021
    #[msg("the price moves further than a step allows")]
    PriceStepTooLarge,
    /// 6022
    #[msg("there is no price yet")]
    NoPrice,
    /// 6023
    #[msg("the price is not newer than the one recorded")]
    PriceNotNewer,
    /// 6024
    #[msg("the result is worse than the bound the caller set")]
    SlippageExceeded,
    /// 6025
    #[msg("the amount does not fit 64 bits")]
    AmountOverflow,
    /// 6026
    #[msg("the epoch record is of another epoch than the present one")]
    WrongEpoch,
    /// 6027
    #[msg("an epoch record is opened for the present epoch or the next")]
    EpochNotNear,
    /// 6028
    #[msg("a burn of this router bears another number: it has been done already, or one before it is missing")]
    NonceOutOfOrder,
    /// 6029
    #[msg("the router's escrow holds less than that")]
    EscrowTooSmall,
    /// 6030
    #[msg("the mint, vault or token account is not the one expected")]
    WrongTokenAccount,
    /// 6031
    #[msg("the account is not the instructions sysvar")]
    NotTheInstructionsSysvar,
    /// 6032
    #[msg("no signature check stands before this instruction")]
    SignatureMissing,
    /// 6033
    #[msg("the signature check holds not exactly one signature")]
    NotOneSignature,
    /// 6034
    #[msg("the signature check reads from another instruction")]
    SignatureElsewhere,
    /// 6035
    #[msg("the signature check is truncated")]
    SignatureTruncated,
    /// 6036
    #[msg("the key is not a usable one")]
    BadKey,
    /// 6037
    #[msg("another key signed")]
    WrongKey,
    /// 6038
    #[msg("another message was signed")]
    WrongMessage,
    /// 6039
    #[msg("the signature is not canonical")]
    SignatureNotCanonical,
    /// 6040
    #[msg("what the accounts hold afterwards does not add up")]
    BooksDoNotBalance,
    /// 6041
    #[msg("the account belongs to other data credits")]
    ForeignDataCredits,
}

impl From<Refusal> for DataCreditsError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotTheSysvar => Self::NotTheInstructionsSysvar,
            Refusal::Missing => Self::SignatureMissing,
            Refusal::NotOneSignature => Self::NotOneSignature,
            Refusal::ForeignInstruction => Self::SignatureElsewhere,
            Refusal::Truncated => Self::SignatureTruncated,
            Refusal::BadKey => Self::BadKey,
            Refusal::WrongKey => Self::WrongKey,
            Refusal::WrongMessage => Self::WrongMessage,
            Refusal::NotCanonical => Self::SignatureNotCanonical,
        }
    }
}
