"""CSS of the pages: light and dark mode, print, small screens."""

CSS = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --paper: #ffffff; --card: #f6f8fa; --link: #0072b2; --mark: #e8f3fb; --warn: #fff6dd;
  --warn-edge: #d9a300; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #a0a8b0; --line: #3d444d;
  --paper: #14171b; --card: #1d2126; --link: #6cb6ff; --mark: #17324a; --warn: #33290d;
  --warn-edge: #d9a300; } }
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
th, td { padding: .32rem 0 .32rem 1.9rem; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: .35rem; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 400; }
tr.marked > * { background: var(--mark); font-weight: 600; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .8rem 1rem; overflow-x: auto;
  font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--link); }
@media print { body { max-width: none; } .scroll { max-height: none; } }
"""
