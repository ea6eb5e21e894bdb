import type { ShownResource } from "./groups/names";

/**
 * Finds the shown resources, by their places in the list, that a name means: those that have it now, or else those that
 * had it formerly.
 */
export function resourcesNamed(
  shown: readonly Pick<ShownResource, "name" | "formerNames">[],
): (name: string | null) => readonly number[] {
  const [current, former] = [new Map<string | null, number[]>(), new Map<string | null, number[]>()];
  const add = (names: typeof current, name: string | null, number: number) =>
    names.set(name, [...(names.get(name) ?? []), number]);
  shown.forEach(({ name, formerNames = [] }, number) => {
    add(current, name, number);
    for (const each of formerNames) add(former, each, number);
  });
  return (name) => current.get(name) ?? former.get(name) ?? [];
}
