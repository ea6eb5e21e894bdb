/** 0: done. 1: done, but not with every file, without a report, or something does not add up. 2: could not start. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Options that every command takes. */
export interface CommonOptions {
  readonly config: string;
  readonly json?: true;
}

/** What a command gets beside its options. */
export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  /** Where the program's bundles lie. */
  readonly programFolder: string;
  readonly signal: AbortSignal;
}

/** What a command answers: text for people, or the document of `--json`. */
export interface CommandResult {
  readonly text: () => string | Promise<string>;
  readonly document: () => unknown;
  /** 0 if left out. */
  readonly exitCode?: ExitCode;
}

/** One command. */
export type CommandAction<T> = (options: T, context: CommandContext) => Promise<CommandResult>;
