/** The notebook that the pipelines run. */
export const notebookName = "clever-participation";

/** When they run each day, in UTC. */
export const schedule = { from: "2026-01-01T00:00:00", until: "2036-01-01T00:00:00", hour: 11 } as const;

/** The pool that runs it in Synapse. */
export const sparkPoolName = "clever";
