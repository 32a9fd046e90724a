/// The style of every page.
let pageStyle = """
  :root {
    color-scheme: light dark;
  \(properties(\.light))
    --surface: #f6f7f8; --rule: #e3e5e8; --accent: #00639b;
    --good: #00714f; --bad: #b3261e; --warn: #8a5a00; --best: #e4f1fa; --warn-surface: #fdf5e4;
  }
  @media (prefers-color-scheme: dark) {
    :root {
  \(properties(\.dark))
      --surface: #1b1f25; --rule: #2c323a; --accent: #6ab4ec;
      --good: #3fd1a8; --bad: #ff8a80; --warn: #f2b632; --best: #16334a; --warn-surface: #2a2415;
    }
  }
  @media print {
    :root {
  \(properties(\.light))
      --surface: #f6f7f8; --rule: #d5d8dc; --accent: #00639b;
      --good: #00714f; --bad: #b3261e; --warn: #8a5a00; --best: #e4f1fa; --warn-surface: #fdf5e4;
      color-scheme: light;
    }
  }
  \(rules)
  """

private func properties(_ tone: (((light: String, dark: String)) -> String)) -> String {
  Ink.all.map { "    \($0.property): \(tone($0.tones));" }.joined(separator: "\n")
}

private let rules = """
  * { box-sizing: border-box; }
  html { font-size: 17px; -webkit-text-size-adjust: 100%; }
  body {
    margin: 0 auto; max-width: 46rem; padding: 4.5rem 1.5rem 4rem;
    background: var(--ground); color: var(--text);
    font-family: \(sansFonts); line-height: 1.6;
    font-feature-settings: "kern", "liga"; overflow-wrap: break-word;
  }
  h1 {
    font-size: 2.5rem; line-height: 1.12; letter-spacing: -0.022em; font-weight: 700;
    margin: 0; text-wrap: balance;
  }
  .subtitle { color: var(--muted); font-size: 1.06rem; margin: 0.7rem 0 0; line-height: 1.45; }
  .lead { font-size: 1.2rem; line-height: 1.55; margin: 1.6rem 0 0; text-wrap: pretty; }
  h2 {
    font-size: 1.42rem; line-height: 1.25; letter-spacing: -0.012em; font-weight: 650;
    margin: 3.4rem 0 0.9rem;
  }
  p, ul { margin: 0 0 1.05rem; }
  main ul { padding-left: 1.2rem; }
  main li { margin-bottom: 0.3rem; }
  strong { font-weight: 650; }
  code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
  code { font-size: 0.875em; background: var(--surface); padding: 0.12em 0.35em; border-radius: 4px; }
  pre {
    background: var(--surface); border-radius: 8px; padding: 0.9rem 1.1rem; margin: 0 0 1.3rem;
    overflow-x: auto; font-size: 0.82rem; line-height: 1.6;
  }
  pre code { background: none; padding: 0; font-size: inherit; }

  .key-figures {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr));
    gap: 1.8rem 2rem; margin: 2.6rem 0 0; padding: 1.7rem 0;
    border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule);
  }
  .key-figures dt { font-size: 0.86rem; color: var(--muted); }
  .key-figures dd { margin: 0; }
  .key-figures .number {
    margin: 0.2rem 0 0.3rem; font-variant-numeric: tabular-nums; white-space: nowrap;
  }
  .value { font-size: 2.3rem; line-height: 1.15; font-weight: 680; letter-spacing: -0.025em; }
  .unit { margin-left: 0.12em; font-size: 1.2rem; font-weight: 600; }
  .interval { font-size: 0.95rem; color: var(--muted); }
  .key-figures .explanation { font-size: 0.84rem; line-height: 1.45; color: var(--muted); }

  figure { margin: 1.9rem 0 2.3rem; }
  h2 + figure { margin-top: 1.4rem; }
  h2 + .scroll > table { margin-top: 0; }
  figcaption { font-size: 0.88rem; line-height: 1.5; color: var(--muted); margin-top: 0.7rem; }
  .scroll { overflow-x: auto; }
  .plot { display: block; max-width: 100%; height: auto; }
  .plot.wide { width: 100%; }
  .plot text { font-variant-numeric: tabular-nums; }
  img { max-width: 100%; height: auto; display: block; border-radius: 6px; }
  .pixels { image-rendering: pixelated; }

  table {
    border-collapse: collapse; width: 100%; margin: 1.4rem 0 2rem; font-size: 0.92rem;
    line-height: 1.4; font-variant-numeric: tabular-nums;
  }
  figure table { margin: 0.6rem 0 1rem; }
  caption { text-align: left; font-size: 0.88rem; color: var(--muted); padding-bottom: 0.7rem; }
  th, td { padding: 0.55rem 1.1rem 0.55rem 0; text-align: left; vertical-align: baseline; }
  th:last-child, td:last-child { padding-right: 0.5rem; }
  thead th {
    font-size: 0.84rem; font-weight: 600; color: var(--muted); vertical-align: bottom;
    border-bottom: 1.5px solid var(--axis);
  }
  tbody th { font-weight: 500; }
  tbody tr + tr > * { border-top: 1px solid var(--rule); }
  tbody tr:last-child > * { border-bottom: 1px solid var(--axis); }
  td.trailing { white-space: nowrap; }
  th.trailing, td.trailing { text-align: right; }
  .center { text-align: center; }
  .best {
    background: var(--best); border-radius: 4px; padding: 0.14em 0.4em; margin-right: -0.4em;
  }

  .aside {
    background: var(--surface); border-left: 3px solid var(--accent); border-radius: 0 8px 8px 0;
    padding: 0.85rem 1.1rem; font-size: 0.93rem; line-height: 1.55; margin: 1.4rem 0;
  }
  .aside strong:first-child { color: var(--accent); margin-right: 0.3em; }
  .warning { border-left-color: var(--warn); background: var(--warn-surface); }
  .warning strong:first-child { color: var(--warn); }
  details { border: 1px solid var(--rule); border-radius: 8px; padding: 0 1.1rem; margin: 1.4rem 0; }
  summary { cursor: pointer; font-weight: 600; font-size: 0.95rem; padding: 0.75rem 0; }
  details[open] > summary { margin-bottom: 0.4rem; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }

  .row + .row { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
  .row-label { font-size: 0.88rem; font-weight: 600; margin: 0 0 0.7rem; }
  main .pictures {
    list-style: none; padding: 0; margin: 0; display: grid; gap: 1.3rem 1.2rem;
    grid-template-columns: repeat(auto-fill, minmax(var(--picture), max-content));
  }
  .pictures > li { width: var(--picture); margin: 0; }
  .frame { position: relative; width: fit-content; }
  .frame img { border: 1px solid var(--rule); }
  .badge {
    position: absolute; top: -0.45rem; right: -0.45rem; width: 1.35rem; height: 1.35rem;
    border-radius: 50%; display: grid; place-items: center; font-size: 0.8rem; font-weight: 700;
    line-height: 1; color: var(--ground); box-shadow: 0 0 0 2px var(--ground);
  }
  .badge.right { background: var(--good); }
  .badge.wrong { background: var(--bad); }
  .label { font-size: 0.8rem; line-height: 1.35; margin: 0.45rem 0 0; }
  main .bars { list-style: none; padding: 0; margin: 0.5rem 0 0; font-size: 0.72rem; line-height: 1.3; }
  .bars li {
    display: grid; grid-template-columns: 1fr auto; column-gap: 0.4rem; margin: 0 0 0.3rem;
    color: var(--muted); font-variant-numeric: tabular-nums;
  }
  .bar-label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .track { grid-column: 1 / -1; height: 4px; border-radius: 2px; background: var(--rule); overflow: hidden; }
  .track span { display: block; height: 100%; background: var(--axis); border-radius: 2px; }
  .bars .highlighted { color: var(--text); font-weight: 600; }
  .highlighted .track span { background: var(--accent); }

  footer { margin-top: 4.5rem; padding-top: 1.7rem; border-top: 1px solid var(--rule); }
  footer h2 { font-size: 1rem; margin: 0 0 0.8rem; letter-spacing: 0; }
  .facts {
    display: flex; flex-wrap: wrap; gap: 0.7rem 2.2rem; margin: 0; font-size: 0.84rem;
    line-height: 1.4;
  }
  .facts dt { color: var(--muted); }
  .facts dd { margin: 0; font-variant-numeric: tabular-nums; }

  @media (max-width: 36rem) {
    html { font-size: 16px; }
    body { padding: 2.4rem 1.1rem 3rem; }
    h1 { font-size: 1.9rem; }
    .lead { font-size: 1.1rem; }
    .plot.wide { min-width: 31rem; max-width: none; }
    .key-figures { grid-template-columns: 1fr 1fr; gap: 1.4rem 1.2rem; }
    .value { font-size: 1.8rem; }
  }
  @media print {
    @page { margin: 18mm 16mm; }
    html { font-size: 10.5pt; }
    body { padding: 0; max-width: none; }
    .plot.wide { max-width: 100%; min-width: 0; }
    pre { white-space: pre-wrap; }
    figure, tr, .aside, pre, .key-figures div { break-inside: avoid; }
    .picture-grid { break-inside: auto; }
    .row { break-inside: avoid; }
    h2 { break-after: avoid; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  }

  """
