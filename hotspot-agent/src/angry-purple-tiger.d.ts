/** The package brings no types. */
declare module "angry-purple-tiger" {
  function animalHash(
    text: string,
    options?: { readonly style?: "titlecase" | "lowercase" | "uppercase"; readonly separator?: string },
  ): string;
  export = animalHash;
}
