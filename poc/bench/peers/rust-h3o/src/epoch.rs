//! The epoch as a simple Rust program would hold it: structs of hotspots, beacons and rows, rows grouped by beacon.

use crate::dump::Dump;
use h3o::CellIndex;

/// Sender whose key is not in the registry.
pub const NO_ROW: u32 = u32::MAX;

pub struct Hotspot {
    /// `None` when it has asserted no location.
    pub cell: Option<CellIndex>,
    pub gain_ddbi: i16,
    pub region: u8,
    pub is_full: bool,
    pub is_suspended: bool,
}

pub struct Beacon {
    pub hotspot: u32,
    pub frequency_hz: u32,
    pub data_rate: u8,
    pub tx_power_ddbm: i16,
    pub receive_ms: u32,
    /// Time of transmission; under Helium's rules, of the entropy.
    pub transmit_ms: u32,
    /// Not 0: the beacon failed, and all its rows with it.
    pub reason: u8,
    pub measured: i32,
}

#[derive(Clone, Copy)]
pub struct Row {
    pub hotspot: u32,
    pub frequency_hz: u32,
    pub receive_ms: u32,
    pub rssi_ddbm: i16,
    pub snr_ddb: i16,
    pub data_rate: u8,
}

pub struct Epoch {
    pub hotspots: Vec<Hotspot>,
    /// In the engine's order of groups.
    pub beacons: Vec<Beacon>,
    /// Rows of beacon `b` are `starts[b]..starts[b + 1]`; rows of no beacon follow the last.
    pub starts: Vec<u32>,
    pub rows: Vec<Row>,
    /// Place of each grouped row in the log.
    pub log_row: Vec<u32>,
}

impl Epoch {
    /// Reads the dump; with `arrival_ids` hotspots stand in order of registration instead of cell order.
    pub fn load(dump: &Dump, arrival_ids: bool) -> Result<Self, String> {
        let cells = dump.u64s("hotspots.cell")?;
        let count = cells.len();
        let new_id = if arrival_ids {
            dump.u32s("peer.arrival_id")?
        } else {
            (0..count as u32).collect()
        };
        let id_of = |id: u32| {
            if id == NO_ROW { id } else { new_id[id as usize] }
        };
        let mut at_place = vec![0; count];
        for (id, &place) in new_id.iter().enumerate() {
            at_place[place as usize] = id;
        }
        let gains = dump.i16s("hotspots.gain_ddbi")?;
        let regions = dump.u8s("hotspots.region")?;
        let capabilities = dump.u8s("hotspots.capability")?;
        let suspended = dump.u8s("hotspots.suspended")?;
        let hotspots = at_place
            .iter()
            .map(|&id| Hotspot {
                cell: CellIndex::try_from(cells[id]).ok(),
                gain_ddbi: gains[id],
                region: regions[id],
                is_full: capabilities[id] != 0,
                is_suspended: suspended[id] != 0,
            })
            .collect();

        let beacon_hotspot = dump.u32s("beacons.hotspot")?;
        let beacon_frequency = dump.u32s("beacons.frequency_hz")?;
        let beacon_data_rate = dump.u8s("beacons.data_rate")?;
        let power = dump.i16s("beacons.tx_power_ddbm")?;
        let beacon_receive = dump.u32s("beacons.receive_offset_ms")?;
        let transmit = dump.u32s("peer.transmit_offset_ms")?;
        let reason = dump.u8s("peer.beacon_reason")?;
        let measured = dump.i32s("peer.beacon_measured")?;
        let beacons = dump
            .u32s("peer.group_beacon")?
            .iter()
            .map(|&row| row as usize)
            .map(|at| Beacon {
                hotspot: id_of(beacon_hotspot[at]),
                frequency_hz: beacon_frequency[at],
                data_rate: beacon_data_rate[at],
                tx_power_ddbm: power[at],
                receive_ms: beacon_receive[at],
                transmit_ms: transmit[at],
                reason: reason[at],
                measured: measured[at],
            })
            .collect();

        let hotspot = dump.u32s("witnesses.hotspot")?;
        let frequency = dump.u32s("witnesses.frequency_hz")?;
        let receive = dump.u32s("witnesses.receive_offset_ms")?;
        let rssi = dump.i16s("witnesses.rssi_ddbm")?;
        let snr = dump.i16s("witnesses.snr_ddb")?;
        let data_rate = dump.u8s("witnesses.data_rate")?;
        let log_row = dump.u32s("peer.group_row")?;
        let rows = log_row
            .iter()
            .map(|&row| row as usize)
            .map(|row| Row {
                hotspot: id_of(hotspot[row]),
                frequency_hz: frequency[row],
                receive_ms: receive[row],
                rssi_ddbm: rssi[row],
                snr_ddb: snr[row],
                data_rate: data_rate[row],
            })
            .collect();
        Ok(Self {
            hotspots,
            beacons,
            starts: dump.u32s("peer.group_start")?,
            rows,
            log_row,
        })
    }
}
