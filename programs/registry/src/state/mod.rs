mod cell;
mod hotspot;
mod location;
mod maker;
mod network;
mod seeds;
mod split;
mod timed;

pub use cell::*;
pub use hotspot::*;
pub use location::*;
pub use maker::*;
pub use network::*;
pub use seeds::*;
pub use split::*;
pub use timed::*;
