import assert from "node:assert/strict";
import { EventEmitter, type QuickInputButton, QuickInputButtons, type QuickPickItem, window } from "vscode";
import { until } from "./application";

/** An input box or a pick list as the extension sees it, controlled by a test. */
export class Box {
  title = "";
  step: number | undefined;
  totalSteps: number | undefined;
  placeholder = "";
  prompt = "";
  value = "";
  password = false;
  validationMessage: string | undefined;
  busy = false;
  enabled = true;
  ignoreFocusOut = false;
  matchOnDescription = false;
  buttons: readonly QuickInputButton[] = [];
  items: readonly QuickPickItem[] = [];
  activeItems: readonly QuickPickItem[] = [];
  selectedItems: readonly QuickPickItem[] = [];
  shown = false;
  disposed = false;
  /** Cancelled or answered: it waits for nothing, although it may not be disposed yet. */
  done = false;
  private readonly changed = new EventEmitter<string>();
  private readonly accepted = new EventEmitter<void>();
  private readonly triggered = new EventEmitter<QuickInputButton>();
  private readonly hidden = new EventEmitter<void>();
  readonly onDidChangeValue = this.changed.event;
  readonly onDidAccept = this.accepted.event;
  readonly onDidTriggerButton = this.triggered.event;
  readonly onDidHide = this.hidden.event;

  show(): void {
    this.shown = true;
  }

  hide(): void {
    this.hidden.fire();
  }

  dispose(): void {
    this.disposed = true;
  }

  /** Replaces the text and confirms it. */
  answer(text: string): void {
    this.value = text;
    this.changed.fire(text);
    this.accept();
  }

  accept(): void {
    this.accepted.fire();
  }

  choose(label: RegExp): void {
    const item = this.items.find((each) => label.test(each.label));
    assert.ok(item, `${label} is offered among ${this.items.map((each) => each.label).join(", ")}.`);
    this.selectedItems = [item];
    this.done = true;
    this.accept();
  }

  goBack(): void {
    this.done = true;
    this.triggered.fire(QuickInputButtons.Back);
  }

  /** Presses Escape. */
  escape(): void {
    this.done = true;
    this.hidden.fire();
  }

  async refuses(words: RegExp): Promise<void> {
    await until(`the box says ${words}`, () => words.test(this.validationMessage ?? "") && !this.busy);
  }
}

/** Replaces every box that is created from now on. */
export class Boxes {
  readonly all: Box[] = [];
  private readonly original = { input: window.createInputBox, pick: window.createQuickPick };

  constructor() {
    const make = () => {
      const box = new Box();
      this.all.push(box);
      return box;
    };
    Object.assign(window, { createInputBox: make, createQuickPick: make });
  }

  /** Waits for the open box that needs an answer; optionally the box of a named wizard step. */
  async next(what: string, fits: (box: Box) => boolean): Promise<Box> {
    const open = () => this.all.find((box) => box.shown && !box.disposed && !box.done && fits(box));
    await until(`there is a box for ${what}`, () => open() !== undefined);
    const box = open();
    assert.ok(box);
    return box;
  }

  /** The box of a wizard step that waits for an answer. */
  step(step: number): Promise<Box> {
    return this.next(`step ${step}`, (box) => box.step === step && !box.busy);
  }

  /** Restores VS Code's own boxes. */
  leave(): void {
    const { input, pick } = this.original;
    Object.assign(window, { createInputBox: input, createQuickPick: pick });
  }
}
