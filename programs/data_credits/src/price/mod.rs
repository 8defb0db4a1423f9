//! What a network token costs, from either source, and what follows for data credits. All in integers.
mod conversion;
mod median;
mod pyth;
mod source;

pub use conversion::*;
pub use median::*;
pub use pyth::*;
pub use source::*;
