/**
 * The packets that some destination still waits for, as columns: 30 bytes a packet, so that an outage of days fits in memory.
 *
 * A row is in use while some destination refers to it; then its number is given to another packet. `segment` 0 means that the record
 * has no place on disk yet.
 */

export interface PacketRow {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
  readonly receivedMs: number;
  /** Of the PHYPayload: tells copies of one frame from different frames. */
  readonly phyHash: number;
}

const firstCapacity = 1024;

function grown<Column extends Uint32Array | Uint16Array | Float64Array>(column: Column, capacity: number): Column {
  const larger = new (column.constructor as new (length: number) => Column)(capacity);
  larger.set(column as never);
  return larger;
}

export class PacketTable {
  segment = new Uint32Array(firstCapacity);
  offset = new Uint32Array(firstCapacity);
  index = new Uint16Array(firstCapacity);
  receivedMs = new Float64Array(firstCapacity);
  phyHash = new Uint32Array(firstCapacity);
  #uses = new Uint16Array(firstCapacity);
  #free: number[] = [];
  #end = 0;

  /** Rows in use. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  /** Rows that the columns have room for. */
  get capacity(): number {
    return this.#uses.length;
  }

  /** A row for `uses` destinations, at least 1. */
  add(packet: PacketRow, uses: number): number {
    const row = this.#free.pop() ?? this.#append();
    this.segment[row] = packet.segment;
    this.offset[row] = packet.offset;
    this.index[row] = packet.index;
    this.receivedMs[row] = packet.receivedMs;
    this.phyHash[row] = packet.phyHash;
    this.#uses[row] = uses;
    return row;
  }

  /** One destination is through with a row; true when it was the last. */
  release(row: number): boolean {
    this.#uses[row]--;
    if (this.#uses[row] > 0) return false;
    this.#free.push(row);
    return true;
  }

  #append(): number {
    if (this.#end === this.capacity) {
      const capacity = 2 * this.capacity;
      this.segment = grown(this.segment, capacity);
      this.offset = grown(this.offset, capacity);
      this.index = grown(this.index, capacity);
      this.receivedMs = grown(this.receivedMs, capacity);
      this.phyHash = grown(this.phyHash, capacity);
      this.#uses = grown(this.#uses, capacity);
    }
    return this.#end++;
  }
}
