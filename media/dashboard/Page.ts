import { html, nothing, render, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardView } from "../../src/dashboard/export/view";
import type { LinkedView } from "../../src/dashboard/export/viewLink";
import { openingFilter, openingFilterFor, openingView } from "../../src/dashboard/opening";
import type { QuestionId } from "../../src/dashboard/questions";
import { namesIn, unknownNames } from "../../src/dashboard/unknownNames";
import type { FromPage, PageFile, PageState, ToPage } from "../../src/protocol/dashboard";
import { aboutView, exportedHead } from "./aboutView";
import { askedTitleId, askedView, askView } from "./askView";
import { cardsView } from "./cardsView";
import { changesBelow } from "./changesView";
import { ChartElement } from "./charts/ChartElement";
import type { ImageKind } from "./charts/exportImage";
import { type Look, lookOf, paperLook } from "./charts/look";
import { pageFile } from "./exportPage";
import { FilterBar } from "./FilterBar";
import { type Formats, fill, formatsOf } from "./formats";
import { licencesView } from "./licencesView";
import { orUnknown } from "./missingWords";
import { type Actions, type FilterPatch, isSameFilter, type Model, type Ready, toggled } from "./model";
import type { Panel } from "./panels/panel";
import { panelsOf } from "./panels/panels";
import { panelView } from "./panelView";
import { preserveFocus } from "./popover";
import { questionOf } from "./questions";
import { ResourceTable } from "./ResourceTable";
import { missingView, nobodyView, stateView, suppressedView } from "./stateView";
import { changedRowsView, largeView, missingReportsView, suppressionView } from "./suppressionView";

/** The counterpart of the page: the extension, or nothing in an exported page. */
export interface PageHost {
  post(message: FromPage): void;
  save(file: PageFile): void;
  /** Saves the state from which a later page of the same tab starts. */
  keep(state: PageState): void;
}

/** The state from which a page starts. */
export interface Start extends Pick<Model, "saved" | "texts" | "district" | "filter" | "view" | "frozen"> {
  readonly question: number;
}

/** Milliseconds without typing or scrolling after which the state is saved. */
const saveDelay = 200;

