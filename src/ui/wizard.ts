import * as vscode from "vscode";
import { createInputBox, createQuickPick } from "./window";

/** Thrown by a step when the user goes one step back. */
class Back extends Error {}
/** Thrown by a step when the user leaves. */
class Left extends Error {}

/** Where a step stands in its wizard. */
export interface Place {
  readonly title: string;
  readonly step: number;
  readonly of: number;
  readonly canGoBack: boolean;
}

export interface TextStep extends Place {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** What is wrong with a text; undefined where nothing is. */
  readonly validate?: (text: string) => string | undefined | Promise<string | undefined>;
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** Asks for a text; it cannot be confirmed while it is not valid. */
export function askText(step: TextStep): Promise<string> {
  return ask(createInputBox(), step, (box, resolve) => {
    box.prompt = step.prompt;
    box.value = step.value;
    box.password = step.password ?? false;
    if (step.placeholder) box.placeholder = step.placeholder;
    let asked = 0;
    const check = async () => {
      const mine = ++asked;
      const fault = await step.validate?.(box.value);
      if (mine === asked) box.validationMessage = fault;
      return fault === undefined;
    };
    return [
      box.onDidChangeValue(() => void check()),
      box.onDidAccept(async () => {
        box.busy = true;
        try {
          if (await check()) resolve(box.value);
        } finally {
          box.busy = false;
        }
      }),
    ];
  });
}

/** Shows that something is being worked on; going back or leaving calls it off. */
export function askWhile<T>(
  step: Place,
  placeholder: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const answer = ask<vscode.QuickPick<vscode.QuickPickItem>, T>(
    createQuickPick(),
    step,
    (box, resolve, reject) => {
      box.placeholder = placeholder;
      box.busy = true;
      work(abort.signal).then(resolve, reject);
      return [];
    },
  );
  return answer.finally(() => abort.abort());
}

/** Whether an error is the user going back or leaving, which only the wizard itself may answer. */
export function isNavigation(error: unknown): boolean {
  return error instanceof Back || error instanceof Left;
}

/** A question within a step: undefined where the user goes back from it to the question before. */
export async function orBack<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Back) return undefined;
    throw error;
  }
}

/** Asks for one of several. */
export function askChoice<T>(
  step: Place,
  placeholder: string,
  choices: readonly Choice<T>[],
  active?: T,
): Promise<T> {
  return ask(createQuickPick<Choice<T>>(), step, (box, resolve) => {
    box.placeholder = placeholder;
    box.items = choices;
    box.matchOnDescription = true;
    const chosen = choices.find(({ value }) => value === active);
    if (chosen) box.activeItems = [chosen];
    return [
      box.onDidAccept(() => {
        const [item] = box.selectedItems;
        if (item) resolve(item.value);
      }),
    ];
  });
}

function ask<B extends vscode.QuickInput & QuickInputButtons, T>(
  box: B,
  place: Place,
  open: (box: B, resolve: (value: T) => void, reject: (reason: unknown) => void) => vscode.Disposable[],
): Promise<T> {
  const held: vscode.Disposable[] = [box];
  const answer = new Promise<T>((resolve, reject) => {
    box.title = place.title;
    box.step = place.step;
    box.totalSteps = place.of;
    box.ignoreFocusOut = true;
    box.buttons = place.canGoBack ? [vscode.QuickInputButtons.Back] : [];
    held.push(
      ...open(box, resolve, reject),
      box.onDidTriggerButton(() => reject(new Back())),
      box.onDidHide(() => reject(new Left())),
    );
    box.show();
  });
  return answer.finally(() => {
    for (const part of held.reverse()) part.dispose();
  });
}

interface QuickInputButtons {
  buttons: readonly vscode.QuickInputButton[];
  readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
}

/** A step works on the wizard's state; undefined where it has nothing to ask. */
export type Step<S> = (state: S, place: Place) => Promise<S | undefined>;

/**
 * Walks through steps, back and forth; each keeps what was answered before.
 * @returns the state behind the last step; undefined where the user left
 */
export async function walk<S>(title: string, first: S, steps: readonly Step<S>[]): Promise<S | undefined> {
  const states: S[] = [first];
  const asked: number[] = [];
  let index = 0;
  while (index < steps.length) {
    const step = steps[index];
    const state = states[index];
    if (step === undefined || state === undefined) break;
    try {
      const next = await step(state, {
        title,
        step: index + 1,
        of: steps.length,
        canGoBack: asked.length > 0,
      });
      if (next !== undefined) asked.push(index);
      states[index + 1] = next ?? state;
      index++;
    } catch (error) {
      if (error instanceof Left) return undefined;
      if (!(error instanceof Back)) throw error;
      const before = asked.pop();
      // What was answered further on stays as the proposal for the next time.
      const known = states[index];
      index = before ?? 0;
      if (known !== undefined) states[index] = known;
    }
  }
  return states[steps.length];
}
