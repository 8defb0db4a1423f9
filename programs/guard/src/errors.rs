use anchor_lang::prelude::*;

#[error_code]
pub enum GuardError {
    /// 6000
    #[msg("an amount must be greater than zero")]
    ZeroAmount,
    /// 6001
    #[msg("a window must last at least one second")]
    ZeroWindow,
    /// 6002
    #[msg("more than the limit allows in this window")]
    LimitExceeded,
    /// 6003
    #[msg("more than the guard may ever let out")]
    LifetimeCapExceeded,
    /// 6004
    #[msg("the guard is paused")]
    Paused,
    /// 6005
    #[msg("the guard is not paused")]
    NotPaused,
    /// 6006
    #[msg("only the guard's caller may do this")]
    NotTheCaller,
    /// 6007
    #[msg("only the admin may do this")]
    NotTheAdmin,
    /// 6008
    #[msg("only the guardian or the admin may do this")]
    NotTheGuardian,
    /// 6009
    #[msg("only the proposed admin may accept")]
    NotTheProposedAdmin,
    /// 6010
    #[msg("the signer is not the mint authority")]
    NotTheMintAuthority,
    /// 6011
    #[msg("a mint with a freeze authority cannot be guarded: it could stop every payment")]
    FreezeAuthorityPresent,
    /// 6012
    #[msg("the mint has an extension that could move, tax or stop tokens behind the guard's back")]
    MintExtensionForbidden,
    /// 6013
    #[msg("the account is not the one this guard holds")]
    WrongTarget,
    /// 6014
    #[msg("the mint is not the guard's")]
    WrongMint,
    /// 6015
    #[msg("the token program is not the guard's")]
    WrongTokenProgram,
    /// 6016
    #[msg("source and destination are the same account")]
    SameAccount,
    /// 6017
    #[msg("the supply after the instruction is not what it must be")]
    SupplyChanged,
}
