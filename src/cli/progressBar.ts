import type * as CliProgress from "cli-progress";
import { counted } from "../basics/counted";
import { doneShare } from "../basics/doneShare";
import type { FinalPhase, ProgressListener, ProgressState, WorkProgress } from "../pipeline/progress";
import { bytes, duration, integer, isTerminal } from "./text";

/** Shows a run's progress on standard error: a bar on a terminal, a plain line every few seconds elsewhere. */
export interface ProgressView {
  readonly listener: ProgressListener;
  stop(): void;
}

export async function progressView(): Promise<ProgressView> {
  // In a bundle of ES modules, it has only a default export.
  return isTerminal(process.stderr) ? barView((await import("cli-progress")).default) : lineView();
}

function barView({ Presets, SingleBar }: typeof CliProgress): ProgressView {
  let shown: number | undefined;
  const bar = new SingleBar(
    {
      format: "  {bar} {percentage}%  {text}",
      hideCursor: true,
      clearOnComplete: true,
      etaAsynchronousUpdate: false,
      stream: process.stderr,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const started = Date.now();
  // While it is shown, the cursor is hidden and lines do not wrap, also after the process has ended.
  const restore = () => bar.stop();
  return {
    listener: (state) => {
      if (state.phase === "listing") {
        process.stderr.write("  Checking what is due …\r");
        return;
      }
      const text = `${describe(state)}  ${rate(state, started)}`;
      if (shown === undefined) {
        bar.start(100, 0, { text });
        process.once("exit", restore);
      }
      shown = Math.max(shown ?? 0, doneShare(state));
      bar.update(shown, { text });
    },
    stop: () => {
      process.off("exit", restore);
      if (shown !== undefined) restore();
      else process.stderr.write("\x1b[2K\r");
    },
  };
}

const secondsBetweenLines = 5;

function lineView(): ProgressView {
  let text = "";
  let shown = "";
  // A timer, because a long step reports nothing while it lasts.
  const timer = setInterval(() => {
    if (text === shown) return;
    shown = text;
    process.stderr.write(`${text}\n`);
  }, secondsBetweenLines * 1000);
  return {
    listener: (state) => {
      if (state.phase !== "listing") text = describe(state);
    },
    stop: () => clearInterval(timer),
  };
}

const finalPhases: Readonly<Record<FinalPhase, string>> = {
  merging: "merging small data files …",
  activity: "updating the Digital Engagement table …",
  groups: "updating the table of groups …",
};

function describe(state: ProgressState): string {
  if (state.phase !== "listing" && state.phase !== "working") return finalPhases[state.phase];
  const landed =
    state.files > 0
      ? [
          `${integer(state.filesLanded)} of ${counted(state.files, "file")} ingested (${bytes(state.bytesLanded)})`,
        ]
      : [];
  const read = state.filesToAnonymize > 0 ? [`${counted(state.rows, "row")} pseudonymized`] : [];
  const engine = state.engine === null ? [] : [engineText(state.engine)];
  return [...landed, ...read, ...engine].join(", ");
}

type Engine = NonNullable<ProgressState["engine"]>;

function engineText({ state, line }: Engine): string {
  return line === null ? engineTexts[state] : `${engineTexts[state]} (${line})`;
}

const engineTexts: Readonly<Record<Engine["state"], string>> = {
  queued: "Spark is waiting for a machine",
  starting: "Spark is starting",
  reading: "Spark is reading",
  checking: "Spark is checking",
  writing: "Spark is writing",
};

function rate(state: ProgressState, started: number): string {
  const seconds = (Date.now() - started) / 1000;
  if (seconds < 1 || state.bytesLanded === 0 || state.phase !== "working") return "";
  const perSecond = state.bytesLanded / seconds;
  const left = Math.ceil((state.bytes - state.bytesLanded) / perSecond);
  return `${bytes(perSecond)}/s${left > 0 ? `, ${duration(1000 * left)} left` : ""}`;
}

/** Shows the completed share of other work on a terminal. Dispose it when the work ends: that clears the line. */
export function shareOnTerminal() {
  let shown = "";
  const write = (text: string) => {
    if (!isTerminal(process.stderr) || text === shown) return;
    shown = text;
    process.stderr.write(`\x1b[2K${text}\r`);
  };
  return {
    show: (what: string, { done, all }: WorkProgress) =>
      write(`  ${what}: ${Math.floor((100 * done) / Math.max(1, all))} %`),
    [Symbol.dispose]: () => write(""),
  };
}
