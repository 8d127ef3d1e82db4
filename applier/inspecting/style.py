"""The style sheet of the page. A module, because only modules travel in a bundle."""

STYLE = """
:root { color-scheme: light dark; --page: #fbfbf9; --card: #fff; --ink: #1d2125; --dim: #5b636b; --line: #d9dcdf;
  --cuda: #2f6f1e; --cuda-ink: #fff; --named: #2457a6; --named-ink: #fff; --brought: #c9d3de; --brought-ink: #1d2125;
  --files: #7b3f98; --files-ink: #fff;
  --mark: #fff3bf; --edge: #8794a1; --hot: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1d2125; --ink: #e8eaed; --dim: #a4adb6;
  --line: #363c43; --cuda: #6fae57; --cuda-ink: #0c1408; --named: #78a6ec; --named-ink: #0b1626; --brought: #414b56;
  --brought-ink: #e8eaed; --files: #c391de; --files-ink: #1a0d22; --mark: #4a3f10; --edge: #75818d; --hot: #ff9d5c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main, header { max-width: 1280px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 26px; }
h1 { font-size: 1.55rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.12rem; margin: 34px 0 8px; }
p { margin: 6px 0; max-width: 78ch; }
a { color: inherit; }
.dim { color: var(--dim); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 18px 0 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 9px 13px; }
.facts dt { color: var(--dim); font-size: .83rem; } .facts dd { margin: 0; font-size: 1.3rem; font-weight: 650; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; padding: 0; list-style: none;
  font-size: .88rem; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; }
.cuda { --fill: var(--cuda); --on: var(--cuda-ink); } .named { --fill: var(--named); --on: var(--named-ink); }
.files { --fill: var(--files); --on: var(--files-ink); } .brought { --fill: var(--brought); --on: var(--brought-ink); }
.legend i, .bar i { background: var(--fill); }

.map { position: relative; aspect-ratio: 2 / 1; }
.tile { position: absolute; left: var(--wx); top: var(--wy); width: var(--ww); height: var(--wh); padding: 1px;
  text-decoration: none; color: var(--on); outline: none; }
.box { display: block; width: 100%; height: 100%;
  background: linear-gradient(to top, var(--cuda) var(--part), var(--fill) var(--part));
  border-radius: 4px; overflow: hidden; container-type: size; }
.label { display: none; padding: 3px 5px; white-space: nowrap; line-height: 1.2; }
.label b, .label span { display: block; overflow: hidden; text-overflow: ellipsis; }
.label b { font-weight: 600; font-size: clamp(11px, 7cqmin, 20px); }
.label span { font-size: clamp(10.5px, 5cqmin, 14px); }
@container (min-width: 44px) and (min-height: 18px) { .label { display: block; } .label span { display: none; } }
@container (min-width: 62px) and (min-height: 38px) { .label span { display: block; } }
.tip { display: none; position: absolute; z-index: 2; left: 6px; top: calc(100% - 4px); width: max-content;
  max-width: 300px; padding: 8px 11px; background: var(--card); color: var(--ink); border: 1px solid var(--line);
  border-radius: 7px; box-shadow: 0 4px 18px #0005; font-size: .86rem; line-height: 1.4; pointer-events: none; }
.tip b, .tip span { display: block; }
.tile:hover, .tile:focus-visible { z-index: 3; }
.tile:hover .tip, .tile:focus-visible .tip { display: block; }
.tile:hover .box, .tile:focus-visible .box { outline: 3px solid var(--ink); outline-offset: -3px; }
.wide-right .tip { left: auto; right: 6px; } .wide-low .tip { top: auto; bottom: calc(100% - 4px); }
.wide-high .tip { top: 62px; bottom: auto; }
@media (max-width: 700px) {
  .map { aspect-ratio: 3 / 4; }
  .tile { left: var(--tx); top: var(--ty); width: var(--tw); height: var(--th); }
  .tile .tip { left: 6px; right: auto; top: calc(100% - 4px); bottom: auto; max-width: 240px; }
  .tile.tall-right .tip { left: auto; right: 6px; } .tile.tall-low .tip { top: auto; bottom: calc(100% - 4px); }
  .tile.tall-high .tip { top: 46px; bottom: auto; }
}

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.scroll:focus-visible, a:not(.tile, .node):focus-visible, summary:focus-visible {
  outline: 2px solid var(--hot); outline-offset: 1px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .82rem; }
th, td { padding: 5px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr:target td { background: var(--mark); }
td:first-child { min-width: 190px; } td:has(.bar) { width: 26%; }
td.licence { max-width: 260px; overflow-wrap: anywhere; }
.bar { display: flex; height: 12px; min-width: 90px; margin-top: 4px; } .bar i { display: block; min-width: 1px; }
.bar i:first-child { border-radius: 3px 0 0 3px; } .bar i:last-child { border-radius: 0 3px 3px 0; }
.bar i:only-child { border-radius: 3px; }
summary { cursor: pointer; } summary b { font-weight: 600; }
details p { font-size: .86rem; margin: 4px 0 4px 16px; }
@media (max-width: 700px) { .licence, th.licence { display: none; } th, td { padding: 5px 8px; }
  td:first-child { min-width: 0; }
  .bar { min-width: 46px; } main, header { padding: 0 12px; } header { padding-top: 18px; } }
@media (max-width: 520px) { .packed { display: none; } .facts { grid-template-columns: 1fr 1fr; }
  .facts dd { font-size: 1.12rem; } }

svg { display: block; font: 12px system-ui, sans-serif; }
.node text { text-anchor: middle; }
.node rect { fill: var(--fill); } .node text { fill: var(--on); } .node { text-decoration: none; outline: none; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1; opacity: .45; } .implied { opacity: 0; }
svg:has(.node:is(:hover, :focus-visible)) .node { opacity: .22; }
svg:has(.node:is(:hover, :focus-visible)) .edge { opacity: .05; }
.node:is(:hover, :focus-visible) rect { stroke: var(--ink); stroke-width: 2; }

.lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 0 34px; }
.lists ul { margin: 0; padding-left: 19px; overflow-wrap: anywhere; } .lists li { margin: 3px 0; }
footer { color: var(--dim); font-size: .85rem; padding: 30px 0 40px; }
@media print { .tip { display: none !important; } .map, tr, svg { break-inside: avoid; } }
"""
