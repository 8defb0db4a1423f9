use anchor_lang::prelude::*;
use precompile::Refusal;

#[error_code]
pub enum RegistryError {
    /// 6000
    #[msg("only the network's admin may do this")]
    NotTheAdmin,
    /// 6001
    #[msg("only the proposed admin may accept")]
    NotTheProposedAdmin,
    /// 6002
    #[msg("only the denylist authority or the admin may do this")]
    NotTheDenylistAuthority,
    /// 6003
    #[msg("only the mint authority of the token may create its network")]
    NotTheMintAuthority,
    /// 6004
    #[msg("the data credits belong to another network, token or epoch length")]
    ForeignDataCredits,
    /// 6005
    #[msg("the account belongs to another network")]
    ForeignNetwork,
    /// 6006
    #[msg("a rule is out of range: a least value above its greatest, or text that is too long")]
    BadRule,
    /// 6007
    #[msg("parameters take effect in a later epoch than the present one")]
    EpochNotInTheFuture,
    /// 6008
    #[msg("a hash of parameters cannot be zero")]
    ZeroHash,
    /// 6009
    #[msg("a maker's name has 1 to 32 bytes")]
    BadName,
    /// 6010
    #[msg("only the maker's admin may do this")]
    NotTheMakerAdmin,
    /// 6011
    #[msg("the maker's stake is below what the network requires")]
    StakeTooSmall,
    /// 6012
    #[msg("the maker is approved already")]
    MakerApproved,
    /// 6013
    #[msg("the maker is not approved")]
    MakerNotApproved,
    /// 6014
    #[msg("a full hotspot needs an approved maker and its issuer's signature")]
    MakerRequired,
    /// 6015
    #[msg("only the maker's issuer may issue its hotspots")]
    NotTheIssuer,
    /// 6016
    #[msg("the token account or mint is not the one expected")]
    WrongTokenAccount,
    /// 6017
    #[msg("the signer does not hold the hotspot's token")]
    NotTheHolder,
    /// 6018
    #[msg("the hotspot has another owner on record: synchronise first")]
    OwnerNotSynced,
    /// 6019
    #[msg("the owner on record holds the token already")]
    OwnerUnchanged,
    /// 6020
    #[msg("not a valid H3 cell of resolution 8")]
    BadCell,
    /// 6021
    #[msg("the opening does not lead to the commitment")]
    OpeningMismatch,
    /// 6022
    #[msg("a commitment cannot be zero")]
    ZeroCommitment,
    /// 6023
    #[msg("asserts of a hotspot are numbered: this number has been used, or one before it is missing")]
    NonceOutOfOrder,
    /// 6024
    #[msg("the hotspot has asserted as often as it may in this epoch")]
    TooManyAsserts,
    /// 6025
    #[msg("the gain is outside the network's limits")]
    GainOutOfRange,
    /// 6026
    #[msg("the elevation is outside the network's limits")]
    ElevationOutOfRange,
    /// 6027
    #[msg("rewards go to 1 to 6 different wallets whose shares, each above zero, sum to 10000")]
    BadSplit,
    /// 6028
    #[msg("the hotspot is suspended already")]
    Suspended,
    /// 6029
    #[msg("the hotspot is not suspended")]
    NotSuspended,
    /// 6030
    #[msg("the account is not the instructions sysvar")]
    NotTheInstructionsSysvar,
    /// 6031
    #[msg("no signature check of the device stands before this instruction")]
    SignatureMissing,
    /// 6032
    #[msg("the signature check holds not exactly one signature")]
    NotOneSignature,
    /// 6033
    #[msg("the signature check reads from another instruction")]
    SignatureElsewhere,
    /// 6034
    #[msg("the signature check is truncated")]
    SignatureTruncated,
    /// 6035
    #[msg("the device key is not a usable one")]
    BadKey,
    /// 6036
    #[msg("another key signed")]
    WrongKey,
    /// 6037
    #[msg("another message was signed")]
    WrongMessage,
    /// 6038
    #[msg("the signature is not canonical")]
    SignatureNotCanonical,
}

impl From<Refusal> for RegistryError {
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
