/** Shapes that several of an epoch's JSON files use. */
import { integer, text } from "./json-shape.ts";

export const U16_MAX = 0xffff;
export const U32_MAX = 0xffffffff;
/** Squared distances of positions stay exact far beyond this, and no LoRa link on the ground is longer, m. */
export const MAX_DISTANCE_M = 300_000;

/** A part in 1e-4. */
export const share = integer(0, 10_000);
export const hash = text(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
export const decimal = text(/^(0|[1-9][0-9]{0,19})$/, "a decimal number of at most 20 digits");
