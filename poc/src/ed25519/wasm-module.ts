/** Puts functions together to a module of WebAssembly (core specification, 5.5) over one memory, which the caller brings. */
import { type Code, type Local, unsigned, type ValueType } from "./wasm-code.ts";

const VALUE_TYPE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e };

/** A function of a module that is being written. */
export class FunctionWriter {
  readonly index: number;
  readonly params: readonly Local[];
  readonly result: ValueType | undefined;
  readonly #locals: ValueType[] = [];
  body: Code = [];

  constructor(index: number, params: readonly ValueType[], result: ValueType | undefined) {
    this.index = index;
    this.params = params.map((type, at) => ({ index: at, type }));
    this.result = result;
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.params.length + this.#locals.length - 1, type };
  }

  /** `count` locals of 64 bits: the limbs of an element of the field. */
  limbs(count: number): Local[] {
    return Array.from({ length: count }, () => this.local("i64"));
  }

  call(...values: readonly Code[]): Code {
    return [...values.flat(), 0x10, ...unsigned(this.index)];
  }

  get type(): Code {
    const { params, result } = this;
    const results = result === undefined ? [0] : [1, VALUE_TYPE[result]];
    return [0x60, ...unsigned(params.length), ...params.map(({ type }) => VALUE_TYPE[type]), ...results];
  }

  get code(): Code {
    const locals = this.#locals.flatMap((type) => [1, VALUE_TYPE[type]]);
    const bytes = [...unsigned(this.#locals.length), ...locals, ...this.body, 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  }
}

/** A module of functions over one memory that the caller brings, as `memory` of `env`. */
export class ModuleWriter {
  readonly #functions: FunctionWriter[] = [];
  readonly #exports = new Map<string, FunctionWriter>();

  /** Declares a function; its body may call any that is declared. */
  declare(params: readonly ValueType[], result?: ValueType): FunctionWriter {
    const declared = new FunctionWriter(this.#functions.length, params, result);
    this.#functions.push(declared);
    return declared;
  }

  export(name: string, exported: FunctionWriter): void {
    this.#exports.set(name, exported);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const exported = [...this.#exports].flatMap(([name, { index }]) => [...text(name), 0, ...unsigned(index)]);
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(
        1,
        functions.length,
        functions.flatMap(({ type }) => type),
      ),
      ...section(2, 1, [...text("env"), ...text("memory"), 2, 0, 1]),
      ...section(
        3,
        functions.length,
        functions.flatMap(({ index }) => unsigned(index)),
      ),
      ...section(7, this.#exports.size, exported),
      ...section(
        10,
        functions.length,
        functions.flatMap(({ code }) => code),
      ),
    ]);
  }
}

function section(id: number, count: number, content: Code): number[] {
  const bytes = [...unsigned(count), ...content];
  return [id, ...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}
