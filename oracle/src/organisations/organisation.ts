/**
 * An organisation of a payer: who may look, who may change, and what it has. Pure. docs/adr/0020 says why it is its wallet.
 */
import type { ApiErrorCode } from "@earshot/poc/protocol";

/** Ascending: an editor may do what a viewer may, an owner everything. */
export const ROLES = ["viewer", "editor", "owner"] as const;
export type Role = (typeof ROLES)[number];
/** What a member may be: the owner is the wallet that pays. */
export type MemberRole = Exclude<Role, "owner">;

/** People in an organisation, and keys of programs: enough for a company, few enough for a list. */
export const MOST_MEMBERS = 50;
export const MOST_API_KEYS = 20;
/** Of organisations, members, keys and routes, for people. */
export const MAX_NAME_CHARS = 64;

export interface Member {
  /** Base58 of the wallet that signs. */
  readonly member: string;
  readonly role: MemberRole;
  readonly name: string;
}

export interface Webhook {
  readonly url: string;
  /** Data credits. */
  readonly below: bigint;
}

export interface Organisation {
  /** Base58 of the wallet that pays. */
  readonly wallet: string;
  /** Null before it is founded and after it was dissolved. */
  readonly name: string | null;
  /** Changes so far; never goes back. */
  readonly revision: number;
  readonly members: readonly Member[];
  readonly webhook: Webhook | null;
}

/** What an answer says instead of yes. */
export interface Refusal {
  readonly status: "refused";
  readonly code: ApiErrorCode;
  readonly expected: string | number;
  readonly got: string | number;
}

export function refusal(code: ApiErrorCode, expected: string | number, got: string | number): Refusal {
  return { status: "refused", code, expected, got };
}

/**
 * The role of a signer, base58 of a wallet or text of a route key; undefined for a stranger. `routeKeys` are those whose router's authority is
 * the organisation's wallet: they commit its money, and may change what an editor may.
 */
export function roleOf(
  { wallet, members }: Pick<Organisation, "wallet" | "members">,
  routeKeys: readonly string[],
  signer: string,
): Role | undefined {
  if (signer === wallet) return "owner";
  if (routeKeys.includes(signer)) return "editor";
  return members.find(({ member }) => member === signer)?.role;
}

/** Whether a role reaches another. */
export function reaches(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
