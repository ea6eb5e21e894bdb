/** The notebook that the pipelines run. */
export const notebookName = "clever-participation";

/** Daily schedule, in UTC. */
export const schedule = { from: "2026-01-01T00:00:00", until: "2036-01-01T00:00:00", hour: 11 } as const;

/** The Synapse pool that runs the notebook. */
export const sparkPoolName = "clever";
