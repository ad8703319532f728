// Sorts and filters the verdicts, after the sortable table of the W3C's ARIA Authoring Practices Guide.
// Without it the table is whole; the controls are hidden until it runs.
(() => {
  "use strict";
  const table = document.getElementById("verdicts");
  const controls = document.getElementById("controls");
  if (!table || !controls) return;
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    verdict: row.dataset.verdict,
    source: row.dataset.source,
    text: row.textContent.toLowerCase(),
    keys: [...row.cells].map((cell) => cell.dataset.key),
  }));

  // Numbers by size, texts by alphabet, what is missing last either way.
  function compare(one, other, sign) {
    if (one === "" || other === "") return (one === "") - (other === "");
    const gap = Number(one) - Number(other);
    return sign * (Number.isNaN(gap) ? one.localeCompare(other) : gap);
  }

  function sort(column, heading) {
    const ascending = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    mark();
    rows.sort((one, other) => compare(one.keys[column], other.keys[column], ascending ? 1 : -1));
    body.append(...rows.map(({ row }) => row));
  }

  function mark() {
    const signs = { ascending: "▲", descending: "▼" };
    for (const heading of table.tHead.rows[0].cells) {
      const sign = heading.querySelector("button span");
      if (sign) sign.textContent = signs[heading.getAttribute("aria-sort")] ?? "↕";
    }
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (!("sorts" in heading.dataset)) return;
    const button = document.createElement("button");
    const sign = document.createElement("span");
    sign.setAttribute("aria-hidden", "true");
    button.type = "button";
    button.append(...heading.childNodes, sign);
    button.addEventListener("click", () => sort(column, heading));
    heading.append(button);
  });

  const boxes = [...controls.querySelectorAll("input[type=checkbox]")];
  const source = controls.querySelector("select");
  const words = controls.querySelector("input[type=search]");
  const told = controls.querySelector("output");

  function filter() {
    const verdicts = boxes.filter((box) => box.checked).map((box) => box.value);
    const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of rows) {
      const fits =
        (!verdicts.length || verdicts.includes(one.verdict)) &&
        (!source.value || source.value === one.source) &&
        sought.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      shown += fits;
    }
    told.textContent = `${shown} of ${rows.length} claims shown`;
  }

  function clear() {
    for (const box of boxes) box.checked = false;
    source.value = words.value = "";
    filter();
  }

  controls.addEventListener("input", filter);
  controls.querySelector("button").addEventListener("click", clear);
  controls.hidden = false;
  document.getElementById("sortable").hidden = false;
  mark();
  filter();

  // What has to be scrolled sideways can be reached by keyboard.
  const scrollers = [...document.querySelectorAll(".scroll")];
  function reach() {
    for (const one of scrollers) {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    }
  }
  window.addEventListener("resize", reach);
  window.addEventListener("load", reach);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
})();
