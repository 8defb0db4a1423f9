use anchor_lang::prelude::*;

/// A mint or a vault came under guard.
#[event]
pub struct GuardCreated {
    pub guard: Pubkey,
    /// The mint, or the vault.
    pub target: Pubkey,
    pub caller: Pubkey,
    pub admin: Pubkey,
    /// Base units per window.
    pub limit: u64,
    /// Seconds.
    pub window_s: u32,
}

#[event]
pub struct LimitsSet {
    pub guard: Pubkey,
    /// Base units per window.
    pub limit: u64,
    /// Seconds.
    pub window_s: u32,
    pub guardian: Pubkey,
}

#[event]
pub struct GuardPaused {
    pub guard: Pubkey,
    /// Who did it.
    pub by: Pubkey,
    /// Whether it is paused now.
    pub paused: bool,
}

#[event]
pub struct AdminProposed {
    pub guard: Pubkey,
    pub admin: Option<Pubkey>,
}

#[event]
pub struct AdminChanged {
    pub guard: Pubkey,
    pub admin: Pubkey,
}
