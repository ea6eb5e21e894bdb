import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { BrushComponent, GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { EChartsOption } from "echarts/types/dist/shared";

use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  BrushComponent,
  GridComponent,
  TitleComponent,
  TooltipComponent,
  LabelLayout,
  CanvasRenderer,
  SVGRenderer,
]);

export type { EChartsOption, EChartsType };
export { init };
