/** The answers of oracle-api.ts as schemas: what OpenAPI shows, and what the serialiser writes. The types are checked to be the same. */
import { API_ERRORS, type ApiErrorCode, type ChallengeAnswer, type ParametersAnswer } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";

const base64 = (description: string) => Type.String({ description: `${description}; standard base64` });
const hex = (bytes: number, description: string) =>
  Type.String({ pattern: `^[0-9a-f]{${2 * bytes}}$`, description: `${description}; lower-case hex` });
const unixMs = (description: string) => Type.Integer({ description: `${description}, ms since the Unix epoch` });

/** A key in its text form: base58 with a checksum. */
export const keyText = Type.String({
  pattern: "^[1-9A-HJ-NP-Za-km-z]{48,51}$",
  description: "Device key in its text form",
});
export const keyParams = Type.Object({ key: keyText });
export const uploadParams = Type.Object({ uploadId: hex(32, "Upload id") });
export const minuteParams = Type.Object({
  minute: Type.String({ pattern: "^[0-9]{1,15}$", description: "Minute since the Unix epoch" }),
});
export const waitHeaders = Type.Object({
  prefer: Type.Optional(Type.String({ description: "`wait=SECONDS`: hold the answer until there is news (RFC 7240)" })),
});

export const apiErrorSchema = Type.Object(
  {
    code: Type.Unsafe<ApiErrorCode>({ type: "string", enum: Object.keys(API_ERRORS) }),
    expected: Type.Union([Type.String(), Type.Number()]),
    got: Type.Union([Type.String(), Type.Number()]),
    retryAfterMs: Type.Optional(Type.Integer()),
    head: Type.Optional(base64("With 409: the signed chain head to go on from")),
  },
  { description: "What was expected and what came; `code` is stable." },
);

/** Error answers of a route by status, for its schema. */
export function errorAnswers(...codes: readonly ApiErrorCode[]): Record<number, typeof apiErrorSchema> {
  return Object.fromEntries(codes.map((code) => [API_ERRORS[code].status, apiErrorSchema]));
}

/** An answer that is no JSON, for a route's schema. */
export function bytesAnswer(description: string, ...types: readonly string[]) {
  const schema = Type.Unsafe<unknown>({ type: "string", format: "binary" });
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

export const uploadAcceptedSchema = Type.Object({
  status: Type.Unsafe<"accepted" | "duplicate">({ type: "string", enum: ["accepted", "duplicate"] }),
  receipt: base64("Signed receipt"),
});
export const receiptSchema = Type.Object({ receipt: base64("Signed receipt") });
export const headSchema = Type.Object({ head: base64("Signed head") });
export const entropySchema = Type.Object({ entropy: base64("Signed entropy record") });

export const challengeSchema = Type.Object({
  serverMs: unixMs("The oracle's time"),
  intervalStart: Type.Integer({ description: "First minute of the interval" }),
  knownUntil: Type.Integer({
    description: "Last minute of it whose entropy is known, with all before; one less for none",
  }),
  unchallenged: Type.Union([Type.String(), Type.Null()], {
    description: "Why the device is never challenged as it is registered, for a person; null where it is",
  }),
  challenge: Type.Union([
    Type.Null(),
    Type.Object({
      minute: Type.Integer(),
      challengeId: hex(32, "Challenge id"),
      transmitMs: unixMs("When to transmit"),
      frequencyHz: Type.Integer(),
      dataRate: Type.Integer(),
      entropy: base64("Signed entropy of the minute"),
    }),
  ]),
});

export const parametersSchema = Type.Object({
  parameterHash: hex(32, "SHA-256 of the canonical JSON of the parameters"),
  effectiveEpoch: Type.Integer({ description: "First epoch they hold in" }),
  parameters: Type.Unknown(),
});

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** A type that compiles only while schema and interface say the same. */
export type SchemasAreTheInterface = [
  Same<Static<typeof challengeSchema>, Mutable<ChallengeAnswer>>,
  Same<Static<typeof parametersSchema>, Mutable<ParametersAnswer>>,
];
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
