import type { Ready } from "../model";
import { activePanel, distinctDayPanel, timePanel } from "./dayPanels";
import { neverGradePanel, neverSchoolPanel } from "./neverPanels";
import { gradePanel, treemapPanel, weekdayPanel } from "./otherPanels";
import type { Panel } from "./panel";
import { distinctSchoolPanel, schoolsPanel, topPanel } from "./schoolPanels";

/** The pictures in their order; those that are not wide come in pairs. */
export function panelsOf(ready: Ready): readonly Panel[] {
  const byGrade = ready.answer.byGrade.length > 0;
  return [
    timePanel(ready),
    schoolsPanel(ready),
    topPanel(ready),
    treemapPanel(ready),
    activePanel(ready),
    distinctSchoolPanel(ready),
    ...(byGrade ? [gradePanel(ready)] : []),
    neverSchoolPanel(ready),
    ...(byGrade ? [neverGradePanel(ready)] : []),
    weekdayPanel(ready),
    distinctDayPanel(ready),
  ];
}
