/** Charts over days, drawn by uPlot in the colours of the page, each with its figures in a table for those who read. */

import uPlot from "../node_modules/uplot/dist/uPlot.esm.js";
import { h } from "./dom.js";

const HEIGHT = 200;
const HALF_DAY_S = 43_200;

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {(number | null)[]} values one a day
 * @property {string} colour name of a custom property of the page
 * @property {boolean} [bars] else a line
 */

/**
 * A chart with one value a day of each series.
 * @param {{title: string, days: readonly string[], series: readonly Series[], unit: string, top?: number}} content days as
 *   YYYY-MM-DD; `top` is the end of the scale
 * @returns {HTMLElement}
 */
export function dayChart({ title, days, series, unit, top }) {
  const plotted = h("div", { class: "chart-plot", "aria-hidden": "true" });
  const table = dayTable(title, days, series);
  const times = days.map((day) => Date.parse(`${day}T00:00:00`) / 1000);
  /** @type {uPlot | null} */
  let plot = null;
  const draw = () => {
    plot?.destroy();
    const style = getComputedStyle(plotted);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--ink-soft"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: `13px ${style.fontFamily}`,
    };
    /** @type {uPlot.Options} */
    const options = {
      width: plotted.clientWidth,
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { range: (_, min, max) => [min - HALF_DAY_S, max + HALF_DAY_S] },
        y: { range: (_, __, max) => [0, top ?? Math.max(1, max * 1.1)] },
      },
      axes: [
        {
          ...axis,
          space: 70,
          values: (_, splits) =>
            splits.map((at) => new Date(at * 1000).toLocaleDateString("en", { day: "numeric", month: "short" })),
        },
        { ...axis, size: 44, values: (_, splits) => splits.map((value) => `${value}`) },
      ],
      series: [{}, ...series.map((one) => look(one, colour(one.colour), colour("--card")))],
    };
    plot = new uPlot(options, [times, ...series.map(({ values }) => values)], plotted);
  };
  new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0 && entry.contentRect.width !== plot?.width) draw();
  }).observe(plotted);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return h(
    "figure",
    { class: "card chart" },
    h("figcaption", {}, h("h2", {}, title), h("span", { class: "soft small" }, unit)),
    plotted,
    h("details", { class: "small" }, h("summary", {}, "As a table"), table),
  );
}

/**
 * @param {Series} series
 * @param {string} colour
 * @param {string} ground
 * @returns {uPlot.Series}
 */
function look({ label, bars = false }, colour, ground) {
  if (bars && uPlot.paths.bars)
    return {
      label,
      fill: colour,
      stroke: colour,
      width: 0,
      paths: uPlot.paths.bars({ size: [0.6, 28], radius: 0.25 }),
      points: { show: false },
    };
  return {
    label,
    stroke: colour,
    width: 2.5,
    spanGaps: true,
    points: { show: true, size: 8, fill: ground, stroke: colour, width: 2 },
  };
}

/**
 * @param {string} title
 * @param {readonly string[]} days
 * @param {readonly Series[]} series
 */
function dayTable(title, days, series) {
  const rows = days
    .map((day, place) => ({ day, values: series.map(({ values }) => values[place] ?? null) }))
    .filter(({ values }) => values.some((value) => value));
  return h(
    "table",
    {},
    h("caption", { class: "only-read-aloud" }, title),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, "Day"), ...series.map(({ label }) => h("th", { scope: "col" }, label))),
    ),
    h(
      "tbody",
      {},
      ...rows.map(({ day, values }) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, day),
          ...values.map((value) => h("td", {}, value === null ? "–" : Math.round(value * 10) / 10)),
        ),
      ),
    ),
  );
}
