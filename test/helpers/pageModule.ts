import path from "node:path";

/**
 * A module of the dashboard's page, with the given part of its types: its own need those of the DOM, which tests do not
 * have.
 */
export function pageModule<Exports>(name: string): Promise<Exports> {
  return import(path.join(import.meta.dirname, "../../media/dashboard", `${name}.ts`));
}
