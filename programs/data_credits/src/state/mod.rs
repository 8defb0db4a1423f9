mod config;
mod epoch_record;
mod price_feed;
mod router;
mod seeds;

pub use config::*;
pub use epoch_record::*;
pub use price_feed::*;
pub use router::*;
pub use seeds::*;
