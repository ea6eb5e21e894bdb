import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const maxLines = 200;
const reportedLines = 3;

/** The last lines of a program's log. Its messages may quote cells, so quoted text is never shown. */
export class LogTail {
  private lines: string[] = [];

  /** @param onProgress receives each line about Spark's progress */
  follow(stream: Readable, onProgress?: (line: string) => void): void {
    const reader = createInterface({ input: stream });
    reader.on("error", () => undefined);
    reader.on("line", (line) => {
      this.lines.push(line);
      if (this.lines.length > maxLines) this.lines = this.lines.slice(-maxLines / 2);
      const progress = progressIn(line);
      if (progress !== undefined) onProgress?.(progress);
    });
  }

  /** Replaces the lines with the current end of a log; returns the last line about Spark's progress. */
  replace(lines: readonly string[]): string | undefined {
    this.lines = lines.flatMap((line) => line.split("\n")).slice(-maxLines);
    return this.lines.map(progressIn).findLast((line) => line !== undefined);
  }

  /** The last lines about a failure, after a space; empty if there are none. */
  lastLines(): string {
    const failures = this.lines.filter((line) => isFailure.test(line)).map(withoutValues);
    return failures.length === 0 ? "" : ` The end of its log: ${failures.slice(-reportedLines).join(" / ")}`;
  }
}

/**
 * A line's text about Spark's progress; undefined for other lines. Only these exact forms are accepted, because other
 * lines from the same parts of Spark may quote cells.
 */
export function progressIn(line: string): string | undefined {
  const text = /^\d\d[/\d: ]+ INFO [\w.$]+: (.+)$/.exec(line)?.[1] ?? "";
  const task = finishedTask.exec(text)?.groups;
  if (task) return `stage ${task.stage}, task ${task.done} of ${task.all}`;
  return progressForms.some((form) => form.test(text)) ? text : undefined;
}

const finishedTask =
  /^Finished task [\d.]+ in stage (?<stage>\d+)\.\d+ \(TID \d+\) in \d+ ms on [\w.-]+ \(executor \w+\) \((?<done>\d+)\/(?<all>\d+)\)$/;
const progressForms = [
  /^Running Spark version [\w.-]{1,40}$/,
  /^Submitted application application_[\d_]{1,40}$/,
  /^Application report for application_[\d_]{1,40} \(state: [A-Z]{1,20}\)$/,
];

/** How lines about failures start in the output of Java, Python and log4j. */
const isFailure =
  /^(?:\d\d[/\d: ]+ (?:ERROR|FATAL) |Exception in thread|Error:|JAVA_HOME |Caused by: |(?:[\w.]+\.)?\w*(?:Error|Exception): |\S+: (?:line \d+: )?.*(?:not found|No such file))/;

/**
 * An exception's own message may contain anything; its type and the log's own words do not contain values. A quoted value
 * can contain quotation marks, so nothing after the first one is shown.
 */
function withoutValues(line: string): string {
  return line.replace(/["'`].*/, "…").replace(/((?:Error|Exception)): .*/, "$1");
}
