/** Arrow files made by hand: what no writer of ours makes is refused before memory is given to it. */
import { allocateColumns, stateInTable } from "@earshot/poc";
import { expect, test } from "vitest";
import { encodeTable } from "../../src/epoch-folder/arrow.ts";
import { assertArrowBounds } from "../../src/epoch-folder/arrow-bounds.ts";
import { messageOf } from "../temporary-folder.ts";

const BLOCK_BYTES = 24;

test("refuses a file whose footer names one record batch twice", async () => {
  // Two batches of one row; the second block of the footer is then made a copy of the first.
  const chunks = await encodeTable(stateInTable, allocateColumns(stateInTable, 2), 64);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  assertArrowBounds(bytes, "state-in.arrow");
  const view = new DataView(bytes.buffer);
  const footerBytes = view.getUint32(bytes.length - 10, true);
  const footerAt = bytes.length - 10 - footerBytes;
  const table = footerAt + view.getUint32(footerAt, true);
  const vtable = table - view.getInt32(table, true);
  const batches = table + view.getUint16(vtable + 4 + 2 * 3, true);
  const vector = batches + view.getUint32(batches, true);
  expect(view.getUint32(vector, true)).toBe(2);
  bytes.copyWithin(vector + 4 + BLOCK_BYTES, vector + 4, vector + 4 + BLOCK_BYTES);
  expect(await messageOf(() => assertArrowBounds(bytes, "state-in.arrow"))).toBe(
    "ORC_DAMAGED_FILE: state-in.arrow: record batch 1 lies outside the file",
  );
});
