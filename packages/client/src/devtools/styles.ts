/** The panel's own look, which the page cannot change and which changes nothing of the page. */
export const STYLES = `
:host {
  all: initial;
  color-scheme: inherit;
  display: block;
  --paper: light-dark(#fdfdfc, #16191b);
  --raised: light-dark(#f1f2ef, #21262a);
  --ink: light-dark(#1b1f22, #e4e7e8);
  --soft: light-dark(#5b6469, #9aa5ab);
  --line: light-dark(#d8dbd8, #333a3f);
  --good: light-dark(#1a7348, #5cc48f);
  --bad: light-dark(#b3261e, #ff8a7d);
  --wait: light-dark(#8a5a00, #e3b34c);
  --focus: light-dark(#1d5fd1, #8ab4ff);
  font: 13px/1.45 ui-sans-serif, system-ui, sans-serif;
  color: var(--ink);
}
:host([data-floating]) {
  position: fixed;
  inset: auto 12px 12px auto;
  z-index: 2147483000;
  max-width: calc(100vw - 24px);
}
* { box-sizing: border-box; margin: 0; padding: 0; }
section {
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 10px;
  overflow: hidden;
}
:host([data-floating]) section { box-shadow: 0 6px 24px rgb(0 0 0 / 0.18); margin-left: auto; }
:host([data-floating]) section[data-open] { width: min(440px, calc(100vw - 24px)); }
:host([data-floating]) section:not([data-open]) { width: fit-content; }
button, label, select { font: inherit; color: inherit; }
button { background: none; border: 0; cursor: pointer; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
.toggle {
  display: flex;
  align-items: center;
  gap: 8px;
  width: 100%;
  min-height: 40px;
  padding: 8px 12px;
  text-align: left;
}
.toggle::after { content: '▴'; color: var(--soft); margin-left: auto; }
section[data-open] .toggle::after { content: '▾'; }
.dot { width: 9px; height: 9px; border-radius: 50%; background: var(--wait); flex: none; }
[data-state='connected'] .dot { background: var(--good); }
[data-state='stopped'] .dot, [data-state='closed'] .dot { background: var(--bad); }
[data-state='disconnected'] .dot { background: var(--soft); }
.trip { color: var(--soft); font-variant-numeric: tabular-nums; }
.body { border-top: 1px solid var(--line); container-type: inline-size; }
dl { display: flex; flex-wrap: wrap; gap: 4px 8px; padding: 8px 12px; border-bottom: 1px solid var(--line); }
dl div { flex: 1 1 80px; }
dt { color: var(--soft); font-size: 11px; }
dd { font-variant-numeric: tabular-nums; white-space: nowrap; }
.tools {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 2px 12px;
  padding: 4px 12px;
  background: var(--raised);
  border-bottom: 1px solid var(--line);
}
.tools label { display: flex; align-items: center; gap: 5px; min-height: 32px; cursor: pointer; }
.tools button { min-height: 32px; padding: 0 8px; border-radius: 6px; text-decoration: underline; text-underline-offset: 3px; }
input { accent-color: var(--good); width: 15px; height: 15px; }
.buttons { margin-left: auto; display: flex; }
ol { list-style: none; overflow: auto; overscroll-behavior: contain; max-height: min(340px, 50vh); }
ol:empty::after { content: 'Nothing yet.'; display: block; padding: 12px; color: var(--soft); }
li { border-bottom: 1px solid var(--line); }
li:last-child { border-bottom: 0; }
summary {
  display: grid;
  grid-template-columns: 7em 1em auto minmax(0, 1fr);
  gap: 8px;
  padding: 5px 12px;
  cursor: pointer;
  list-style: none;
}
summary::-webkit-details-marker { display: none; }
time, .detail { color: var(--soft); font-variant-numeric: tabular-nums; }
.detail { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: right; }
details[open] .detail { white-space: normal; overflow-wrap: anywhere; }
@container (max-width: 400px) {
  summary { grid-template-columns: 7em 1em minmax(0, 1fr); row-gap: 0; }
  .detail { grid-column: 3; text-align: left; }
  .detail:empty { display: none; }
}
.mark { text-align: center; color: var(--soft); }
.good .title { color: var(--good); font-weight: 600; }
.bad .title { color: var(--bad); font-weight: 600; }
.quiet .title { color: var(--soft); }
pre {
  padding: 8px 12px;
  background: var(--raised);
  font: 12px/1.5 ui-monospace, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
ol.no-frames .frames, ol.no-states .states, ol.no-recoveries .recoveries, ol.no-timings .timings { display: none; }
`;