/** The dashboard's page: handles the extension's messages and renders itself. */
export class Page implements Actions {
  private readonly model: Model;
  private readonly bar = new FilterBar();
  private readonly table = new ResourceTable(() => this.changed());
  private question: number;
  private frame = 0;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private panels: readonly Panel[] = [];
  private panelsFrom: readonly unknown[] = [];
  /** What has to be closed again after printing. */
  private openedToPrint: readonly HTMLDetailsElement[] = [];
  /** Whether to scroll to the answer to the latest question. */
  private showsAnswer = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly host: PageHost,
    { question, ...start }: Start,
    private scrollTo: number | undefined,
  ) {
    this.model = {
      ...start,
      actions: this,
      formats: formatsOf(start.texts, 0),
      phase: { name: "loading" },
      answer: undefined,
      busy: true,
      look: this.lookNow(),
      progress: "",
      announcement: start.texts.loading,
      notice: "",
    };
    this.question = question;
    window.addEventListener("scroll", () => this.saveSoon(), { passive: true });
    for (const act of ["pointerdown", "keydown"]) window.addEventListener(act, () => this.forgetNotice());
    this.changed();
  }

  receive(message: ToPage): void {
    const { model } = this;
    if (message.type === "init") return;
    if (message.type === "pasted") this.showView(message);
    else if (message.type === "notice") model.notice = message.text;
    else if (message.type === "given") {
      model.district = message.district;
      model.saved = message.saved;
    } else if (message.question >= this.question) this.receiveState(message);
    this.changed();
  }

  setFilter(patch: FilterPatch): void {
    const { model } = this;
    // The two periods of a comparison are chosen together, so a new range alone ends the comparison.
    const ended = patch.range && !patch.compare ? { compare: undefined } : {};
    model.filter = { ...model.filter, ...patch, ...ended };
    model.busy = true;
    model.announcement = model.texts.updating;
    this.question++;
    this.host.post({ type: "ask", question: this.question, filter: model.filter });
    this.saveSoon();
    this.changed();
  }

  setView(patch: Partial<DashboardView>): void {
    this.model.view = { ...this.model.view, ...patch };
    this.saveSoon();
    this.changed();
  }

  toggleTable(id: string): void {
    this.setView({ asTable: toggled(this.model.view.asTable, id) });
  }

  ask(question: QuestionId): void {
    const { answer, texts, formats } = this.model;
    if (!answer) return;
    this.showsAnswer = true;
    this.setView({ question, sort: openingView.sort, search: "" });
    this.setFilter(questionOf(question, { texts, formats, answer }).filter);
  }

  showView({ filter, question }: LinkedView): void {
    this.setView({ question });
    this.setFilter(filter);
  }

  post(message: FromPage): void {
    this.host.post(message);
  }

  save(file: PageFile): void {
    this.host.save(file);
  }

  savePage(kind: ImageKind): void {
    const { ready } = this;
    if (ready) this.save(pageFile(ready, ready.answer.rows === "some" ? panelsOf(ready) : [], kind));
  }

  announce(text: string): void {
    this.model.announcement = text;
    this.changed();
  }

  changed(): void {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** The theme, the font or the window's width has changed. */
  restyle(): void {
    const look = this.lookNow();
    if (JSON.stringify(look) === JSON.stringify(this.model.look)) return;
    this.model.look = look;
    this.changed();
  }

  /** Redraws immediately before and after printing. */
  onPrint(printing: boolean): void {
    document.body.classList.toggle("printing", printing);
    this.model.look = this.lookNow();
    this.draw();
    // Details cannot be opened on paper.
    if (printing) this.openedToPrint = [...document.querySelectorAll("details")].filter(({ open }) => !open);
    for (const details of this.openedToPrint) details.open = printing;
    for (const chart of document.querySelectorAll("clever-chart")) {
      if (chart instanceof ChartElement) chart.fit();
    }
  }

  private receiveState(message: Exclude<ToPage, { type: "init" | "pasted" | "notice" | "given" }>): void {
    const { model } = this;
    const { texts } = model;
    this.question = message.question;
    model.busy = message.type === "loading" || message.type === "progress";
    switch (message.type) {
      case "loading":
        if (message.forget) model.answer = undefined;
        // Existing charts stay, dimmed.
        model.phase = { name: model.answer ? "ready" : "loading" };
        break;
      case "progress":
        model.progress = fill(texts.loadingMonths, message.ready, message.months);
        break;
      case "answer":
        model.progress = "";
        model.answer = message.answer;
        // The filter may have been saved under a school's former name.
        model.filter = { ...model.filter, schools: message.answer.filter.schools };
        model.formats = formatsOf(texts, message.answer.minimumGroupSize);
        model.phase = { name: "ready" };
        model.announcement = announcementOf(message.answer, texts, model.formats);
        this.openWithPeople(message.answer);
        break;
      case "empty":
        model.answer = undefined;
        model.phase = { name: "empty", noLakeAt: message.noLakeAt };
        model.announcement = texts.emptyTitle;
        break;
      case "failed":
        model.phase = { name: "failed", message: message.message, fix: message.fix };
        model.announcement = `${texts.failedTitle}: ${message.message}`;
        break;
    }
  }

  /** Which people the data has is known from the first answer only. */
  private openWithPeople({ options }: DashboardAnswer): void {
    const { filter, frozen } = this.model;
    const opening = openingFilterFor(options);
    if (!frozen && isSameFilter(filter, openingFilter) && !isSameFilter(filter, opening))
      this.setFilter(opening);
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    preserveFocus(() => render(this.view(), this.root));
    if (this.scrollTo !== undefined && this.model.phase.name === "ready") {
      window.scrollTo(0, this.scrollTo);
      this.scrollTo = undefined;
    }
    if (this.showsAnswer && !this.model.busy) {
      this.showsAnswer = false;
      window.scrollTo(0, 0);
      document.getElementById(askedTitleId)?.focus({ preventScroll: true });
    }
  }

  /** What an answer shows, exports and changes is about its own filter, even while the next answer is computed. */
  private get ready(): Ready | undefined {
    const { model } = this;
    const { answer } = model;
    return answer && { ...model, answer, filter: answer.filter };
  }

  private view(): TemplateResult {
    const { model } = this;
    const { texts, phase, answer } = model;
    const { ready } = this;
    return html`
      ${model.frozen ? (ready ? exportedHead(ready) : nothing) : html`<header class="top"><h1 class="spoken">${texts.title}</h1>${this.bar.view(model)}</header>`}
      <main class=${model.busy && answer ? "busy" : ""} aria-busy=${model.busy}>
        ${model.busy ? html`<div class="progress" aria-hidden="true"><span></span></div>` : nothing}
        ${model.busy && answer && model.progress ? html`<p class="quiet reading">${model.progress}</p>` : nothing}
        ${phase.name === "ready" && ready ? this.readyView(ready) : stateView(model)}
      </main>
      <p class="spoken" role="status" id="announcement">${model.announcement}</p>
      <p class=${model.notice ? "notice" : "spoken"} role="status" id="notice">${model.notice}</p>`;
  }

  /** The panels, made again only if what they follow from has changed: a district can have a thousand schools. */
  private panelsOf(ready: Ready): readonly Panel[] {
    const { units, topResources, schoolsShown } = ready.view;
    const from = [ready.answer, ready.look, units, topResources, schoolsShown];
    if (from.some((each, at) => each !== this.panelsFrom[at])) {
      this.panelsFrom = from;
      this.panels = panelsOf(ready);
    }
    return this.panels;
  }

  private readyView(ready: Ready): TemplateResult {
    const { model } = this;
    const { answer } = ready;
    const missing = unknownNames(answer.filter, namesIn(answer.options));
    const ask = model.frozen ? nothing : askView(ready);
    const incomplete = html`${changedRowsView(ready)}${missingReportsView(ready)}`;
    if (answer.rows !== "some") {
      const nothingShown = answer.rows === "none" ? nobodyView(ready) : suppressedView(ready);
      const { question } = ready.view;
      const asked = question ? askedView(ready, question, nothing) : nothing;
      return html`${missingView(ready, missing)}${ask}${asked}${incomplete}${nothingShown}`;
    }
    const shown = this.panelsOf(ready);
    const panels = shown.map(
      (panel) =>
        [panel.id, panelView(ready, panel, panel.id === "changes" ? changesBelow(ready) : nothing)] as const,
    );
    const licences = licencesView(ready);
    const all: readonly (readonly [string, TemplateResult])[] = [
      ...panels,
      ...(licences ? [["licences", licences] as const] : []),
      ["table", this.table.view(ready)],
    ];
    const { question } = ready.view;
    const answering = question ? questionOf(question, ready).panels : [];
    const partsOf = (asked: boolean) => {
      const parts = all.filter(([id]) => answering.includes(id) === asked);
      if (parts.length === 0) return nothing;
      // A part keeps its elements, and with them the focus, whichever parts come before it.
      const keyed = repeat(
        parts,
        ([id]) => id,
        ([, part]) => part,
      );
      return html`<div class="panels">${keyed}</div>`;
    };
    return html`
      ${missingView(ready, missing)}
      ${ask}
      ${question ? html`${suppressionView(ready)}${askedView(ready, question, partsOf(true))}` : nothing}
      ${cardsView(ready)}
      ${incomplete}
      ${largeView(ready)}
      ${question ? nothing : suppressionView(ready)}
      ${partsOf(false)}
      ${aboutView(ready, shown)}`;
  }

  private lookNow(): Look {
    if (document.body.classList.contains("printing"))
      return { ...paperLook, fontSize: 11, labelWidth: 110, wideWidth: 660 };
    const width = document.documentElement.clientWidth;
    const column = width >= 860 ? width / 2 : width;
    const labelWidth = Math.round(Math.max(84, Math.min(190, column * 0.3)));
    return lookOf(document.body, { labelWidth, wideWidth: width - 60 });
  }

  /** Any action shows that the reader has seen the notice, which covers part of the page. */
  private forgetNotice(): void {
    if (this.model.notice === "") return;
    this.model.notice = "";
    this.changed();
  }

  private saveSoon(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => {
      const { filter, view } = this.model;
      this.host.keep({ filter, view, scrollTop: Math.max(0, window.scrollY) });
    }, saveDelay);
  }
}

function announcementOf(answer: DashboardAnswer, texts: DashboardTexts, formats: Formats): string {
  const { activeUsers, users } = answer.cards;
  const [active, all] = [activeUsers, users].map(({ value }) => formats.shown(orUnknown(answer, value)));
  // Suppressed or unknown: one word for both.
  if (users.value === null) return fill(texts.updatedWithout, all ?? "");
  return fill(texts.updated, active ?? "", all ?? "");
}
