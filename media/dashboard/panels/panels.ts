import type { Ready } from "../model";
import { changesPanel } from "./changesPanel";
import { activePanel, distinctDayPanel, timePanel } from "./dayPanels";
import { treemapPanel, weekdayPanel } from "./otherPanels";
import type { Panel } from "./panel";
import { periodsPanel } from "./periodsPanel";
import { distinctPanel, neverPanel, periodsBy, schoolsPanel, topPanel } from "./placePanels";

/** The charts in order; narrow ones are shown in pairs. */
export function panelsOf(ready: Ready): readonly Panel[] {
  const byGrade = ready.answer.byGrade.length > 0;
  const panels: readonly (Panel | undefined)[] = [
    periodsPanel(ready),
    periodsBy(ready, "schools"),
    byGrade ? periodsBy(ready, "grades") : undefined,
    periodsBy(ready, "resources"),
    timePanel(ready),
    changesPanel(ready),
    schoolsPanel(ready),
    topPanel(ready),
    treemapPanel(ready),
    activePanel(ready),
    distinctPanel(ready, "schools"),
    byGrade ? distinctPanel(ready, "grades") : undefined,
    neverPanel(ready, "schools"),
    byGrade ? neverPanel(ready, "grades") : undefined,
    weekdayPanel(ready),
    distinctDayPanel(ready),
  ];
  return panels.filter((panel) => panel !== undefined);
}
