"""The page's style sheet and script: light and dark, screen, telephone and paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #56606e; --line: #dde2e9;
  --accent: #1d4ed8; --accent-fill: 37 99 235; --warn: #8a4b00; --warn-fill: #fff3df; --bad: #b42318;
  --bad-fill: #fdeceb; --calm: #334155; --calm-fill: #e8edf3; --code: #f0f2f6; }
@media (prefers-color-scheme: dark) { :root { --page: #0f141b; --card: #171e28; --ink: #e7ebf1; --soft: #a3adbb;
  --line: #2b3543; --accent: #8ab4ff; --accent-fill: 96 150 255; --warn: #ffc46b; --warn-fill: #3a2a10;
  --bad: #ff9d94; --bad-fill: #43201d; --calm: #c6d0dc; --calm-fill: #26303d; --code: #1f2733; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem; }
.frame { max-width: 1240px; margin: 0 auto; padding: 2rem 1.25rem 4rem; display: grid; gap: 0 2.5rem;
  grid-template-columns: minmax(0, 1fr); }
header { margin-bottom: 1.5rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; letter-spacing: -.015em; margin: 0 0 .5rem;
  overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 .9rem; max-width: 46rem; }
.verdict { font-size: 1.12rem; color: var(--soft); max-width: 52rem; }
nav ul { list-style: none; margin: 0 0 1.5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem .4rem; }
nav a { display: block; padding: .25rem .6rem; border-radius: 6px; text-decoration: none; font-size: .93rem; }
nav a:hover { background: var(--calm-fill); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem;
  margin-bottom: 1.25rem; scroll-margin-top: 1rem; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.25rem), 1fr)); gap: .75rem;
  margin: 1.25rem 0 0; }
.tiles > div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .9rem 1.1rem; }
dt { color: var(--soft); font-size: .88rem; } dd { margin: 0; }
dd b { display: block; font-size: 1.75rem; line-height: 1.3; font-weight: 650; font-variant-numeric: tabular-nums; }
dd span { color: var(--soft); font-size: .88rem; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; }
table { border-collapse: collapse; font-size: .92rem; min-width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: .88rem; padding-bottom: .4rem; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: .84rem; border-bottom-width: 2px; vertical-align: bottom; }
tbody th { font-weight: 550; } th.number, td.number { text-align: right; padding-left: .5rem; }
tr > :last-child { padding-right: 0; } .number + :not(.number) { padding-left: .75rem; }
small { color: var(--soft); font-size: .82rem; display: block; }
td.number, tbody th.number { white-space: nowrap; } td.prose { min-width: 24rem; }
tbody tr:last-child > * { border-bottom: 0; }
.confusion table { min-width: 0; } .confusion td { padding: 2px; border: 0; } .confusion tbody th { border: 0; }
.confusion thead th.number { text-align: center; padding: .4rem; }
.confusion td span { display: block; min-width: 3.4rem; padding: .5rem; text-align: center; border-radius: 6px;
  background: rgb(var(--accent-fill) / calc(.05 + .38 * var(--share))); }
figure { margin: .75rem 0 1.25rem; min-width: 0; } figcaption { color: var(--soft); font-size: .88rem; }
.plot { width: 100%; min-height: 12rem; }
.plot .infolayer text, .plot [class$="tick"] text { fill: var(--ink) !important; }
.beside { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
.drawn table { font-size: .86rem; } .drawn th, .drawn td { padding-right: .55rem; } .drawn td { white-space: nowrap; }
.drawing { display: block; width: 100%; max-width: 360px; margin: 0 auto; height: auto; }
.drawing rect { fill: var(--calm-fill); stroke: var(--line); } .drawing path { fill: none; stroke: var(--soft); }
.drawing text { fill: var(--ink); font-size: 13px; text-anchor: middle; }
.drawing .note { fill: var(--soft); font-size: 12px; }
.findings { list-style: none; margin: 0; padding: 0; }
.findings li { border-top: 1px solid var(--line); padding: 1rem 0 .25rem; }
.findings li:first-child { border: 0; padding-top: 0; }
.findings li > p:first-child { display: flex; flex-wrap: wrap; gap: .5rem;
  align-items: baseline; margin-bottom: .3rem; }
.badge { font-size: .78rem; font-weight: 650; border-radius: 999px; padding: .1rem .6rem;
  color: var(--calm); background: var(--calm-fill); }
.badge.warning { color: var(--warn); background: var(--warn-fill); }
.badge.error { color: var(--bad); background: var(--bad-fill); }
code, pre { font: .88rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
p code { color: var(--soft); }
pre { background: var(--code); border-radius: 8px; padding: .9rem 1rem; overflow-x: auto; margin: .5rem 0 1.25rem; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--accent); padding: .25rem 0; width: fit-content; }
.tagged { max-width: none; line-height: 2.3; } .tagged mark { color: var(--bad); background: var(--bad-fill); }
.tagged rt { color: var(--soft); font-size: .66rem; }
.moved { border-top: 1px solid var(--line); padding: .9rem 0 .4rem; } .moved h4 { margin: 0 0 .3rem; font-size: 1rem; }
.moved .text { max-width: none; line-height: 1.9; white-space: pre-line; overflow-wrap: anywhere; }
.moved .text small { display: inline; }
.for, .against { border-radius: 3px; padding: .05em 0; text-decoration: underline; text-underline-offset: .2em;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.for { background: rgb(0 158 115 / calc(.08 + .42 * var(--share))); text-decoration-color: #009e73; }
.against { background: rgb(230 120 20 / calc(.08 + .42 * var(--share))); text-decoration: underline dotted #d55e00; }
.unknown { font-style: italic; } .asked { outline: 2px solid var(--accent); outline-offset: 1px; border-radius: 3px; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 0 1.25rem; }
footer { color: var(--soft); font-size: .88rem; }
@media (min-width: 760px) { .beside { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .drawn.beside { grid-template-columns: 19rem minmax(0, 1fr); } }
@media (min-width: 1080px) { .frame { grid-template-columns: 11rem minmax(0, 1fr); }
  nav { grid-row: 1 / span 3; } nav ul { position: sticky; top: 2rem; flex-direction: column; } }
@media (max-width: 600px) { .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
  .tiles > div { padding: .7rem .8rem; } dd b { font-size: 1.4rem; }
  .frame { padding: 1.25rem .75rem 3rem; } section { padding: 1.1rem; border-radius: 10px; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print { :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --accent: #000; --accent-fill: 37 99 235; --calm: #000; --calm-fill: #eee; --warn: #000; --warn-fill: #eee;
    --bad: #000; --bad-fill: #eee; --code: #f3f3f3; }
  body { font-size: 10.5pt; } nav, .skip { display: none; } .frame { display: block; max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin: 0 0 1.5rem; } figure, tr, .tiles { break-inside: avoid; }
  h2, h3 { break-after: avoid; } .scroll { overflow: visible; } pre { white-space: pre-wrap; } }
"""

SCRIPT = """
(function () {
  var figures = JSON.parse(document.getElementById("figures").textContent);
  function draw(place) {
    var figure = figures[place.id.slice(7)];
    if (!figure || place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    Plotly.newPlot(place, figure.data, figure.layout, {displayModeBar: false, responsive: true});
  }
  function visible(within) {
    within.querySelectorAll(".plot").forEach(function (place) { if (place.offsetWidth) draw(place); });
  }
  visible(document);
  document.querySelectorAll("details").forEach(function (folded) {
    folded.addEventListener("toggle", function () { if (folded.open) visible(folded); });
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (folded) { folded.open = true; visible(folded); });
    document.querySelectorAll(".plot").forEach(function (place) { Plotly.Plots.resize(place); });
  });
})();
"""
