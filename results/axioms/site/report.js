// Sorting, filtering and hiding of controls in tables of class "board"; pages are complete without it.
"use strict";

const value = (row, column) => {
  const numeric = row.closest("table").tHead.rows[0].cells[column].classList.contains("n");
  const cell = row.cells[column];
  const number = cell.dataset.value ?? (numeric ? parseFloat(cell.firstChild?.textContent) : NaN);
  return Number.isNaN(Number(number)) ? null : Number(number);
};

const words = (row, column) => row.cells[column].textContent.trim();

const empty = (text) => text === "" || text.startsWith("—");

/** Rows in order of a column: numbers as numbers, text as text, what has neither comes last whichever way. */
function sorted(rows, column, way) {
  const numeric = rows.some((row) => value(row, column) !== null);
  const missing = (row) => (numeric ? value(row, column) === null : empty(words(row, column)));
  const order = (a, b) =>
    numeric ? value(a, column) - value(b, column) : words(a, column).localeCompare(words(b, column), "en");
  return [...rows].sort((a, b) => missing(a) - missing(b) || (missing(a) ? 0 : way * order(a, b)));
}

const sortable = (table) => [...table.tHead.rows[0].cells].filter((header) => !header.classList.contains("picture"));

const lines = (table) => [...table.tBodies].flatMap((body) => [...body.rows].filter((row) => row.className !== "block"));

/** A first click shows the best first where the header's arrow says that higher is better. */
function sort(table, header) {
  const now = header.getAttribute("aria-sort");
  const first = header.textContent.includes("↑") ? "descending" : "ascending";
  const next = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
  for (const other of sortable(table)) {
    other.setAttribute("aria-sort", other === header ? next : "none");
  }
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => row.className !== "block");
    body.append(...sorted(rows, header.cellIndex, next === "ascending" ? 1 : -1));
  }
}

function show(table, tools) {
  const wanted = tools.querySelector("input.filter").value.trim().toLowerCase();
  const toggle = tools.querySelector("input[type=checkbox]");
  const hide = toggle !== null && toggle.checked;
  let shown = 0;
  for (const row of lines(table)) {
    const found = row.textContent.toLowerCase().includes(wanted);
    row.hidden = !found || (hide && row.classList.contains("control"));
    shown += row.hidden ? 0 : 1;
  }
  for (const body of table.tBodies) {
    const heading = [...body.rows].find((row) => row.className === "block");
    if (heading) heading.hidden = lines(table).every((row) => row.parentNode !== body || row.hidden);
  }
  tools.querySelector("output").textContent = `${shown} of ${lines(table).length} rows`;
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function tools(table) {
  const filter = element("input", { type: "search", className: "filter", placeholder: "Filter rows" });
  filter.setAttribute("aria-label", `Filter rows: ${table.caption.textContent.trim()}`);
  filter.setAttribute("aria-controls", table.id);
  const count = element("output", {});
  count.setAttribute("aria-live", "polite");
  const bar = element("div", { className: "tools" }, filter);
  if (table.querySelector("tr.control")) {
    bar.append(element("label", {}, element("input", { type: "checkbox", className: "controls" }), "Hide controls"));
  }
  bar.append(count);
  bar.addEventListener("input", () => show(table, bar));
  return bar;
}

for (const table of document.querySelectorAll("table.board")) {
  if (lines(table).length < 2) continue;
  for (const header of sortable(table)) {
    const button = element("button", { type: "button" }, ...header.childNodes);
    header.setAttribute("aria-sort", "none");
    header.append(button);
    button.addEventListener("click", () => sort(table, header));
  }
  const bar = tools(table);
  table.closest(".sheet").prepend(bar);
  show(table, bar);
}
