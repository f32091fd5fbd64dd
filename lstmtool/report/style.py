"""CSS of the pages: light and dark mode, print, small screens."""

CSS = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --paper: #ffffff; --card: #f6f8fa; --link: #0072b2; --mark: #e8f3fb; --warn: #fff6dd;
  --warn-edge: #d9a300; --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b8578d;
  --c4: #444444; --c5: #b87800; --c6: #2b8cc4; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ink: #e6e8ea; --soft: #a0a8b0; --line: #3d444d;
  --paper: #14171b; --card: #1d2126; --link: #6cb6ff; --mark: #17324a; --warn: #33290d;
  --warn-edge: #d9a300; --c0: #58a9dd; --c1: #ff8a3d; --c2: #35c79b; --c3: #e69bc5;
  --c4: #b9c0c7; --c5: #f0b429; --c6: #8ccbf5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.2rem 1.2rem 4rem; max-width: 58rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .7rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
p, li { max-width: 46rem; }
.soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .7rem;
  margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .7rem .9rem; }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.3; font-weight: 600; }
.tiles span { display: block; color: var(--soft); font-size: .84rem; line-height: 1.35; }
.warning { background: var(--warn); border-left: 4px solid var(--warn-edge); margin: .6rem 0;
  padding: .55rem .9rem; border-radius: .2rem; max-width: none; }
figure { margin: 1rem 0; }
figure img { display: block; width: 100%; height: auto; background: #fff; border-radius: .5rem;
  border: 1px solid var(--line); padding: .6rem; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .45rem; max-width: 46rem; }
.scroll { overflow: auto; max-height: 46rem; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
th, td { padding: .32rem 0 .32rem 1.3rem; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: .35rem;
  overflow-wrap: break-word; min-width: 4.5rem; max-width: 22rem; }
td { white-space: pre-line; }
.figures td { white-space: pre; }
td:first-child { white-space: normal; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
tbody th { white-space: normal; font-weight: 400; }
tr.marked > * { background: var(--mark); font-weight: 600; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .8rem 1rem; overflow-x: auto;
  font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--link); }
h3 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere; }
.plots, .clusters { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.clusters.two { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.clusters.wide { grid-template-columns: none; }
.panels { display: grid; gap: .4rem .8rem; }
.wide .panels { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.cluster { border-top: 3px solid var(--c); padding-top: .5rem; }
.cluster h3 { font-weight: 400; margin: 0 0 .3rem; }
.cluster p { font-size: .84rem; line-height: 1.4; margin: .2rem 0 .6rem; overflow-wrap: anywhere; }
.panels figure, .plots figure, .clusters > figure { margin: 0; }
.panels figcaption, .plots figcaption, .clusters figcaption { margin: 0 0 .1rem; max-width: none;
  text-align: center; }
.key { margin: .6rem 0; }
audio { display: block; width: 100%; max-width: 22rem; height: 2.2rem; }
.plot { display: block; width: 100%; height: auto; }
.plot text { fill: var(--soft); font-size: 22px; }
.plot text.strong { fill: var(--ink); }
.plot text.count { fill: var(--c); }
.plot text.back { fill: var(--line); font-size: 40px; }
.axis, .grid { fill: none; stroke: var(--soft); stroke-width: 1.5; }
.grid { stroke: var(--line); stroke-width: 1; }
.shapes { position: absolute; width: 0; height: 0; }
.swatch { width: 1.8rem; height: .9rem; vertical-align: -.1rem; }
.entry { white-space: nowrap; margin-right: 1rem; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
.member, .exemplar, .median, .curve { fill: none; stroke-linejoin: round; }
.member { stroke: var(--soft); stroke-width: 1.5; opacity: .28; }
.member.few { opacity: .5; } .member.many { opacity: .12; }
.exemplar { stroke: var(--ink); stroke-width: 2; }
.median { stroke: var(--c); stroke-width: 5; pointer-events: none; }
.band { fill: var(--c); opacity: .3; pointer-events: none; }
.curve { stroke: var(--c); stroke-width: 3; }
.curve.thin { stroke-width: 2.2; }
.wave { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.block { fill: var(--c, var(--line)); stroke: var(--paper); stroke-width: 1; }
.block:hover { opacity: .7; }
.member:hover, .curve:hover { stroke: var(--ink); stroke-width: 4; opacity: 1; }
.mark { fill: none; stroke: var(--c); stroke-width: 2.5; pointer-events: all; }
.chosen { fill: none; stroke: var(--ink); stroke-width: 2; }
.border { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 5; }
.broad { margin: 0; max-width: 36rem; }
.heard { fill: var(--line); opacity: .4; }
.mark:hover { fill: var(--c); }
@media print { body { max-width: none; padding: 0; font-size: 11pt; }
  .plots { grid-template-columns: repeat(3, 1fr); }
  .scroll { max-height: none; overflow: visible; } pre { white-space: pre-wrap; }
  h2 { break-after: avoid; } figure, .cluster, .tiles, tr { break-inside: avoid; } }
"""
