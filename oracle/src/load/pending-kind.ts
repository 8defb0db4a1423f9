/** `kind` of a row in pending-in and pending-out. */
export const PENDING_KIND = { receipt: 1, confirmation: 2, billed: 3 } as const;
