/** One figure of a list of figures (`<dl class="figures">`): its name and its value. */
import type { ComponentChildren } from "preact";

export function Figure({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
