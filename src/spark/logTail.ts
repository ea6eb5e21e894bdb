import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const mostLines = 200;
const toldLines = 3;

/** The last lines of a program's log. Its messages may quote cells, so what is quoted is never told. */
export class LogTail {
  private lines: string[] = [];

  follow(stream: Readable): void {
    const reader = createInterface({ input: stream });
    reader.on("error", () => undefined);
    reader.on("line", (line) => {
      this.lines.push(line);
      if (this.lines.length > mostLines) this.lines = this.lines.slice(-mostLines / 2);
    });
  }

  /** The last lines that tell of a failure, behind a space; nothing if there are none. */
  told(): string {
    const failures = this.lines.filter((line) => isFailure.test(line)).map(withoutValues);
    return failures.length === 0 ? "" : ` The end of its log: ${failures.slice(-toldLines).join(" / ")}`;
  }
}

/** What Java, Python and log4j begin such lines with. */
const isFailure =
  /^(?:\d\d[/\d: ]+ (?:ERROR|FATAL) |Exception in thread|Error:|JAVA_HOME |Caused by: |(?:[\w.]+\.)?\w*(?:Error|Exception): |\S+: (?:line \d+: )?.*(?:not found|No such file))/;

/** An exception's own message may hold anything; its kind and the log's own words do not. */
function withoutValues(line: string): string {
  return line.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "…").replace(/((?:Error|Exception)): .*/, "$1");
}
