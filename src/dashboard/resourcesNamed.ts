import type { ShownResource } from "./groups/names";

/**
 * Finds the shown resources, by their places in the list, that a name means: those that have it now, or else those that
 * had it formerly.
 *
 * @param isNamed whether the resource at a place can be named; by default, each can
 */
export function resourcesNamed(
  shown: readonly Pick<ShownResource, "name" | "formerNames">[],
  isNamed: (place: number) => boolean = () => true,
): (name: string | null) => readonly number[] {
  const [current, former] = [new Map<string | null, number[]>(), new Map<string | null, number[]>()];
  const add = (names: typeof current, name: string | null, number: number) =>
    names.set(name, [...(names.get(name) ?? []), number]);
  shown.forEach(({ name, formerNames = [] }, number) => {
    if (!isNamed(number)) return;
    add(current, name, number);
    for (const each of formerNames) add(former, each, number);
  });
  return (name) => current.get(name) ?? former.get(name) ?? [];
}
