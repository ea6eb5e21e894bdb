/** The counts of a run's progress. */
interface RunCounts {
  readonly files: number;
  readonly bytes: number;
  readonly bytesLanded: number;
  readonly filesToAnonymize: number;
  readonly filesAnonymized: number;
}

/** Completed percentage of a run. If there is both ingesting and pseudonymizing, each counts half. */
export function doneShare(state: RunCounts): number {
  const landing = state.bytes > 0 ? state.bytesLanded / state.bytes : undefined;
  const reading =
    state.filesToAnonymize > 0
      ? state.filesAnonymized / Math.max(state.filesToAnonymize, state.files)
      : undefined;
  const parts = [landing, reading].filter((part) => part !== undefined);
  return parts.length === 0
    ? 0
    : Math.min(100, (100 * parts.reduce((sum, part) => sum + part, 0)) / parts.length);
}
