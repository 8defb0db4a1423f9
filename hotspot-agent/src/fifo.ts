/** First in, first out, without moving the rest on every take. */
export class Fifo<Thing> {
  #things: Thing[] = [];
  #start = 0;

  get length(): number {
    return this.#things.length - this.#start;
  }

  get first(): Thing | undefined {
    return this.#things[this.#start];
  }

  push(thing: Thing): void {
    this.#things.push(thing);
  }

  shift(): Thing | undefined {
    if (this.#start === this.#things.length) return undefined;
    const thing = this.#things[this.#start];
    this.#things[this.#start++] = undefined as Thing;
    if (this.#start >= 1024 && 2 * this.#start >= this.#things.length) {
      this.#things = this.#things.slice(this.#start);
      this.#start = 0;
    } else if (this.#start === this.#things.length) {
      this.#things.length = 0;
      this.#start = 0;
    }
    return thing;
  }

  *[Symbol.iterator](): Generator<Thing> {
    for (let at = this.#start; at < this.#things.length; at++) yield this.#things[at];
  }
}
