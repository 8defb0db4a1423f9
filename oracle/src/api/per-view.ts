/** What is computed of a closed epoch when it is first asked for, and kept as long as the epoch's view is. */
import type { EpochView } from "./epoch-view.ts";

/** `make`, called once for each view. */
export function perView<T>(make: (view: EpochView) => T): (view: EpochView) => T {
  const made = new WeakMap<EpochView, { readonly value: T }>();
  return (view) => {
    const known = made.get(view) ?? { value: make(view) };
    made.set(view, known);
    return known.value;
  };
}
