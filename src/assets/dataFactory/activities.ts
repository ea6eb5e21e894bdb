/** Activities as JSON, common to Synapse, Data Factory and Fabric. */

export interface Activity {
  readonly name: string;
  readonly type: string;
  readonly dependsOn: readonly ReturnType<typeof after>[];
  readonly typeProperties: Readonly<Record<string, unknown>>;
  /** Only for activities that do work themselves, not for control flow. */
  readonly policy?: ReturnType<typeof policy>;
  readonly inputs?: readonly object[];
  readonly outputs?: readonly object[];
}

type Condition = "Succeeded" | "Failed" | "Skipped";

export const after = (activity: string, ...conditions: readonly Condition[]) => ({
  activity,
  dependencyConditions: conditions.length > 0 ? conditions : (["Succeeded"] as const),
});

/** A value that the service computes when the pipeline runs. */
export const expression = (value: string) => ({ value: `@${value}`, type: "Expression" });

/** @param retry how often a failed activity is retried, at intervals of five minutes */
export const policy = (retry: number, { timeout = "0.02:00:00", isSecret = false } = {}) => ({
  timeout,
  retry,
  retryIntervalInSeconds: 300,
  secureInput: isSecret,
  secureOutput: isSecret,
});
