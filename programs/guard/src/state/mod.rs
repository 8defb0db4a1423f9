mod guard;
mod mint_rules;
mod seeds;

pub use guard::*;
pub use mint_rules::*;
pub use seeds::*;
