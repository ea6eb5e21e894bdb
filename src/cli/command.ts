/**
 * 0: done. 1: done, but with files left out, a missing report, or counts that do not match. 2: could not start. 130:
 * stopped by the user.
 */
export type ExitCode = 0 | 1 | 2 | 130;

/** Options that every command takes. */
export interface CommonOptions {
  readonly config: string;
  readonly json?: true;
}

/** What a command receives in addition to its options. */
export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  /** The folder of the program's bundles. */
  readonly programFolder: string;
  readonly signal: AbortSignal;
}

/** A command's result: text for people, or the document of `--json`. */
export interface CommandResult {
  readonly text: () => string | Promise<string>;
  readonly document: () => unknown;
  /** 0 if left out. */
  readonly exitCode?: ExitCode;
}

/** The result of a command with one summary, which is its document, and may say that something needs attention. */
export function shown<T>(
  summary: T,
  text: (summary: T) => string | Promise<string>,
  hasProblems: (summary: T) => boolean = () => false,
): CommandResult {
  return { text: () => text(summary), document: () => summary, exitCode: hasProblems(summary) ? 1 : 0 };
}

/** One command, with its own options. */
export type CommandAction<T = unknown> = (
  options: CommonOptions & T,
  context: CommandContext,
) => Promise<CommandResult>;
