//! Reads the columns of a bench dump; the layout is described in `poc/bench/dump.ts`.

use std::collections::HashMap;
use std::fs;

const MAGIC: &[u8; 8] = b"EARBENCH";
const HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 64;
const NAME_BYTES: usize = 40;

/// A whole dump in memory.
pub struct Dump {
    bytes: Vec<u8>,
    columns: HashMap<String, (usize, usize)>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

macro_rules! column {
    ($name:ident, $type:ty) => {
        /// The column, or an error that names it.
        pub fn $name(&self, name: &str) -> Result<Vec<$type>, String> {
            const WIDTH: usize = size_of::<$type>();
            let (from, to) = *self
                .columns
                .get(name)
                .ok_or_else(|| format!("the dump has no column {name}"))?;
            Ok(self.bytes[from..to]
                .chunks_exact(WIDTH)
                .map(|chunk| <$type>::from_le_bytes(chunk.try_into().expect("one element")))
                .collect())
        }
    };
}

impl Dump {
    pub fn open(path: &str) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
        if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC || u32_at(&bytes, 8) != 1 {
            return Err(format!("{path} is not a dump of version 1"));
        }
        let mut columns = HashMap::new();
        for entry in 0..u32_at(&bytes, 12) as usize {
            let at = HEADER_BYTES + entry * ENTRY_BYTES;
            let name = bytes.get(at..at + NAME_BYTES).ok_or("the dump is cut short")?;
            let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_owned();
            let from = u64_at(&bytes, at + NAME_BYTES + 8) as usize;
            let to = from + u64_at(&bytes, at + NAME_BYTES + 16) as usize;
            if to > bytes.len() {
                return Err(format!("column {name} is cut short"));
            }
            columns.insert(name, (from, to));
        }
        Ok(Self { bytes, columns })
    }

    column!(u8s, u8);
    column!(i16s, i16);
    column!(u32s, u32);
    column!(i32s, i32);
    column!(u64s, u64);
}
