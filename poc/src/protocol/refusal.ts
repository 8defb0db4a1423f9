/**
 * What a decoder answers to bytes from outside that it does not accept: a value, never a throw.
 *
 * `code` is stable and is what programs compare; `expected` and `got` are for the person who reads the answer.
 */
export interface Refusal<Code extends string> {
  readonly status: "refused";
  readonly code: Code;
  readonly expected: string | number;
  readonly got: string | number;
}

export function refuse<Code extends string>(
  code: Code,
  expected: string | number,
  got: string | number,
): Refusal<Code> {
  return { status: "refused", code, expected, got };
}
