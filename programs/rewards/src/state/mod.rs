mod claim;
mod distributor;
mod epoch;
mod issue;
mod log_heads;
mod oracle_set;
mod root;
mod schedule;
mod seeds;

pub use claim::*;
pub use distributor::*;
pub use epoch::*;
pub use issue::*;
pub use log_heads::*;
pub use oracle_set::*;
pub use root::*;
pub use schedule::*;
pub use seeds::*;
