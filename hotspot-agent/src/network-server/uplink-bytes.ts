/**
 * The bytes of an UplinkFrame, written directly: one for every packet, so it is worth not to build message objects. The fields and
 * their order are those of the generated code (gateway-codec.test.ts compares them byte for byte).
 *
 * Protobuf wire format: tag = field number << 3 | type; type 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. Values that
 * are zero or empty are left out (proto3). A negative int32 is a varint of ten bytes.
 */
import type { GatewayLocation } from "../messages.ts";
import type { RxInfo, SecondsNanos } from "./gateway-message.ts";

/** gw.proto: LocationSource.GPS. */
const sourceGps = 1;
const initialBytes = 4096;

class Writer {
  bytes = new Uint8Array(initialBytes);
  view = new DataView(this.bytes.buffer);
  length = 0;

  /** Makes room for `more` bytes. */
  #grow(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }

  /** 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#grow(10);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  uint(field: number, value: number): void {
    if (value === 0) return;
    this.varint(field << 3);
    this.varint(value);
  }

  /** An integer from -2^31 to 2^53 - 1; a negative one is the varint of its two's complement of 64 bits. */
  int(field: number, value: number): void {
    if (value >= 0) {
      this.uint(field, value);
      return;
    }
    this.varint(field << 3);
    this.#grow(10);
    const low = value | 0;
    for (let shift = 0; shift < 28; shift += 7) this.bytes[this.length++] = (low >>> shift) | 128;
    this.bytes[this.length++] = (low >>> 28) | 0xf0;
    for (let i = 0; i < 4; i++) this.bytes[this.length++] = 0xff;
    this.bytes[this.length++] = 1;
  }

  float(field: number, value: number): void {
    if (value === 0) return;
    this.varint((field << 3) | 5);
    this.#grow(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  double(field: number, value: number): void {
    if (value === 0) return;
    this.varint((field << 3) | 1);
    this.#grow(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A field of bytes or an embedded message, written even when it is empty. */
  block(field: number, value: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.#grow(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  text(field: number, value: string): void {
    this.varint((field << 3) | 2);
    // Ids and keys are ASCII nearly always: their length is known before they are written.
    if (isAscii(value)) {
      this.varint(value.length);
      this.#grow(value.length);
      for (let i = 0; i < value.length; i++) this.bytes[this.length++] = value.charCodeAt(i);
      return;
    }
    const encoded = encoder.encode(value);
    this.varint(encoded.length);
    this.#grow(encoded.length);
    this.bytes.set(encoded, this.length);
    this.length += encoded.length;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

const encoder = new TextEncoder();

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Reused: the functions below run to their end without giving way. */
const frame = new Writer();
const rx = new Writer();
const inner = new Writer();

function writeTime(field: number, time: SecondsNanos | null): void {
  if (time === null) return;
  inner.length = 0;
  inner.int(1, time.seconds);
  inner.int(2, time.nanos);
  rx.block(field, inner.written());
}

function writeLocation(location: GatewayLocation): void {
  inner.length = 0;
  inner.double(1, location.latitudeDeg);
  inner.double(2, location.longitudeDeg);
  inner.double(3, location.altitudeM);
  inner.uint(4, sourceGps);
  rx.block(12, inner.written());
}

/** The bytes of an UplinkRxInfo that holds this location alone. */
export function locationBytes(location: GatewayLocation): Uint8Array {
  rx.length = 0;
  writeLocation(location);
  return rx.written().slice();
}

/** The bytes of an UplinkFrame; `txInfo` is the encoded tx_info. */
export function uplinkBytes(phyPayload: Uint8Array, txInfo: Uint8Array, info: RxInfo): Uint8Array {
  rx.length = 0;
  if (info.gatewayId !== "") rx.text(1, info.gatewayId);
  rx.uint(2, info.uplinkId);
  writeTime(3, info.gwTime);
  writeTime(4, info.timeSinceGpsEpoch);
  writeTime(5, info.fineTimeSinceGpsEpoch);
  rx.int(6, info.rssiDbm);
  rx.float(7, info.snrDb);
  rx.uint(8, info.channel);
  rx.uint(9, info.rfChain);
  rx.uint(10, info.board);
  rx.uint(11, info.antenna);
  if (info.location !== null) writeLocation(info.location);
  if (info.context.length > 0) rx.block(13, info.context);
  for (const key of Object.keys(info.metadata).sort()) {
    inner.length = 0;
    inner.text(1, key);
    inner.text(2, info.metadata[key]);
    rx.block(15, inner.written());
  }
  rx.uint(16, info.crcStatus);
  frame.length = 0;
  if (phyPayload.length > 0) frame.block(1, phyPayload);
  frame.block(4, txInfo);
  frame.block(5, rx.written());
  return frame.written().slice();
}
