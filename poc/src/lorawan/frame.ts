/** LoRaWAN PHYPayloads as values, and the lengths they have (LoRaWAN L2 1.0.4 §4 and §6; 1.1 §6.2.4 for rejoin-requests). */

/** Greatest PHYPayload of a LoRa modem, bytes. */
export const MAX_FRAME_BYTES = 255;
/** First byte of a proprietary frame, which every beacon is. */
export const PROPRIETARY_MHDR = 0xe0;
export const MIC_BYTES = 4;

/** With MHDR and MIC. */
export const JOIN_REQUEST_BYTES = 23;
/** MHDR, DevAddr, FCtrl, FCnt, MIC. */
export const MIN_DATA_BYTES = 12;
/** Four bits of FCtrl hold their length. */
export const MAX_F_OPTS_BYTES = 15;
/** Behind MHDR, DevAddr, FCtrl and FCnt. */
export const F_OPTS_START = 8;

/** Upper three bits of the MHDR. */
export const MTYPE = {
  joinRequest: 0,
  joinAccept: 1,
  unconfirmedUp: 2,
  unconfirmedDown: 3,
  confirmedUp: 4,
  confirmedDown: 5,
  rejoinRequest: 6,
  proprietary: 7,
} as const;

export interface JoinRequestFrame {
  readonly kind: "join-request";
  readonly joinEui: bigint;
  readonly devEui: bigint;
  readonly devNonce: number;
  readonly mic: Uint8Array;
}

export interface JoinAcceptFrame {
  readonly kind: "join-accept";
  /** Everything after the MHDR, encrypted: 16 bytes, or 32 with a CFList. */
  readonly encrypted: Uint8Array;
}

export interface DataFrame {
  readonly kind: "data";
  readonly direction: "up" | "down";
  readonly isConfirmed: boolean;
  readonly devAddr: number;
  readonly adr: boolean;
  /** Uplink ADRACKReq; reserved in a downlink. */
  readonly adrAckReq: boolean;
  readonly ack: boolean;
  /** Uplink ClassB; downlink FPending. */
  readonly isClassBOrPending: boolean;
  /** Low 16 bits of the frame counter. */
  readonly fCnt: number;
  /** 0 to 15 bytes; encrypted in 1.1. */
  readonly fOpts: Uint8Array;
  /** Null when the frame ends after the header. */
  readonly fPort: number | null;
  readonly frmPayload: Uint8Array;
  readonly mic: Uint8Array;
}

export interface RejoinNetIdFrame {
  readonly kind: "rejoin-request";
  readonly rejoinType: 0 | 2;
  readonly netId: number;
  readonly devEui: bigint;
  readonly rejoinCount: number;
  readonly mic: Uint8Array;
}

export interface RejoinJoinEuiFrame {
  readonly kind: "rejoin-request";
  readonly rejoinType: 1;
  readonly joinEui: bigint;
  readonly devEui: bigint;
  readonly rejoinCount: number;
  readonly mic: Uint8Array;
}

export interface ProprietaryFrame {
  readonly kind: "proprietary";
  /** Everything after the MHDR; whether it ends in a MIC only its maker knows. */
  readonly payload: Uint8Array;
}

export type MalformedReason =
  | "empty"
  | "too_long"
  | "unknown_major"
  | "bad_join_request_length"
  | "bad_join_accept_length"
  | "bad_rejoin_length"
  | "unknown_rejoin_type"
  | "data_too_short"
  | "f_opts_overrun";

export interface MalformedFrame {
  readonly kind: "malformed";
  readonly reason: MalformedReason;
}

export type Frame =
  | JoinRequestFrame
  | JoinAcceptFrame
  | DataFrame
  | RejoinNetIdFrame
  | RejoinJoinEuiFrame
  | ProprietaryFrame
  | MalformedFrame;
