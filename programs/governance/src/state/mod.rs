mod gov;
mod position;
mod proposal;
mod seeds;

pub use gov::*;
pub use position::*;
pub use proposal::*;
pub use seeds::*;
