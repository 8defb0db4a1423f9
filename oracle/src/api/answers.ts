/** What the routes of closed epochs have in common: which epoch, ETags, pages, and values as JSON. */
import { cellToString } from "@earshot/geo";
import Type, { type Static, type TSchema } from "typebox";
import { apiErrorSchema, errorAnswers } from "../service/api-schemas.ts";
import { type HttpReply, type HttpRequest, isKnown, notModified, sendError } from "../service/http.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { OldEpochsBusy } from "./old-epochs.ts";

const MAX_PAGE = 500;
const DEFAULT_PAGE = 100;
/** Closed epochs do not change; the latest one does when the next is closed, which a client may learn this late, s. */
const LATEST_MAX_AGE_S = 30;
const CLOSED_MAX_AGE_S = 86_400;

export const epochNumber = Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "Number of the epoch" });
export const epochQuery = Type.Object({
  epoch: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "A closed epoch; the latest" })),
});
/** Entries are numbered in their epoch: whoever pages names it, since another may be closed in between. */
export const pageQuery = Type.Object({
  epoch: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "A closed epoch; the latest" })),
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "`next` of the page before; give its `epoch` too" }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, description: `Entries; ${DEFAULT_PAGE}` })),
});
export type PageQuery = Static<typeof pageQuery>;

export const cellText = Type.String({ pattern: "^[0-9a-f]{15,16}$", description: "H3 cell, hexadecimal" });
/** SHA-256, hexadecimal. */
export const hashText = Type.String({ pattern: "^[0-9a-f]{64}$" });
/** An amount in base units, as a decimal string: JSON numbers end at 2^53. */
export const atoms = Type.String({ pattern: "^[0-9]+$", description: "Base units" });
export const nextPage = Type.Union([Type.Integer(), Type.Null()], {
  description: "`after` of the next page; null at the end",
});

/** Answers by status: 200 and the errors every route of epochs can give. */
export function epochAnswers<T extends TSchema>(schema: T) {
  return {
    200: schema,
    304: Type.Null(),
    500: apiErrorSchema,
    ...errorAnswers("bad_request", "not_found", "overloaded"),
  };
}

/**
 * What an answer follows from besides its epoch: `until` names it in the ETag; it may change while it is not `isLasting`, and is kept by nobody
 * but who asked for it when it is `isPrivate`.
 */
export interface AnswerBasis {
  readonly until: string;
  readonly isLasting: boolean;
  readonly isPrivate?: boolean;
}

/**
 * Answers from the epoch asked for. The ETag is the manifest's hash: the answer follows from it and the address alone, or from `basisOf`
 * too. `make` gives undefined when what is asked for is not in the epoch; `what` says what that is. When too many ask for old epochs
 * (old-epochs.ts) the answer says when to come again.
 */
export async function answerFrom<T>(
  views: EpochViews,
  epoch: number | undefined,
  request: HttpRequest,
  reply: HttpReply,
  what: string,
  make: (view: EpochView) => T | undefined | Promise<T | undefined>,
  basisOf?: (view: EpochView) => Promise<AnswerBasis>,
): Promise<T | HttpReply> {
  return orBusy(reply, () => answerFromView(views, epoch, request, reply, what, make, basisOf));
}

/** What `answer` gives, or when to ask again where too many ask for old epochs. */
export async function orBusy<T>(reply: HttpReply, answer: () => Promise<T>): Promise<T | HttpReply> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof OldEpochsBusy)) throw error;
    reply.removeHeader("etag").header("cache-control", "no-store");
    const { retryAfterMs } = error;
    return sendError(reply, "overloaded", "an epoch that was asked for lately, or fewer at a time", "another one", {
      retryAfterMs,
    });
  }
}

async function answerFromView<T>(
  ...[views, epoch, request, reply, what, make, basisOf]: Parameters<typeof answerFrom<T>>
): Promise<T | HttpReply> {
  const view = await views.view(epoch);
  if (view === undefined) return sendError(reply, "not_found", "a closed epoch", epoch ?? "none is closed yet");
  const basis = await basisOf?.(view);
  const tag = `${view.epoch.manifestHash.slice(0, 32)}${basis === undefined ? "" : `-${basis.until}`}`;
  const isLasting = epoch !== undefined && basis?.isLasting !== false;
  const kept = `public, max-age=${isLasting ? CLOSED_MAX_AGE_S : LATEST_MAX_AGE_S}`;
  reply.header("cache-control", basis?.isPrivate === true ? "private, no-store" : kept);
  if (isKnown(request, reply, tag)) return notModified(reply);
  const body = await make(view);
  return body === undefined ? sendError(reply, "not_found", what, "nothing of that name in the epoch") : body;
}

/** A page of a list whose entries are numbered 0 … count − 1. */
export function pageOf<T>(
  count: number,
  { after, limit = DEFAULT_PAGE }: Pick<PageQuery, "after" | "limit">,
  entry: (index: number) => T,
): { readonly entries: T[]; readonly next: number | null } {
  const first = after ?? 0;
  const end = Math.min(count, first + limit);
  const entries: T[] = [];
  for (let index = first; index < end; index++) entries.push(entry(index));
  return { entries, next: end < count ? end : null };
}

/** A cell as text, null for none. */
export function cellOrNull(cell: bigint): string | null {
  return cell === 0n ? null : cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn));
}

/** Unix ms as ISO 8601; null for zero, which stands for never. */
export function timeOrNull(unixMs: bigint | number): string | null {
  return Number(unixMs) === 0 ? null : new Date(Number(unixMs)).toISOString();
}
