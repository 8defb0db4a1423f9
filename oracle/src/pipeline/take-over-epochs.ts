/**
 * Takes several epochs over, one after the other, and says how far it came: each stands when it is done, whatever becomes of the next one, and
 * the same command again goes on where it ended.
 */
import { CodedError } from "@earshot/geo";
import type { ClosedEpoch } from "./work-table.ts";

export interface TakenEpoch {
  readonly epoch: number;
  /** SHA-256, hex. */
  readonly manifest: string;
  /** False where it was closed here before. */
  readonly isNew: boolean;
}

export interface TakenEpochs {
  /** In their order. */
  readonly taken: readonly TakenEpoch[];
  /** The one that could not be, and why; those behind it were not tried. */
  readonly failure?: { readonly epoch: number; readonly error: CodedError };
}

export interface EpochTaker {
  readonly closed: (epoch: number) => Promise<ClosedEpoch | undefined>;
  readonly takeOver: (epoch: number) => Promise<ClosedEpoch>;
}

/** Throws what is no coded error. */
export async function takeOverEpochs(
  epochs: readonly number[],
  { closed, takeOver }: EpochTaker,
): Promise<TakenEpochs> {
  const taken: TakenEpoch[] = [];
  for (const epoch of epochs) {
    try {
      const before = await closed(epoch);
      const { manifestSha256 } = before ?? (await takeOver(epoch));
      taken.push({ epoch, manifest: Buffer.from(manifestSha256).toString("hex"), isNew: before === undefined });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { taken, failure: { epoch, error } };
    }
  }
  return { taken };
}
